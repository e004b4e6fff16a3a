"""Finds the patterns of rules among what stands in one sentence."""

from collections.abc import Iterable, Iterator
from itertools import islice, pairwise, product
from typing import Final

from pipeline.core.lexicon import Hit, Present
from pipeline.core.rules import BREAKS, Pattern

_MOST_COMBINATIONS: Final = 200


def matches(pattern: Pattern, present: Present) -> Iterator[tuple[Hit, ...]]:
    """The hits of each match, one for each item of the pattern, in the order of its items."""
    if pattern.ordered:
        for first in present.of(pattern.symbols[0]):
            found = _follow(pattern, present, 1, first)
            if found is not None:
                yield (first, *found)
    else:
        yield from _near(pattern, present)


def _follow(pattern: Pattern, present: Present, item: int, last: Hit) -> tuple[Hit, ...] | None:
    if item == len(pattern.symbols):
        return ()
    gap = pattern.gaps[item - 1]
    latest = last.end + gap.words
    if gap.words and not gap.free:
        for stop in present.of(BREAKS):
            if last.end <= stop.start < latest:
                latest = stop.start
                break
    for hit in present.of(pattern.symbols[item]):
        if hit.start > latest:
            break
        if hit.start >= last.end and not (gap.words and _is_cut(present, last.end, hit.start)):
            rest = _follow(pattern, present, item + 1, hit)
            if rest is not None:
                return (hit, *rest)
    return None


def _is_cut(present: Present, end: int, start: int) -> bool:
    """Whether a semicolon stands between the word before `end` and the word at `start`."""
    text = present.text
    return ";" in text.raw and ";" in text.raw[text.ends[end - 1] : text.starts[start]]


def _near(pattern: Pattern, present: Present) -> Iterator[tuple[Hit, ...]]:
    if not all(map(present.of, pattern.symbols)):
        return
    most = pattern.gaps[0].words
    for hits in islice(product(*(present.of(symbol) for symbol in pattern.symbols)), _MOST_COMBINATIONS):
        ordered = sorted(hits)
        if any(one.end > two.start for one, two in pairwise(ordered)):
            continue
        between = ordered[-1].end - ordered[0].start - sum(hit.end - hit.start for hit in hits)
        if between <= most:
            yield hits


def any_matches(patterns: Iterable[Pattern], present: Present) -> bool:
    """Whether one of the patterns matches at least once."""
    return any(next(matches(pattern, present), None) is not None for pattern in patterns)
