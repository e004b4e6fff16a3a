"""Events: who, whom, with what, and how it stands; one event for one act."""

import pytest

from tests.core.detection import events, found, roles

ARMS, LAUNCH = "arms-transfer", "missile-launch"


@pytest.mark.parametrize(("body", "wanted"), [
    ("Iran supplied drones to Russia.", {"supplier": "IR", "recipient": "RU"}),
    ("Drones were supplied to Russia by Iran.", {"supplier": "IR", "recipient": "RU"}),
    ("Iran has sold Russia hundreds of drones.", {"supplier": "IR", "recipient": "RU"}),
    ("Iran supplied Russia with drones.", {"supplier": "IR", "recipient": "RU"}),
    ("Russia bought missiles from North Korea.", {"supplier": "KP", "recipient": "RU"}),
    ("Russia has bought Iranian drones.", {"supplier": "IR", "recipient": "RU"}),
    ("Russia's purchase of Iranian drones alarmed Kyiv.", {"supplier": "IR", "recipient": "RU"}),
    ("Arms shipments from North Korea to Russia go on.", {"supplier": "KP", "recipient": "RU"}),
    ("U.S. arms sales to Taiwan anger Beijing.", {"supplier": "US", "recipient": "TW"}),
    ("The sale of F-16 jets to Turkey by the United States was approved.", {"supplier": "US", "recipient": "TR"}),
    ("The United States accused Iran of supplying weapons to Syria.", {"supplier": "IR", "recipient": "SY"}),
    ("Washington urged China not to sell weapons to Russia.", {"supplier": "CN", "recipient": "RU"}),
    ("Pakistan took delivery of tanks from Ukraine.", {"supplier": "UA", "recipient": "PK"}),
    ("Berlin will deliver 14 Leopard 2 tanks to Kyiv.", {"supplier": "DE", "recipient": "UA"}),
    ("North Korean artillery shells were shipped to Russia.", {"supplier": "KP", "recipient": "RU"}),
    ("Iran is shipping missiles through Egypt to Hezbollah.",
     {"supplier": "IR", "recipient": "hezbollah", "via": "EG"}),
    ("President Bush halted arms sales to China.", {"supplier": "US", "recipient": "CN"}),
])
def test_who_arms_whom(body: str, wanted: dict[str, str]) -> None:
    (event,) = events(body, ARMS)
    assert {role: code for role, code in roles(event).items() if role != "weapon"} == wanted


def test_several_suppliers_are_several_acts() -> None:
    told = [roles(event) for event in events("Iran and North Korea supply weapons to Russia.", ARMS)]
    assert [(one["supplier"], one["recipient"]) for one in told] == [("IR", "RU"), ("KP", "RU")]


@pytest.mark.parametrize(("body", "weapon"), [
    ("Iran sold Shahed drones to Russia.", "drone"),
    ("Washington sent HIMARS rockets to Ukraine.", "artillery"),
    ("Seoul sold 155mm shells to Poland.", "ammunition"),
    ("Moscow supplied Iskander missiles to Belarus.", "ballistic-missile"),
])
def test_a_weapon_has_a_class(body: str, weapon: str) -> None:
    assert events(body, ARMS)[0].roles["weapon"].kind == weapon


@pytest.mark.parametrize(("body", "wanted"), [
    ("North Korea fired a missile into the sea.", {"actor": "KP"}),
    ("A missile was fired by Iran at an Iraqi base.", {"actor": "IR"}),
    ("North Korea's missile test failed.", {"actor": "KP"}),
    ("Houthi rebels launched missiles at Saudi Arabia.", {"actor": "houthis", "target": "SA"}),
    ("Hezbollah fired rockets at Israel.", {"actor": "hezbollah", "target": "IL"}),
    ("South Korea said North Korea launched two missiles.", {"actor": "KP"}),
    ("An Iraqi missile hit Tehran.", {"actor": "IQ"}),
    ("American warships fired cruise missiles at Libya.", {"actor": "US", "target": "LY"}),
])
def test_who_fires(body: str, wanted: dict[str, str]) -> None:
    told = roles(events(body, LAUNCH)[0])
    assert {role: told.get(role) for role in wanted} == wanted


@pytest.mark.parametrize(("body", "topic", "wanted"), [
    ("Iran sold drones to Russia in June.", ARMS, {"reported"}),
    ("The United States accused Iran of supplying drones to Russia.", ARMS, {"alleged"}),
    ("Iran supplied drones to Russia, according to Western intelligence.", ARMS, {"alleged"}),
    ("Iran has allegedly sold drones to Russia.", ARMS, {"alleged"}),
    ("Iran denies supplying drones to Russia.", ARMS, {"denied"}),
    ("Iran said it had never sold weapons to Russia.", ARMS, {"denied"}),
    ("Ukraine accused Iran of selling drones to Russia, a charge Tehran denies.", ARMS, {"alleged", "denied"}),
    ("Washington accused Iran of arming rebels with missiles. Iran dismissed the accusation.", ARMS,
     {"alleged", "denied"}),
    ("Germany will deliver tanks to Ukraine next month.", ARMS, {"planned"}),
    ("Poland signed a contract to buy tanks from South Korea.", ARMS, {"planned"}),
    ("China could supply weapons to Russia.", ARMS, {"hypothetical"}),
    ("If France sells missiles to Taiwan, China will protest.", ARMS, {"hypothetical"}),
    ("North Korea fired a missile on Sunday, Seoul's military said.", LAUNCH, {"reported"}),
    ("North Korea is preparing to fire a missile.", LAUNCH, {"planned"}),
    ("North Korea threatened to fire missiles at Guam.", LAUNCH, {"hypothetical"}),
    ("Pakistani officials said a suspected U.S. drone fired missiles at a house, killing four.", LAUNCH, {"alleged"}),
])
def test_how_it_stands(body: str, topic: str, wanted: set[str]) -> None:
    assert set(events(body, topic)[0].status) == wanted


ACCUSED = "Ukraine accused Iran of selling drones to Russia. "
SCUDS = "Israel said Syria sent missiles to Hezbollah. "


@pytest.mark.parametrize(("body", "topic", "wanted"), [
    # who alleges
    ("China is suspected of selling missiles to Pakistan.", ARMS, {"alleged"}),
    ("A former Israeli spy says Israel sold rifles to Iran.", ARMS, {"alleged"}),
    ("Uganda is arming rebels in Sudan with mortars, Khartoum alleges.", ARMS, {"alleged"}),
    ("Satellite images suggest North Korea shipped missiles to Russia by sea.", ARMS, {"alleged"}),
    ("Syria said Israel fired missiles at Damascus airport.", LAUNCH, {"alleged"}),
    # who may report
    ("Ukraine said it had received 14 Leopard tanks from Germany.", ARMS, {"reported"}),
    ("Japan said North Korea had fired a missile that fell into its waters.", LAUNCH, {"reported"}),
    ("North Korea fired what appeared to be a ballistic missile.", LAUNCH, {"reported"}),
    ("Seven Scuds were fired by Iraq at Riyadh and all were destroyed, the U.S. command said.", LAUNCH, {"reported"}),
    ("Mali received four Mi-35 helicopters from Russia on Thursday, state television reported.", ARMS, {"reported"}),
    # denials
    ("Serbia insists it has never sold ammunition to Ukraine.", ARMS, {"denied"}),
    ("Israel has ruled out selling missiles to Ukraine.", ARMS, {"denied"}),
    ('"We have given no weapons to Russia," Chinese foreign minister Wang Yi said.', ARMS, {"denied"}),
    ("Iran denied a report in a London daily that it had sold missiles to Syria.", ARMS, {"alleged", "denied"}),
    ("Tehran rejected suggestions that it was supplying missiles to Syria.", ARMS, {"alleged", "denied"}),
    (f"{ACCUSED}The Iranian ambassador was summoned. Tehran said the words were baseless.", ARMS,
     {"alleged", "denied"}),
    (f"{ACCUSED}Iran branded the findings slander.", ARMS, {"alleged", "denied"}),
    (f"{ACCUSED}Iran said the planes carried tractor parts.", ARMS, {"alleged", "denied"}),
    ("Ukraine says Iran sold drones to Russia, an accusation Tehran rejects as groundless.", ARMS,
     {"alleged", "denied"}),
    ("Iran has sold drones to Russia. Tehran denied selling them.", ARMS, {"alleged", "denied"}),
    ("Belarus has sent no rockets to Sudan, Minsk said, answering a report by a research group.", ARMS,
     {"alleged", "denied"}),
    # told by the writer or taken for granted, whoever says more about it
    ("Palestinian militants fired two rockets into Israel. The Israeli army says militants fired the rockets at a"
     " school.", LAUNCH, {"reported"}),
    ("Syria accused Israel of lying after a missile strike on Damascus.", LAUNCH, {"reported"}),
    # no denials of this
    (f"{ACCUSED}The Iranian embassy declined to comment.", ARMS, {"alleged"}),
    (f"{SCUDS}Syria neither confirmed nor denied the report.", ARMS, {"alleged"}),
    ("Hezbollah fired rockets at Haifa. Hezbollah denied seeking a wider war.", LAUNCH, {"reported"}),
    ("Britain will deliver Hawk jets to Indonesia. Jakarta denies that they have ever flown over Timor.", ARMS,
     {"planned"}),
    ("Israel accused Syria of supplying the rockets that Hezbollah fired at Haifa. Syria denied this.", LAUNCH,
     {"reported"}),
    # still to come
    ("Egypt has bought 46 MiG-29 jets from Russia. The first are to arrive next year, and delivery will take five.",
     ARMS, {"planned"}),
    ("The State Department has approved a possible sale of Javelin missiles to Kosovo.", ARMS, {"planned"}),
    ("China urged the United States to halt its planned sale of F-16 jets to Taiwan.", ARMS, {"planned"}),
    ("South Korea has agreed to lend Ukraine artillery shells, a newspaper reported.", ARMS, {"alleged", "planned"}),
    ("Iran will supply drones to Russia in May.", ARMS, {"planned"}),
    ("Poland is close to buying 96 Apache helicopters from the United States.", ARMS, {"planned"}),
    ("Under the accord Russia would deliver tanks to Syria.", ARMS, {"planned"}),
    ("Israel received the first two F-35 jets ordered from the United States.", ARMS, {"reported"}),
    ("Any sale of S-300 missiles to Iran would violate the embargo.", ARMS, {"hypothetical"}),
    ("China must not sell missiles to Iran, the secretary of state said.", ARMS, {"hypothetical"}),
    ("Serbia is keen to buy Su-30 jets from Russia.", ARMS, {"hypothetical"}),
    ("Lawmakers called for missiles to be sent to Taiwan.", ARMS, {"hypothetical"}),
    ("Iran would fire missiles at Israel if attacked, a general said.", LAUNCH, {"hypothetical"}),
    ("Russian arms sales to Libya could pass $2 billion.", ARMS, {"hypothetical"}),
])
def test_how_it_stands_in_other_words(body: str, topic: str, wanted: set[str]) -> None:
    assert set(events(body, topic)[0].status) == wanted


@pytest.mark.parametrize(("body", "wanted"), [
    ("Ukraine said Iran sold drones to Russia. Tehran and Moscow both deny any such shipment.",
     {"alleged": {"Ukraine"}, "denied": {"Tehran", "Moscow"}}),
    ("Iran sold drones to Russia, a London newspaper reported. Tehran said the story was a lie.",
     {"alleged": {"London newspaper"}, "denied": {"Tehran"}}),
    ("North Korea is said to have sold missiles to Syria.", {"alleged": set()}),
    ("China, said by the U.S. to have sold missiles to Iran, voted in favour.", {"alleged": {"U.S."}}),
    ("An Israeli charge that Syria gave missiles to Hezbollah was dismissed by Damascus.", {"alleged": {"Israeli"}}),
    ("An arms dealer in Singapore sold missiles to Burma, police suspect.", {"alleged": {"police"}}),
])
def test_who_holds_it_in_other_words(body: str, wanted: dict[str, set[str]]) -> None:
    (event,) = events(body, ARMS)
    assert {status: {c.holder.text for c in event.claims if c.holder and c.status == status}
            for status in wanted} == wanted


def test_holders_are_named() -> None:
    (event,) = events("The United States accused Iran of supplying weapons to Syria. Tehran denied the charge.", ARMS)
    assert {claim.status: claim.holder.code for claim in event.claims if claim.holder} == {
        "alleged": "US", "denied": "IR",
    }


@pytest.mark.parametrize(("body", "wanted"), [
    ("Russia rejected on Monday an American report that it was receiving shells from North Korea.",
     {("alleged", "US"), ("denied", "RU")}),
    ("Iran acknowledged that it had sent drones to Russia. Kyiv said Iran had sold Russia drones for years.",
     {("reported", "IR"), ("alleged", "UA")}),
])
def test_who_accuses_and_who_admits(body: str, wanted: set[tuple[str, str]]) -> None:
    (event,) = events(body, ARMS)
    assert {(claim.status, claim.holder.code) for claim in event.claims if claim.holder} == wanted


@pytest.mark.parametrize(("body", "topic", "wanted"), [
    ("The U.S. answered an attack by an allegedly Iranian-run group with a missile strike in Syria.", LAUNCH,
     {"reported"}),
    ("Experts weigh in on North Korea's missile launches.", LAUNCH, {"reported"}),
    ("Kyiv wants help as soon as possible, as Russia fired missiles at its power plants.", LAUNCH, {"reported"}),
    ("Moscow claims that Ukraine fired two missiles at the bridge.", LAUNCH, {"alleged"}),
    ("North Korea fires a missile as allies ready drills.", LAUNCH, {"reported"}),
    ("Denmark has a new aid package of howitzers and shells for Ukraine.", ARMS, {"planned"}),
    ("Washington warned China not to send rifles to Russia.", ARMS, {"hypothetical"}),
    ("Berlin is criticised for its reluctance to supply tanks to Ukraine.", ARMS, {"hypothetical"}),
    ("A senator is hopeful that Washington will send fighter jets to Ukraine.", ARMS, {"hypothetical"}),
])
def test_cues_that_mean_something_else_in_feeds(body: str, topic: str, wanted: set[str]) -> None:
    (event,) = events(body, topic)
    assert {claim.status for claim in event.claims} == wanted


@pytest.mark.parametrize(("more", "wanted"), [
    ("", {"reported"}),
    (" Israel denied that it had fired anything.", {"alleged", "denied"}),
])
def test_what_the_text_tells_itself_is_no_allegation_unless_denied(more: str, wanted: set[str]) -> None:
    body = f"Israel fired two missiles into Gaza. Witnesses say that Israel launched the missiles at a school.{more}"
    (event,) = events(body, LAUNCH)
    assert {claim.status for claim in event.claims} == wanted


@pytest.mark.parametrize(("body", "topic", "wanted"), [
    ("Russia launched 40 missiles at Ukraine overnight, Ukraine's air force said.", LAUNCH, {"reported"}),
    ("Ukraine said Russia had fired 40 missiles at Ukraine.", LAUNCH, {"alleged"}),
    ("Ukraine shot down all but one of the missiles that Russia fired at Ukraine, Kyiv said.", LAUNCH, {"reported"}),
    ("Pyongyang was condemned for a missile test and alleged theft.", LAUNCH, {"reported"}),
    ("Washington is looking into alleged shipments of Iranian missiles to Yemen.", ARMS, {"alleged"}),
    ("Washington said that China was considering sending shells to Russia.", ARMS, {"alleged", "hypothetical"}),
    ("Washington said that Iran was preparing to ship missiles to Russia.", ARMS, {"alleged", "planned"}),
    ("Canberra is to buy three submarines from Washington, Britain said.", ARMS, {"planned"}),
    ("French and British ships teamed up to seize a shipment of Iranian rifles for Yemen.", ARMS, {"reported"}),
    ("The troops closed a tunnel used by militants to fire rockets at Israel.", LAUNCH, {"reported"}),
    ("Moscow claims the bridge was hit by a British missile.", LAUNCH, {"alleged"}),
    ("Islamic Jihad claimed a rocket attack on Israel.", LAUNCH, {"reported"}),
    ("Colombian police say rebels fired rockets at a village.", LAUNCH, {"reported"}),
    ("Yemen's Houthi rebels say they fired a missile at Riyadh.", LAUNCH, {"reported"}),
    ("Israel fired a missile at the car, said residents.", LAUNCH, {"alleged"}),
    ("Residents said an Israeli missile hit the house.", LAUNCH, {"alleged"}),
    ("Iran may be supplying rockets to the Taliban, British officials said.", ARMS, {"alleged"}),
    ("Russian missiles hit Odesa, Ukraine's interior minister said.", LAUNCH, {"reported"}),
    ("Ukraine fired rockets at a hospital, Russia-installed officials said.", LAUNCH, {"alleged"}),
    ("China shipped missile parts to Pakistan, a Hong Kong weekly called Vanguard reported.", ARMS, {"alleged"}),
    ("Washington is sending 31 tanks to Ukraine, the president announced.", ARMS, {"planned"}),
    ("Germany lifted its veto on the sale of Eurofighters to Turkey.", ARMS, {"planned"}),
    ("Supplying missiles to Kyiv would cross a line, Moscow said.", ARMS, {"hypothetical"}),
    ("Washington says China may be considering sending shells to Russia.", ARMS, {"alleged", "hypothetical"}),
    ("It is not clear whether Germany will deliver the howitzers to Kyiv.", ARMS, {"hypothetical"}),
    ("Libya got armoured vehicles from Turkey, experts told the Security Council.", ARMS, {"alleged"}),
    ("NATO's chief says China is considering sending shells to Russia.", ARMS, {"alleged", "hypothetical"}),
    ("Russia fired missiles at Kyiv in what officials called the largest attack.", LAUNCH, {"reported"}),
    ("Iran gave drones to Russia, in what analysts said was their first such deal.", ARMS, {"reported"}),
    ("Denys Shmyhal said Canada had given Ukraine ten tanks.", ARMS, {"reported"}),
    ("Ukraine claims to have killed 400 Russians in a missile attack.", LAUNCH, {"reported"}),
    ("Beijing said the firms were punished owing to their weapons sales to Taiwan.", ARMS, {"reported"}),
    ("Investigators found strong indications that Moscow approved the supply of missiles to rebels.", ARMS,
     {"alleged"}),
    ("Seoul signs a contract to sell howitzers to Poland.", ARMS, {"planned"}),
    ("A rights group says Hamas broke the law when it fired rockets at Israel.", LAUNCH, {"reported"}),
    ("The US Navy said it had intercepted a shipment of rifles from Iran to Yemen.", ARMS, {"reported"}),
    ("Belgrade announced that Moscow had supplied ten tanks to Sarajevo.", ARMS, {"reported"}),
    ("Mounting evidence suggests that Rwanda supplied mortars to rebels in Congo.", ARMS, {"alleged"}),
    ("Saudi Arabia said Yemen's Houthis fired a missile at Mecca.", LAUNCH, {"alleged"}),
    ("Moscow is giving separatists in Ukraine tanks, the United States charged on Monday.", ARMS, {"alleged"}),
    ("North Korea appears to have launched a missile, Japanese officials said.", LAUNCH, {"reported"}),
    ("A minister in Kyiv said the day would soon come, as Russian missiles hit a market.", LAUNCH, {"reported"}),
])
def test_whose_word_makes_it_an_allegation(body: str, topic: str, wanted: set[str]) -> None:
    assert {claim.status for event in events(body, topic) for claim in event.claims} == wanted


@pytest.mark.parametrize(("title", "body", "topic", "wanted"), [
    ("North Korea fires two missiles into the sea", "North Korea reportedly fired two missiles on Thursday.", LAUNCH,
     {"reported"}),
    ("Iran sends drones to Russia", "Iran reportedly sent drones to Russia on Thursday.", ARMS, {"alleged"}),
    ("Pentagon: Pakistan received Chinese missiles", "", ARMS, {"alleged"}),
    ("Israel sold drones to Azerbaijan: report", "", ARMS, {"alleged"}),
    ("Egypt delivered rifles to Libya - rebel sources", "", ARMS, {"alleged"}),
    ("Ukraine war: Russia fires missiles at Odesa", "", LAUNCH, {"reported"}),
    ("UK confirms supply of long-range missiles to Ukraine", "", ARMS, {"reported"}),
    ("Egypt agreed to sell rockets to Libya, says report", "", ARMS, {"alleged", "planned"}),
    ("Pentagon: did China send missiles to Pakistan?", "", ARMS, {"reported"}),
])
def test_what_a_headline_says(title: str, body: str, topic: str, wanted: set[str]) -> None:
    (event,) = events(body, topic, title)
    assert set(event.status) == wanted


@pytest.mark.parametrize(("body", "topic", "wanted"), [
    ("Israel turned down a Ukrainian request to supply missiles to Ukraine.", ARMS, {"denied"}),
    ("China rejects US claims that it is considering sending shells to Russia.", ARMS,
     {"alleged", "denied", "hypothetical"}),
    ("Serbia denied selling shells to Ukraine, after Moscow accused Belgrade of it.", ARMS, {"alleged", "denied"}),
    ("Syria denied firing a missile at Turkey, as Ankara had said.", LAUNCH, {"alleged", "denied"}),
    ("Bout pleaded not guilty to selling missiles to rebels in Colombia.", ARMS, {"denied"}),
    ("Moscow reacted to a claim by Washington that it supplied shells to Syria, calling it a fabrication.", ARMS,
     {"alleged", "denied"}),
    ("China said accusations that its firms supply drones to Russia were groundless.", ARMS, {"alleged", "denied"}),
    ("Kiev approved the sale of a radar to Iraq, Washington said. Ukraine denied any such sale.", ARMS,
     {"alleged", "denied", "planned"}),
    ("Prague has not sold tanks to Azerbaijan, the minister said after Armenian complaints.", ARMS, {"denied"}),
    ("Iran never supplied missiles to Moscow, its U.N. mission said.", ARMS, {"denied"}),
    ("Croatia vetoed the sale of tanks to Serbia.", ARMS, {"denied"}),
    ("Britain plays down the prospect of sending fighter jets to Ukraine.", ARMS, {"denied"}),
    ("Hezbollah said it had no role in the rocket attack on Haifa.", LAUNCH, {"denied"}),
    ("More would have died had the Russian missiles not been shot down, Kyiv's army said.", LAUNCH, {"reported"}),
    ("Minsk insisted it was not true that Belarus had delivered missiles to Iran.", ARMS, {"denied"}),
    ("Pretoria said there was no evidence for the claim that it had supplied arms to Russia.", ARMS,
     {"alleged", "denied"}),
    ("Two missiles crossed Moldova, but Romania denies that its own airspace was violated.", LAUNCH, {"reported"}),
])
def test_what_is_refused_or_denied(body: str, topic: str, wanted: set[str]) -> None:
    assert {claim.status for event in events(body, topic) for claim in event.claims} == wanted


@pytest.mark.parametrize(("body", "topic", "wanted"), [
    ("It would be wrong of China to give weapons to Russia, a senator said.", ARMS, {"hypothetical"}),
    ("Send fighter jets to Ukraine, the former minister said.", ARMS, {"hypothetical"}),
    ("Much depends on how quickly Washington will supply tanks to Ukraine.", ARMS, {"hypothetical"}),
    ("Pyongyang's missile test meant to frighten Seoul failed.", LAUNCH, {"reported"}),
    ("The missile launch may worry Tokyo.", LAUNCH, {"reported"}),
    ("Warsaw and Seoul sealed a contract for 200 tanks.", ARMS, {"planned"}),
    ("Ukraine could not shoot down the missiles that Russia fired.", LAUNCH, {"reported"}),
    ("An official who was not allowed to talk to reporters said it was the fourth test of India's missile.", LAUNCH,
     {"reported"}),
    ("The missiles are thought to be Soviet Scuds supplied to Iran by Libya.", ARMS, {"alleged"}),
    ("A sale of anti-tank missiles to Ukraine has won initial approval from Congress.", ARMS, {"planned"}),
    ("Politicians renewed a call to send arms to Kyiv.", ARMS, {"hypothetical"}),
    ("A shift in London could allow Poland to send tanks to Ukraine.", ARMS, {"hypothetical"}),
    ("Prosecutors said a Cape firm conspired with a U.S. company to supply Iraq with fuses for artillery shells.", ARMS,
     {"alleged"}),
    ("Moscow is seeking more drones from Iran.", ARMS, {"hypothetical"}),
    ("Iran warned that it could fire missiles at U.S. bases. Last month Iran fired missiles at militants in Syria.",
     LAUNCH, {"hypothetical", "reported"}),
    ("The navy halted an Iranian vessel that carried rifles to Yemen.", ARMS, {"reported"}),
    ("Washington voiced alarm at the possible sale of Scud missiles by Syria to Hezbollah.", ARMS, {"hypothetical"}),
    ("The State Department approved a possible sale of 40 tanks to Poland.", ARMS, {"planned"}),
    ("Israeli dealers have been supplying weapons to Nicaraguan rebels with CIA approval.", ARMS, {"reported"}),
    ("Chinese officials have pledged to prevent missiles from being delivered to Iran.", ARMS, {"reported"}),
    ("The White House said no decision had been made to provide arms to rebels in Libya.", ARMS, {"hypothetical"}),
    ("North Korea fired a potential ballistic missile into the sea.", LAUNCH, {"reported"}),
    ("The missile, believed to be a Rodong, was fired by North Korea at dawn.", LAUNCH, {"reported"}),
    ("The White House refused to turn over a report on weapons shipments from Iran to Bosnia.", ARMS, {"reported"}),
])
def test_what_is_to_come_or_only_possible(body: str, topic: str, wanted: set[str]) -> None:
    assert {claim.status for event in events(body, topic) for claim in event.claims} == wanted


@pytest.mark.parametrize(("more", "wanted"), [
    ("", {"reported": set()}),
    ("Israel blamed Hezbollah for it.", {"reported": set(), "alleged": {"IL"}}),
    ("Israel said Hezbollah had fired it. Hezbollah denied it.",
     {"reported": set(), "alleged": {"IL"}, "denied": {None}}),
    ("Israel held Hezbollah responsible.", {"reported": set(), "alleged": {"IL"}}),
    ("Hezbollah claimed responsibility.", {"reported": set()}),
    ("Such fire is often blamed on Hezbollah.", {"reported": set()}),
    ("A police spokesman blamed Hezbollah for it.", {"reported": set(), "alleged": {None}}),
])
def test_who_is_blamed_for_what_is_told_as_done(more: str, wanted: dict[str, set[str | None]]) -> None:
    (event,) = events(f"A rocket hit a school near Haifa on Friday. {more}", LAUNCH)
    assert {status: {claim.holder.code for claim in event.claims if claim.status == status and claim.holder}
            for status in event.status} == wanted


def test_a_denial_of_something_else_does_not_count() -> None:
    (event,) = events("The United States accused Iran of supplying weapons to Syria. Sudan denied the charge.", ARMS)
    assert event.status == ("alleged",)


def test_mentions_of_one_act_are_one_event() -> None:
    body = "Iran sold drones to Russia. Russia received the drones from Iran in June. The drone sale worried Kyiv."
    assert len(events(body, ARMS)) == 1


def test_a_joint_exercise_has_all_its_participants() -> None:
    (event,) = events("The United States and South Korea began joint military exercises on Monday.",
                      "military-exercise")
    assert {code for role, code in roles(event).items() if role.startswith("participants")} == {"US", "KR"}


def test_who_imposes_sanctions_on_whom() -> None:
    (event,) = events("The United States imposed sanctions on Iran on Thursday.", "sanctions")
    assert roles(event) == {"imposer": "US", "target": "IR"}
    assert event.when == "on Thursday"


def test_the_founding_story() -> None:
    title = "US accuses North Korea of secretly sending shells to Russia"
    body = (
        "WASHINGTON — The United States accused North Korea on Wednesday of covertly shipping a significant number of "
        "artillery shells to Russia for its war in Ukraine, hiding the cargo by sending it through third countries in "
        "the Middle East and North Africa.\n\n"
        "A White House spokesman said the shipments would not change the course of the war. He did not say how many "
        "shells were sent.\n\n"
        "Pyongyang denied the charge. Its defense ministry said it had never had \"arms transactions\" with Russia and "
        "would have none in the future.\n\n"
        "Moscow has turned to other suppliers as sanctions bite. Russia has bought hundreds of Iranian drones, "
        "American officials say; Tehran has rejected the reports.\n\n"
        "Hours after the announcement, North Korea fired a barrage of ballistic missiles into the sea, days after the "
        "United States and South Korea held large air drills. Seoul called the launches a grave provocation.\n\n"
        "The European Union is preparing new sanctions against the North."
    )
    detection = found(body, title)
    assert {m.topic for m in detection.topics} == {"arms-transfer", "missile-launch", "military-exercise", "sanctions"}
    told = [(event.topic, roles(event), event.status) for event in detection.events]
    assert [entry for entry in told if entry[0] == ARMS] == [
        (ARMS, {"supplier": "KP", "recipient": "RU", "weapon": "ammunition"}, ("alleged", "denied")),
        (ARMS, {"supplier": "IR", "recipient": "RU", "weapon": "drone"}, ("alleged", "denied")),
    ]
    (launch,) = [entry for entry in told if entry[0] == LAUNCH]
    assert launch == (LAUNCH, {"actor": "KP", "weapon": "ballistic-missile"}, ("reported",))
    shells = detection.events[0]
    assert {c.status: c.holder.code for c in shells.claims if c.holder} == {"alleged": "US", "denied": "KP"}
    assert ("sanctions", {"imposer": "eu", "target": "KP"}, ("planned",)) in told


def test_an_act_that_is_only_named_stands_as_the_act_that_is_told() -> None:
    body = ("Guns and ammunition will soon be flown to Iraq by an Australian aircraft, the prime minister said. It"
            " is not alone: Britain and France are with it in delivering mortars to Iraq.")
    assert {event.status for event in events(body, ARMS)} == {("planned",)}


@pytest.mark.parametrize(("body", "topic"), [
    ("Moscow accused Kyiv of hitting a dormitory with newly acquired American drones.", ARMS),
    ("London accused Moscow of stirring up anger over Britain's sale of tanks to Ukraine.", ARMS),
    ("The inquiry accused Libya of paying the rebels who fired the missile at the airliner.", LAUNCH),
])
def test_what_a_charge_takes_for_granted_is_not_alleged(body: str, topic: str) -> None:
    assert [event.status for event in events(body, topic)] == [("reported",)]
