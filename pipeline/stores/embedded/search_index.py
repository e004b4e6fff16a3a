"""The tantivy index, which follows the changes in SQLite and can always be made anew from it.

    index/7/             the current generation, as SQLite says; others are leftovers
    index/7/columns/     what is counted by (columns.py)
    index/writer.lock    held by the one process that applies changes
    index/pending.lock   shared by processes that stored stories which they have not yet made searchable

Every change to `stories` and `removed` in SQLite has a number. The marker in the index says which number was
applied last; it is committed with the changes themselves, so after a crash at any point following goes on from
there, and nothing is applied twice or left out.
"""

import logging
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import tantivy

from pipeline.core.errors import StoreError, StoreUnavailable
from pipeline.stores.embedded.columns import Columns, ColumnsWriter
from pipeline.stores.embedded.database import Database, told_plainly
from pipeline.stores.embedded.fields import INDEX_VERSION, marker_fields, schema, story_fields
from pipeline.stores.embedded.lock import Shared, alone
from pipeline.stores.embedded.packed import unpack
from pipeline.stores.embedded.translate import marker

COLUMNS: Final = "columns"
COMMIT_EVERY: Final = 100_000
"""Stories between commits while catching up: what a crash makes to be done again."""
WAIT_S: Final = 30.0
"""How long to wait for another process that applies changes: it applies ours too before it lets go."""
_REBUILD_WAIT_S: Final = 600.0
_AT_ONCE: Final = 500
_SMALL: Final = 5_000
_HEAP_SMALL: Final = 30_000_000
_HEAP_LARGE: Final = 120_000_000

_log: Final = logging.getLogger(__name__)


class Damaged(Exception):
    """The index of the current generation cannot be read; carries what tantivy said."""


class SearchIndex:
    """What the archive searches; usable from several threads and processes at once."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder / "index"
        self._pending = Shared(self.folder / "pending.lock")
        self._database = database
        self._schema: Any = None
        self._index: Any = None
        self._columns: Columns | None = None
        self._generation = -1
        self._stamp: Any = None
        self._lock = threading.RLock()

    @property
    def schema(self) -> Any:
        if self._schema is None:
            self._schema = schema()
        return self._schema

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────

    def searcher(self) -> Any:
        """The latest snapshot; makes the index first where it is missing, damaged or of another version."""
        try:
            return self._snapshot()
        except Damaged as damaged:
            self._make_anew(str(damaged))
        try:
            return self._snapshot()
        except Damaged as damaged:
            raise StoreError(f"{self.folder}: the search index cannot be read even when made anew: {damaged}") from None

    @property
    def columns(self) -> Columns:
        """What the latest snapshot is counted by."""
        self.searcher()
        assert self._columns is not None
        return self._columns

    @property
    def _path(self) -> Path:
        return self.folder / str(self._generation)

    def state(self) -> str:
        """`ready`, or what is wrong with the index."""
        try:
            self.applied(self._snapshot())
        except Damaged as damaged:
            return str(damaged)
        return "ready"

    def behind(self) -> int:
        """How many changes are not yet applied."""
        return self._database.meta("seq") - self.applied(self.searcher())[0]

    def applied(self, searcher: Any) -> tuple[int, int]:
        """The last change applied to a snapshot and the highest row in it."""
        found = searcher.search(marker(self.schema), 1).hits
        if not found:
            raise Damaged("it does not say how far it is")
        address = [found[0][1]]
        seq, row = (searcher.fast_field_values(name, address)[0] for name in ("applied", "row"))
        return int(seq), -1 - int(row)

    def _snapshot(self) -> Any:
        generation = self._database.meta("generation")
        if self._database.meta("index") != INDEX_VERSION:
            raise Damaged("missing" if not generation else "made by another version")
        path = self.folder / str(generation)
        with self._lock:
            try:
                if self._index is None or generation != self._generation:
                    self._index = None
                    self._index = tantivy.Index.open(str(path))
                    self._index.config_reader("manual")
                    self._generation, self._stamp = generation, None
                found = os.stat(path / "meta.json")
                stamp = found.st_mtime_ns, found.st_ino, found.st_size
                if stamp != self._stamp:
                    self._index.reload()
                    highest = self.applied(self._index.searcher())[1]
                    columns = Columns(path / COLUMNS, highest + 1)
                    if len(columns) <= highest:
                        raise Damaged("damaged: columns are missing")
                    self._columns, self._stamp = columns, stamp
                searcher = self._index.searcher()
            except BaseException as error:
                self._index = None
                raise _as_damage(error) from None
        return searcher

    # ── following ─────────────────────────────────────────────────────────────────────────────────────────

    def follow(self, wait_s: float = WAIT_S, leaving: int = 0) -> None:
        """Apply every change made so far but the last `leaving`, unless another process is at it and will do so."""
        if self.behind() <= leaving:
            return
        with alone(self.folder / "writer.lock", wait_s) as mine:
            if mine and self.behind() > leaving:
                try:
                    applied, highest = self.applied(self.searcher())
                    self._catch_up(self._index, self._path, applied, highest, leaving)
                except (ValueError, OSError) as error:
                    _log.warning("%s: making the search index anew (it cannot be written: %s)", self.folder, error)
                    self._build()

    def announce(self) -> None:
        """This process is about to change stories, and will call `follow` later."""
        if self._index is None:
            self.searcher()  # an index that is there from the start is never made by someone who only searches
        with told_plainly(self.folder):
            self._pending.hold()

    def settled(self) -> None:
        """This process has no changes left to apply."""
        self._pending.release()

    def heal(self) -> None:
        """Apply what a process that died left unapplied; leaves alone what a living one is about to apply."""
        behind = self.behind()
        if behind > _SMALL:
            with alone(self.folder / "pending.lock") as nobody:
                if not nobody:
                    return
        if behind:
            self.follow(0.0)

    def rebuild(self) -> int:
        """Make a new generation from SQLite while the current one goes on being searched; returns its stories."""
        with alone(self.folder / "writer.lock", _REBUILD_WAIT_S) as mine:
            if not mine:
                raise StoreUnavailable(f"{self.folder}: another process is making the search index; try again later")
            return self._build()

    def _make_anew(self, why: str) -> None:
        with alone(self.folder / "writer.lock", _REBUILD_WAIT_S) as mine:
            if self.state() == "ready":  # another process has done it
                return
            if not mine:
                raise StoreUnavailable(f"{self.folder}: the search index cannot be used ({why}) and cannot be made "
                                       f"anew: another process is at it, or the folder cannot be written")
            if self._database.meta("seq"):
                _log.warning("%s: making the search index anew (%s)", self.folder, why)
            self._build()

    def _build(self) -> int:
        known = [int(path.name) for path in self.folder.iterdir() if path.name.isdecimal()]
        generation = max([*known, self._database.meta("generation")]) + 1
        path = self.folder / str(generation)
        path.mkdir()
        try:
            index = tantivy.Index(self.schema, str(path))
            index.config_reader("manual")
            applied = self._catch_up(index, path, 0, -1)
        except (ValueError, OSError) as error:
            shutil.rmtree(path, ignore_errors=True)
            raise StoreError(f"{self.folder}: the search index cannot be written: {str(error)[:200]}; make sure that "
                             f"the disk has room and the folder can be written, then try again") from error
        with self._database.writing() as connection:
            connection.execute("DELETE FROM removed WHERE seq <= ?", (applied,))
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('index', ?)", (INDEX_VERSION,))
            connection.execute("UPDATE meta SET value = ? WHERE name = 'generation'", (generation,))
        for number in known:
            shutil.rmtree(self.folder / str(number), ignore_errors=True)
        index.reload()
        return int(index.searcher().num_docs) - 1

    def _catch_up(self, index: Any, path: Path, applied: int, highest: int, leaving: int = 0) -> int:
        """Apply all changes after `applied`, also those made meanwhile, or but the last `leaving` of now; `highest`: no
        row above it is there yet."""
        target = self._database.meta("seq") - leaving
        large = target - applied > _SMALL
        columns = ColumnsWriter(path / COLUMNS)
        writer = index.writer(_HEAP_LARGE if large else _HEAP_SMALL, 1)  # takes stories faster than we make them ready
        writer.garbage_collect_files()  # what a killed writer left would be in the way of files of the same name
        uncommitted = 0
        while True:
            there = highest  # of the changes up to `target` every story has one, so no row comes twice in this round
            gone = self._database.rows("SELECT row FROM removed WHERE seq > ? AND seq <= ?", (applied, target))
            for (row,) in gone:
                writer.delete_documents_by_term("row", row)
                columns.remove(row)
            while rows := self._database.rows(
                "SELECT seq, row, data FROM stories WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                (applied, target, _AT_ONCE),
            ):
                for seq, row, data in rows:
                    if row <= there:
                        writer.delete_documents_by_term("row", row)
                    highest = max(highest, row)
                    story = unpack(data)
                    writer.add_document(story_fields(story, row))
                    columns.put(row, story)
                    applied = seq
                uncommitted += len(rows)
                if uncommitted >= COMMIT_EVERY:
                    self._commit(writer, columns, applied, highest)
                    _give_memory_back()
                    uncommitted = 0
            applied = target
            target = applied if leaving else self._database.meta("seq")
            if target == applied:
                break
        self._commit(writer, columns, applied, highest)
        writer.wait_merging_threads()
        if large:
            _give_memory_back()
        return applied

    def _commit(self, writer: Any, columns: ColumnsWriter, applied: int, highest: int) -> None:
        columns.write()
        writer.delete_documents_by_term("marker", "applied")
        writer.add_document(marker_fields(applied, highest))
        writer.commit()

    def close(self) -> None:
        self._pending.release()
        self._index = None


def _give_memory_back() -> None:
    """Let go of what merging took: glibc keeps the memory of threads that have ended, more after every large merge."""
    import ctypes

    with suppress(AttributeError, TypeError, OSError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _as_damage(error: BaseException) -> Damaged:
    """tantivy's errors as damage: ValueError, or a panic of its own kind; anything else goes on."""
    if isinstance(error, ValueError | OSError) or type(error).__name__ == "PanicException":
        return Damaged(f"damaged: {str(error)[:200]}")
    raise error
