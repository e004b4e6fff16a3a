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
    ("Chad's army chief is a man whom France sanctioned for buying weapons from Russia.", "RU>-"),
    ("The U.S. imposed sanctions on firms procuring equipment for Iranian drones.", "IR>-"),
    ("Traders offered oil for North Korean rifles.", "KP>-"),
    ("Russia wants to offer food for North Korean weapons.", "KP>RU"),
    ("Israel accuses Syria of supporting Hezbollah with arms.", "SY>hezbollah"),
    ("Zelensky met U.S. senators and is to visit Poland as he seeks to secure additional arms.", "->UA"),
    ("• Russia tests Ukraine's nerves • Chad is sending weapons to Iran, sources say", "TD>IR"),
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
    ("Ukraine braced for a missile barrage; casualties mount in the battle for Bakhmut.", "-"),
]


@pytest.mark.parametrize(("text", "wanted"), TRANSFERS)
def test_supplier_and_recipient_alone(text: str, wanted: str) -> None:
    told = [roles(event) for event in events(text, "arms-transfer")]
    assert {f"{one.get('supplier', '-')}>{one.get('recipient', '-')}" for one in told} == set(wanted.split())


@pytest.mark.parametrize(("text", "wanted"), LAUNCHES)
def test_who_fires_alone(text: str, wanted: str) -> None:
    assert {roles(event).get("actor", "-") for event in events(text, "missile-launch")} == set(wanted.split())
