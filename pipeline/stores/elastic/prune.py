"""How old stories are removed: everything of them, and whole months that have become empty."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from elasticsearch import ApiError

from pipeline.core.errors import StoreError
from pipeline.stores.base import batched
from pipeline.stores.elastic import bulk, scan
from pipeline.stores.elastic.bulk import Write
from pipeline.stores.elastic.clock import to_us
from pipeline.stores.elastic.connection import Connection
from pipeline.stores.elastic.indices import Indices
from pipeline.stores.elastic.reading import Reader

_AT_ONCE: Final = 500


def delete_before(connection: Connection, indices: Indices, reader: Reader, before: datetime) -> int:
    """Remove stories published before; a crash in the middle leaves nothing that the next call does not finish."""
    indices.refresh_stories()
    old = {"range": {"find.published_us": {"lt": to_us(before)}}}
    hits = scan.hits(connection, indices.stories, old, ["find.published_us", "id"], _AT_ONCE, source=["revision"])
    deleted = 0
    for some in batched(hits, _AT_ONCE):
        deleted += _delete(connection, indices, reader, some)
    if deleted:
        indices.refresh_stories()
        for index in indices.generations():
            _drop_if_empty(connection, index)
    return deleted


def _delete(connection: Connection, indices: Indices, reader: Reader, hits: Sequence[dict[str, Any]]) -> int:
    # A home goes last, and only if nobody touched it since: a story that comes back meanwhile keeps its home.
    homes = reader.homes([hit["_id"] for hit in hits])
    stories = [Write("delete", hit["_index"], hit["_id"]) for hit in hits]
    deleted = sum(outcome.done for outcome in bulk.send(connection, stories))
    bulk.send(connection, [
        *(Write("delete", indices.revisions, f"{hit['_id']}.{number}")
          for hit in hits for number in range(1, hit["_source"]["revision"])),
        *(Write("delete", indices.homes, id, expected=home.home) for id, home in homes.items()),
    ])
    return deleted


def _drop_if_empty(connection: Connection, index: str) -> None:
    if connection.ask(lambda es: es.count(index=index))["count"]:
        return
    with suppress(ApiError):
        # Closed to writes first, so that nothing can arrive between the look and the removal.
        connection.call(lambda es: es.indices.add_block(index=index, block="write"))
        connection.call(lambda es: es.indices.refresh(index=index))
        if connection.call(lambda es: es.count(index=index))["count"]:
            reopen(connection, index)
        else:
            connection.call(lambda es: es.indices.delete(index=index))


def reopen(connection: Connection, index: str) -> None:
    """Take the block on writes away again."""
    with suppress(ApiError, StoreError):
        connection.call(lambda es: es.indices.put_settings(index=index, settings={"index.blocks.write": None}))
