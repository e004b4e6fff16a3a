"""The SQLite file that holds the truth: its tables, its connections, and its errors in our words."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline.core.errors import NoStore, StoreError, StoreUnavailable

FILE: Final = "wirewatch.db"
SCHEMA_VERSION: Final = 2
BUSY_S: Final = 30
"""How long a write waits for the writes of other processes."""

_CACHE_KB: Final = 32_768
"""Pages that a connection keeps at most: ids are spread evenly, so a batch touches the index at as many places."""
_CHECKPOINT_AT: Final = 8_000
"""Pages in the log (4 kB each) from which on they are moved into the file; one that changed often meanwhile, once."""

_OURS: Final = {FILE, f"{FILE}-wal", f"{FILE}-shm", f"{FILE}-journal", "index", "near"}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SCHEMA: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
-- one current revision for each id; `seq` is the change that wrote it, `row` is never used again
CREATE TABLE stories (
    row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL UNIQUE,
    published INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX stories_published ON stories (published);
CREATE TABLE revisions (id TEXT, revision INTEGER, data BLOB NOT NULL, PRIMARY KEY (id, revision)) WITHOUT ROWID;
CREATE TABLE removed (seq INTEGER PRIMARY KEY, row INTEGER NOT NULL);
CREATE TABLE records (
    kind TEXT, key TEXT, data TEXT NOT NULL, due INTEGER, version INTEGER NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID;
-- numbers grow in the order of writing (traces.py)
CREATE TABLE traces (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, terms BLOB NOT NULL,
    data BLOB NOT NULL);
CREATE INDEX traces_at ON traces (at);
CREATE INDEX records_due ON records (kind, due) WHERE due IS NOT NULL;
INSERT INTO meta VALUES ('schema', {version}), ('seq', 0), ('version', 0), ('generation', 0);
"""


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


@contextmanager
def told_plainly(place: Path) -> Iterator[None]:
    """SQLite's errors as StoreError, saying what can be done."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        said = str(error)
        if "locked" in said or "busy" in said:
            raise StoreUnavailable(
                f"{place}: other processes kept writing to the store for {BUSY_S} s; try again later") from None
        if "full" in said:
            raise StoreError(f"{place}: the disk is full; make room and try again") from None
        if "readonly" in said or "unable to open" in said:
            raise StoreError(f"{place}: cannot be written; check its permissions and those of its folder") from None
        if "not a database" in said or "malformed" in said:
            raise StoreError(f"{place}: is damaged or not a store ({said}); restore it from a copy") from None
        if "disk I/O" in said:
            raise StoreError(f"{place}: the disk reports an error ({said})") from None
        raise


class Database:
    """One connection, usable from several threads; each process opens its own.

    The parts of a store share it: SQLite forgets the pages that it keeps whenever another connection has written."""

    def __init__(self, folder: Path, create: bool) -> None:
        """Open, and with `create` make what is missing; StoreError where that is not possible."""
        self.place = folder / FILE
        self._lock = threading.RLock()
        if not self.place.exists():
            _may_begin(folder, self.place, create)
        with told_plainly(self.place):
            self._connection = sqlite3.connect(
                self.place, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            self._connection.execute("PRAGMA journal_mode = WAL")
            with self.writing():
                if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
                    for statement in _SCHEMA.format(version=SCHEMA_VERSION).split(";\n"):
                        self._connection.execute(statement)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_AT}")
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
            raise StoreError(f"{self.place}: is an SQLite file but not a store of Wirewatch")
        if self.meta("schema") != SCHEMA_VERSION:
            raise StoreError(f"{self.place}: was made by another version of Wirewatch (schema "
                             f"{self.meta('schema')}, this one reads {SCHEMA_VERSION}); upgrade, or export with "
                             f"that version and import here")

    def rows(self, sql: str, values: Any = ()) -> list[Any]:
        """All rows of a SELECT."""
        with self._lock, told_plainly(self.place):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start; all or nothing."""
        with self._lock, told_plainly(self.place):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def meta(self, name: str) -> int:
        found = self.rows("SELECT value FROM meta WHERE name = ?", (name,))
        return int(found[0][0]) if found else 0

    def claim_numbers(self, name: str, count: int) -> int:
        """The first of `count` fresh numbers of a counter; within `writing()`."""
        self._connection.execute("UPDATE meta SET value = value + ? WHERE name = ?", (count, name))
        return self.meta(name) - count + 1

    def give_back(self) -> None:
        """Return free pages to the file system, some at a time."""
        with self._lock, told_plainly(self.place):
            self._connection.execute("PRAGMA incremental_vacuum(20000)").fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _may_begin(folder: Path, place: Path, create: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: is a file; a store is a folder")
    if not create:
        raise NoStore(f"{folder}: there is no store here; `wirewatch run` or `wirewatch import` makes one")
    if folder.exists():
        lines = {path.name for path in folder.glob("*.jsonl")}  # what a file channel wrote before the first pass
        foreign = sorted({path.name for path in folder.iterdir()} - _OURS - lines)
        if foreign:
            raise StoreError(f"{folder}: is not a store and not empty (it holds {foreign[0]}); name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made ({error.strerror}); name another folder or its owner") from None
