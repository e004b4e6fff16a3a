"""The Ledger in SQLite."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from pipeline.stores.base import Kind, Record, batched
from pipeline.stores.embedded.database import Database, from_micros, to_micros

_AT_ONCE: Final = 500
_COLUMNS: Final = "key, data, due, version"
_NEVER: Final = -(2**63)


class EmbeddedLedger:
    """`stores.base.Ledger`; `version` is a number that no state of any record ever had before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, kind: Kind, records: Sequence[Record]) -> list[bool]:
        with self._database.writing() as connection:
            version = self._database.claim_numbers("version", len(records))
            return [
                connection.execute("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?)",
                                   _row(kind, record, version + place)).rowcount == 1
                for place, record in enumerate(records)
            ]

    def get(self, kind: Kind, keys: Sequence[str]) -> dict[str, Record]:
        found: dict[str, Record] = {}
        for some in batched(keys, _AT_ONCE):
            marks = ", ".join("?" * len(some))
            rows = self._database.rows(
                f"SELECT {_COLUMNS} FROM records WHERE kind = ? AND key IN ({marks})", (kind, *some))
            found.update((row[0], _record(row)) for row in rows)
        return found

    def put(self, kind: Kind, records: Sequence[Record]) -> None:
        with self._database.writing() as connection:
            version = self._database.claim_numbers("version", len(records))
            connection.executemany(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)",
                [_row(kind, record, version + place) for place, record in enumerate(records)])

    def replace(self, kind: Kind, record: Record) -> bool:
        return self.replace_each(kind, [record])[0]

    def replace_each(self, kind: Kind, records: Sequence[Record]) -> list[bool]:
        with self._database.writing() as connection:
            first = self._database.claim_numbers("version", len(records))
            return [_replace(connection, kind, record, first + place) for place, record in enumerate(records)]

    def due(self, kind: Kind, now: datetime, limit: int = 1000, *, after: Record | None = None) -> list[Record]:
        last = (to_micros(after.due), after.key) if after is not None and after.due is not None else (_NEVER, "")
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM records WHERE kind = ? AND due BETWEEN ? AND ? AND (due, key) > (?, ?) "
            "ORDER BY due, key LIMIT ?",
            (kind, last[0], to_micros(now), *last, limit))
        return [_record(row) for row in rows]

    def scan(self, kind: Kind, prefix: str = "") -> Iterator[Record]:
        last, sign = prefix, ">="
        while True:
            rows = self._database.rows(
                f"SELECT {_COLUMNS} FROM records WHERE kind = ? AND key {sign} ? ORDER BY key LIMIT ?",
                (kind, last, _AT_ONCE))
            yield from (_record(row) for row in rows if row[0].startswith(prefix))
            if len(rows) < _AT_ONCE or not rows[-1][0].startswith(prefix):
                return
            last, sign = rows[-1][0], ">"

    def delete(self, kind: Kind, keys: Sequence[str]) -> int:
        with self._database.writing() as connection:
            return sum(
                connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key)).rowcount
                for key in keys)

    def close(self) -> None:
        self._database.close()


def _replace(connection: Any, kind: Kind, record: Record, version: int) -> bool:
    if not record.version.isdecimal():
        return False
    _, _, data, due, version = _row(kind, record, version)
    return bool(connection.execute(
        "UPDATE records SET data = ?, due = ?, version = ? WHERE kind = ? AND key = ? AND version = ?",
        (data, due, version, kind, record.key, int(record.version))).rowcount == 1)


def _row(kind: Kind, record: Record, version: int) -> tuple[str, str, str, int | None, int]:
    data = json.dumps(dict(record.data), separators=(",", ":"))
    return kind, record.key, data, None if record.due is None else to_micros(record.due), version


def _record(row: Any) -> Record:
    key, data, due, version = row
    return Record(key, json.loads(data), None if due is None else from_micros(due), str(version))
