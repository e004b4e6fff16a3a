"""The Traces in SQLite, with their terms in sorted runs (runs.py)."""

import threading
from array import array
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

from pipeline.stores.base import Trace, batched
from pipeline.stores.embedded.database import Database, to_micros
from pipeline.stores.embedded.lock import alone

_AT_ONCE: Final = 500
_BUILT_AT_ONCE: Final = 50_000
_BITS: Final = 32
"""Bits that hold the number of a trace."""


class EmbeddedTraces:
    """`stores.base.Traces`; traces are numbered in the order in which they were written."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder / "near"
        self._database = database
        self._lock = threading.RLock()
        self._runs: Any = None
        self._tail: list[Any] = []
        self._tail_from = 0

    def leave(self, traces: Sequence[Trace]) -> None:
        for some in batched(traces, _AT_ONCE):
            rows = {trace.id: (trace.id, to_micros(trace.at), _packed(trace.terms), trace.data) for trace in some}
            with self._database.writing() as connection:
                marks = ", ".join("?" * len(rows))
                known = connection.execute(f"SELECT id, at, terms, data FROM traces WHERE id IN ({marks})", [*rows])
                same = {row[0] for row in known if rows[row[0]] == row}
                connection.executemany("INSERT OR REPLACE INTO traces (id, at, terms, data) VALUES (?, ?, ?, ?)",
                                       [row for id, row in rows.items() if id not in same])

    def sharing(self, asked: Sequence[Trace], within: timedelta, most: int = 64) -> list[tuple[str, ...]]:
        left = self._met(asked, most)
        out: list[list[str]] = [[] for _ in asked]
        while any(left):
            some = [numbers[:most] for numbers in left]
            found = self._numbered({number for numbers in some for number in numbers})
            for trace, numbers, mine in zip(asked, some, out, strict=True):
                mine += _near(trace, [found[number] for number in numbers if number in found], within)
            left = [numbers[most:] if len(mine) < most else [] for numbers, mine in zip(left, out, strict=True)]
        return list(map(tuple, out))

    def _met(self, asked: Sequence[Trace], most: int) -> list[list[int]]:
        """For each trace the numbers of those that share a term with it, most terms first; of a term the `most`
        latest count."""
        import numpy as np

        terms = np.fromiter(chain.from_iterable(trace.terms for trace in asked), np.int64)
        if not len(terms):
            return [[] for _ in asked]
        order = np.argsort(terms, kind="stable")
        terms, owners = terms[order], np.repeat(np.arange(len(asked)), [len(trace.terms) for trace in asked])[order]
        room = np.full(len(terms), most)
        found = []
        with self._lock:
            for run in reversed(self._follow()):
                found.append(run.find(terms, room))
                room -= np.bincount(found[-1][0], minlength=len(room))
        if not found:
            return [[] for _ in asked]
        places, numbers = np.concatenate(found, axis=1)
        met, times = np.unique(owners[places] << _BITS | numbers, return_counts=True)
        met = met[np.lexsort((met, -times, met >> _BITS))]
        ends = np.searchsorted(met >> _BITS, np.arange(1, len(asked)))
        return [some.tolist() for some in np.split(met & (1 << _BITS) - 1, ends)]

    def get(self, ids: Sequence[str]) -> dict[str, bytes]:
        out: dict[str, bytes] = {}
        for some in batched(dict.fromkeys(ids), _AT_ONCE):
            marks = ", ".join("?" * len(some))
            out.update(self._database.rows(f"SELECT id, data FROM traces WHERE id IN ({marks})", some))
        return out

    def forget(self, before: datetime) -> int:
        with self._database.writing() as connection:
            return int(connection.execute("DELETE FROM traces WHERE at < ?", (to_micros(before),)).rowcount)

    def close(self) -> None:
        self._runs, self._tail = None, []
        self._database.close()

    def _numbered(self, numbers: set[int]) -> dict[int, tuple[str, int]]:
        """Id and time of those traces that are still there under their number."""
        out: dict[int, tuple[str, int]] = {}
        for some in batched(numbers, _AT_ONCE):
            marks = ", ".join("?" * len(some))
            rows = self._database.rows(f"SELECT number, id, at FROM traces WHERE number IN ({marks})", some)
            out.update((number, (id, at)) for number, id, at in rows)
        return out

    def _follow(self) -> list[Any]:
        """The current runs, and those of the tail, brought up to what is in SQLite now."""
        from pipeline.stores.embedded.runs import RUN, Runs, merged, run_of

        if self._runs is None:
            self._runs = Runs(self._folder)
        runs = self._runs.current()
        last = runs[-1].last if runs else 0
        ((highest,),) = self._database.rows("SELECT coalesce(max(number), 0) FROM traces")
        if highest - last >= RUN:
            self._build(last)
            runs = self._runs.current()
            last = runs[-1].last if runs else 0
        if last != self._tail_from:
            self._tail, self._tail_from = [], last
        met = self._tail[-1].last if self._tail else last
        if rows := self._database.rows("SELECT number, terms FROM traces WHERE number > ? ORDER BY number", (met,)):
            self._tail = merged([*self._tail, run_of(met + 1, rows[-1][0], *_columns(rows), 0)], 0)
        return [*runs, *self._tail]

    def _build(self, last: int) -> None:
        """Make runs of what follows `last`, unless another process is at it."""
        self._folder.mkdir(exist_ok=True)
        with alone(self._folder / "making.lock") as mine:
            if not mine:
                return
            ((oldest, highest),) = self._database.rows("SELECT min(number), max(number) FROM traces")
            runs = self._runs.current()
            last = runs[-1].last if runs else 0
            while last < highest:
                rows = self._database.rows(
                    "SELECT number, terms FROM traces WHERE number > ? ORDER BY number LIMIT ?", (last, _BUILT_AT_ONCE))
                self._runs.add(last + 1, rows[-1][0], *_columns(rows), oldest)
                last = rows[-1][0]


def _packed(terms: Sequence[int]) -> bytes:
    return array("q", terms).tobytes()


def _columns(rows: Sequence[tuple[int, bytes]]) -> tuple[Any, Any]:
    """The terms of traces, in order, and for each the number of its trace; from numbers and packed terms."""
    import numpy as np

    numbers, packed = zip(*rows, strict=True)
    terms = np.frombuffer(b"".join(packed), np.int64)
    return terms, np.repeat(numbers, [len(some) // terms.itemsize for some in packed])


def _near(asked: Trace, found: Sequence[tuple[str, int]], within: timedelta) -> list[str]:
    """The ids of other traces among those found that are near in time."""
    at, reach = to_micros(asked.at), within // timedelta(microseconds=1)
    return [id for id, when in found if id != asked.id and abs(when - at) <= reach]
