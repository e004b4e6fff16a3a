"""Facets and timelines: what tantivy counts over the fast fields, as the Archive promises it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pipeline.core.errors import StoreError
from pipeline.stores.base import FACET_VALUES, Facet, Interval
from pipeline.stores.embedded.database import from_micros

_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR
_COUNTED: Final = 10_000
"""Different values of a facet up to which counts are exact."""


def count(
    searcher: Any, query: Any, facets: Sequence[Facet], timeline: Interval | None
) -> tuple[dict[str, tuple[tuple[str, int], ...]], tuple[tuple[datetime, int], ...]]:
    """The facets and the timeline of everything that `query` finds, in one go over it."""
    wanted: dict[str, Any] = {
        facet: {"terms": {"field": f"shown_{facet}", "size": FACET_VALUES, "segment_size": _COUNTED}}
        for facet in facets if facet != "day"
    }
    if "day" in facets or timeline in ("day", "week", "month"):
        wanted["day"] = _histogram(_DAY)
    if timeline == "hour":
        wanted["hour"] = _histogram(_HOUR)
    if not wanted:
        return {}, ()
    try:
        counted = searcher.aggregate(query, wanted)
    except ValueError as error:
        if "bucket" in str(error).lower():
            raise StoreError(f"too many intervals to count by {timeline or 'day'}; narrow the time") from None
        raise
    days = _moments(counted["day"]["buckets"]) if "day" in wanted else []
    out: dict[str, tuple[tuple[str, int], ...]] = {}
    for facet in facets:
        if facet != "day":
            out[facet] = _facet(counted[facet]["buckets"])
    if "day" in facets:
        out["day"] = tuple((moment.isoformat()[:10], number) for moment, number in days)
    moments = _moments(counted["hour"]["buckets"]) if timeline == "hour" else days
    return out, _timeline(moments, timeline)


def _histogram(interval: int) -> dict[str, Any]:
    return {"histogram": {"field": "published", "interval": interval, "min_doc_count": 1}}


def _facet(buckets: Iterable[dict[str, Any]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(((str(b["key"]), int(b["doc_count"])) for b in buckets), key=lambda b: (-b[1], b[0])))


def _moments(buckets: Iterable[dict[str, Any]]) -> list[tuple[datetime, int]]:
    return [(from_micros(round(bucket["key"])), int(bucket["doc_count"])) for bucket in buckets]


def _timeline(moments: Iterable[tuple[datetime, int]], interval: Interval | None) -> tuple[tuple[datetime, int], ...]:
    if interval is None:
        return ()
    if interval in ("hour", "day"):  # as counted
        return tuple(moments)
    out: Counter[datetime] = Counter()
    for moment, number in moments:
        start = moment.replace(day=1) if interval == "month" else moment - timedelta(days=moment.weekday())
        out[start] += number
    return tuple(sorted(out.items()))
