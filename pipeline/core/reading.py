"""A field of a story as sentences, each with what was found in it: shared by topics, events and claims."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pipeline.core.clauses import Clause
from pipeline.core.lexicon import Hit, Lexicon, Present, Table
from pipeline.core.places import ACTORS, GROUPS, ORGANISATIONS, PARTY_LISTS, STATES, Named, dateline_state, with_forces
from pipeline.core.rules import PARTIES
from pipeline.core.story import TextField
from pipeline.core.text import Text

CUES: Final = "claims"
"""The list whose classes say how an act stands."""

_LISTS: Final = {"group": GROUPS, "organisation": ORGANISATIONS}


@dataclass
class Sentence:
    """Words [first, last) of a field."""

    reading: "Reading"
    index: int
    first: int
    last: int

    @cached_property
    def clause(self) -> Clause:
        """The parties of the sentence and how they stand."""
        text = self.reading.text
        inside = [party for party in self.reading.parties if self.first <= party.start < self.last]
        return Clause(text, self.first, self.last, with_forces(text, inside))

    @cached_property
    def present(self) -> Present:
        """The terms and parties that stand in it."""
        return Present(self.reading.lexicon, self.reading.text, self.first, self.last, otherwise=self._parties)

    def _parties(self) -> dict[str, list[Hit]]:
        known: dict[str, list[Hit]] = {name: [] for name in (*PARTY_LISTS, PARTIES)}
        for party in self.clause.parties:
            symbol = STATES if party.code else _LISTS.get(party.label, ACTORS)
            hit = Hit(party.start, party.end, symbol, party.code or party.kind)
            known[symbol].append(hit)
            known[PARTIES].append(hit)
        return known

    @cached_property
    def cues(self) -> Mapping[str, Sequence[Hit]]:
        """The cues of claims by kind."""
        by_kind: dict[str, list[Hit]] = {}
        for hit in self.present.of(CUES):
            by_kind.setdefault(hit.kind, []).append(hit)
        return by_kind

    def after(self, most: int) -> Iterator["Sentence"]:
        """The sentences that follow, at most so many."""
        for index in range(self.index + 1, min(self.index + 1 + most, len(self.reading.text.sentences))):
            yield self.reading.sentence(index)

    def before(self, most: int) -> Iterator["Sentence"]:
        """The sentences that precede, nearest first, at most so many."""
        for index in range(self.index - 1, max(self.index - 1 - most, -1), -1):
            yield self.reading.sentence(index)


@dataclass
class Reading:
    """One field of a story."""

    name: TextField
    text: Text
    parties: Sequence[Named]
    lexicon: Lexicon
    known_parties: Table = field(repr=False)
    """Every party that can be named: `parties` were found with it."""
    _sentences: dict[int, Sentence] = field(default_factory=dict)

    @cached_property
    def dateline(self) -> str | None:
        """The code of the state that it was filed from."""
        return dateline_state(self.text, self.known_parties)

    @cached_property
    def states(self) -> frozenset[str]:
        """The codes of the states that the field names."""
        return frozenset(party.code for party in self.parties if party.code)

    def sentence(self, index: int) -> Sentence:
        """The sentence with that index."""
        found = self._sentences.get(index)
        if found is None:
            first, last = self.text.sentences[index]
            found = self._sentences[index] = Sentence(self, index, first, last)
        return found
