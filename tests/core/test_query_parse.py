"""Query text to a tree and back, and what is said about text that is not a query."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import QueryError
from pipeline.core.query import (
    All,
    And,
    Count,
    Event,
    Exact,
    Near,
    Not,
    Or,
    Phrase,
    Prefix,
    Published,
    Query,
    Tag,
    Word,
    parse,
    tag_value,
)
from pipeline.core.query_scan import MAX_DEPTH, MAX_LENGTH, MAX_TERMS
from tests.contracts.strange import queries

a, b, c = Word("a"), Word("b"), Word("c")


@pytest.mark.parametrize(("text", "query"), [
    # words and phrases
    ("missile", Word("missile")),
    ("Missile", Word("missile")),
    ("  a   b ", And((a, b))),
    ("a\tb\nc", And((a, b, c))),
    ('"Ballistic missile"', Phrase(("ballistic", "missile"))),
    ("“ballistic missile”", Phrase(("ballistic", "missile"))),
    ('"missile"', Word("missile")),
    ('"and"', Word("and")),
    ("and", Word("and")),
    ("U.S.", Phrase(("u", "s"))),
    ("F-16", Phrase(("f", "16"))),
    ("Iran's", Phrase(("iran", "s"))),
    ("10:30", Phrase(("10", "30"))),
    ("https://news.example/a", Phrase(("https", "news", "example", "a"))),
    ("missile,", Word("missile")),
    ("snake_case", Phrase(("snake", "case"))),
    ("北京", Word("北京")),
    ("Ｍｉｓｓｉｌｅ", Word("missile")),
    ('"say \\"no\\""', Phrase(("say", "no"))),
    ('a"b c"', And((a, Phrase(("b", "c"))))),
    # proximity, prefix, exact form
    ('"shells russia"~5', Near("shells", "russia", 5)),
    ('title:"shells russia"~0', Near("shells", "russia", 0, "title")),
    ("missil*", Prefix("missil")),
    ("Missil*", Prefix("missil")),
    ("北*", Prefix("北")),
    ('="launched"', Exact(("launched",))),
    ("=Launched", Exact(("launched",))),
    ('="ballistic missiles"', Exact(("ballistic", "missiles"))),
    ("=U.S.", Exact(("u", "s"))),
    # fields
    ("title:missile", Word("missile", "title")),
    ("TITLE:missile", Word("missile", "title")),
    ("body:missil*", Prefix("missil", "body")),
    ('author:="kim"', Exact(("kim",), "author")),
    ("title:(a OR b)", Or((Word("a", "title"), Word("b", "title")))),
    ("title:(a body:b)", And((Word("a", "title"), Word("b", "body")))),
    ("title:U.S.", Phrase(("u", "s"), "title")),
    ("topic:arms-transfer", Tag("topic", "arms-transfer")),
    ("topic:(sanctions OR missile-launch)", Or((Tag("topic", "sanctions"), Tag("topic", "missile-launch")))),
    ("topic:*", Tag("topic", "", True)),
    ("topic:nuc*", Tag("topic", "nuc", True)),
    ("status:Denied", Tag("status", "denied")),
    ("source:AP", Tag("source", "ap")),
    ('source:"New  York Times"', Tag("source", "new york times")),
    ('source:"new york"*', Tag("source", "new york", True)),
    ("source:news.example:80", Tag("source", "news.example:80")),
    ("country:KP", Tag("country", "kp")),
    ("country:uk", Tag("country", "gb")),
    ("lang:EN", Tag("lang", "en")),
    ("feed:ap-world", Tag("feed", "ap-world")),
    ("tag:asia cluster:c1 origin:AP", And((Tag("tag", "asia"), Tag("cluster", "c1"), Tag("origin", "ap")))),
    ("thread:4F2A", Tag("thread", "4f2a")),
    # counts
    ("outlets:3", Count("outlets", "=", 3)),
    ("outlets:=3", Count("outlets", "=", 3)),
    ("OUTLETS:>3", Count("outlets", ">", 3)),
    ('outlets:">3"', Count("outlets", ">", 3)),
    ("origins:>=2", Count("origins", ">=", 2)),
    ("origins:<007", Count("origins", "<", 7)),
    ("origins:(<=2 OR >9)", Or((Count("origins", "<=", 2), Count("origins", ">", 9)))),
    ("-outlets:<2 a", And((Not(Count("outlets", "<", 2)), a))),
    # events
    ("event:(arms-transfer)", Event(("topic:arms-transfer",))),
    ("event:(arms-transfer supplier:KP recipient:RU status:alleged)",
     Event(("recipient:ru", "status:alleged", "supplier:kp", "topic:arms-transfer"))),
    ('event:(actor:"The Group" AND topic:armed-attack)', Event(("actor:the group", "topic:armed-attack"))),
    ("event:( status:denied status:alleged )", Event(("status:alleged", "status:denied"))),
    ("event:(broker:KP)", Event(("broker:kp",))),
    # time
    ("after:2022-11-01", Published("after", datetime(2022, 11, 1, tzinfo=UTC))),
    ("before:2022", Published("before", datetime(2022, 1, 1, tzinfo=UTC))),
    ("before:2022-3", Published("before", datetime(2022, 3, 1, tzinfo=UTC))),
    ("after:2022-11-01T14:30", Published("after", datetime(2022, 11, 1, 14, 30, tzinfo=UTC))),
    ("after:2022-11-01T14:30+02:00", Published("after", datetime(2022, 11, 1, 12, 30, tzinfo=UTC))),
    ('after:"2022-11-01 14:30:00.000001Z"', Published("after", datetime(2022, 11, 1, 14, 30, 0, 1, tzinfo=UTC))),
    ("since:24h", Published("after", timedelta(hours=24))),
    ("after:2w", Published("after", timedelta(days=14))),
    ("before:7d", Published("before", timedelta(days=7))),
    ("since:30m", Published("after", timedelta(minutes=30))),
    # boolean
    ("*", All()),
    ("a AND b", And((a, b))),
    ("a OR b c", Or((a, And((b, c))))),
    ("a b OR c", Or((And((a, b)), c))),
    ("(a OR b) c", And((Or((a, b)), c))),
    ("a OR (b OR c)", Or((a, b, c))),
    ("NOT a", Not(a)),
    ("-a", Not(a)),
    ("a -b", And((a, Not(b)))),
    ("a AND NOT b", And((a, Not(b)))),
    ("NOT a b", And((Not(a), b))),
    ("NOT a OR b", Or((Not(a), b))),
    ("NOT NOT a", Not(Not(a))),
    ("-(a b)", Not(And((a, b)))),
    ('-"a b"', Not(Phrase(("a", "b")))),
    ("-title:a", Not(Word("a", "title"))),
    ("title:(-a)", Not(Word("a", "title"))),
    ("NOT(a)", Not(a)),
    ("(a) OR (b)", Or((a, b))),
    ("((a))", a),
    ("* -a", And((All(), Not(a)))),
    ("ANDY ORR NOTE", And((Word("andy"), Word("orr"), Word("note")))),
])
def test_parses(text: str, query: Query) -> None:
    assert parse(text) == query
    assert parse(str(query)) == query


@pytest.mark.parametrize(("text", "position", "message"), [
    ("", 0, "the query is empty"),
    ("  ", 0, "the query is empty"),
    ("sorce:ap", 0, 'unknown field "sorce"; did you mean "source"?'),
    ("missile  sorce:ap", 9, 'unknown field "sorce"'),
    ("zzz:ap", 0, 'unknown field "zzz"; allowed: after, author'),
    ("title:", 0, 'nothing after "title:"'),
    ("a title: b", 2, 'nothing after "title:"'),
    ("(title:)", 1, 'nothing after "title:"'),
    ('a "b c', 2, "this quote is never closed"),
    ("(a", 0, "this ( is never closed"),
    ("a (b (c)", 2, "this ( is never closed"),
    ("a)", 1, "this ) closes nothing"),
    ("()", 0, "nothing inside these parentheses"),
    ("a ()", 2, "nothing inside these parentheses"),
    ("a OR", 2, "OR needs something after it"),
    ("(a OR ) b", 3, "OR needs something after it"),
    ("a AND", 2, "AND needs something after it"),
    ("NOT", 0, "NOT needs something after it"),
    ("OR a", 0, 'OR needs something before it; for the word itself write "or"'),
    ("a OR OR b", 5, "OR needs something before it"),
    ("a AND OR b", 6, "OR needs something before it"),
    ("- a", 0, "- needs a term right after it"),
    ("a -", 2, "- needs a term right after it"),
    ("--a", 0, "- needs a term right after it"),
    ("...", 0, "there is no word in this term"),
    ('a ""', 2, "there is no word in this term"),
    ('"?!"', 0, "there is no word in this term"),
    ("title:—", 6, "there is no word in this term"),
    ("mis*le", 3, "* stands only at the end of a word"),
    ("*ile", 0, "* stands only at the end of a word"),
    ("a**", 1, "* stands only at the end of a word"),
    ("title:*", 6, "* stands only at the end of a word"),
    ("=miss*", 5, "* stands only at the end of a word"),
    ("F-16*", 0, 'a prefix takes one word, "F-16" has 2'),
    ("m*", 0, "a prefix needs at least two characters"),
    ('"a b"*', 5, "a phrase cannot end in *"),
    ("missile~2", 7, "~ stands only after two words in quotes"),
    ('"a b c"~4', 0, 'proximity takes exactly two words, here are 3; write pairs: "a b"~4 "b c"~4'),
    ('"missile"~4', 0, "proximity takes exactly two words, here are 1"),
    ('x "a b"~', 7, "~ takes the number of words that may stand between"),
    ('"a b"~x', 5, "~ takes the number of words that may stand between"),
    ('"a b"~101', 5, "~ takes the number of words that may stand between, 0 to 100"),
    ('"missile missiles"~2', 0, "proximity needs two different words"),
    ("status:denyed", 7, 'unknown status "denyed"; did you mean "denied"?'),
    ("country:Korea", 8, '"Korea" is not a country code'),
    ("topic:a,b", 6, "is not a name as topic: takes it"),
    ("topic:a*b", 7, "* stands only at the end of a value"),
    ('source:""', 7, "source: needs a value"),
    ("event:arms-transfer", 0, "event: takes facts in parentheses"),
    ("event:()", 6, "event:() needs at least one fact"),
    ("event:(arms-transfer", 6, "this ( is never closed"),
    ("event:(suplier:KP)", 7, 'unknown fact "suplier"; did you mean "supplier"?'),
    ("event:(status:denyed)", 14, "unknown status"),
    ("event:(a OR b)", 9, "inside event:(…) facts are only listed"),
    ("event:(a -b)", 9, "inside event:(…) facts are only listed"),
    ("event:(supplier: KP)", 7, 'nothing after "supplier:"'),
    ("event:(supplier:K*)", 17, "* is not possible here"),
    ("outlets:many", 8, '"many" is not a number as outlets: takes it'),
    ("outlets:>", 8, "is not a number"),
    ("outlets:=>3", 8, "write outlets:3, outlets:>3, outlets:>=3"),
    ("origins:-1", 8, "is not a number"),
    ("origins:1234567890", 8, "is not a number"),
    ("outlets: >3", 0, 'nothing after "outlets:"'),
    ("outlets:3*", 9, "* is not possible here"),
    ("after:tuesday", 6, '"tuesday" is not a time'),
    ("after:2022-13-01", 6, "is not a time"),
    ("since:999999w", 6, "is not a time"),
    ("since:24", 6, "is not a time"),
    ("after:(2022)", 6, "after: takes one time"),
    ("title:(a OR topic:b sorce:c)", 20, "unknown field"),
])
def test_a_mistake_is_pointed_at(text: str, position: int, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.position == position
    assert caught.value.text == text


@pytest.mark.parametrize(("text", "message"), [
    ("a " * MAX_LENGTH, "characters long"),
    ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), "nested more than"),
    ("NOT " * (MAX_DEPTH + 1) + "a", "nested more than"),
    ("a " * (MAX_TERMS + 1), "more than"),
    ('"' + "a " * (MAX_TERMS + 1) + '"', "more than"),
    ("event:(" + "a " * (MAX_TERMS + 1) + ")", "more than"),
    ("(" * 10_000, "nested more than"),
    ("-" * 10_000, "- needs a term"),
    ("(-" * 5_000, "nested more than"),
])
def test_a_hostile_query_is_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse(text)


def test_as_much_as_is_allowed() -> None:
    deep = "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH
    assert parse(deep) == a
    assert len(parse("a b " * (MAX_TERMS // 2)).parts) == MAX_TERMS  # type: ignore[union-attr]
    nested = parse("NOT " * MAX_DEPTH + "a")
    assert parse(str(nested)) == nested


def test_relative_times_stay_relative() -> None:
    query = parse("since:24h")
    assert isinstance(query, Published)
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert query.at(now) == datetime(2026, 1, 1, tzinfo=UTC)
    assert str(query) == "after:1d"


@settings(max_examples=400, deadline=None)
@given(queries)
def test_a_query_prints_to_text_that_parses_to_it(query: Query) -> None:
    try:
        again = parse(str(query))
    except QueryError as error:
        # the strategy also makes what cannot be written: a one-letter prefix, a tag that has no such name
        assert any(part in error.message for part in ("two characters", "code", "name", "status"))  # noqa: PT017
    else:
        assert again == query


LIKELY = ["a", "missile*", '"', "(", ")", " ", " ", "-", "NOT ", " OR ", " AND ", "title:", "topic:", "event:(",
          "since:", "7d", "2022-01-01", "~3", "*", "=", ":", "\\", "status:denied", "“", "İ", "北", "'", "\n",
          "x:", "country:KP"]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(LIKELY), max_size=12).map("".join) | st.text(max_size=30))
def test_any_text_is_a_query_or_a_mistake_at_a_place(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)  # noqa: PT017
        assert error.message  # noqa: PT017
    else:
        assert parse(str(query)) == query


@given(st.text(max_size=300))
def test_tag_values_are_stable(raw: str) -> None:
    assert tag_value(tag_value(raw)) == tag_value(raw)
