"""Hypothesis strategies for stories and queries at the edges of what a word is."""

import string
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from pipeline.core.document import event_facts
from pipeline.core.query import (
    COUNT_FIELDS,
    TAG_FIELDS,
    All,
    Count,
    Event,
    Exact,
    Near,
    Not,
    Phrase,
    Prefix,
    Published,
    Query,
    Tag,
    Word,
    all_of,
    any_of,
    tag_value,
)
from pipeline.core.story import Story
from pipeline.core.text import Text, stem
from tests.contracts.made import NOW, story, topics, transfer

# Words of all scripts, few enough that queries find something; forms of one stem; things that are not quite words.
WORDS = [
    "missile", "missiles", "launch", "launched", "launching", "Launches", "fire", "FIRED", "test", "tests", "a", "the",
    "Iran", "Iran's", "Iran’s", "don't", "U.S.", "US", "us", "F-16", "F16", "16", "2,000", "2000", "3.5", "co-operate",
    "cooperate", "re-launched", "e-mail", "snake_case", "naïve", "naive", "İstanbul", "istanbul", "ISTANBUL", "ışık",
    "Ｍｉｓｓｉｌｅ", "ﬁre", "Straße", "STRASSE", "ΣΊΣΥΦΟΣ", "σίσυφος", "北京", "导弹", "導弾", "ミサイル", "ﾐｻｲﾙ",
    "미사일", "صاروخ", "صَارُوخ", "الصواريخ", "ракета", "Ракеты", "क्षेपणास्त्र", "ขีปนาวุธ", "tên", "tên", "é", "é",
    "x²", "½", "①", "Ⅳ", "™", "🚀", "🇰🇵", "—", "...", "'", "\u200b", "a\u200bb", "\u0301", "\x00", "\ufeff", "＿", "_",
    "𝐦𝐢𝐬𝐬𝐢𝐥𝐞", "ﷺ", "z" * 130, "-", "and", "or", "NOT", "news", "generally", "generic", "skies", "dying", "university",
    "universe",
]
GAPS = [" ", " ", " ", " ", "\n", ", ", " - ", "-", ".", "/", "\u00a0", "\u3000", ""]
TAGS = ["ap", "AP", "Reuters", "New York Times", "north  korea", "a:b", 'q"uote', "star*", "b(1)", "x\\y", "İ", "北京",
        "arms-transfer", "arms", "sanctions", "en", "en-GB", "kp", "KP", "RU", "é", "\u0301", "ﬁ", "-x", "AND"]
STATES = ["KP", "RU", "IR", "US"]
STATUSES = ["reported", "alleged", "denied", "planned", "hypothetical"]
ROLES = ["supplier", "recipient", "weapon", "actor", "target"]
NAMED = ["arms-transfer", "missile-launch", "sanctions"]


@st.composite
def texts(draw: Any, most: int = 14) -> str:
    out = ""
    for _ in range(draw(st.integers(0, most))):
        out += draw(st.sampled_from(WORDS)) + draw(st.sampled_from(GAPS))
    if draw(st.integers(0, 9)) == 0:
        out += draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
    return out


def few(values: list[str], most: int = 3) -> Any:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


moments = st.sampled_from([0, 1, 2, 3_600_000_000, 86_400_000_000, 86_400_000_001, 10**14]).map(
    lambda micros: NOW - timedelta(microseconds=micros))

events = st.builds(
    lambda topic, statuses, roles: transfer(*statuses, topic=topic, **roles),
    st.sampled_from(NAMED), few(STATUSES, 2), st.dictionaries(st.sampled_from(ROLES), st.sampled_from(STATES + TAGS)))


@st.composite
def stories(draw: Any, number: int) -> Story:
    return story(
        number, title=draw(texts(5)), body=draw(texts()), authors=draw(few(WORDS)), source=draw(st.sampled_from(TAGS)),
        published=draw(moments), feeds=draw(few(TAGS)), tags=draw(few(TAGS)), lang=draw(st.sampled_from(TAGS)),
        countries=draw(few(STATES)), topics=topics(*draw(few(NAMED))),
        events=tuple(draw(st.lists(events, max_size=2))), copied=draw(st.booleans()),
        cluster=draw(st.sampled_from(["", "c1", "c2", "c3", "C3", "é"])),
        origin=draw(st.sampled_from(["", "AP", "Reuters", "ﬁ"])), thread=draw(st.sampled_from(["", "a:b", "en", "É"])),
        outlets=draw(st.integers(1, 5)), origins=draw(st.integers(1, 3)))


def collections(size: int) -> Any:
    return st.tuples(*(stories(number) for number in range(size)))


# ── queries as trees ──────────────────────────────────────────────────────────────────────────────────────

KNOWN = sorted({word for raw in WORDS for word in Text.of(raw).words if Text.of(word).words == [word]})
words = st.sampled_from(KNOWN) | st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=3)
places = st.sampled_from(["", "", "", "title", "body", "author"])
facts = st.one_of(
    st.builds(lambda name, value: f"{name}:{tag_value(value)}", st.sampled_from(ROLES), st.sampled_from(STATES + TAGS)),
    st.sampled_from(STATUSES).map("status:{}".format),
    st.sampled_from(NAMED).map("topic:{}".format))

leaves: Any = st.one_of(
    st.builds(Word, words, places),
    st.builds(Word, words, places),
    st.builds(Phrase, st.lists(words, min_size=2, max_size=3).map(tuple), places),
    st.tuples(words, words, st.integers(0, 6), places)
    .filter(lambda near: stem(near[0]) != stem(near[1])).map(lambda near: Near(*near)),
    st.builds(Prefix, words.flatmap(lambda w: st.integers(1, len(w)).map(lambda n: w[:n])), places),
    st.builds(Exact, st.lists(words, min_size=1, max_size=2).map(tuple), places),
    st.builds(Tag, st.sampled_from(TAG_FIELDS), st.sampled_from(TAGS).map(tag_value)),
    st.builds(lambda f, v, n: Tag(f, tag_value(v)[:n], True), st.sampled_from(TAG_FIELDS), st.sampled_from(TAGS),
              st.integers(0, 3)),
    st.builds(Count, st.sampled_from(COUNT_FIELDS), st.sampled_from(["<", "<=", "=", ">=", ">"]), st.integers(0, 6)),
    st.builds(Event, st.lists(facts, min_size=1, max_size=3).map(tuple)),
    st.builds(Published, st.sampled_from(["after", "before"]),
              moments | st.sampled_from([0, 1, 24, 48]).map(lambda hours: timedelta(hours=hours))),
    st.just(All()),
)
queries: Any = st.recursive(
    leaves,
    lambda some: st.one_of(
        st.lists(some, min_size=2, max_size=3).map(all_of), st.lists(some, min_size=2, max_size=3).map(any_of),
        some.map(Not)),
    max_leaves=5)


# ── queries that are likely to find something in given stories ────────────────────────────────────────────


@st.composite
def about(draw: Any, given: tuple[Story, ...]) -> Query:
    """A query made of pieces of one of the stories, combined with anything."""
    one = draw(st.sampled_from(given))
    where = draw(st.sampled_from(["title", "body"]))
    cut = Text.of(getattr(one, where)).words
    made: list[Query] = []
    if len(cut) > 1:
        first = draw(st.integers(0, len(cut) - 2))
        last = min(len(cut), first + draw(st.integers(2, 3)))
        made.append(draw(st.sampled_from([Phrase, Exact]))(tuple(cut[first:last]), draw(st.sampled_from(["", where]))))
        other = draw(st.integers(0, len(cut) - 1))
        if stem(cut[first]) != stem(cut[other]):
            made.append(Near(cut[first], cut[other], max(0, abs(first - other) - draw(st.integers(0, 2))), ""))
        made.append(Prefix(cut[other][: draw(st.integers(1, 100))], where))
    if one.events:
        known = event_facts(draw(st.sampled_from(one.events)))
        made.append(Event(tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=4)))))
    if one.source.strip():
        made.append(Tag("source", tag_value(one.source)))
    if one.thread:
        made.append(Tag("thread", tag_value(one.thread)))
    made.append(Count("outlets", draw(st.sampled_from(["<=", "=", ">="])), one.outlets))
    made.append(draw(queries))
    chosen = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3))
    return draw(st.sampled_from([all_of, any_of, lambda parts: Not(all_of(parts))]))(chosen)
