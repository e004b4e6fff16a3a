"""Who acts in a sentence that names others too: exactly the sides that it tells, and nobody beside them."""

import pytest

from tests.core.detection import events, roles

TRANSFERS = [
    ("Iran sent drones to Russia, Ukraine says.", "IR>RU"),
    ("Iran gave missiles to Russia, U.S. officials say.", "IR>RU"),
    ("Iran is selling drones to Russia, China and Sudan.", "IR>RU IR>CN IR>SD"),
    ("Peru accused of providing arms to Bolivia - US ambassador.", "PE>BO"),
    ("The U.S. ambassador to Peru has accused the country of providing weapons to Bolivia.", "PE>BO"),
    ("Peru summoned the US ambassador after he charged that the country had provided arms to Bolivia.", "PE>BO"),
    ("China accuses the U.S. of lying over warnings it is considering sending artillery to Russia.", "CN>RU"),
    ("Iran may use the Syria earthquake to smuggle arms to Hezbollah.", "IR>hezbollah"),
    ("The U.S. is prolonging the Ukraine war by sending arms to Kyiv.", "US>UA"),
    ("Chad's army chief is a man whom France sanctioned for buying weapons from Russia.", "RU>TD"),
    ("The U.S. imposed sanctions on firms procuring equipment for Iranian drones.", "IR>-"),
    ("The U.S. cut ties with Iran, which it accuses of supplying Russia with drones.", "IR>RU"),
    ("The U.S. expelled three Iranian officers whom it suspected of selling missiles to Russia.", "IR>RU"),
    ("Israel bombed Syria, which Washington accuses of giving Scuds to Hezbollah.", "SY>hezbollah"),
    ("Britain expelled two men whom it accused of buying weapons for Iran.", "->IR"),
    ("The U.S. said that ships with North Korean ammunition for the Russian army were under way.", "KP>RU"),
    ("Iran denies selling arms to Russia. It never had any arms deals with Russia, Tehran said.", "IR>RU"),
    ("The EU named a firm in Iran, maker of drones. It accused Iran of supplying Russia with the craft.", "IR>RU"),
    ("Traders offered oil for North Korean rifles.", "KP>-"),
    ("Russia wants to offer food for North Korean weapons.", "KP>RU"),
    ("Israel accuses Syria of supporting Hezbollah with arms.", "SY>hezbollah"),
    ("Zelensky met U.S. senators and is to visit Poland as he seeks to secure additional arms.", "->UA"),
    ("• Russia tests Ukraine's nerves • Chad is sending weapons to Iran, sources say", "TD>IR"),
    ("Russia attacked Kyiv in its largest raid using the Iranian-supplied drones.", "IR>RU"),
    ("Athens may send its Russian-built S-300 missiles to Ukraine.", "GR>UA"),
    ("Russian soldiers are shaking at a UK decision to supply Ukraine with missiles.", "GB>UA"),
    ("Putin spread lies about a British decision to send tank shells to Ukraine, London said.", "GB>UA"),
    ("The minister was sanctioned by the U.S. for buying military equipment from Russia.", "RU>-"),
    ("The senator urged the Biden administration to provide munitions to her native country of Ukraine.", "US>UA"),
    ("A contract shows that Iran has sold Russia ammunition for the Ukraine war.", "IR>RU"),
    ("The U.S. is sending Ukraine $325 million in weapons.", "US>UA"),
    ("Biden, who was seen alongside Zelensky, sent artillery shells to Kyiv.", "US>UA"),
    ("Chad is the largest arms importer of the region.", "->TD"),
    ("London will give Ukraine tanks after a \"military response\" to the raid was promised.", "GB>UA"),
    ("If Wagner does not receive ammunition, the front will fall.", "->wagner"),
    ("The Ukrainian president calls for more weapons and for sanctions.", "->UA"),
    ("Tehran, which wants attack helicopters and other military equipment from Russia, is patient.", "RU>IR"),
    ("Ukraine gets Patriot missiles to help shield it from Russian airstrikes.", "->UA"),
    ("Britain's allies promise weapons for Ukraine.", "->UA"),
    ("The Croatian president slams arms deliveries to Ukraine.", "->UA"),
    ("Zelensky hopes that a huge influx of munitions will come, according to U.S. officials.", "->-"),
    ("Poland sent ammunition for Soviet-era tanks to Ukraine.", "PL>UA"),
    ("Biden, seen alongside Ukrainian President Volodymyr Zelensky, praised a sale of tanks to Poland.", "->PL"),
    ("A Ukrainian soldier burnt five Russian tanks using U.S.-provided Javelin missiles.", "US>UA"),
    ("Smart bombs provided to Ukraine by Canada are being jammed by Russia.", "CA>UA"),
    ("The senator joined others in Boston in calling for transfer of fighter jets to Chad.", "->TD"),
    ("Three train loads of artillery shells have gone from North Korea to Russia.", "KP>RU"),
    ("Six used warships are to come from Japan, the navy said.", "JP>-"),
    ("Kosovo has signed for 246 Javelin missiles from the United States.", "US>XK"),
    ("Kyiv stepped up its lobbying campaign for American F-16 fighter jets.", "US>UA"),
    ("The Pentagon misjudged the price of missiles and other equipment it sent to Ukraine.", "US>UA"),
    ("London offered more troop training and light tanks to Kyiv.", "GB>UA"),
    ("Crowds marched in Berlin; Beijing is considering sending drones to Moscow.", "CN>RU"),
]
LAUNCHES = [
    ("In Iraq, U.S. forces fired missiles at militants.", "US"),
    ("A missile struck a power plant in the heart of Kyiv.", "-"),
    ("A rocket was fired on the Afghan capital of Kabul on Saturday.", "-"),
    ("A general was killed by a British-supplied missile.", "-"),
    ("Kyiv hit with Russian missiles in first attack in weeks.", "RU"),
    ("The drills are a response to Pyongyang's nuclear and missile tests.", "KP"),
    ("The G-7 spoke of China's pressure on Taiwan and North Korea's missile tests.", "KP"),
    ("North Korea told Tokyo it plans to launch a satellite in June.", "KP"),
    ("Ukraine says the strike using Kalibr missiles shows that sanctions are needed.", "-"),
    ("U.S.-South Korean drills begin after North tests missiles.", "-"),
    ("Missiles with a range of 100 miles were used by Ukraine in strikes on the harbour.", "UA"),
    ("Tensions are told in 30 seconds North Korea fired two missiles on Tuesday.", "KP"),
    ("Civilians raced for cover in Ukraine as Russia fired a barrage of missiles.", "RU"),
    ("A French reporter was killed in a Russian rocket strike in Ukraine.", "RU"),
    ("Cruise missiles and shells rained down on the city.", "-"),
    ("Ukraine intercepted 15 missiles, but 34 people were hurt in the barrage.", "-"),
    ("The ex-Russian president threatened to hit the court with hypersonic missiles.", "RU"),
    ("Russia carried out missile strikes on barracks used by Ukraine.", "RU"),
    ("The firing came during joint drills North Korea fired two missiles over.", "KP"),
    ("Iskander ground-launched missiles are new.", ""),
    ("North Korea tests submarine-launched ballistic missile.", "KP"),
    ("Seoul condemned the sanctions following missile launches.", "-"),
    ("Israel bombed Gaza City after rocket fire and a raid in Nablus.", "-"),
    ("Ukraine braced for a missile barrage; casualties mount in the battle for Bakhmut.", "-"),
]


@pytest.mark.parametrize(("text", "wanted"), TRANSFERS)
def test_supplier_and_recipient_alone(text: str, wanted: str) -> None:
    told = [roles(event) for event in events(text, "arms-transfer")]
    assert {f"{one.get('supplier', '-')}>{one.get('recipient', '-')}" for one in told} == set(wanted.split())


@pytest.mark.parametrize(("text", "wanted"), LAUNCHES)
def test_who_fires_alone(text: str, wanted: str) -> None:
    assert {roles(event).get("actor", "-") for event in events(text, "missile-launch")} == set(wanted.split())
