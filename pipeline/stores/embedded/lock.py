"""Locks between processes that end with their holder, however it ends: SQLite's own, on a file of nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(place: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Whether this block has the lock for itself, after waiting for at most `wait_s`."""
    connection = sqlite3.connect(place, timeout=wait_s, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
            got = True
        except sqlite3.OperationalError:  # held by another, or the folder is read-only
            got = False
        yield got
    finally:
        connection.close()


class Shared:
    """A lock that many may hold at once, and that keeps `alone` away meanwhile."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._connection: sqlite3.Connection | None = None

    def hold(self) -> None:
        if self._connection is None:
            self._connection = sqlite3.connect(self._place, timeout=5, isolation_level=None, check_same_thread=False)
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
