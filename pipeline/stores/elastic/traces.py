"""The Traces on Elasticsearch: one document for each in an index of their own, found by its terms."""

import base64
import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from elasticsearch import Elasticsearch

from pipeline.core.errors import StoreError
from pipeline.stores.base import Trace, batched
from pipeline.stores.elastic import bulk
from pipeline.stores.elastic.bulk import Write
from pipeline.stores.elastic.clock import to_us
from pipeline.stores.elastic.connection import Connection
from pipeline.stores.elastic.indices import Indices

_AT_ONCE: Final = 500
_ASKED_AT_ONCE: Final = 100


class ElasticTraces:
    """See stores/base.py. A trace is searchable when `leave` returns: the index is small and refreshed at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._indices = Indices(connection)
        self._alias = self._indices.traces

    def leave(self, traces: Sequence[Trace]) -> None:
        last = {trace.id: trace for trace in traces}
        for outcome in bulk.send(self._connection, list(map(_write_to(self._alias), last.values())),
                                 self._indices.ensure):
            if not outcome.done:
                raise StoreError(f"Elasticsearch at {self._connection.at} refused a trace: {outcome.reason}")
        if last:
            self._connection.ask(lambda es: es.indices.refresh(index=self._alias))

    def sharing(self, asked: Sequence[Trace], within: timedelta, most: int = 64) -> list[tuple[str, ...]]:
        return [found for some in batched(asked, _ASKED_AT_ONCE) for found in self._sharing(some, within, most)]

    def _sharing(self, asked: Sequence[Trace], within: timedelta, most: int) -> list[tuple[str, ...]]:
        """One search for each trace, all in one request; a story's score is the number of its shared terms."""
        searches: list[dict[str, Any]] = []
        for trace in asked:
            near = {"range": {"at_us": {"gte": to_us(trace.at - within), "lte": to_us(trace.at + within)}}}
            searches += [{"index": self._alias, "ignore_unavailable": True, "allow_no_indices": True}, {
                "size": min(4 * most, 10_000), "_source": False, "track_total_hits": False,
                "sort": [{"_score": "desc"}, {"written_us": "desc"}],
                "query": {"bool": {
                    "should": [{"constant_score": {"filter": {"term": {"terms": str(term)}}}} for term in trace.terms],
                    "minimum_should_match": 1,
                    "filter": [near],
                    "must_not": [{"ids": {"values": [trace.id]}}],
                }},
            }]
        answers = self._connection.ask(lambda es: es.msearch(searches=searches))["responses"]
        for answer in answers:
            if "error" in answer:
                raise StoreError(f"Elasticsearch at {self._connection.at} could not look for like stories: "
                                 f"{answer['error'].get('reason', answer['error'])}")
        return [tuple(hit["_id"] for hit in answer["hits"]["hits"]) for answer in answers]

    def get(self, ids: Sequence[str]) -> dict[str, bytes]:
        out: dict[str, bytes] = {}
        for some in batched(dict.fromkeys(ids), _AT_ONCE):
            asked = [{"_index": self._alias, "_id": id, "_source": ["data"]} for id in some]
            answer = self._connection.ask(lambda es, asked=asked: es.mget(docs=asked))  # type: ignore[misc]
            out.update((document["_id"], base64.b64decode(document["_source"]["data"]))
                       for document in answer["docs"] if document.get("found"))
        return out

    def forget(self, before: datetime) -> int:
        def ask(es: Elasticsearch) -> Any:
            return es.delete_by_query(
                index=self._alias, query={"range": {"at_us": {"lt": to_us(before)}}}, conflicts="proceed",
                ignore_unavailable=True, allow_no_indices=True, refresh=True)

        return int(self._connection.ask(ask)["deleted"])

    def close(self) -> None:
        self._connection.close()


def _write_to(alias: str) -> Callable[[Trace], Write]:
    now_us = time.time_ns() // 1000

    def write(trace: Trace) -> Write:
        source = {"terms": [str(term) for term in trace.terms], "at_us": to_us(trace.at), "written_us": now_us,
                  "data": base64.b64encode(trace.data).decode()}
        return Write("index", alias, trace.id, json.dumps(source).encode())

    return write
