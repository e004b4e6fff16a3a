"""Queries matched in memory: whether, and where (for highlights and for saying why an alert fired)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.core.query_nodes import (
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
    TextFieldName,
    TextLeaf,
    Word,
    text_fields,
)
from pipeline.core.text import Text, stem

if TYPE_CHECKING:
    from pipeline.core.document import Document

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a query matched: by text field, ascending (start, end) character spans that do not overlap.

    Spans come from every text leaf that matches and is not negated; empty for a query about tags or times only.
    """

    spans: Mapping[TextFieldName, tuple[Span, ...]]


def match(query: Query, document: "Document", now: datetime) -> Match | None:
    """The match of `query` on a document as of `now` (aware UTC), or None."""
    if not matches(query, document, now):
        return None
    words: dict[TextFieldName, set[tuple[int, int]]] = {}
    _collect(query, document, now, words)
    return Match({field: _spans(document.texts[field], found) for field, found in words.items() if found})


def matches(query: Query, document: "Document", now: datetime) -> bool:
    """Whether `query` finds the document as of `now` (aware UTC)."""
    if isinstance(query, Word):
        sought = query.stem
        return any(sought in document.texts[field].positions for field in text_fields(query.where))
    if isinstance(query, And):
        return all(matches(part, document, now) for part in query.parts)
    if isinstance(query, Or):
        return any(matches(part, document, now) for part in query.parts)
    if isinstance(query, Not):
        return not matches(query.part, document, now)
    if isinstance(query, Tag):
        values = document.tag(query.field)
        return any(value.startswith(query.value) for value in values) if query.prefix else query.value in values
    if isinstance(query, Event):
        return query.key in document.tag("event")
    if isinstance(query, Count):
        count = document.counts.get(query.field)
        return count is not None and query.holds(count)
    if isinstance(query, Published):
        if document.published is None:
            return False
        moment = query.at(now)
        return document.published >= moment if query.side == "after" else document.published < moment
    if isinstance(query, All):
        return True
    return any(next(_places(query, document.texts[field]), None) for field in text_fields(query.where))


def _collect(query: Query, document: "Document", now: datetime, found: dict[TextFieldName, set[Span]]) -> None:
    """The word ranges (first, last) of all text leaves that hold, outside of negations."""
    if isinstance(query, And | Or):
        for part in query.parts:
            if isinstance(query, And) or matches(part, document, now):
                _collect(part, document, now, found)
    elif isinstance(query, TextLeaf):
        for field in text_fields(query.where):
            found.setdefault(field, set()).update(_places(query, document.texts[field]))


def _places(leaf: TextLeaf, text: Text) -> Iterator[Span]:
    """The (first, last) word indices of each occurrence; for Near each of the two words alone."""
    if isinstance(leaf, Word):
        return ((place, place) for place in text.positions.get(leaf.stem, ()))
    if isinstance(leaf, Phrase):
        return _runs(leaf.stems, text.stems, text.positions.get(stem(leaf.words[0]), ()))
    if isinstance(leaf, Exact):
        return _runs(leaf.words, text.words, text.positions.get(stem(leaf.words[0]), ()))
    if isinstance(leaf, Prefix):
        return ((place, place) for place, word in enumerate(text.words) if word.startswith(leaf.prefix))
    return _near(leaf, text)


def _runs(sought: tuple[str, ...], within: list[str], starts: "list[int] | tuple[()]") -> Iterator[Span]:
    wanted = list(sought)
    for first in starts:
        if within[first : first + len(wanted)] == wanted:
            yield first, first + len(wanted) - 1


def _near(leaf: Near, text: Text) -> Iterator[Span]:
    a, b = leaf.stems
    left, right = text.positions.get(a, ()), text.positions.get(b, ())
    low = 0
    for place in left:
        while low < len(right) and right[low] < place - leaf.between - 1:
            low += 1
        at = low
        while at < len(right) and right[at] <= place + leaf.between + 1:
            yield place, place
            yield right[at], right[at]
            at += 1


def _spans(text: Text, words: set[Span]) -> tuple[Span, ...]:
    out: list[Span] = []
    last = -1
    for first, end in sorted(words):
        if out and first <= last:
            last = max(last, end)
            out[-1] = (out[-1][0], text.ends[last])
        else:
            out.append((text.starts[first], text.ends[end]))
            last = end
    return tuple(out)
