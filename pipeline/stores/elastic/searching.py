"""Search: pages with facets and a timeline, and the cursor that leads from page to page.

"newest" needs nothing kept on the server: publication and id are unique and fixed, so the cursor names the last
hit and never expires. "relevance" depends on all stories together, and what is the first story of a cluster on those
that are added, so their pages share a point in time; where that has expired the search goes on in a new one.
"""

import base64
import binascii
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from pipeline.core.errors import StoreError
from pipeline.core.query import Query
from pipeline.stores.base import FACET_VALUES, Facet, Hit, Interval, Page, Sort
from pipeline.stores.elastic import folding
from pipeline.stores.elastic.clock import from_us
from pipeline.stores.elastic.connection import Connection
from pipeline.stores.elastic.documents import story_of
from pipeline.stores.elastic.translate import translate

_KEEP_ALIVE: Final = "5m"
_AT_ONCE: Final = 1_000
_FACET_FIELDS: Final[dict[Facet, str]] = {
    "topic": "topics.topic", "source": "source", "country": "countries", "lang": "lang",
    "status": "events.claims.status",
}
_EACH_SHARD: Final = 5_000
"""Values that each month counts for a facet; counts are exact for facets with no more values than that."""
_BY_TIME: Final = [{"find.published_us": "desc"}, {"id": "asc"}]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page starts: after the sort values of the last hit, in the snapshot where there is one."""

    after: list[Any]
    now: str
    snapshot: str = ""

    def text(self, mark: str) -> str:
        packed = json.dumps([mark, self.now, self.after, self.snapshot], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode()

    @classmethod
    def of(cls, text: str, mark: str) -> "Cursor":
        """The inverse of `text`; raises StoreError for anything else, also a cursor of another search."""
        try:
            theirs, now, after, snapshot = json.loads(base64.urlsafe_b64decode(text.encode()))
            valid = (theirs == mark and isinstance(now, str) and isinstance(after, list) and isinstance(snapshot, str)
                     and datetime.fromisoformat(now).tzinfo is not None)
        except (ValueError, TypeError, binascii.Error):
            valid = False
        if not valid:
            raise StoreError("this cursor does not continue this search; search again from the first page")
        return cls(after, now, snapshot)


def search(
    connection: Connection,
    index: str,
    query: Query,
    *,
    now: datetime,
    limit: int,
    sort: Sort,
    cursor: str,
    facets: Sequence[Facet],
    timeline: Interval | None,
    fold: bool,
) -> Page:
    """One page; see `stores.base.Archive.search`."""
    mark = hashlib.sha256(f"{sort}{' folded' if fold else ''} {query}".encode()).hexdigest()[:12]
    start = Cursor.of(cursor, mark) if cursor else Cursor([], now.astimezone(UTC).isoformat())
    request: dict[str, Any] = {
        "query": translate(query, datetime.fromisoformat(start.now)),
        "sort": [{"_score": "desc"}, *_BY_TIME] if sort == "relevance" else _BY_TIME,
    }
    if sort == "relevance":
        request["search_type"] = "dfs_query_then_fetch"  # one measure of rarity for all months
    view = _View(connection, index, start.snapshot)
    if sort == "relevance" or fold:
        view.hold()
    first, hits = _read(view, request, limit, start.after, _aggregations(facets, timeline, fold), fold)
    more = len(hits) > limit > 0
    hits = hits[:limit]
    named = _outlets(view, hits) if fold else {}
    if not more:
        view.let_go()
    totals = first.get("aggregations", {})
    clusters, copied = folding.sizes(totals) if fold and totals else (0, {})
    counted = totals.get("alone", {}) if fold else totals
    return Page(
        total=first["hits"]["total"]["value"],
        hits=tuple(_hit(hit, named) for hit in hits),
        cursor=Cursor(hits[-1]["sort"], start.now, view.snapshot).text(mark) if more else "",
        facets={facet: _counts(facet, counted, copied) for facet in facets},
        timeline=_timeline(timeline, counted, copied) if timeline else (),
        clusters=clusters,
    )


def _read(
    view: "_View", request: dict[str, Any], limit: int, after: list[Any], aggregations: dict[str, Any], fold: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first answer, and one hit more than `limit` where there are as many that come after `after`."""
    asked = {**request, "track_total_hits": True, "aggs": aggregations or None,
             "docvalue_fields": ["find.fold"] if fold else None}
    earlier, met = bool(after), set[str]()
    first, hits, size = None, list[dict[str, Any]](), min(limit + 1, _AT_ONCE) if limit else 0
    while first is None or len(hits) <= limit:
        answer = view.ask({**asked, "size": size, "search_after": after or None})
        if first is None:
            first = answer
            asked |= {"aggs": None, "track_total_hits": False}
        found = answer["hits"]["hits"]
        hits += _first_of_clusters(view, request, found, met, earlier) if fold else found
        if len(found) < size or not size:
            break
        after = found[-1]["sort"]
        if met:
            asked["query"] = folding.without(request["query"], met)
        size = min(2 * size if fold else limit + 1 - len(hits), _AT_ONCE)
    return first, hits


def _first_of_clusters(
    view: "_View", request: dict[str, Any], found: list[dict[str, Any]], met: set[str], earlier: bool
) -> list[dict[str, Any]]:
    """Those of `found` that are the first of a cluster not `met` yet, which it then is; `earlier`: there are pages
    before this one."""
    firsts: dict[str, str] = {}
    fresh = sorted({folding.fold_of(hit) for hit in found} - met - {""})
    if earlier and fresh:
        answer = view.ask(folding.firsts(request, fresh))
        firsts = {folding.fold_of(hit): hit["_id"] for hit in answer["hits"]["hits"]}
    kept = []
    for hit in found:
        fold = folding.fold_of(hit)
        if not fold:
            kept.append(hit)
        elif fold not in met:
            met.add(fold)
            if firsts.get(fold, hit["_id"]) == hit["_id"]:
                kept.append(hit)
    return kept


def _outlets(view: "_View", hits: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    folds = [fold for hit in hits if (fold := folding.fold_of(hit))]
    return folding.outlets_told(view.ask(folding.outlets(folds))) if folds else {}


def _hit(hit: dict[str, Any], outlets: dict[str, tuple[str, ...]]) -> Hit:
    story = story_of(hit["_source"])
    others = tuple(name for name in outlets.get(folding.fold_of(hit), ()) if name != story.source)
    return Hit(story, hit.get("_score") or 0.0, others)


class _View:
    """The stories as they are; or, where `hold` was called, as they were then, while Elasticsearch keeps that."""

    def __init__(self, connection: Connection, index: str, snapshot: str) -> None:
        self._connection = connection
        self._index = index
        self.snapshot = snapshot

    def hold(self) -> None:
        if not self.snapshot:
            self.snapshot = _open_snapshot(self._connection, self._index)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        while True:
            try:
                answer = _ask(self._connection, self._index, self.snapshot, request)
            except NotFoundError:
                self.snapshot = _open_snapshot(self._connection, self._index)
                continue
            self.snapshot = answer.get("pit_id", "")
            return answer

    def let_go(self) -> None:
        if self.snapshot:
            _close_snapshot(self._connection, self.snapshot)


def _ask(connection: Connection, index: str, snapshot: str, request: dict[str, Any]) -> dict[str, Any]:
    where: dict[str, Any] = {"index": index, "ignore_unavailable": True, "allow_no_indices": True}
    if snapshot:
        where = {"pit": {"id": snapshot, "keep_alive": _KEEP_ALIVE}}

    def ask(es: Elasticsearch) -> dict[str, Any]:
        return dict(es.search(**where, **request, allow_partial_search_results=False).body)

    try:
        return connection.call(ask)
    except (ApiError, TransportError) as error:
        if snapshot and isinstance(error, NotFoundError):
            raise
        raise connection.explained(error) from error


def _open_snapshot(connection: Connection, index: str) -> str:
    answer = connection.ask(
        lambda es: es.open_point_in_time(index=index, keep_alive=_KEEP_ALIVE, ignore_unavailable=True)
    )
    return str(answer["id"])


def _close_snapshot(connection: Connection, snapshot: str) -> None:
    with suppress(ApiError, TransportError):  # it ends by itself
        connection.client.close_point_in_time(id=snapshot)


def _aggregations(facets: Sequence[Facet], timeline: Interval | None, fold: bool) -> dict[str, Any]:
    fields: dict[str, str] = {facet: _FACET_FIELDS[facet] for facet in facets if facet != "day"}
    asked: dict[str, Any] = {
        facet: {"terms": {"field": field, "size": _EACH_SHARD if fold else FACET_VALUES + 1, "shard_size": _EACH_SHARD,
                          "order": [{"_count": "desc"}, {"_key": "asc"}]}}
        for facet, field in fields.items()
    }
    if "day" in facets:
        asked["day"] = {"date_histogram": {"field": "published", "calendar_interval": "day", "format": "uuuu-MM-dd",
                                           "min_doc_count": 1}}
    if timeline:
        asked["timeline"] = {"date_histogram": {"field": "published", "calendar_interval": timeline,
                                                "min_doc_count": 1}}
    return folding.aggregations(asked, fields, timeline, "day" in facets) if fold else asked


def _counts(facet: Facet, counted: dict[str, Any], copied: dict[str, dict[str, int]]) -> tuple[tuple[str, int], ...]:
    """The counts of the buckets and of the copied clusters together."""
    counts = Counter({b["key_as_string"] if facet == "day" else b["key"]: b["doc_count"]
                      for b in _buckets(counted, facet)})
    if facet == "day":
        counts.update({_start(key, "day").isoformat()[:10]: size for key, size in copied.get("day", {}).items()})
        return tuple(sorted(counts.items()))
    counts.update(copied.get(facet, {}))
    return tuple(sorted(((value, size) for value, size in counts.items() if value),
                        key=lambda pair: (-pair[1], pair[0]))[:FACET_VALUES])


def _timeline(
    interval: Interval, counted: dict[str, Any], copied: dict[str, dict[str, int]]
) -> tuple[tuple[datetime, int], ...]:
    counts = Counter({from_us(b["key"] * 1000): b["doc_count"] for b in _buckets(counted, "timeline")})
    counts.update({_start(key, interval): size for key, size in copied.get("timeline", {}).items()})
    return tuple(sorted(counts.items()))


def _start(key: str, interval: Interval) -> datetime:
    """The beginning of an interval that folding.py names by the number of its hour or first day since 1970."""
    return from_us(int(key) * (3_600_000_000 if interval == "hour" else 86_400_000_000))


def _buckets(totals: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return list(totals.get(name, {}).get("buckets", ()))
