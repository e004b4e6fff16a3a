"""What a message says about an event."""

import re
from pathlib import Path

import pytest

from pipeline.core.states import NAMES
from pipeline.core.story import Claim, Event, Party
from pipeline.core.telling import clean, event_line

KP, RU, US = Party("Pyongyang", "KP"), Party("the Kremlin", "RU"), Party("Washington", "US")


@pytest.mark.parametrize(("event", "line"), [
    (Event("arms-transfer", {"supplier": KP, "recipient": RU, "weapon": Party("artillery shells", kind="ammunition")},
           (Claim("alleged", US), Claim("denied")), ()),
     "North Korea → Russia: artillery shells — alleged by US, denied"),
    (Event("arms-transfer", {"supplier": KP, "recipient": RU},
           (Claim("denied", KP), Claim("denied", RU), Claim("alleged", US), Claim("alleged", US)), ()),
     "North Korea → Russia — alleged by US, denied by North Korea and Russia"),
    (Event("missile-launch", {"actor": Party("Houthi  rebels", None, "houthi"), "weapon": Party("a missile")}, (), ()),
     "Houthi rebels: a missile"),
    (Event("missile-launch", {}, (Claim("planned"),), ()), "missile-launch — planned"),
    (Event("arms-transfer", {"recipient": RU}, (Claim("reported"),), ()), "Russia — reported"),
])
def test_event_lines(event: Event, line: str) -> None:
    assert event_line(event) == line


@pytest.mark.parametrize(("text", "cleaned"), [
    ("plain é 北京", "plain é 北京"), ("a\x1b[31mb", "a [31mb"), ("a\r\nb", "a  b"), ("a\u202eb", "a b"),
    ("\ud800", " "), ("a\tb", "a b"), ("\u2066x\u2069", " x "), ("👍🏽", "👍🏽"),
])
def test_cleaning_keeps_every_offset(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
    assert len(clean(text)) == len(text)


def test_every_state_that_is_found_has_a_name() -> None:
    found = re.findall(r"(?m)^\[([A-Z]{2})\]", Path("configs/lists/states.txt").read_text())
    assert {code for code in found if code not in NAMES} == set()
