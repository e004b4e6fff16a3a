"""Queries matched in memory: whether, and where."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings

from pipeline.core.document import Document
from pipeline.core.query import And, Match, Not, Or, Query, match, matches, parse
from pipeline.core.story import Entry
from tests.contracts.made import NOW, story, topics, transfer
from tests.contracts.strange import queries, stories

STORY = story(
    1,
    title="North Korea denies shipping shells to Russia",
    body="Pyongyang said it never shipped artillery shells, or any other weapons, to Russia. The U.S. had alleged "
         "that trains carried shells north. Shipping is Iran's business, F-16 pilots say; naïve ones in İstanbul too.",
    authors=("Kim A. Writer", "Second Author"), source="AP", feeds=("ap-world",), tags=("asia",), lang="en-GB",
    countries=("KP", "RU"), topics=topics("arms-transfer"),
    events=(transfer("denied", "alleged", supplier="KP", recipient="RU", weapon="artillery shells"),),
)


def found(text: str) -> Match | None:
    return match(parse(text), Document.of(STORY), NOW)


@pytest.mark.parametrize("text", [
    "shell", "SHELLS", "ship", "shipping russia", "zzz OR shells", "-zzz", "NOT zzz", "*",
    '"artillery shells"', '"artillery shell"', '"shells to Russia"', "U.S.", '"U S"', "Iran's", "F-16", "İstanbul",
    "naïve", '"shells russia"~1', '"russia shells"~1', '"weapons shells"~3', '"shells weapons"~3', '"to russia"~0',
    "ship*", "artil*", "title:den*", '="shipped"', "title:=shipping", '="or any other"', "title:deni", "title:denied",
    "author:kim", 'author:"kim a writer"', 'author:"writer second"', "body:pyongyang", "topic:arms-transfer",
    "topic:arms*", "topic:*", "source:AP", "source:ap", "country:kp country:RU", "lang:en", "lang:en-gb", "lang:EN*",
    "feed:ap-world", "tag:asia", "tag:*", "status:denied", "status:alleged -status:reported",
    "event:(arms-transfer)", "event:(arms-transfer supplier:KP recipient:RU status:alleged status:denied)",
    'event:(weapon:"artillery shells" status:denied)', "since:1h", "before:30s", "after:2026-11-20T11:59",
    "before:2026-11-20T11:59:00.000001", "(zzz OR shells) (yyy OR weapons)",
])
def test_finds(text: str) -> None:
    assert found(text) is not None


@pytest.mark.parametrize("text", [
    "zzz", "shells zzz", "-shells", "NOT *", '"shells artillery"', '"korea pyongyang"', '"russia pyongyang"~5',
    '"weapons shells"~2', '"shells weapons"~2', '"artillery russia"~0', "hip*", '="ship"', "title:=denied",
    '="artillery shell"', "title:pyongyang", "body:korea", "author:pyongyang", "kim", "second", "topic:arms",
    "topic:sanctions", "source:a", "country:US", "lang:e", "lang:fr", "feed:ap", "status:planned", "cluster:*",
    "event:(supplier:RU)", "event:(arms-transfer status:planned)", "since:30s", "before:1h",
    "before:2026-11-20T11:59", "after:2026-11-20T11:59:00.000001", "(zzz OR shells) yyy", "naive",
])
def test_does_not_find(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize(("text", "title", "body"), [
    ("korea", ["Korea"], []),
    ("ship", ["shipping"], ["shipped", "Shipping"]),
    ("body:ship", [], ["shipped", "Shipping"]),
    ('"artillery shells"', [], ["artillery shells"]),
    ('"shells russia"~1', ["shells", "Russia"], []),
    ("shells -zzz", ["shells"], ["shells", "shells"]),
    ("zzz OR pyongyang", [], ["Pyongyang"]),
    ("(pyongyang zzz) OR weapons", [], ["weapons"]),
    ("pyongyang -(shells zzz)", [], ["Pyongyang"]),
    ("U.S.", [], ["U.S"]),
    ("Iran's", [], ["Iran's"]),
    ("İstanbul", [], ["İstanbul"]),
    ("artil*", [], ["artillery"]),
    ('="trains carried" carried', [], ["trains carried"]),
    ('"artillery shells" "shells or"', [], ["artillery shells, or"]),
    ("topic:arms-transfer since:1h", [], []),
    ("title:(korea OR shells)", ["Korea", "shells"], []),
])
def test_says_where(text: str, title: list[str], body: list[str]) -> None:
    where = found(text)
    assert where is not None
    assert [STORY.title[start:end] for start, end in where.spans.get("title", ())] == title
    assert [STORY.body[start:end] for start, end in where.spans.get("body", ())] == body


def test_where_an_author_is() -> None:
    where = found("author:kim")
    assert where is not None
    assert where.spans == {"author": ((0, 3),)}


@pytest.mark.parametrize(("between", "is_found"), [(0, False), (1, False), (2, True), (3, True)])
@pytest.mark.parametrize("text", ["alpha x x omega", "omega x x alpha", "omega omega x x alpha",
                                  "alpha x x x omega x x alpha"])
def test_proximity_counts_the_words_between_in_either_order(text: str, between: int, is_found: bool) -> None:
    document = Document.of(story(1, title="", body=text))
    assert matches(parse(f'"alpha omega"~{between}'), document, NOW) is is_found
    assert matches(parse(f'"omega alpha"~{between}'), document, NOW) is is_found


def test_proximity_stays_within_one_field() -> None:
    assert not matches(parse('"alpha omega"~9'), Document.of(story(1, title="alpha", body="omega")), NOW)


def test_an_entry_can_be_matched_before_it_is_a_story() -> None:
    entry = Entry("i", "ap", "https://x.example/", "A title", summary="short", content="the longer content",
                  authors=("Kim",), lang="en-GB")
    document = Document.of_entry(entry)
    for text in ("title:title", "longer", "author:kim", "feed:ap", "lang:en"):
        assert matches(parse(text), document, NOW), text
    for text in ("short", "since:1d", "before:1d", "topic:*"):
        assert not matches(parse(text), document, NOW), text
    assert matches(parse("since:1d"), Document.of_entry(replace(entry, published=NOW)), NOW)


def test_now_decides_what_is_recent() -> None:
    document = Document.of(STORY)
    assert matches(parse("since:1h"), document, NOW)
    assert not matches(parse("since:1h"), document, NOW + timedelta(hours=2))


@settings(max_examples=300, deadline=None)
@given(queries, stories(1))
def test_spans_are_words_of_the_text(query: Query, made: object) -> None:
    document = Document.of(made)  # type: ignore[arg-type]
    where = match(query, document, NOW)
    assert (where is not None) == matches(query, document, NOW)
    for field, spans in (where.spans if where else {}).items():
        text, last = document.texts[field], 0
        assert spans
        for start, end in spans:
            assert last <= start < end <= len(text.raw)
            assert start in text.starts
            assert end in text.ends
            last = end


@settings(max_examples=300, deadline=None)
@given(queries, queries, stories(1))
def test_boolean_laws(one: Query, other: Query, made: object) -> None:
    document = Document.of(made)  # type: ignore[arg-type]
    a, b = matches(one, document, NOW), matches(other, document, NOW)
    assert matches(And((one, other)), document, NOW) == (a and b)
    assert matches(Or((one, other)), document, NOW) == (a or b)
    assert matches(Not(one), document, NOW) == (not a)
