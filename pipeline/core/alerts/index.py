"""Which of very many rules a story answers: only rules that could match are looked at.

Each rule is filed under *anchors*: terms of which every matching document has at least one. A conjunction is
filed under its rarest part, a disjunction under one anchor of each part. What remains (only negations, dates,
"everything") is tried on every story. For a story, the anchors that it has are intersected with those that are
filed, the stems that a rule cannot do without are compared as sets, and what is left is matched exactly.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipeline.core.alerts.message import Found, Span, found_story
from pipeline.core.alerts.rules import AlertRule
from pipeline.core.document import Document
from pipeline.core.query import (
    And,
    Event,
    Exact,
    Near,
    Or,
    Phrase,
    Prefix,
    Query,
    Tag,
    Word,
    match,
    matches,
    walk,
)
from pipeline.core.story import Story
from pipeline.core.text import stem

Anchor = tuple[str, str]
"""("", stem) in title or body, ("author", stem), ("*", beginning of a word in any text) or (tag field, value)."""

PREFIX: Final = 4
"""Prefixes are filed under at most so many of their characters."""

_USUAL: Final[Mapping[str, float]] = {
    "lang": 0.9, "status": 0.3, "country": 0.25, "tag": 0.25, "topic": 0.1, "origin": 0.1, "*": 0.1, "event": 0.02,
    "source": 0.02, "feed": 0.02, "author": 0.005, "cluster": 0.0,
}
"""Rough share of stories that have one value of a field, so that a rule is filed under the rarest."""


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule that a document answers, and where: ascending character spans of matched words."""

    rule: AlertRule
    title: tuple[Span, ...]
    body: tuple[Span, ...]


class RuleIndex:
    """Rules filed for matching; can be pickled. Rules with a `when:` trigger are left out."""

    def __init__(self, rules: Iterable[AlertRule]) -> None:
        self.rules = tuple(rule for rule in rules if rule.when is None and rule.enabled)
        uses = Counter(word for rule in self.rules for word in _stems(rule.query))
        rarity = _rarity(uses, len(self.rules))
        self._always: list[int] = []
        self._filed: dict[str, dict[str, list[tuple[frozenset[str], int]]]] = {}
        shared: dict[str, str] = {}
        for number, rule in enumerate(self.rules):
            anchors = _cover(rule.query, rarity)
            if anchors is None:
                self._always.append(number)
                continue
            needed = frozenset(shared.setdefault(word, word) for word in _needed(rule.query))
            for field, value in set(anchors):
                rest = needed - {value} if field == "" else needed
                filed = self._filed.setdefault(field, {})
                filed.setdefault(shared.setdefault(value, value), []).append((rest, number))
        self._known = {field: frozenset(filed) for field, filed in self._filed.items()}
        self._lengths = sorted({len(value) for value in self._known.get("*", ())})

    def answered(self, document: Document, now: datetime) -> list[AlertRule]:
        """The active rules that the document answers as of `now`, in their order."""
        title, body = document.title.positions.keys(), document.body.positions.keys()
        stems = title | body
        tried: set[int] = set()
        hits: list[int] = []
        for field, known in self._known.items():
            filed = self._filed[field]
            for value in known & self._values(field, document, stems):
                for needed, number in filed[value]:
                    if needed <= stems and number not in tried:
                        tried.add(number)
                        if matches(self.rules[number].query, document, now):
                            hits.append(number)
        hits.extend(number for number in self._always if matches(self.rules[number].query, document, now))
        return [rule for rule in (self.rules[number] for number in sorted(hits)) if rule.active(now)]

    def matches(self, document: Document, now: datetime) -> list[RuleMatch]:
        """`answered`, with the spans of matched words."""
        out: list[RuleMatch] = []
        for rule in self.answered(document, now):
            spans = match(rule.query, document, now)
            if spans is not None:
                out.append(RuleMatch(rule, spans.spans.get("title", ()), spans.spans.get("body", ())))
        return out

    def found(self, story: Story, document: Document, now: datetime, thread: str = "") -> list[Found]:
        """What the rules tell about a new or revised story, ready to be claimed (stores/outbox.py)."""
        return [found_story(m.rule, story, m.title, m.body, now, thread) for m in self.matches(document, now)]

    def _values(self, field: str, document: Document, stems: "set[str]") -> "set[str] | frozenset[str]":
        if field == "":
            return stems
        if field == "author":
            return set(document.author.stems)
        if field == "*":
            words = {*document.title.words, *document.body.words, *document.author.words}
            return {word[:length] for length in self._lengths for word in words}
        return document.tag(field)


def _rarity(uses: Counter[str], rules: int) -> Callable[[Anchor], float]:
    """How often an anchor is had, guessed: words that many rules ask for are those that the news is full of."""

    def guess(anchor: Anchor) -> float:
        field, value = anchor
        return _USUAL[field] if field else min(0.5, 0.005 + uses[value] / (rules + 20))

    return guess


def _cover(query: Query, rarity: Callable[[Anchor], float]) -> "Sequence[Anchor] | None":
    """Anchors of which every match has at least one, had as rarely as can be; None where there are none."""
    if isinstance(query, And):
        covers = [cover for part in query.parts if (cover := _cover(part, rarity)) is not None]
        return min(covers, key=lambda cover: sum(map(rarity, cover)), default=None)
    if isinstance(query, Or):
        anchors: list[Anchor] = []
        for part in query.parts:
            cover = _cover(part, rarity)
            if cover is None:
                return None
            anchors.extend(cover)
        return anchors
    if isinstance(query, Word | Phrase | Near | Exact):
        field = "author" if query.where == "author" else ""
        return [min(((field, word) for word in _leaf_stems(query)), key=rarity)]
    if isinstance(query, Prefix):
        return [("*", query.prefix[:PREFIX])]
    if isinstance(query, Tag):
        return None if query.prefix else [(query.field, query.value)]
    if isinstance(query, Event):
        return [("event", query.key)]
    return None


def _needed(query: Query) -> frozenset[str]:
    """The stems that title and body of every match have."""
    if isinstance(query, And):
        return frozenset().union(*map(_needed, query.parts))
    if isinstance(query, Or):
        first, *others = map(_needed, query.parts)
        return first.intersection(*others)
    if isinstance(query, Word | Phrase | Near | Exact) and query.where != "author":
        return frozenset(_leaf_stems(query))
    return frozenset()


def _leaf_stems(leaf: Word | Phrase | Near | Exact) -> tuple[str, ...]:
    if isinstance(leaf, Word):
        return (leaf.stem,)
    if isinstance(leaf, Exact):
        return tuple(map(stem, leaf.words))
    return leaf.stems


def _stems(query: Query) -> set[str]:
    return {
        word for leaf in walk(query) if isinstance(leaf, Word | Phrase | Near | Exact) for word in _leaf_stems(leaf)
    }
