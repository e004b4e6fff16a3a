"""Search: pages with facets and a timeline, and the cursor that leads from page to page.

"newest" needs nothing kept on the server: publication and id are unique and fixed, so the cursor names the last
hit and never expires. "relevance" depends on all stories together, so its pages share a point in time; where
that has expired the search goes on after the last score in a new one.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from pipeline.core.errors import StoreError
from pipeline.core.query import Query
from pipeline.stores.base import FACET_VALUES, Facet, Hit, Interval, Page, Sort
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
) -> Page:
    """One page; see `stores.base.Archive.search`."""
    mark = hashlib.sha256(f"{sort} {query}".encode()).hexdigest()[:12]
    start = Cursor.of(cursor, mark) if cursor else Cursor([], now.astimezone(UTC).isoformat())
    request: dict[str, Any] = {
        "query": translate(query, datetime.fromisoformat(start.now)),
        "sort": [{"_score": "desc"}, *_BY_TIME] if sort == "relevance" else _BY_TIME,
        "track_total_hits": True,
        "aggs": _aggregations(facets, timeline) or None,
    }
    snapshot = start.snapshot
    if sort == "relevance":
        request["search_type"] = "dfs_query_then_fetch"  # one measure of rarity for all months
        snapshot = snapshot or _open_snapshot(connection, index)
    after, hits, first = start.after, list[dict[str, Any]](), None
    while first is None or len(hits) <= limit:
        size = min(limit + 1 - len(hits), _AT_ONCE) if limit else 0
        try:
            answer = _ask(connection, index, snapshot, {**request, "size": size, "search_after": after or None})
        except NotFoundError:
            snapshot = _open_snapshot(connection, index)
            continue
        snapshot = answer.get("pit_id", "")
        if first is None:
            first = answer
            request |= {"aggs": None, "track_total_hits": False}
        found = answer["hits"]["hits"]
        hits += found
        if len(found) < size or not size:
            break
        after = found[-1]["sort"]
    more = len(hits) > limit > 0
    hits = hits[:limit]
    if snapshot and not more:
        _close_snapshot(connection, snapshot)
    totals = first.get("aggregations", {})
    return Page(
        total=first["hits"]["total"]["value"],
        hits=tuple(Hit(story_of(hit["_source"]), hit.get("_score") or 0.0) for hit in hits),
        cursor=Cursor(hits[-1]["sort"], start.now, snapshot).text(mark) if more else "",
        facets={facet: _counts(facet, totals) for facet in facets},
        timeline=tuple((from_us(b["key"] * 1000), b["doc_count"]) for b in _buckets(totals, "timeline")),
    )


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


def _aggregations(facets: Sequence[Facet], timeline: Interval | None) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for facet in facets:
        if facet == "day":
            asked["day"] = {"date_histogram": {"field": "published", "calendar_interval": "day",
                                               "format": "uuuu-MM-dd", "min_doc_count": 1}}
        else:
            asked[facet] = {"terms": {"field": _FACET_FIELDS[facet], "size": FACET_VALUES + 1,
                                      "shard_size": _EACH_SHARD, "order": [{"_count": "desc"}, {"_key": "asc"}]}}
    if timeline:
        asked["timeline"] = {"date_histogram": {"field": "published", "calendar_interval": timeline,
                                                "min_doc_count": 1}}
    return asked


def _buckets(totals: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return list(totals.get(name, {}).get("buckets", ()))


def _counts(facet: Facet, totals: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    if facet == "day":
        return tuple((bucket["key_as_string"], bucket["doc_count"]) for bucket in _buckets(totals, "day"))
    counts = [(bucket["key"], bucket["doc_count"]) for bucket in _buckets(totals, facet) if bucket["key"]]
    return tuple(counts[:FACET_VALUES])
