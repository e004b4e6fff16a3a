"""Facets and timelines: what tantivy counts over the fast fields, as the Archive promises it.

Clusters are counted by value: a story without copies counts itself, copies are grouped by `fold` below each value.
tantivy makes at most 65,000 groups at once, so very many are counted in parts of the range of `fold`, over which
clusters are spread evenly; no cluster is in two parts.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from pipeline.core.errors import StoreError
from pipeline.stores.base import FACET_VALUES, Facet, Interval
from pipeline.stores.embedded.database import from_micros
from pipeline.stores.embedded.translate import between, both, copied, except_for

ALL: Final = {"size": 1_000_000, "segment_size": 1_000_000}
"""Every group, exactly."""
_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR
_COUNTED: Final = 10_000
"""Different values of a facet up to which counts are exact."""
_FOLDS: Final = 2**60
_AT_ONCE: Final = 40_000
"""Copies in one part at first; where these make too many groups, there are twice as many parts."""
_MOST_PARTS: Final = 4_096
_BY_FOLD: Final = {"terms": {"field": "fold", **ALL}}

Facets = dict[str, tuple[tuple[str, int], ...]]
Timeline = tuple[tuple[datetime, int], ...]
_Sizes = Counter[tuple[str, Any]]
"""How many are found for a value of a facet, or from a moment of the timeline on."""


class _TooMany(StoreError):
    """More groups than tantivy makes at once."""


def count(
    searcher: Any, query: Any, facets: Sequence[Facet], timeline: Interval | None
) -> tuple[Facets, Timeline]:
    """The facets and the timeline of all stories that `query` finds, in one go over them."""
    wanted = _wanted(facets, timeline, FACET_VALUES)
    if not wanted:
        return {}, ()
    counted = _aggregate(searcher, query, wanted, timeline)
    return _told(_sizes(counted, facets, timeline, _stories), facets)


def count_clusters(
    searcher: Any, schema: Any, query: Any, total: int, facets: Sequence[Facet], timeline: Interval | None
) -> tuple[int, Facets, Timeline]:
    """How many clusters `query` finds, and how many for each value and interval; `total` is its number of stories."""
    wanted = _wanted(facets, timeline, _COUNTED)
    copies = both(query, copied(schema))
    found = int(searcher.search(copies, 1, order_by_field="row").count)
    clusters, sizes = total - found, _Sizes()
    if wanted and clusters:
        alone = _aggregate(searcher, except_for(query, copied(schema)), wanted, timeline)
        sizes += _sizes(alone, facets, timeline, _stories)
    if found:
        for part in _in_parts(searcher, schema, copies, found, wanted, timeline):
            clusters += len(part["clusters"]["buckets"])
            sizes += _sizes(part, facets, timeline, _clusters)
    return clusters, *_told(sizes, facets)


def clusters_of(searcher: Any, query: Any) -> set[int]:
    """The `fold` of each cluster of which the query finds a story; for at most 65,000."""
    return {int(bucket["key"]) for bucket in searcher.aggregate(query, {"of": _BY_FOLD})["of"]["buckets"]}


def _in_parts(
    searcher: Any, schema: Any, copies: Any, found: int, wanted: dict[str, Any], timeline: Interval | None
) -> list[dict[str, Any]]:
    asked = {name: {**how, "aggs": {"of": _BY_FOLD}} for name, how in wanted.items()} | {"clusters": _BY_FOLD}
    parts = 1 + found // _AT_ONCE
    while True:
        ends = [_FOLDS * part // parts for part in range(parts + 1)]
        try:
            return [
                _aggregate(searcher, both(copies, between(schema, "fold", low, high - 1)) if parts > 1 else copies,
                           asked, timeline)
                for low, high in pairwise(ends)
            ]
        except _TooMany as error:
            if parts >= _MOST_PARTS:
                raise StoreError(str(error)) from None
            parts *= 2


def _aggregate(searcher: Any, query: Any, wanted: dict[str, Any], timeline: Interval | None) -> dict[str, Any]:
    try:
        return dict(searcher.aggregate(query, wanted))
    except ValueError as error:
        if "bucket" in str(error).lower():
            raise _TooMany(f"too many intervals to count by {timeline or 'day'}; narrow the time") from None
        raise


def _wanted(facets: Sequence[Facet], timeline: Interval | None, most: int) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        facet: {"terms": {"field": f"shown_{facet}", "size": most, "segment_size": _COUNTED}}
        for facet in facets if facet != "day"
    }
    if "day" in facets or timeline in ("day", "week", "month"):
        wanted["day"] = _histogram(_DAY)
    if timeline == "hour":
        wanted["hour"] = _histogram(_HOUR)
    return wanted


def _histogram(interval: int) -> dict[str, Any]:
    return {"histogram": {"field": "published", "interval": interval, "min_doc_count": 1}}


def _sizes(
    counted: dict[str, Any], facets: Sequence[Facet], timeline: Interval | None,
    size: Callable[[list[dict[str, Any]]], int],
) -> _Sizes:
    groups: defaultdict[tuple[str, Any], list[dict[str, Any]]] = defaultdict(list)
    for name, value, bucket in _groups(counted, facets, timeline):
        groups[name, value].append(bucket)
    return _Sizes({group: size(buckets) for group, buckets in groups.items()})


def _groups(
    counted: dict[str, Any], facets: Sequence[Facet], timeline: Interval | None
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    for facet in facets:
        for bucket in counted[facet]["buckets"]:
            yield facet, _moment(bucket).isoformat()[:10] if facet == "day" else str(bucket["key"]), bucket
    if timeline is not None:
        for bucket in counted["hour" if timeline == "hour" else "day"]["buckets"]:
            yield "timeline", _start(_moment(bucket), timeline), bucket


def _stories(buckets: list[dict[str, Any]]) -> int:
    return sum(int(bucket["doc_count"]) for bucket in buckets)


def _clusters(buckets: list[dict[str, Any]]) -> int:
    if len(buckets) == 1:
        return len(buckets[0]["of"]["buckets"])
    return len({fold["key"] for bucket in buckets for fold in bucket["of"]["buckets"]})


def _moment(bucket: dict[str, Any]) -> datetime:
    return from_micros(round(bucket["key"]))


def _start(moment: datetime, interval: Interval) -> datetime:
    """Where the week or month of a day begins; hours and days are counted from their start already."""
    if interval == "month":
        return moment.replace(day=1)
    return moment - timedelta(days=moment.weekday()) if interval == "week" else moment


def _told(sizes: _Sizes, facets: Sequence[Facet]) -> tuple[Facets, Timeline]:
    by_name: defaultdict[str, list[tuple[Any, int]]] = defaultdict(list)
    for (name, value), size in sizes.items():
        by_name[name].append((value, size))
    told: Facets = {
        facet: tuple(sorted(by_name[facet]) if facet == "day" else
                     sorted(by_name[facet], key=lambda counted: (-counted[1], counted[0]))[:FACET_VALUES])
        for facet in facets
    }
    return told, tuple(sorted(by_name["timeline"]))
