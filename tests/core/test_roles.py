"""Who supplies, gets and fires: the state or group that each construction tells."""

import pytest

from tests.core.detection import events, roles

TRANSFERS = [
    ("Iran sold drones to Russia.", "IR>RU"),
    ("Drones were sold to Russia by Iran, officials said.", "IR>RU"),
    ("Britain will supply Ukraine with Storm Shadow missiles.", "GB>UA"),
    ("The White House said Iran had delivered hundreds of drones to Russia.", "IR>RU"),
    ("Taiwan has bought 18 HIMARS launchers from the United States.", "US>TW"),
    ("The United States approved the sale of 18 HIMARS launchers to Taiwan.", "US>TW"),
    ("Taiwan's purchase of American F-16 jets angered Beijing.", "US>TW"),
    ("Poland signed a contract with South Korea for 180 K2 tanks.", "KR>PL"),
    ("South Korea signed a contract with Poland for 180 K2 tanks.", "KR>PL"),
    ("Saudi Arabia's $2 billion deal with Raytheon for Patriot missiles was frozen.", "US>SA"),
    ("Egypt ordered 30 Rafale jets from Dassault Aviation on Tuesday.", "FR>EG"),
    ("France sold Egypt 30 Rafale jets.", "FR>EG"),
    ("Egypt was sold 30 Rafale jets by France.", "FR>EG"),
    ("Hezbollah received rockets from Syria.", "SY>hezbollah"),
    ("A ship carrying Iranian weapons to the Houthis was seized by the U.S. Navy.", "IR>houthis"),
    ("The U.S. Navy seized a dhow carrying Iranian rifles bound for Yemen.", "IR>YE"),
    ("Turkey took delivery of S-400 missiles from Russia despite American threats.", "RU>TR"),
    ("Russia delivered S-400 missiles to Turkey despite American threats.", "RU>TR"),
    ("Israel says Iran smuggles rockets to Hamas through Sudan.", "IR>hamas"),
    ("Germany halted arms exports to Saudi Arabia.", "DE>SA"),
    ("Germany's cabinet approved the export of six submarines to Egypt.", "DE>EG"),
    ("Pakistan denied selling ammunition to Ukraine.", "PK>UA"),
    ("Moscow denied that it had supplied Buk missiles to separatists in Donetsk.", "RU>UA"),
    ("Ukraine got its first F-16s from the Netherlands.", "NL>UA"),
    ("The Netherlands will hand Ukraine 24 F-16 fighters.", "NL>UA"),
    ("Belarus agreed to sell Iran an air defence system.", "BY>IR"),
    ("China, the biggest supplier of arms to Pakistan, launched a frigate for its ally.", "CN>PK"),
    ("India signed a $3.5 billion deal with the United States for 31 Predator drones.", "US>IN"),
    ("The State Department cleared a possible sale of Javelin missiles to Georgia.", "US>GE"),
    ("Ukraine asked Germany for Taurus missiles.", "DE>UA"),
    ("Zelenskyy urged Berlin to send Taurus missiles to Ukraine.", "DE>UA"),
    ("A shipment of Bulgarian mortar shells intended for Syrian rebels vanished.", "BG>SY"),
    ("Libya's army has received MiG-29 fighters from Russia, the U.S. military said.", "RU>LY"),
    ("Sudan accused Chad of arming rebels in Darfur.", "TD>SD"),
    ("Chad was accused of arming rebels in Darfur.", "TD>SD"),
    ("Israel has sold drones to Azerbaijan, which used them against Armenia.", "IL>AZ"),
    ("The Biden administration plans to send Kyiv cluster munitions.", "US>UA"),
    ("Sweden's Saab won a Thai order for four Gripen fighters.", "SE>TH"),
    ("Baykar delivered six TB2 drones to Mali.", "TR>ML"),
    ("Mali received six TB2 drones from Turkey's Baykar.", "TR>ML"),
    ("Riyadh bought the missiles from China in 1986.", "CN>SA"),
    ("Syria will get S-300 missiles from Moscow, Assad told a newspaper.", "RU>SY"),
    ("An Iranian cargo plane with arms for Hezbollah landed in Damascus.", "IR>hezbollah"),
    ("Kuwait rejected American terms and will buy Soviet tanks.", "SU>KW"),
    ("Norinco has exported rifles to Zimbabwe, a watchdog said.", "CN>ZW"),
    ("Japan will export Patriot missiles to the United States.", "JP>US"),
    ("Vietnam is in talks with Russia to buy Su-35 jets.", "RU>VN"),
    ("Russia is in talks with Vietnam to sell it Su-35 jets.", "RU>VN"),
    ("The embargo did not stop Serbia from selling engines for MiG jets to Iraq.", "RS>IQ"),
    ("Spain agreed on Monday to give Ukraine Leopard tanks, its defence minister told parliament in Madrid.", "ES>UA"),
    ("A Czech firm sold Ukraine 20,000 shells.", "CZ>UA"),
    ("American-made Stinger missiles were given to Afghan guerrillas by the CIA.", "US>AF"),
]
LAUNCHES = [
    ("North Korea fired a missile, South Korea said.", "KP"),
    ("South Korea said the North had fired a missile. North Korea was silent.", "KP"),
    ("A missile was fired from Yemen at Israel.", "YE"),
    ("Japan detected a missile launched by North Korea.", "KP"),
    ("Israel's army said it had fired missiles at targets in Syria.", "IL"),
    ("Pakistan's test of a Ghauri missile drew protest from India.", "PK"),
    ("Iraqi missiles hit Tehran.", "IQ"),
    ("Three Iraqi Scuds struck Tel Aviv, the Israeli army said.", "IQ"),
    ("The Houthis said they fired a missile at a U.S. destroyer.", "houthis"),
    ("A U.S. destroyer fired Tomahawk missiles at Syria.", "US"),
    ("Ukraine said Russia had launched 40 cruise missiles overnight.", "RU"),
    ("Russia launched 40 cruise missiles overnight, Ukraine's air force said.", "RU"),
    ("Ukrainian air defences shot down 30 Russian missiles.", "RU"),
    ("Kyiv was hit by Russian missiles.", "RU"),
    ("Tokyo protested over Pyongyang's missile launch.", "KP"),
    ("The United States condemned the North Korean missile test.", "KP"),
    ("Iran's Revolutionary Guards fired missiles at a Kurdish base in Iraq.", "IR"),
    ("Islamic State militants fired rockets at Turkey from Syria.", "islamic-state"),
    ("Palestinian militants in Gaza fired rockets at Israel.", "PS"),
    ("Israel carried out air strikes after rockets were fired from Gaza.", "PS"),
    ("Seoul's military said it fired a missile in response to the North's launch. North Korea fired first.", "KR"),
    ("China launched missiles over Taiwan, Japan's defence ministry said.", "CN"),
    ("Turkey shot down a missile fired from Syria.", "SY"),
    ("A submarine of Russia's Pacific Fleet launched a Bulava missile.", "RU"),
    ("The Kremlin said it test-fired a Sarmat missile.", "RU"),
    ("Missiles launched by Israel killed two people in Damascus, Syria said.", "IL"),
    ("Syria said Israel fired missiles at Damascus.", "IL"),
    ("India and Pakistan fired missiles at each other.", "IN"),
    ("Hezbollah rockets hit Haifa.", "hezbollah"),
    ("Israel blamed Hezbollah for a rocket that killed 12 children.", "hezbollah"),
    ("Saudi Arabia intercepted a missile fired by Yemen's Houthi rebels.", "houthis"),
    ("France successfully tested an M51 missile from a submarine.", "FR"),
    ("A French submarine tested an M51 missile.", "FR"),
    ("Britain's Trident test failed for a second time.", "GB"),
    ("The U.S. Air Force test-launched a Minuteman III missile from California.", "US"),
    ("Iraq fired Scuds at Israel and Saudi Arabia during the night.", "IQ"),
]


@pytest.mark.parametrize(("text", "wanted"), TRANSFERS)
def test_supplier_and_recipient(text: str, wanted: str) -> None:
    told = [roles(event) for event in events(text, "arms-transfer")]
    assert wanted in [f"{one.get('supplier', '-')}>{one.get('recipient', '-')}" for one in told]


@pytest.mark.parametrize(("text", "wanted"), LAUNCHES)
def test_who_fires(text: str, wanted: str) -> None:
    assert wanted in [roles(event).get("actor", "-") for event in events(text, "missile-launch")]


@pytest.mark.parametrize(("text", "wanted"), [
    ("JEDDAH - The kingdom has bought drones from Turkey.", "The kingdom"),
    ("Iran sold drones to rebel groups in Sudan.", "rebel groups"),
    ("Iran sold drones to the U.K. and Russia.", "U.K."),
])
def test_a_filler_reads_as_text(text: str, wanted: str) -> None:
    assert wanted in [event.roles["recipient"].text for event in events(text, "arms-transfer")]
