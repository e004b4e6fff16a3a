"""Whether two stories are one text: copies of a wire with another headline or dateline, cuts, additions, edits.

A story is reduced to a `Sketch` of a few hundred bytes. `same_text` compares two sketches; it depends on nothing but
the two, so whoever compares them, in whatever order stories arrive, comes to the same answer. Two stories that are
the same text nearly always share one of `Sketch.terms`, so only those that do need to be compared.

How: the body's runs of three words, hashed, and of those the minimum under each of `PERMUTATIONS` permutations
(MinHash, Broder 1997); the share of equal minima estimates the Jaccard similarity, within 0.04. One byte of each
minimum is kept (Li and König 2010). The same for the first words alone (the lede), for texts cut short. Terms are
pairs of minima (a band of locality-sensitive hashing), and the headline where it is long enough to mean something.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from itertools import accumulate, chain
from typing import Any, Final

from pipeline.core.story import Story
from pipeline.core.text import MAX_WORD, words_of

SKETCH_VERSION: Final = 2
"""Goes up whenever the sketch of some text changes: sketches of other versions are not compared."""
PERMUTATIONS: Final = 128
LEDE_PERMUTATIONS: Final = 64
LEDE: Final = 60
"""Words that make the lede."""
MOST_WORDS: Final = 3_000
_BANDS: Final = 14
_LEDE_BANDS: Final = 5
_SHORT: Final = 20
"""Runs of words below which a text proves nothing without its headline."""
_LONG: Final = 60
"""Runs of words from which a text is known by itself."""
_TITLE_WORDS: Final = 6
"""Words from which a headline is unlikely to be used twice by chance."""
_NUMBER: Final = re.compile(r"\S*\d\S*")
_SEED: Final = 42
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD: Final = struct.Struct("<B?HHqq")
_DROPPED: Final = 64 - 47
"""Bits of a hash that a term leaves out: 47 are enough, and small in SQLite."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a story to compare it: sizes count different runs of three words, `title` is its words.

    What nothing is compared by, a cluster learns of its stories: `origin`, and whether it tells an event (`told`).
    """

    id: str
    source: str
    origin: str
    told: bool
    published: datetime
    seen: datetime
    title: str
    size: int
    lede_size: int
    body: bytes
    lede: bytes
    terms: tuple[int, ...]

    def pack(self) -> bytes:
        """All but `terms`, small; `unpack` reads it."""
        texts = "\n".join((self.id, self.source, self.origin, self.title)).encode("utf-8", "surrogatepass")
        times = (_micros(self.published), _micros(self.seen))
        return _HEAD.pack(SKETCH_VERSION, self.told, self.size, self.lede_size, *times) + self.body + self.lede + texts


def unpack(data: bytes) -> Sketch | None:
    """The sketch that was packed, without its terms; None where another version of Wirewatch packed it."""
    if data[0] != SKETCH_VERSION:
        return None
    _, told, size, lede_size, published, seen = _HEAD.unpack_from(data)
    body, lede = _HEAD.size + PERMUTATIONS, _HEAD.size + PERMUTATIONS + LEDE_PERMUTATIONS
    id, source, origin, title = data[lede:].decode("utf-8", "surrogatepass").split("\n")
    return Sketch(id, source, origin, told, _moment(published), _moment(seen), title, size, lede_size,
                  data[_HEAD.size : body], data[body:lede], ())


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def sketches(stories: Sequence[Story]) -> list[Sketch]:
    """The sketches of stories, in their order. About 0.05 ms each for 200 words; many at once cost less."""
    headlines = [words_of(story.title) for story in stories]
    bodies = [words_of(story.body)[:MOST_WORDS] for story in stories]
    whole = _runs([words if len(words) >= _SHORT else headline + words
                   for words, headline in zip(bodies, headlines, strict=True)])
    first = [runs[: LEDE - 2] for runs in whole]
    minima, lede_minima = _minima(whole, PERMUTATIONS), _minima(first, LEDE_PERMUTATIONS)
    bands, lede_bands = _bands(minima, _BANDS, 0), _bands(lede_minima, _LEDE_BANDS, 1000)
    out = []
    for number, (story, headline) in enumerate(zip(stories, headlines, strict=True)):
        size, lede_size, name = _different(whole[number]), _different(first[number]), " ".join(headline)
        terms = [term_of(f"title {name}")] if len(headline) >= _TITLE_WORDS else []
        if size >= _SHORT:
            terms += bands[number] + lede_bands[number]
        out.append(Sketch(
            id=story.id, source=" ".join(story.source.split()), origin=" ".join(story.origin.split()),
            told=bool(story.events), published=story.published, seen=story.seen, title=name[:300], size=size,
            lede_size=lede_size, body=_bytes(minima[number]), lede=_bytes(lede_minima[number]), terms=tuple(terms),
        ))
    return out


def same_text(a: Sketch, b: Sketch, within: timedelta) -> bool:
    """Whether two stories published at most `within` apart are one text, to one who would rather say no.

    - A long text is the same when about half of all its runs of words are shared, or most of the shorter one's.
    - A medium one (such as a feed's summary) when it is nearly the same, or is the beginning of the other.
    - A short one only with the same headline, near in time: an outlet may have one for a column of every day.
    - Two texts of one outlet must also have headlines alike, or share more: its bulletins and newsletters have
      standing paragraphs, and what its site shows instead of an article is the same under every headline.
    - Headlines that differ in their numbers alone (`day 359`, `day 361`) tell different news.
    """
    apart = abs(a.published - b.published)
    if apart > within:
        return False
    small, large = sorted((a.size, b.size))
    alike = title_likeness(a.title, b.title)
    if small < _SHORT:
        return _same_headline(a, b) and apart <= timedelta(hours=12 if a.source == b.source else 48)
    if (small < _LONG or a.source == b.source) and _counted_apart(a.title, b.title):
        return False
    jaccard = _estimate(a.body, b.body)
    if a.source == b.source and alike < 0.75:
        return jaccard >= 0.6 if alike >= 0.5 else 0.68 <= jaccard <= 0.96 and small >= 80
    shared = jaccard * (small + large) / (1 + jaccard)
    begins = _begins(a, b)
    if small < _LONG:
        return jaccard >= 0.6 or begins >= 0.85
    return jaccard >= 0.36 or (jaccard >= 0.08 and shared / small >= 0.72 and (begins >= 0.6 or jaccard >= 0.2))


def title_likeness(a: str, b: str) -> float:
    """The share of words that two headlines (as words joined by spaces) have in common, 0 to 1."""
    left, right = set(a.split()), set(b.split())
    return len(left & right) / max(1, len(left | right))


def _same_headline(a: Sketch, b: Sketch) -> bool:
    return a.title == b.title and len(a.title.split()) >= _TITLE_WORDS


def _counted_apart(a: str, b: str) -> bool:
    """Whether headlines that are otherwise alike have different numbers in them."""
    return {*_NUMBER.findall(a)} != {*_NUMBER.findall(b)} and title_likeness(a, b) >= 0.5


def _begins(a: Sketch, b: Sketch) -> float:
    """How much of the shorter one's first words the other begins with, 0 to 1."""
    jaccard = _estimate(a.lede, b.lede)
    return min(1.0, jaccard * (a.lede_size + b.lede_size) / (1 + jaccard) / max(1, min(a.lede_size, b.lede_size)))


# ── MinHash ───────────────────────────────────────────────────────────────────────────────────────────────


def _estimate(a: bytes, b: bytes) -> float:
    """The Jaccard similarity that the equal bytes of two sketches stand for; one in 256 is equal by chance."""
    import numpy as np

    if a == b:
        return 1.0
    equal = float(np.count_nonzero(np.frombuffer(a, np.uint8) == np.frombuffer(b, np.uint8)))
    return max(0.0, (equal / len(a) - 1 / 256) / (1 - 1 / 256))


def _runs(texts: list[list[str]]) -> list[Any]:
    """For each text, as words, a 64-bit hash of each run of three (one of all words, where there are fewer)."""
    ends = list(accumulate(map(len, texts)))
    hashes = _hashes(list(chain.from_iterable(texts)))
    runs = _mixed(hashes[:-2] * _odd(1) + hashes[1:-1] * _odd(2) + hashes[2:] * _odd(3))
    return [
        runs[end - len(words) : end - 2] if len(words) >= 3
        else _mixed(hashes[end - len(words) : end].sum(keepdims=True))
        for end, words in zip(ends, texts, strict=True)
    ]


def _hashes(words: list[str]) -> Any:
    """A 64-bit hash of each word: a polynomial in its characters, all words at once."""
    import numpy as np

    if not words:
        return np.array([], np.uint64)
    sizes = np.fromiter(map(len, words), np.int64, len(words))
    starts = np.cumsum(sizes) - sizes
    characters = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), "<u4")
    places = np.arange(len(characters)) - np.repeat(starts, sizes)
    return _mixed(np.add.reduceat(characters * _powers().take(places, mode="wrap"), starts))


@cache
def _powers() -> Any:
    """Powers of an odd number, one for each place in a word; a few words are longer, and begin again with the first."""
    import numpy as np

    return np.cumprod(np.full(MAX_WORD + 1, _odd(1)))


def _different(runs: Any) -> int:
    """How many different ones."""
    import numpy as np

    ordered = runs.copy()
    ordered.sort()
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


def _minima(texts: list[Any], permutations: int) -> Any:
    """For each text, as runs, the least hash under each permutation: an array of 64-bit numbers, a row a text."""
    import numpy as np
    from rensa import RMinHash

    flat, ends = np.concatenate([*texts, np.array([], np.uint64)]), accumulate(map(len, texts), initial=0)
    rows = RMinHash.digest_matrix_from_flat_token_hashes(flat, list(ends), permutations, _SEED).to_rows()
    every = np.fromiter(chain.from_iterable(rows), np.uint64, len(texts) * permutations)
    return every.reshape(len(texts), permutations)


def _bytes(minima: Any) -> bytes:
    return bytes(minima.astype("uint8").tobytes())


def term_of(text: str) -> int:
    """A term that stands for a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> _DROPPED


def _bands(minima: Any, bands: int, first: int) -> list[list[int]]:
    """For each row a term for each pair of minima; `first` numbers them, so that only the same pairs are ever equal."""
    import numpy as np

    pairs = minima[:, 0 : 2 * bands : 2] * _odd(1) + minima[:, 1 : 2 * bands : 2] * _odd(2) + _numbers(bands, first)
    terms: list[list[int]] = (_mixed(pairs) >> np.uint64(_DROPPED)).tolist()
    return terms


@cache
def _numbers(bands: int, first: int) -> Any:
    import numpy as np

    return np.arange(first, first + bands, dtype=np.uint64) * _odd(3)


@cache
def _odd(number: int) -> Any:
    import numpy as np

    return np.uint64((0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)[number - 1])


def _mixed(numbers: Any) -> Any:
    """Every bit of the result depends on every bit given (the finaliser of SplitMix64)."""
    first, second, third, one, other = _mixers()
    numbers = (numbers ^ (numbers >> first)) * one
    numbers = (numbers ^ (numbers >> second)) * other
    return numbers ^ (numbers >> third)


@cache
def _mixers() -> tuple[Any, ...]:
    import numpy as np

    return tuple(map(np.uint64, (30, 27, 31, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)))
