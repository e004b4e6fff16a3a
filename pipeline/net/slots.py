"""Manners among the processes of one pass: a file that all of them map, with a place for each host.

A host's requests come from one process, but a redirect may lead any of them there. So before a request each process
takes the host's slot, which says how many requests are under way there and when the last one was written. Hosts whose
names fall on one slot share its pace: that costs a little time and breaks no promise.
"""

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipeline.net.manners import stretched

SLOTS: Final = 65_536
_SLOT: Final = struct.Struct("=iidd")
LOOK_S: Final = 0.05
"""How often a process looks whether another one's request is over."""
STALE_S: Final = 120.0
"""After this a request that is still being written counts as lost: its process died."""


def create(path: Path) -> None:
    """Make the file of a pass, with all slots free; it takes little room until slots are used."""
    with path.open("wb") as file:
        file.truncate(SLOTS * _SLOT.size)


class Slots:
    """The slots of one pass; times are seconds of the machine's monotonic clock."""

    def __init__(self, path: Path, at_once: int) -> None:
        """Map the file at `path`, made by `create`; `at_once` requests may be under way at a host."""
        self._at_once = at_once
        self._file = os.open(path, os.O_RDWR)
        weakref.finalize(self, os.close, self._file)
        self._map = mmap.mmap(self._file, SLOTS * _SLOT.size)
        self._lock = threading.Lock()

    def enter(self, host: str, delay_s: float, now: float) -> float:
        """0 where the request may go now, and is counted; else the seconds after which to ask again."""
        with self._slot(host) as place:
            active, starting, sent, entered = _SLOT.unpack_from(self._map, place)
            if active >= self._at_once or (starting and now - entered < STALE_S):
                return LOOK_S
            wait_s = float(sent + stretched(delay_s) - now) if sent else 0.0
            if wait_s > 0:
                return wait_s
            _SLOT.pack_into(self._map, place, active + 1, int(delay_s > 0), sent, now)
            return 0.0

    def sent(self, host: str, now: float) -> None:
        """The request is written: from now on the delay counts."""
        with self._slot(host) as place:
            active, _, _, entered = _SLOT.unpack_from(self._map, place)
            _SLOT.pack_into(self._map, place, active, 0, now, entered)

    def leave(self, host: str) -> None:
        """The request is over."""
        with self._slot(host) as place:
            active, starting, sent, entered = _SLOT.unpack_from(self._map, place)
            _SLOT.pack_into(self._map, place, max(0, active - 1), starting, sent, entered)

    @contextmanager
    def _slot(self, host: str) -> Iterator[int]:
        place = int.from_bytes(hashlib.sha256(host.encode("utf-8", "replace")).digest()[:4]) % SLOTS * _SLOT.size
        with self._lock:  # the file's locks are the process's, not the thread's
            fcntl.lockf(self._file, fcntl.LOCK_EX, _SLOT.size, place)
            try:
                yield place
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, _SLOT.size, place)
