"""The rule index finds exactly the rules that each match on their own."""

import os
import pickle
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.alerts import AlertRule, RuleIndex
from pipeline.core.document import Document
from pipeline.core.query import Query, match, matches, parse
from pipeline.core.story import Story
from tests.alerts.conftest import NOW, rule, story
from tests.contracts.made import NOW as MADE_NOW
from tests.contracts.strange import about, collections, queries


def rules_of(asked: list[Query]) -> list[AlertRule]:
    return [AlertRule(f"r{number}", query, ("c",)) for number, query in enumerate(asked)]


@settings(max_examples=500 if os.environ.get("WIREWATCH_LONG") else 50, deadline=None,
          suppress_health_check=list(HealthCheck))
@given(st.data())
def test_equals_every_rule_tried_on_its_own(data: st.DataObject) -> None:
    stories: tuple[Story, ...] = data.draw(collections(3))
    asked = data.draw(st.lists(st.one_of(about(stories), queries), min_size=1, max_size=25))
    rules = rules_of(asked)
    index = RuleIndex(rules)
    for one in stories:
        document = Document.of(one)
        expected = [r.name for r in rules if matches(r.query, document, MADE_NOW)]
        assert [r.name for r in index.answered(document, MADE_NOW)] == expected
        for found in index.matches(document, MADE_NOW):
            spans = match(found.rule.query, document, MADE_NOW)
            assert spans is not None
            assert found.title == spans.spans.get("title", ())
            assert found.body == spans.spans.get("body", ())


@pytest.mark.parametrize(("query", "hit"), [
    ("shells", True), ("shelling", True), ('="shells"', True), ('="shell"', False), ("artiller*", True), ("art*", True),
("artillerys*", False), ("NOT shells", False), ("NOT submarine", True), ("-submarine -carrier", True),
    ("submarine OR shells", True), ("submarine OR -carrier", True), ("submarine OR since:24h", True),
    ("*", True), ("since:24h", True), ("before:24h", False), ('"artillery shells"', True),
    ('"shells artillery"', False),
    ('"shells russia"~1', True), ('"shells report"~1', False), ("topic:arms-transfer", True), ("topic:arms*", True),
    ("topic:*", True), ("topic:sanctions", False), ("country:KP", True), ("country:US", False),
    ("event:(supplier:KP status:denied)", True), ("event:(supplier:RU)", False), ("outlets:1", True),
    ("outlets:>3", False),
    ("-outlets:>3 shells", True), ("outlets:>3 OR origins:<2", True), ("source:example-news", True),
    ("title:washington", False), ("body:washington", True), ("author:smith", True), ("author:shells", False),
    ("author:smi*", True), ("title:shells -title:ukraine (topic:sanctions OR country:RU)", True),
    ("(shells OR rockets) (russia OR iran) -submarine", True), ("lang:en shells", False),
])
def test_every_kind_of_question(query: str, hit: bool) -> None:
    others = [rule(f"other{n}", q) for n, q in enumerate(("shells russia", "carrier", "topic:sanctions", "smith"))]
    index = RuleIndex([*others, rule("asked", query)])
    document = Document.of(story(authors=("Jo Smith",)))
    assert ("asked" in [r.name for r in index.answered(document, NOW)]) == hit == matches(parse(query), document, NOW)


def test_rules_that_take_no_matches_are_left_out() -> None:
    document = Document.of(story())
    cases = {
        "disabled": rule(enabled=False), "expired": rule(expires="2026-03-04T12:00Z"),
        "absent": rule(when={"absent": "2h"}),
    }
    for one in cases.values():
        assert RuleIndex([one]).answered(document, NOW) == []
    assert RuleIndex([cases["expired"]]).answered(document, NOW - timedelta(seconds=1)) != []
    assert RuleIndex([replace(rule(), silenced_until=NOW + timedelta(days=1))]).answered(document, NOW) != []


def test_can_be_sent_to_workers() -> None:
    index = pickle.loads(pickle.dumps(RuleIndex([rule(), rule("b", "topic:arms-transfer")])))  # noqa: S301
    assert [r.name for r in index.answered(Document.of(story()), NOW)] == ["shells", "b"]


def test_rules_about_threads_hear_of_stories_and_are_not_told_them() -> None:
    index = RuleIndex([rule(), rule("news", when={"thread": "any"}), rule("much", when={"burst": "any"}),
                       rule("off", when={"thread": "any"}, enabled=False)])
    told, wanting = index.found(story(), Document.of(story()), NOW)
    assert [found.rule.name for found in told] == ["shells"]
    assert [one.name for one in wanting] == ["news"]


def test_what_is_found_shows_why() -> None:
    index = RuleIndex([rule(query='"artillery shells" OR denied')])
    body = "Filler words stand here. " * 40 + "Pyongyang denied that any artillery shells were sent. " + "More. " * 99
    one = story(body=body)
    [found], wanting = index.found(one, Document.of(one), NOW)
    assert wanting == []
    item = found.item
    assert [item.title[a:b] for a, b in item.title_spans] == ["artillery shells"]
    assert [item.excerpt[a:b] for a, b in item.excerpt_spans] == ["denied", "artillery shells"]
    assert item.words == ("artillery shells", "denied")
    assert len(item.excerpt) <= 290
    assert item.excerpt[0] == item.excerpt[-1] == "…"
    assert item.events == ("North Korea → Russia: artillery shells — alleged by US, denied",)
    assert not item.late
    assert found.fold == one.id


@given(st.text(max_size=800), st.lists(st.tuples(st.integers(0, 800), st.integers(1, 30)), max_size=30))
def test_excerpts_never_lose_their_spans(body: str, places: list[tuple[int, int]]) -> None:
    from pipeline.core.alerts.message import marked, merged
    from pipeline.core.telling import excerpt_of

    spans = [(a, a + n) for a, n in places if a + n <= len(body)]
    excerpt, kept = excerpt_of(body, merged(spans))
    assert len(excerpt) <= 282
    assert all(0 <= a < b <= len(excerpt) for a, b in kept)
    inside = {body[a:b] for a, b in merged(spans)}
    assert all(excerpt[a:b] in inside for a, b in kept)
    assert marked(excerpt, kept, "", "") == excerpt
    if spans and min(b - a for a, b in merged(spans)) < 60 and len(merged(spans)) == 1:
        assert kept
