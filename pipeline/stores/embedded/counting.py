"""Facets and timelines: the rows that a query finds, and what the columns say of them.

tantivy hands over few rows one by one. Of many it adds up the bits, a sum for each ROWS_AT_ONCE rows, which says
exactly which are found. A cluster counts once for each value that stories of it have.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from pipeline.stores.base import FACET_VALUES, Facet, Interval
from pipeline.stores.embedded.columns import ALONE, Columns
from pipeline.stores.embedded.database import from_micros
from pipeline.stores.embedded.fields import BITS, ROWS_AT_ONCE
from pipeline.stores.embedded.translate import between, both

_HOUR: Final = timedelta(hours=1) // timedelta(microseconds=1)
_DAY: Final = 24 * _HOUR
_UNITS: Final = {"hour": (_HOUR, 0), "day": (_DAY, 0), "week": (7 * _DAY, 4 * _DAY)}
"""How long intervals are and when one begins; weeks begin on Monday, as the fifth day of 1970 did."""
_MANY: Final = 10
"""Where more than one story in so many is found, sums cost less than rows one by one."""
_GROUP: Final = len(BITS) * ROWS_AT_ONCE
_GROUPS: Final = 60_000
"""tantivy makes at most 65,000 at once."""
_DENSE: Final = 4_000_000
"""Numbers in so narrow a span are counted in an array of that size."""

_NOTHING: Final = np.empty(0, np.int64)

Numbers = np.ndarray[Any, Any]
Facets = dict[str, tuple[tuple[str, int], ...]]
Timeline = tuple[tuple[datetime, int], ...]


def count(
    searcher: Any, schema: Any, columns: Columns, query: Any, total: int, facets: Sequence[Facet],
    timeline: Interval | None, fold: bool,
) -> tuple[int, Facets, Timeline]:
    """The facets and the timeline of the `total` stories that `query` finds.

    Where `fold`, they count clusters, and the first number says how many there are; else it is 0.
    """
    few = total <= searcher.num_docs // _MANY
    rows = _few_rows(searcher, query, total) if few else _many_rows(searcher, schema, query, len(columns))
    found = _by_cluster(columns, rows) if fold else _Found(columns, rows, _NOTHING, _NOTHING)
    told = found.by_facet() if any(facet != "day" for facet in facets) else {}
    if "day" in facets:
        told["day"] = tuple((start.isoformat()[:10], size) for start, size in found.over_time("day"))
    clusters = total - len(found.copies) + int(found.clusters.max(initial=-1)) + 1 if fold else 0
    moments = found.over_time(timeline) if timeline else ()
    return clusters, {facet: told.get(facet, ()) for facet in facets}, moments


def _few_rows(searcher: Any, query: Any, total: int) -> Numbers:
    """The rows of the `total` stories that `query` finds."""
    with _without_collecting():
        hits = searcher.search(query, max(total, 1), count=False, order_by_field="row").hits
    return np.fromiter((row for row, _ in hits), np.int64, len(hits))


def _many_rows(searcher: Any, schema: Any, query: Any, end: int) -> Numbers:
    """The rows of all stories that `query` finds; all are below `end`."""
    step = _GROUPS * _GROUP
    if end <= step:
        return _by_bits(searcher, query)
    return np.concatenate([_by_bits(searcher, both(query, between(schema, "row", low, low + step - 1)))
                           for low in range(0, end, step)])


def _by_bits(searcher: Any, query: Any) -> Numbers:
    """The rows that `query` finds, from the sums of their bits."""
    sums = {"histogram": {"field": "row", "interval": _GROUP, "min_doc_count": 1},
            "aggs": {name: {"sum": {"field": name}} for name in BITS}}
    with _without_collecting():
        groups = searcher.aggregate(query, {"rows": sums})["rows"]["buckets"]
    firsts = np.fromiter((group["key"] for group in groups), np.float64, len(groups)).astype(np.int64)
    values = np.fromiter((group[name]["value"] for group in groups for name in BITS), np.float64)
    bits = np.flatnonzero(np.unpackbits(values.astype("<u8").view(np.uint8), bitorder="little").view(np.bool_))
    firsts = (firsts[:, None] + np.arange(0, _GROUP, ROWS_AT_ONCE)).ravel()
    return np.asarray(firsts[bits >> 6] + (bits & 63))


@contextmanager
def _without_collecting() -> Iterator[None]:
    """No time is spent on looking for garbage in what tantivy answers: there is none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _by_cluster(columns: Columns, rows: Numbers) -> "_Found":
    """These stories, of which each cluster is to count once."""
    folds = columns.folds(rows)
    are_copies = folds != ALONE
    copies, folds = rows[are_copies], folds[are_copies]
    order = np.argsort(folds)
    starts = np.diff(folds[order], prepend=ALONE) != 0
    return _Found(columns, rows[~are_copies], copies[order], np.cumsum(starts) - 1)


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of stories that count each, and of copies, of which each cluster counts once; these are in order."""

    columns: Columns
    alone: Numbers
    copies: Numbers
    clusters: Numbers

    def by_facet(self) -> Facets:
        """The commonest values of each facet."""
        numbers, of_each = self.columns.values(self.copies)
        sizes = _sizes(self.columns.values(self.alone)[0], numbers, np.repeat(self.clusters, of_each))
        counted: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for number, size in sizes.items():
            facet, value = self.columns.names[number]
            counted[facet].append((value, size))
        return {facet: tuple(sorted(values, key=lambda value: (-value[1], value[0]))[:FACET_VALUES])
                for facet, values in counted.items()}

    def over_time(self, interval: Interval) -> Timeline:
        """How many in each hour, day, week or month, by its start."""
        alone, copies = self.columns.published(self.alone), self.columns.published(self.copies)
        if interval == "month":
            sizes = _sizes(_months(alone), _months(copies), self.clusters)
            return tuple((datetime(1970 + at // 12, at % 12 + 1, 1, tzinfo=UTC), size) for at, size in sizes.items())
        unit, first = _UNITS[interval]
        sizes = _sizes((alone - first) // unit, (copies - first) // unit, self.clusters)
        return tuple((from_micros(at * unit + first), size) for at, size in sizes.items())


def _months(published: Numbers) -> Numbers:
    return published.astype("<M8[us]").astype("<M8[M]").astype(np.int64)


def _sizes(alone: Numbers, copies: Numbers, clusters: Numbers) -> dict[int, int]:
    """How often each number is there, ascending; among copies once for each cluster."""
    parts = [numbers for numbers in (alone, _once(copies, clusters)) if len(numbers)]
    if not parts:
        return {}
    lowest, highest = min(int(part.min()) for part in parts), max(int(part.max()) for part in parts)
    if highest - lowest < _DENSE:
        every = np.zeros(highest - lowest + 1, np.int64)
        for part in parts:
            every += np.bincount(part - lowest, minlength=len(every))
        present = np.flatnonzero(every)
        values, sizes = present + lowest, every[present]
    else:
        values, sizes = np.unique(np.concatenate(parts), return_counts=True)
    return dict(zip(values.tolist(), sizes.tolist(), strict=True))


def _once(numbers: Numbers, clusters: Numbers) -> Numbers:
    """The numbers, each once for a cluster; `clusters` is in order."""
    if not len(numbers):
        return numbers
    lowest = numbers.min()
    small = np.min_scalar_type(int(numbers.max() - lowest))
    order = np.argsort((numbers - lowest).astype(small), kind="stable")  # of 16 bits at most, in linear time
    numbers, clusters = numbers[order], clusters[order]
    first = np.ones(len(numbers), np.bool_)
    first[1:] = (numbers[1:] != numbers[:-1]) | (clusters[1:] != clusters[:-1])
    return np.asarray(numbers[first])
