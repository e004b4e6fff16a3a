"""What a sentence must hold for a pattern to match: most sentences are never looked at.

Every term has a key, the stem of its rarest word, and a sign: its word, or the stems of its first two. A pattern can
match only in a sentence with a key of its rarest item and a sign of every item.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, compress, count, pairwise
from operator import or_
from typing import Final, Self

from pipeline.core.frequent import A_NAME, EXPECTED, OTHERWISE
from pipeline.core.lexicon import Term
from pipeline.core.phrases import Word
from pipeline.core.places import PARTY_LISTS
from pipeline.core.rules import PARTIES, Pattern
from pipeline.core.text import Text, stem

Sign = str | tuple[str, str]
_PARTIES_EXPECTED: Final = 600.0


@dataclass(frozen=True)
class Keys:
    """For each symbol the keys and signs of its terms, and how often it is to be expected in news, roughly."""

    words: Mapping[str, Mapping[str, AbstractSet[str]]]
    """By stem, with the words that count: "" where any with that stem does."""
    signs: Mapping[str, AbstractSet[Sign]]
    weights: Mapping[str, float]

    @classmethod
    def of(cls, terms: Iterable[Term], aliases: Mapping[str, Collection[str]]) -> Self:
        """`aliases` names the further symbols that a list or a class of one (`list:class`) stands for."""
        words: dict[str, dict[str, set[str]]] = {}
        signs: dict[str, set[Sign]] = {}
        weights: dict[str, float] = {}
        for term in terms:
            if term.barred:
                continue
            symbols = [term.symbol, *aliases.get(term.symbol, ()), *aliases.get(f"{term.symbol}:{term.kind}", ())]
            party = term.symbol in PARTY_LISTS
            if party:
                symbols += [PARTIES, *aliases.get(PARTIES, ())]
            word = min((word for word in term.words if word.form != "#"), key=_expected)
            weight = min(A_NAME if word.capitals else _expected(word) for word in term.words if word.form != "#")
            for symbol in symbols:
                signs.setdefault(symbol, set()).add(_sign(term.words))
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
        return cls(words, signs, weights)

    def expected(self, symbol: str) -> float:
        """How often a symbol is to be expected."""
        return self.weights.get(symbol, 0.0)

    def rarest(self, pattern: Pattern) -> str:
        """The item of a pattern that is seen least."""
        return min(pattern.symbols, key=self.expected)


def _sign(words: Sequence[Word]) -> Sign:
    if len(words) == 1 or words[1].form == "#":
        return words[0].form
    first, second = (stem(word.form) if word.exact else word.form for word in words[:2])
    return first, second


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


@dataclass(frozen=True)
class Anchors:
    """Numbered patterns: which may match in a sentence."""

    bits: Mapping[Sign, int] = field(repr=False)
    """Every symbol has a bit: for each sign those of the symbols that it may stand for."""
    entries: Mapping[str, tuple[tuple[int, int], ...]] = field(repr=False)
    """For each key the numbers of the patterns whose rarest item it is a key of, each with the bits that it needs."""
    exact: Mapping[str, AbstractSet[str]] = field(repr=False)
    """The words that count where not every word with a key does."""

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
        bits: dict[Sign, int] = {}
        for symbol, one in bit.items():
            for sign in keys.signs.get(symbol, ()):
                bits[sign] = bits.get(sign, 0) | one
        return cls(
            bits,
            {key: tuple(found) for key, found in entries.items()},
            {key: frozenset(words) for key, words in forms.items() if "" not in words},
        )

    def places(self, text: Text) -> list[int]:
        """The words of a text at which the rarest item of some pattern may stand."""
        stems, words, exact = text.stems, text.words, self.exact
        return [
            at for at in compress(count(), map(self.entries.__contains__, stems))
            if stems[at] not in exact or words[at] in exact[stems[at]]
        ]

    def likely(self, text: Text, first: int, last: int, places: Iterable[int]) -> list[int]:
        """The numbers, ascending, of the patterns that may match in words [first, last), where `places` are."""
        stems = text.stems[first : last + 1]  # the second word of a name may stand after a line that breaks in it
        signs: Iterable[Sign] = chain(stems, text.words[first:last], pairwise(stems))
        there = reduce(or_, filter(None, map(self.bits.get, signs)), 0)
        return sorted({
            number for key in {text.stems[at] for at in places} for needed, number in self.entries[key]
            if there & needed == needed
        }) if there else []
