"""What a sentence must hold for a pattern to match, judged by stems alone: most sentences are never looked at.

Every term has a key: the stem of its rarest word. A pattern can match only where a key of each of its items stands.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Final, Self

from pipeline.core.frequent import A_NAME, EXPECTED, OTHERWISE
from pipeline.core.lexicon import Term
from pipeline.core.phrases import Word
from pipeline.core.places import PARTY_LISTS
from pipeline.core.rules import PARTIES, Pattern
from pipeline.core.text import stem

_PARTIES_EXPECTED: Final = 300.0


@dataclass(frozen=True)
class Keys:
    """For each symbol the keys of its terms, and how often it is to be expected in news, roughly."""

    words: Mapping[str, Mapping[str, AbstractSet[str]]]
    """By stem, with the words that count: "" where any with that stem does."""
    weights: Mapping[str, float]

    @classmethod
    def of(cls, terms: Iterable[Term], aliases: Mapping[str, Collection[str]]) -> Self:
        """`aliases` names the further symbols that a list or a class of one (`list:class`) stands for."""
        words: dict[str, dict[str, set[str]]] = {}
        weights: dict[str, float] = {}
        for term in terms:
            if term.barred:
                continue
            symbols = [term.symbol, *aliases.get(term.symbol, ()), *aliases.get(f"{term.symbol}:{term.kind}", ())]
            party = term.symbol in PARTY_LISTS
            if party:
                symbols += [PARTIES, *aliases.get(PARTIES, ())]
            word = min((word for word in term.words if word.form != "#"), key=_expected)
            weight = min(A_NAME if word.capitals else _expected(word) for word in term.words)
            for symbol in symbols:
                by_stem = words.setdefault(symbol, {})
                if word.exact:
                    by_stem.setdefault(stem(word.form), set()).add(word.form)
                else:
                    by_stem.setdefault(word.form, set()).add("")
                if not party:
                    weights[symbol] = weights.get(symbol, 0.0) + weight
        for name in (*PARTY_LISTS, PARTIES):
            for symbol in (name, *aliases.get(name, ())):
                weights[symbol] = weights.get(symbol, 0.0) + _PARTIES_EXPECTED
        return cls(words, weights)

    def expected(self, symbol: str) -> float:
        """How often a symbol is to be expected."""
        return self.weights.get(symbol, 0.0)

    def rarest(self, pattern: Pattern) -> str:
        """The item of a pattern that is seen least."""
        return min(pattern.symbols, key=self.expected)


def _expected(word: Word) -> float:
    return EXPECTED.get(stem(word.form) if word.exact else word.form, OTHERWISE)


@dataclass(frozen=True, slots=True)
class Screen:
    """Patterns by the keys of their rarest items."""

    patterns: Mapping[str, tuple[Pattern, ...]]

    @classmethod
    def of(cls, patterns: Iterable[Pattern], keys: Keys) -> Self:
        found: dict[str, list[Pattern]] = {}
        for pattern in patterns:
            for key in keys.words.get(keys.rarest(pattern), ()):
                found.setdefault(key, []).append(pattern)
        return cls({key: tuple(some) for key, some in found.items()})

    def likely(self, stems: AbstractSet[str]) -> list[Pattern]:
        """Those that may match among words with these stems; the others cannot."""
        return [pattern for key in self.patterns.keys() & stems for pattern in self.patterns[key]]


@dataclass(frozen=True, slots=True)
class Anchor:
    """The patterns whose rarest item may stand at a word with one stem: `forms` are the words that count, None any;
    `entries` the numbers of the patterns, each with the bits that it needs."""

    forms: frozenset[str] | None
    entries: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Anchors:
    """Numbered patterns. Every symbol has a bit: `bits` gives for a stem the symbols that it is a key of, `anchors`
    the patterns whose rarest item it is a key of."""

    bits: Mapping[str, int] = field(repr=False)
    anchors: Mapping[str, Anchor] = field(repr=False)

    @classmethod
    def of(cls, patterns: Sequence[Pattern], keys: Keys) -> Self:
        bit: dict[str, int] = {}
        entries: dict[str, list[tuple[int, int]]] = {}
        forms: dict[str, set[str]] = {}
        for number, pattern in enumerate(patterns):
            needed = reduce(or_, (bit.setdefault(symbol, 1 << len(bit)) for symbol in pattern.symbols))
            for key, words in keys.words.get(keys.rarest(pattern), {}).items():
                entries.setdefault(key, []).append((needed, number))
                forms.setdefault(key, set()).update(words)
        bits: dict[str, int] = {}
        for symbol, one in bit.items():
            for key in keys.words.get(symbol, ()):
                bits[key] = bits.get(key, 0) | one
        return cls(bits, {
            key: Anchor(None if "" in forms[key] else frozenset(forms[key]), tuple(found))
            for key, found in entries.items()
        })

    def standing(self, stems: AbstractSet[str]) -> dict[str, Anchor]:
        """The anchors of patterns that may match among `stems`, by key; empty when none can."""
        keys = self.anchors.keys() & stems
        if not keys:
            return {}
        there = reduce(or_, map(self.bits.__getitem__, self.bits.keys() & stems))
        return {
            key: Anchor(anchor.forms, left) for key in keys
            if (anchor := self.anchors[key]) and (
                left := tuple([entry for entry in anchor.entries if there & entry[0] == entry[0]])
            )
        }

    def there(self, stems: Sequence[str]) -> int:
        """The bits of the symbols that may stand among `stems`."""
        return reduce(or_, filter(None, map(self.bits.get, stems)), 0)
