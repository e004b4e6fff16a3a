"""The Ledger on Elasticsearch: one document for each record, in one index.

Where two writers could meet, Elasticsearch decides: `op_type=create`, or `_seq_no` and `_primary_term` as the
version of a record. Each write carries a mark of its own (`by`), so that a writer whose answer was lost can see
afterwards whether it won.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from pipeline.core.errors import StoreError
from pipeline.stores.base import Kind, Record
from pipeline.stores.elastic import bulk, scan
from pipeline.stores.elastic.bulk import Write, Written
from pipeline.stores.elastic.clock import from_us, to_us
from pipeline.stores.elastic.connection import Connection
from pipeline.stores.elastic.indices import Indices

_LONGEST_ORDER: Final = 400
_KEPT_OF_LONG: Final = 300
_READ: Final = 1_000


class ElasticLedger:
    """See stores/base.py."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._indices = Indices(connection)
        self._alias = self._indices.ledger

    def create(self, kind: Kind, records: Sequence[Record]) -> list[bool]:
        mark = uuid.uuid4().hex
        outcomes = self._write([self._line("create", kind, record, mark) for record in records])
        won = [outcome.done for outcome in outcomes]
        unsure = [place for place, outcome in enumerate(outcomes) if outcome.conflict and outcome.repeated]
        if unsure:
            made = self._made_by(kind, [records[place].key for place in unsure], mark)
            for place in unsure:
                won[place] = records[place].key in made
                made.discard(records[place].key)  # of several records with one key the first won
        return won

    def get(self, kind: Kind, keys: Sequence[str]) -> dict[str, Record]:
        return {record.key: record for record in map(_record, self._documents(kind, keys))}

    def put(self, kind: Kind, records: Sequence[Record]) -> None:
        last = {record.key: record for record in records}
        self._write([self._line("index", kind, record, "") for record in last.values()])

    def replace(self, kind: Kind, record: Record) -> bool:
        return self.replace_each(kind, [record])[0]

    def replace_each(self, kind: Kind, records: Sequence[Record]) -> list[bool]:
        mark = uuid.uuid4().hex
        done = [False] * len(records)
        asked = [(place, version) for place, record in enumerate(records) if (version := _version(record.version))]
        writes = [self._line("index", kind, records[place], mark, version) for place, version in asked]
        unsure: list[int] = []
        for (place, _), outcome in zip(asked, self._write(writes), strict=True):
            done[place] = outcome.done
            if outcome.conflict and outcome.repeated:
                unsure.append(place)
        if unsure:
            made = self._made_by(kind, [records[place].key for place in unsure], mark)
            for place in unsure:
                done[place] = records[place].key in made
        return done

    def due(self, kind: Kind, now: datetime, limit: int = 1000, *, after: Record | None = None) -> list[Record]:
        self._refresh()
        filters: list[dict[str, Any]] = [{"term": {"kind": kind}}, {"range": {"due_us": {"lte": to_us(now)}}}]
        if after is not None and after.due is not None:
            at, order = to_us(after.due), {"range": {"order": {"gt": _order(after.key)}}}
            same = {"bool": {"filter": [{"term": {"due_us": at}}, order]}}
            filters.append({"bool": {"should": [{"range": {"due_us": {"gt": at}}}, same]}})
        query = {"bool": {"filter": filters}}
        hits = scan.hits(self._connection, self._alias, query, ["due_us", "order"], min(limit, _READ),
                         seq_no_primary_term=True)
        return [_record(hit) for hit in islice(hits, limit)]

    def scan(self, kind: Kind, prefix: str = "") -> Iterator[Record]:
        self._refresh()
        filters: list[dict[str, Any]] = [{"term": {"kind": kind}}]
        if prefix:
            known = prefix.encode("utf-8", "replace")[:_KEPT_OF_LONG].decode("utf-8", "ignore")
            filters.append({"prefix": {"order": known}})
        query = {"bool": {"filter": filters}}
        for hit in scan.hits(self._connection, self._alias, query, ["order"], _READ, seq_no_primary_term=True):
            record = _record(hit)
            if record.key.startswith(prefix):
                yield record

    def delete(self, kind: Kind, keys: Sequence[str]) -> int:
        writes = [Write("delete", self._alias, _id(kind, key)) for key in dict.fromkeys(keys)]
        outcomes = bulk.send(self._connection, writes)
        return sum(outcome.done or (outcome.repeated and outcome.status == 404) for outcome in outcomes)

    def close(self) -> None:
        self._connection.close()

    def _refresh(self) -> None:
        self._connection.ask(
            lambda es: es.indices.refresh(index=self._alias, ignore_unavailable=True, allow_no_indices=True)
        )

    def _write(self, writes: Sequence[Write]) -> list[Written]:
        outcomes = bulk.send(self._connection, writes, self._indices.ensure)
        for outcome in outcomes:
            if not outcome.done and not outcome.conflict:
                raise StoreError(f"Elasticsearch at {self._connection.at} refused a record of the ledger: "
                                 f"{outcome.reason}")
        return outcomes

    def _documents(self, kind: Kind, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        ids = list(dict.fromkeys(_id(kind, key) for key in keys))
        for first in range(0, len(ids), _READ):
            part = ids[first : first + _READ]
            answer = self._connection.ask(lambda es, part=part: es.mget(index=self._alias, ids=part))  # type: ignore[misc]
            yield from (document for document in answer["docs"] if document.get("found"))

    def _made_by(self, kind: Kind, keys: Sequence[str], mark: str) -> set[str]:
        return {d["_source"]["key"] for d in self._documents(kind, keys) if d["_source"]["by"] == mark}

    def _line(self, action: bulk.Action, kind: Kind, record: Record, mark: str,
              expected: tuple[int, int] | None = None) -> Write:
        source: Mapping[str, Any] = {
            "kind": kind,
            "key": record.key,
            "order": _order(record.key),
            "due_us": None if record.due is None else to_us(record.due),
            "by": mark,
            "data": record.data,
        }
        return Write(action, self._alias, _id(kind, record.key), json.dumps(source, allow_nan=False).encode(), expected)


def _record(document: Mapping[str, Any]) -> Record:
    source = document["_source"]
    due = source["due_us"]
    return Record(
        key=source["key"],
        data=source["data"],
        due=None if due is None else from_us(due),
        version=f"{document['_seq_no']}.{document['_primary_term']}",
    )


def _version(version: str) -> tuple[int, int] | None:
    seq_no, _, term = version.partition(".")
    return (int(seq_no), int(term)) if seq_no.isdigit() and term.isdigit() else None


def _order(key: str) -> str:
    """What a key is sorted and found by: itself, or for long and odd ones a start and a hash.

    An `_id` has at most 512 bytes. Keys whose first 300 bytes are the same sort by their hash.
    """
    raw = key.encode("utf-8", "surrogatepass")
    clean = key.encode("utf-8", "replace")
    if len(raw) <= _LONGEST_ORDER and raw == clean:
        return key
    start = clean[:_KEPT_OF_LONG].decode("utf-8", "ignore")
    return f"{start}…{hashlib.sha256(raw).hexdigest()[:40]}"


def _id(kind: str, key: str) -> str:
    return f"{kind}/{_order(key)}"
