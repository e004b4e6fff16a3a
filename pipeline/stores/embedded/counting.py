"""Facets and timelines: the rows that a query finds, and what the columns say of them.

tantivy hands over few rows one by one. Of many it adds up the bits, a sum for each ROWS_AT_ONCE rows, which says
exactly which are found. Of nearly all it hands over those that are not. A cluster counts once for each value that
stories of it have.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Final

import numpy as np

from pipeline.stores.base import FACET_VALUES, Facet, Interval, Page
from pipeline.stores.embedded.columns import ALONE, LATE, Columns, Copies
from pipeline.stores.embedded.database import from_micros
from pipeline.stores.embedded.fields import BITS, ROWS_AT_ONCE
from pipeline.stores.embedded.translate import between, both, everything, except_for

_HOUR: Final = timedelta(hours=1) // timedelta(microseconds=1)
_DAY: Final = 24 * _HOUR
_UNITS: Final = {"hour": (_HOUR, 0), "day": (_DAY, 0), "week": (7 * _DAY, 4 * _DAY)}
"""How long intervals are and when one begins; weeks begin on Monday, as the fifth day of 1970 did."""
_MANY: Final = 6
"""Where more than one story in so many is found, sums cost less than rows one by one."""
_GROUP: Final = len(BITS) * ROWS_AT_ONCE
_GROUPS: Final = 60_000
"""tantivy makes at most 65,000 at once."""
_SORTED: Final = 20_000
"""So few are sorted by cluster; of more the order is taken from that of all, made once."""
_PIECE: Final = 30_000
"""Stories whose facet values are counted at once."""
_DENSE: Final = 4_000_000
"""Numbers in so narrow a span are counted in an array of that size."""

_NOTHING: Final = np.empty(0, np.int64)

Numbers = np.ndarray[Any, Any]
Facets = dict[str, tuple[tuple[str, int], ...]]
Timeline = tuple[tuple[datetime, int], ...]


def count(
    searcher: Any, schema: Any, columns: Columns, query: Any, facets: Sequence[Facet], timeline: Interval | None,
    fold: bool,
) -> Page:
    """How many stories `query` finds, without hits; where `fold`, clusters, which facets and the timeline count."""
    rows = _found(searcher, schema, columns, query)
    found = _by_cluster(columns, rows) if fold else _Found(columns, rows, Copies(_NOTHING, _NOTHING))
    told = found.by_facet() if any(facet != "day" for facet in facets) else {}
    if "day" in facets:
        told["day"] = tuple((start.isoformat()[:10], size) for start, size in found.over_time("day"))
    clusters = len(found.alone) + int(np.count_nonzero(np.diff(found.copies.clusters, prepend=0))) if fold else 0
    moments = found.over_time(timeline) if timeline else ()
    return Page(len(rows), (), "", {facet: told.get(facet, ()) for facet in facets}, moments, clusters)


def _found(searcher: Any, schema: Any, columns: Columns, query: Any) -> Numbers:
    """The rows of all stories that `query` finds, by the way that is the cheapest if old stories are like late ones."""
    every = searcher.num_docs - 1
    few = every // _MANY
    late = both(query, between(schema, "row", low=len(columns) - LATE))
    about = int(searcher.search(late, 1, order_by_field="row").count) * every // LATE
    if about <= few:
        rows = _one_by_one(searcher, query, few + 1)
        if len(rows) <= few:
            return rows
    elif about >= every - few and len(columns.rows) == every:
        missing = _one_by_one(searcher, except_for(everything(), query), few + 2)
        if len(missing) <= few + 1 and missing[-1] == -len(columns):  # the marker: columns are of this very snapshot
            there = np.zeros(len(columns), np.bool_)
            there[columns.rows] = True
            there[missing[:-1]] = False
            return np.flatnonzero(there)
    step = _GROUPS * _GROUP
    if len(columns) <= step:
        return _by_bits(searcher, query)
    return np.concatenate([_by_bits(searcher, both(query, between(schema, "row", low, low + step - 1)))
                           for low in range(0, len(columns), step)])


def _one_by_one(searcher: Any, query: Any, most: int) -> Numbers:
    """The rows of the stories that `query` finds, the highest first, each told by tantivy."""
    with _without_collecting():
        hits = searcher.search(query, most, count=False, order_by_field="row").hits
    return np.fromiter(map(itemgetter(0), hits), np.int64, len(hits))


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
    if len(rows) <= _SORTED:
        alone = columns.alone(rows)
        return _Found(columns, rows[alone], columns.by_cluster(rows[~alone]))
    every, places = columns.copies
    places = places[rows]
    there = np.zeros(len(every.rows) + 1, np.bool_)  # the last for whatever is alone
    there[places] = True
    copies = np.flatnonzero(there[:-1])
    return _Found(columns, rows[places == ALONE], Copies(every.rows[copies], every.clusters[copies]))


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of stories that count each, and of copies, of which each cluster counts once."""

    columns: Columns
    alone: Numbers
    copies: Copies

    def by_facet(self) -> Facets:
        """The commonest values of each facet."""
        sizes = np.zeros(0, np.int64)
        for numbers in self._numbers():
            more = np.bincount(numbers, minlength=len(sizes))
            more[:len(sizes)] += sizes
            sizes = more
        counted: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for number in np.flatnonzero(sizes).tolist():
            facet, value = self.columns.names[number]
            counted[facet].append((value, int(sizes[number])))
        return {facet: tuple(sorted(values, key=lambda value: (-value[1], value[0]))[:FACET_VALUES])
                for facet, values in counted.items()}

    def _numbers(self) -> Iterator[Numbers]:
        """The numbers of all facet values that count, piece by piece, so that a processor's cache holds one."""
        for at in range(0, len(self.alone), _PIECE):
            yield self.columns.values(self.alone[at : at + _PIECE])[0]
        rows, clusters = self.copies
        at, end = 0, len(rows)
        while at < end:
            last = clusters[min(at + _PIECE, end) - 1]
            piece = slice(at, at := int(np.searchsorted(clusters, last, side="right")))
            numbers, of_each = self.columns.values(rows[piece])
            yield _once(numbers, np.repeat(clusters[piece], of_each))

    def over_time(self, interval: Interval) -> Timeline:
        """How many in each hour, day, week or month, by its start."""
        alone, copies = (_numbered(published, interval)
                         for published in map(self.columns.published, (self.alone, self.copies.rows)))
        sizes = _sizes(alone, copies[_changes(self.copies.clusters, copies)])
        return tuple((_start(number, interval), size) for number, size in sizes.items())


def _numbered(published: Numbers, interval: Interval) -> Numbers:
    """The number of the hour, day, week or month in which each falls."""
    if interval == "month":
        return published.astype("<M8[us]").astype("<M8[M]").astype(np.int64)
    unit, first = _UNITS[interval]
    return (published - first) // unit


def _start(number: int, interval: Interval) -> datetime:
    if interval == "month":
        return datetime(1970 + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    unit, first = _UNITS[interval]
    return from_micros(number * unit + first)


def _sizes(*parts: Numbers) -> dict[int, int]:
    """How often each number is there, ascending."""
    parts = tuple(part for part in parts if len(part))
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
    """The numbers, none below 0, each once for a cluster; `clusters` is in order."""
    small = np.min_scalar_type(int(numbers.max(initial=0)))
    order = np.argsort(numbers.astype(small), kind="stable")  # of 16 bits at most, in linear time
    numbers = numbers[order]
    return np.asarray(numbers[_changes(numbers, clusters[order])])


def _changes(numbers: Numbers, others: Numbers) -> Numbers:
    """Where either is another than just before."""
    changes = np.ones(len(numbers), np.bool_)
    changes[1:] = (numbers[1:] != numbers[:-1]) | (others[1:] != others[:-1])
    return changes
