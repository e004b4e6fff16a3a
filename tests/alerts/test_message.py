"""What a message says about an event."""

import re
from pathlib import Path

import pytest

from pipeline.core.states import NAMES
from pipeline.core.story import Claim, Event, Evidence, Party, TopicMatch
from pipeline.core.telling import clean, event_line
from tests.alerts.conftest import found, rule, story

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


TITLE = "Minister resigns; Russia denies buying shells from North Korea"
BODY = ("The minister left on Monday after a row over rail fares. " * 8
        + "Washington says that North Korea ships artillery shells to Russia. Moscow denies it.")


def _at(text: str, words: str) -> Evidence:
    start = text.index(words)
    return Evidence("title" if text is TITLE else "body", start, start + len(words), words, "rule")


ARMS = Event("arms-transfer", {"supplier": KP, "recipient": RU},
             (Claim("alleged", US, _at(BODY, "Washington says")), Claim("denied", RU, _at(BODY, "Moscow denies it"))),
             (_at(BODY, "ships artillery shells"),))
POLITICS = Event("politics", {"actor": RU}, (Claim("reported"),), (_at(TITLE, "Minister resigns"),))


@pytest.mark.parametrize(("query", "marked_words", "first"), [
    ("event:(topic:arms-transfer supplier:KP)", {"ships artillery shells"}, "arms-transfer"),
    ("event:(topic:arms-transfer status:denied)", {"ships artillery shells", "Moscow denies it"}, "arms-transfer"),
    ("status:alleged", {"ships artillery shells", "Washington says"}, "politics"),
    ("topic:politics", {"Minister resigns"}, "politics"),
    ("topic:arms*", {"buying shells"}, "arms-transfer"),
    ("rail topic:arms-transfer", {"rail", "buying shells"}, "arms-transfer"),
    ("rail -topic:sanctions", {"rail"}, "politics"),
    ("country:KP", set(), "politics"),
])
def test_what_a_query_asks_for_is_told_first_and_marked(query: str, marked_words: set[str], first: str) -> None:
    topics = (TopicMatch("politics", (_at(TITLE, "Minister resigns"),)),
              TopicMatch("arms-transfer", (_at(TITLE, "buying shells"),)))
    told = story(title=TITLE, body=BODY, topics=topics, events=(POLITICS, ARMS), countries=("KP", "RU"))
    [one] = found([rule(query=query)], told)
    assert set(one.item.words) == marked_words
    assert one.item.topics[0] == first
    assert one.item.events[0] == event_line(ARMS if "arms" in query or "status" in query else POLITICS)
    shown = {one.item.title[a:b] for a, b in one.item.title_spans} | {
        one.item.excerpt[a:b] for a, b in one.item.excerpt_spans}
    assert shown <= marked_words
    assert bool(shown) == bool(marked_words)


def test_every_state_that_is_found_has_a_name() -> None:
    found = re.findall(r"(?m)^\[([A-Z]{2})\]", Path("configs/lists/states.txt").read_text())
    assert {code for code in found if code not in NAMES} == set()
