"""How every month gets new mappings and a new analysis without a gap in search.

A new generation of the index is filled from the stories of the old one, in the order of their sequence numbers:
what changes meanwhile gets a higher number and comes again. When the copy has caught up, the old index is closed
to writes for a moment (writers wait), the rest is copied, and one atomic request moves the aliases. The old index
is removed a little later, when searches that were under way have ended.
"""

import time
import uuid
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch

from pipeline.core.errors import StoreError
from pipeline.stores.base import batched
from pipeline.stores.elastic import bulk
from pipeline.stores.elastic.bulk import Write
from pipeline.stores.elastic.connection import Connection
from pipeline.stores.elastic.documents import source_of, story_of
from pipeline.stores.elastic.indices import Indices, check_not_newer
from pipeline.stores.elastic.prune import reopen

_AT_ONCE: Final = 250
GRACE_S: Final = 3.0
"""How long a replaced index stays for the searches that began on it."""


def rebuild(connection: Connection, indices: Indices) -> int:
    """Rebuild every month; returns how many stories there are. May be run again after a crash at any point."""
    months = indices.generations()
    for index, meta in months.items():
        check_not_newer(index, meta)
    indices.init()
    for index in indices.forgotten():
        _remove(connection, index)
    count = 0
    for index in months:
        count += _rebuild(connection, indices, index)
    if months:
        time.sleep(GRACE_S)
    for index in months:
        _remove(connection, index)
    return count


def _rebuild(connection: Connection, indices: Indices, old: str) -> int:
    month = old.rpartition("-")[0]
    if not indices.is_month(month):
        raise StoreError(f"the index {old} was not made by Wirewatch; take it out of the alias {indices.stories}")
    new = indices.next_generation(month)
    building = f"{connection.prefix}-building-{uuid.uuid4().hex[:12]}"
    indices.create(new, [building])
    try:
        seen = _copy(connection, old, building, -1)
        seen = _copy(connection, old, building, seen)  # soon done: what changed while the first was made
        connection.ask(lambda es: es.indices.add_block(index=old, block="write"))
        try:
            _copy(connection, old, building, seen)
            count = _settle(connection, old, building)
            _take_over(connection, indices, old, new, month, building)
        except BaseException:
            reopen(connection, old)
            raise
    except BaseException:
        _remove(connection, new)
        raise
    return count


def _copy(connection: Connection, old: str, building: str, seen: int) -> int:
    """Copy what changed in `old` after sequence number `seen`; returns the last number copied."""
    connection.ask(lambda es: es.indices.refresh(index=old))
    while True:

        def ask(es: Elasticsearch, seen: int = seen) -> Any:
            return es.search(index=old, query={"range": {"_seq_no": {"gt": seen}}}, sort=["_seq_no"], size=_AT_ONCE,
                             track_total_hits=False)

        hits = connection.ask(ask)["hits"]["hits"]
        if not hits:
            return seen
        _write(connection, [Write("index", building, hit["_id"], source_of(story_of(hit["_source"]))) for hit in hits])
        seen = int(hits[-1]["sort"][0])


def _settle(connection: Connection, old: str, building: str) -> int:
    """Remove from the copy what was deleted meanwhile; returns how many stories both have."""
    connection.ask(lambda es: es.indices.refresh(index=f"{old},{building}"))
    kept, copied = _ids(connection, old), _ids(connection, building)
    if missing := kept - copied:
        raise StoreError(f"{len(missing)} stories of {old} could not be copied; nothing was changed")
    for some in batched(sorted(copied - kept), _AT_ONCE):
        _write(connection, [Write("delete", building, id) for id in some])
    return len(kept)


def _ids(connection: Connection, index: str) -> set[str]:
    """The ids of all documents, as many bytes each as an id has."""
    ids: set[str] = set()
    last: list[Any] | None = None
    while True:

        def ask(es: Elasticsearch, last: list[Any] | None = last) -> Any:
            return es.search(index=index, sort=["id"], size=10_000, search_after=last, source=False,
                             track_total_hits=False)

        hits = connection.ask(ask)["hits"]["hits"]
        ids.update(hit["_id"] for hit in hits)
        if len(hits) < 10_000:
            return ids
        last = hits[-1]["sort"]


def _take_over(
    connection: Connection, indices: Indices, old: str, new: str, month: str, building: str
) -> None:
    # Fails as a whole where another run has made `building` point elsewhere.
    actions: list[dict[str, Any]] = [
        {"remove": {"index": new, "alias": building, "must_exist": True}},
        {"add": {"index": new, "alias": indices.stories}},
        {"add": {"index": new, "alias": month}},
        {"remove": {"index": old, "alias": indices.stories}},
        {"remove": {"index": old, "alias": month}},
    ]
    connection.ask(lambda es: es.indices.update_aliases(actions=actions))


def _write(connection: Connection, writes: list[Write]) -> None:
    for outcome in bulk.send(connection, writes):
        if not outcome.done and outcome.status != 404:
            raise StoreError(f"a story could not be copied: {outcome.reason}; nothing was changed")
        if outcome.homeless:
            raise StoreError("another reindex is running, or the index was removed; run it once, again")


def _remove(connection: Connection, index: str) -> None:
    try:
        connection.call(lambda es: es.indices.delete(index=index, ignore_unavailable=True))
    except ApiError as error:
        raise connection.explained(error) from error
