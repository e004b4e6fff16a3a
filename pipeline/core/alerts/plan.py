"""A query as conditions on the set of terms that a document has: most rules are then decided by set operations.

    a stem in title or body        "launch"
    two stems in a row in either   ("ballist", "missil")
    a word there that begins so    "*miss"
    a stem among the authors       "author:smith"
    a tag, or facts of one event   "topic:sanctions"   "event:supplier:kp\\ntopic:arms-transfer"

No two kinds can be taken for each other: stems have no punctuation.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from pipeline.core.document import Document
from pipeline.core.query import All, And, Event, Exact, Near, Not, Or, Phrase, Prefix, Query, Tag, Word, matches
from pipeline.core.text import stem

Term = str | tuple[str, str]
Rarity = Callable[[Term], float]

PREFIX: Final = 4
"""The beginnings of words are terms up to this length; what is longer is checked by matching."""
_NOTHING: Final[frozenset[Term]] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """A document matches if and only if all of this holds: it has all `needed` terms, one of each of `options`,
    none of `barred`, one plan of each of `ways` holds, none of `refused` does, and it matches all of `rest`."""

    needed: frozenset[Term] = _NOTHING
    options: tuple[frozenset[Term], ...] = ()
    barred: frozenset[Term] = _NOTHING
    ways: "tuple[tuple[Plan, ...], ...]" = ()
    refused: "tuple[Plan, ...]" = ()
    rest: tuple[Query, ...] = ()

    def holds(self, terms: set[Term], document: Document, now: datetime) -> bool:
        """Whether the document, which has these terms, matches."""
        if not (self.needed <= terms and self.barred.isdisjoint(terms)):
            return False
        for options in self.options:
            if options.isdisjoint(terms):
                return False
        for ways in self.ways:
            for way in ways:
                if way.holds(terms, document, now):
                    break
            else:
                return False
        for refused in self.refused:
            if refused.holds(terms, document, now):
                return False
        return all(matches(part, document, now) for part in self.rest) if self.rest else True

    @property
    def simple(self) -> bool:
        """Whether `needed` is all there is to it."""
        return not (self.options or self.barred or self.ways or self.refused or self.rest)

    def cover(self, rarity: Rarity) -> frozenset[Term] | None:
        """Terms of which every matching document has one, had as rarely as can be; None where there are none."""
        covers = [*(frozenset((term,)) for term in self.needed), *self.options]
        return min(covers, key=lambda cover: sum(map(rarity, cover)), default=None)

    def asked(self) -> Iterator[Term]:
        """All terms that it asks for."""
        yield from self.needed
        yield from self.barred
        for options in self.options:
            yield from options
        for below in (*self.ways, self.refused):
            for one in below:
                yield from one.asked()


def plan(query: Query, rarity: Rarity) -> Plan:
    """The plan of a query; `rarity` guesses the share of documents that have a term."""
    needed: set[Term] = set()
    options: list[frozenset[Term]] = []
    barred: set[Term] = set()
    ways: list[tuple[Plan, ...]] = []
    refused: list[Plan] = []
    rest: list[Query] = []
    for part in query.parts if isinstance(query, And) else (query,):
        if isinstance(part, Or):
            made = tuple(plan(way, rarity) for way in part.parts)
            covers = [way.cover(rarity) for way in made]
            if None not in covers:
                options.append(frozenset(term for cover in covers if cover is not None for term in cover))
            if not all(way.simple and len(way.needed) == 1 for way in made):
                ways.append(made)
        elif isinstance(part, Not):
            for against in part.part.parts if isinstance(part.part, Or) else (part.part,):
                way = plan(against, rarity)
                if way.simple and len(way.needed) == 1:
                    barred.update(way.needed)
                else:
                    refused.append(way)
        elif not isinstance(part, All):
            terms, exact = _leaf(part)
            needed.update(terms)
            if not exact:
                rest.append(part)
    return Plan(frozenset(needed), tuple(options), frozenset(barred), tuple(ways), tuple(refused), tuple(rest))


def _leaf(leaf: Query) -> tuple[Sequence[Term], bool]:
    """The terms of every document that matches, and whether they are enough to match."""
    if isinstance(leaf, Tag):
        return ((f"{leaf.field}:{leaf.value}",), True) if not leaf.prefix else ((), False)
    if isinstance(leaf, Event):
        return (f"event:{leaf.key}",), True
    if isinstance(leaf, Word | Phrase | Near | Exact):
        stems = _stems(leaf)
        if leaf.where == "author":
            return [f"author:{word}" for word in stems], isinstance(leaf, Word)
        anywhere = leaf.where == ""
        if isinstance(leaf, Phrase | Exact) and len(stems) > 1:
            return list(pairwise(stems)), anywhere and isinstance(leaf, Phrase) and len(stems) == 2
        return stems, anywhere and isinstance(leaf, Word)
    if isinstance(leaf, Prefix) and leaf.where != "author":
        return (f"*{leaf.prefix[:PREFIX]}",), leaf.where == "" and len(leaf.prefix) <= PREFIX
    return (), False


def _stems(leaf: Word | Phrase | Near | Exact) -> tuple[str, ...]:
    if isinstance(leaf, Word):
        return (leaf.stem,)
    if isinstance(leaf, Exact):
        return tuple(map(stem, leaf.words))
    return leaf.stems


class Terms:
    """Which terms of documents are worth making: those that some plan asks for."""

    def __init__(self, asked: frozenset[Term]) -> None:
        kinds = [term.partition(":") for term in asked if isinstance(term, str) and ":" in term]
        self._fields = sorted({field for field, _, _ in kinds} - {"event", "author"})
        self._events = frozenset(value for field, _, value in kinds if field == "event")
        self._authors = any(field == "author" for field, _, _ in kinds)
        self._pairs = any(isinstance(term, tuple) for term in asked)
        self._prefixes = sorted({len(term) - 1 for term in asked if isinstance(term, str) and term.startswith("*")})

    def of(self, document: Document) -> set[Term]:
        """The document's terms, among them all that plans ask for."""
        title, body = document.title, document.body
        terms: set[Term] = {*title.stems, *body.stems}
        if self._pairs:
            terms.update(pairwise(title.stems))
            terms.update(pairwise(body.stems))
        if self._prefixes:
            words = {*title.words, *body.words}
            for length in self._prefixes:
                terms.update([f"*{word[:length]}" for word in words])
        if self._authors:
            terms.update([f"author:{word}" for word in document.author.stems])
        for field in self._fields:
            terms.update([f"{field}:{value}" for value in document.tag(field)])
        if self._events:
            terms.update([f"event:{key}" for key in self._events & document.tag("event")])
        return terms
