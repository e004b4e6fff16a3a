"""All documents that a query finds, page by page, without keeping anything open on the server."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elasticsearch import Elasticsearch

from pipeline.stores.elastic.connection import Connection


def hits(
    connection: Connection,
    index: str,
    query: Mapping[str, Any],
    order: Sequence[str],
    size: int,
    **options: Any,
) -> Iterator[dict[str, Any]]:
    """Each hit, sorted by the fields of `order`, with at most `size` hits in memory.

    The fields together must be unique and never change for a document: then a scan meets every document that
    was there at its start exactly once, however long the reader takes and whatever is written meanwhile.
    """
    after: list[Any] | None = None
    while True:

        def ask(es: Elasticsearch, after: list[Any] | None = after) -> Any:
            return es.search(
                index=index,
                query=query,
                sort=[{field: "asc"} for field in order],
                size=size,
                search_after=after,
                track_total_hits=False,
                ignore_unavailable=True,
                allow_no_indices=True,
                **options,
            )

        found = connection.ask(ask)["hits"]["hits"]
        yield from found
        if len(found) < size:
            return
        after = found[-1]["sort"]
