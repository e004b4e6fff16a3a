"""One definition of a word, for topics, queries, alerts and every index.

A word is a maximal run of letters and digits (with their combining marks), at most `MAX_WORD` characters,
normalised with NFKC and lower-cased; its stem is Snowball English ("porter2"). Engines never analyse text
themselves: they are handed these words and stems separated by spaces, so all of them agree by construction.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, compress, pairwise
from typing import Final

import Stemmer

from pipeline.core.sentences import ends_of_sentences

ANALYSIS_VERSION: Final = 1
"""Goes up whenever the words or stems of some text change: an index of another version is rebuilt."""

MAX_WORD: Final = 100

_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962"
    "\u0963\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a51\u0abc-\u0acd\u0b3c-\u0b57\u0bbe-\u0bcd\u0c3e-\u0c56"
    "\u0cbc-\u0cd6\u0d3b-\u0d4d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e"
    "\u17b4-\u17d3\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
_WORD = re.compile(rf"\w[\w{_MARKS}]{{0,{MAX_WORD - 1}}}")
_PIECES = re.compile(f"({_WORD.pattern})")
"""For cutting a text into what is between words and words, in turn."""
_SPACED: Final = bytes(
    32 if not chr(code).isalnum() else code if unicodedata.is_normalized("NFKC", chr(code)) else 0
    for code in range(256)
)
"""For each Latin-1 character itself where it is part of a word, a space where not, 0 where it is another normalised."""
_TYPOGRAPHY: Final = "\u2019\u2018\u201c\u201d\u201e\u201a\u2013\u2014\u2026\u2022\u20ac"
_snowball = Stemmer.Stemmer("english", 0)
_WORDS_KEPT: Final = 500_000
_TEXTS_KEPT: Final = 256
"""Titles and bodies of a batch of stories; as cut texts they take about 100 bytes a word."""
_KEPT_CHARS: Final = 20_000


class _Kept(dict[str, str]):
    """What a function said of words met so far; forgotten all at once when there are very many."""

    def __init__(self, work: Callable[[str], str]) -> None:
        super().__init__()
        self.work = work

    def __missing__(self, word: str) -> str:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        found = self[word] = self.work(word)
        return found


def _stemmed(word: str) -> str:
    return _snowball.stemWord(word) or word


stem = _Kept(_stemmed).__getitem__
"""The Snowball English stem of a normalised word."""


def _normalised(word: str) -> str:
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).lower())
    return "".join(c for c in plain if c.isalnum() or unicodedata.category(c)[0] == "M")


normalise = _Kept(_normalised).__getitem__
"""NFKC and lower case, keeping only letters, digits and marks; may be empty for odd symbols."""


def _plain(raw: str) -> str:
    """`raw`, character for character, with typographic marks as spaces: usually Latin-1 then."""
    if not raw.isascii():
        for mark in _TYPOGRAPHY:
            raw = raw.replace(mark, " ")
    return raw.replace("_", " ")


def _lowered(raw: str) -> str:
    """`raw` made plain and in lower case, character for character."""
    plain = _plain(raw)
    lowered = plain.lower()
    if len(lowered) != len(plain):  # a few capitals grow, such as the Turkish dotted one: keep offsets true
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
    return lowered


def words_of(raw: str) -> list[str]:
    """The words of a text alone, as `Text.of(raw).words` but cheaper."""
    return _cut(_lowered(raw))


def _spaced(plain: str) -> str | None:
    """A text with spaces for all that is in no word; None when its words are not found as simply as that."""
    try:
        spaced = plain.encode("latin-1").translate(_SPACED).decode("latin-1")
    except UnicodeEncodeError:
        return None
    return None if "\0" in spaced else spaced


def _cut(lowered: str) -> list[str]:
    """The words of a lowered text, in order."""
    spaced = _spaced(lowered)
    if spaced is not None:
        words = spaced.split()
        if max(map(len, words), default=0) <= MAX_WORD:
            return words
    return list(filter(None, map(normalise, _WORD.findall(lowered))))


@dataclass(frozen=True)
class Text:
    """A text cut into words once: parallel lists of words and stems, and (worked out when first asked for)
    the words as written, the character spans of the words in `raw`, and the sentences."""

    raw: str
    words: list[str]
    stems: list[str]

    @classmethod
    def of(cls, raw: str) -> "Text":
        """Cut `raw`; about 0.1 µs a word, and 0.25 µs more when spans are asked for.

        A text that was cut lately is not cut again: topics, alerts, threads and the index of a story share one.
        """
        return _kept(raw) if len(raw) <= _KEPT_CHARS else _text(raw)

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def starts(self) -> list[int]:
        """Where each word starts in `raw`."""
        return self._spans[0]

    @cached_property
    def ends(self) -> list[int]:
        """Where each word ends in `raw` (exclusive)."""
        return self._spans[1]

    @cached_property
    def _spans(self) -> tuple[list[int], list[int]]:
        pieces = _PIECES.split(_lowered(self.raw))
        edges = list(accumulate(map(len, pieces)))
        starts, ends = edges[:-1:2], edges[1::2]
        if len(starts) != len(self.words):  # some odd symbols are no words
            kept = [bool(normalise(piece)) for piece in pieces[1::2]]
            return list(compress(starts, kept)), list(compress(ends, kept))
        return starts, ends

    @cached_property
    def written(self) -> list[str]:
        """The words with their capitals, usually found without spans."""
        spaced = _spaced(_plain(self.raw))
        words = spaced.split() if spaced is not None else []
        return words if len(words) == len(self.words) else [
            self.raw[start:end] for start, end in zip(self.starts, self.ends, strict=True)
        ]

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Sentences as (first word, word after the last), ascending, covering every word."""
        edges = (0, *ends_of_sentences(self.raw), len(self.raw))
        spaced = _spaced(_plain(self.raw))
        sizes = [len(spaced[start:end].split()) for start, end in pairwise(edges)] if spaced is not None else []
        cuts = list(accumulate(sizes, initial=0))
        if cuts[-1] != len(self.words):
            cuts = [bisect_right(self.starts, offset - 1) for offset in edges]
        return [(first, last) for first, last in pairwise(cuts) if first < last]

    def sentence_at(self, word: int) -> int:
        """The index of the sentence that holds `word`."""
        return bisect_right(self.sentences, (word, len(self.words) + 1)) - 1

    def slice(self, first: int, last: int) -> str:
        """The characters from word `first` to word `last`, both included."""
        return self.raw[self.starts[first] : self.ends[last]]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The stems that occur."""
        return frozenset(self.stems)

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """Stem -> ascending word indices."""
        found: dict[str, list[int]] = {}
        for index, stem_ in enumerate(self.stems):
            found.setdefault(stem_, []).append(index)
        return found


def _text(raw: str) -> Text:
    words = _cut(_lowered(raw))
    return Text(raw, words, list(map(stem, words)))


_kept = lru_cache(_TEXTS_KEPT)(_text)
