"""A field of a story as sentences with what was found in each: shared by topics, events and claims."""

from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.core.clauses import Clause
from pipeline.core.lexicon import Hit
from pipeline.core.places import ACTORS, GROUPS, STATES, Named, with_forces
from pipeline.core.rules import PARTIES
from pipeline.core.story import TextField
from pipeline.core.text import Text

NAMES = frozenset((STATES, GROUPS, ACTORS))


@dataclass
class Sentence:
    """Words [first, last) of a field. `hits` are the terms found by symbol, without the names of parties."""

    reading: "Reading"
    index: int
    first: int
    last: int
    hits: dict[str, list[Hit]] = field(default_factory=dict)

    @cached_property
    def clause(self) -> Clause:
        """The parties of the sentence and how they stand."""
        text = self.reading.text
        inside = [party for party in self.reading.parties if self.first <= party.start < self.last]
        return Clause(text, self.first, self.last, with_forces(text, inside))

    @cached_property
    def present(self) -> Mapping[str, Sequence[Hit]]:
        """The hits by symbol, parties included."""
        aliases = self.reading.aliases
        for party in self.clause.parties:
            symbol = STATES if party.code else GROUPS if party.label == "group" else ACTORS
            hit = Hit(party.start, party.end, symbol, party.code or party.kind)
            for name in (symbol, PARTIES):
                self.hits.setdefault(name, []).append(hit)
                for alias in aliases.get(name, ()):
                    insort(self.hits.setdefault(alias, []), hit)
        return self.hits

    def after(self, most: int) -> Iterator["Sentence"]:
        """The sentences that follow, at most so many."""
        for index in range(self.index + 1, min(self.index + 1 + most, len(self.reading.text.sentences))):
            yield self.reading.sentence(index)


@dataclass
class Reading:
    """One field of a story, read once. `aliases`: for a list, or a class of one, further symbols that it stands for."""

    name: TextField
    text: Text
    parties: Sequence[Named]
    aliases: Mapping[str, Sequence[str]]
    _sentences: dict[int, Sentence] = field(default_factory=dict)

    @classmethod
    def of(
        cls, name: TextField, text: Text, hits: Sequence[Hit], parties: Sequence[Named],
        aliases: Mapping[str, Sequence[str]],
    ) -> "Reading":
        """Sort the hits of a text into its sentences."""
        reading = cls(name, text, parties, aliases)
        bounds = text.sentences
        last, sentence = -1, None
        for hit in hits:
            if hit.symbol in NAMES:
                continue
            if sentence is None or hit.start >= last:
                sentence = reading.sentence(bisect_right(bounds, (hit.start, len(text) + 1)) - 1)
                last = sentence.last
            found = sentence.hits
            found.setdefault(hit.symbol, []).append(hit)
            for alias in aliases.get(hit.symbol, ()):
                found.setdefault(alias, []).append(hit)
            if hit.kind:
                for alias in aliases.get(f"{hit.symbol}:{hit.kind}", ()):
                    found.setdefault(alias, []).append(hit)
        return reading

    def sentence(self, index: int) -> Sentence:
        """The sentence with that index."""
        found = self._sentences.get(index)
        if found is None:
            first, last = self.text.sentences[index]
            found = self._sentences[index] = Sentence(self, index, first, last)
        return found

    def with_hits(self) -> list[Sentence]:
        """The sentences in which something was found, in order."""
        return [self._sentences[index] for index in sorted(self._sentences)]
