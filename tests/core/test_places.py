"""States, groups and organisations in a text, and what is none."""

import pytest

from pipeline.core.places import parties, with_forces
from pipeline.core.text import Text
from tests.core.detection import found, topics


def named(text: str) -> list[str]:
    read = Text.of(text)
    return [party.code or party.kind for party in with_forces(read, parties(read, topics().parties))]


@pytest.mark.parametrize(("text", "wanted"), [
    ("Pyongyang and the Kremlin spoke.", ["KP", "RU"]),
    ("The DPRK, N. Korea and North Koreans", ["KP", "KP", "KP"]),
    ("Roast turkey on fine china for us.", []),
    ("Turkey and China met the US in Geneva.", ["TR", "CN", "US", "CH"]),
    ("Michael Jordan scored; Jordan Smith ran.", []),
    ("Jordan said so. King Abdullah of Jordan agreed.", ["JO", "JO"]),
    ("Chad Jones met a minister from Chad.", ["TD"]),
    ("New Mexico, the South China Sea and the Washington Post", []),
    ("Papua New Guinea and Guinea-Bissau", ["PG", "GW"]),
    ("South Sudan and Sudan; Niger and Nigeria", ["SS", "SD", "NE", "NG"]),
    ("Hezbollah, al-Qaida and the Houthis", ["hezbollah", "al-qaeda", "houthis"]),
    ("NATO, the EU and the U.N. Security Council", ["nato", "eu", "un"]),
    ("American troops and Syrian rebels", ["US", "SY"]),
    ("South Korea's navy and Houthi fighters", ["KR", "houthis"]),
    ("militias in Iraq", ["IQ", "IQ"]),
    ("POLISH JETS OVER IRAN", ["PL", "IR"]),
])
def test_parties(text: str, wanted: list[str]) -> None:
    assert named(text) == wanted


def test_the_north_needs_a_korea() -> None:
    assert named("North Korea spoke. The North fired, and the North sang.").count("KP") == 3
    assert named("Snow fell in the North and in the South.") == []
    assert found("The North fired a missile.", "North Korea in anger").countries == ("KP",)


@pytest.mark.parametrize("dateline", ["MOSCOW (AP) — ", "MOSCOW, Feb 3 (Reuters) - ", "MOSCOW/KIEV - ", "MOSCOW _ "])
def test_a_dateline_names_nobody(dateline: str) -> None:
    assert found(dateline + "A cat sat on a mat.").countries == ()
    assert found(dateline + "A cat sat in Poland.").countries == ("PL",)
