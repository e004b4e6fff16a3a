"""A story as queries see it."""

import pytest

from pipeline.core.document import MAX_FACTS, Document, event_facts, event_keys, facet_values
from pipeline.core.query import Event as EventQuery
from pipeline.core.revisions import revise
from pipeline.core.story import Claim, Event, Party
from tests.contracts.made import NOW, story, topics, transfer


def test_a_group_told_with_its_state_is_found_by_both() -> None:
    roles = {"recipient": Party("Hezbollah", "LB", "hezbollah"), "supplier": Party("army", "IR", "forces")}
    event = Event("arms-transfer", roles, (Claim("alleged"),), ())
    assert event_facts(event) == ("recipient:hezbollah", "recipient:lb", "status:alleged", "supplier:ir",
                                  "topic:arms-transfer")


def test_tags_are_compared_in_lower_case_and_shown_as_written() -> None:
    made = story(1, source="The  Wire", countries=("KP",), topics=topics("sanctions"), lang="pt_BR", tags=("Asia",),
                 events=(transfer("denied"),), cluster="abc", origin="AP")
    document = Document.of(made)
    assert document.tags == {
        "source": {"the wire"}, "country": {"kp"}, "topic": {"sanctions"}, "lang": {"pt-br", "pt"}, "tag": {"asia"},
        "status": {"denied"}, "feed": {"example"}, "cluster": {"abc"}, "origin": {"ap"},
        "event": {"topic:arms-transfer", "status:denied", "status:denied\ntopic:arms-transfer"},
    }
    assert document.tag("nothing") == frozenset()
    assert facet_values(made) == {"topic": ("sanctions",), "source": ("The  Wire",), "country": ("KP",),
                                  "lang": ("pt_BR",), "status": ("denied",)}


def test_a_fact_is_the_code_or_the_kind_or_the_words() -> None:
    event = Event("arms-transfer", {
        "supplier": Party("Pyongyang", "KP"), "weapon": Party("Shahed drones", None, "drone"),
        "recipient": Party("The  Group"), "target": Party(" ")}, (Claim("alleged"), Claim("alleged")), ())
    assert event_facts(event) == ("recipient:the group", "status:alleged", "supplier:kp", "topic:arms-transfer",
                                  "weapon:drone")
    assert len(event_keys(event)) == len(set(event_keys(event))) == 2**5 - 1


@pytest.mark.parametrize("facts", [
    ("topic:arms-transfer",), ("supplier:kp", "topic:arms-transfer"), ("topic:arms-transfer", "supplier:kp"),
    ("status:alleged", "recipient:ru", "supplier:kp", "topic:arms-transfer")])
def test_any_combination_of_facts_is_one_look_up(facts: tuple[str, ...]) -> None:
    keys = event_keys(transfer("alleged", supplier="KP", recipient="RU"))
    assert EventQuery(facts).key in keys
    assert EventQuery((*facts, "weapon:drone")).key not in keys


def test_an_event_with_very_many_facts_stays_small() -> None:
    roles = {f"role{number}": "KP" for number in range(50)}
    event = transfer("alleged", "denied", **roles)
    assert len(event_facts(event)) == MAX_FACTS
    assert len(event_keys(event)) == 2**MAX_FACTS - 1


def test_a_revision_keeps_its_place_and_its_past() -> None:
    stored = story(1, feeds=("a",), tags=("t",), authors=("By",), lang="en", cluster="c", origin="AP", summary="s")
    arrived = story(1, body="new", feeds=("b", "a"), published=NOW, seen=NOW, updated=NOW, lang="", revision=9)
    outcome, kept = revise(stored, arrived)
    assert outcome == "revised"
    assert (kept.revision, kept.body, kept.updated) == (2, "new", NOW)
    assert (kept.published, kept.seen, kept.feeds, kept.tags) == (stored.published, stored.seen, ("a", "b"), ("t",))
    assert (kept.authors, kept.lang, kept.cluster, kept.origin, kept.summary) == (("By",), "en", "c", "AP", "s")


def test_the_same_story_again_changes_nothing() -> None:
    stored = story(1)
    assert revise(stored, story(1, published=NOW, seen=NOW, updated=NOW)) == ("unchanged", stored)
