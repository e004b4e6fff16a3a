"""What every worker needs to know of a pass, made to be pickled as often as Beam likes."""

import hashlib
import os
import pickle
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.config import FeedSettings, Settings
from pipeline.core.alerts import AlertRule
from pipeline.core.topics import Topics
from pipeline.flow.overlap import STOPPING
from pipeline.net.slots import create as create_slots
from pipeline.stores import open_store, saved_rules
from pipeline.stores.base import Ledger, Store

if TYPE_CHECKING:
    from pipeline.flow.recording import Recording
    from pipeline.flow.recordings import Recordings, Replaying
    from pipeline.net.slots import Slots


@dataclass(frozen=True)
class Plan:
    """One pass: its configuration (`rules` of files), its store, when it started, and how many shards it has.

    Beam pickles and compresses every DoFn several times while it builds a graph, and undoes that for each bundle. A
    plan is large (topics, feeds), so it is packed once, into a file that only this user can read and that goes with
    the plan; DoFns carry the file's name, and each worker process on this machine unpacks it once.
    """

    settings: Settings
    feeds: dict[str, FeedSettings]
    topics: Topics
    rules: tuple[AlertRule, ...]
    store_at: str
    started: datetime
    shards: int = 1
    shift: timedelta = timedelta()
    """What the clock of this pass is ahead of the wall clock (tests live in other times)."""

    recordings: "Recordings | None" = None
    """What takes the place of the network, in a replay."""

    def now(self) -> datetime:
        """The time, as it passes for this pass."""
        return datetime.now(UTC) + self.shift

    def open_store(self) -> Store:
        """A connection of this process's own."""
        return open_store(self.store_at, self.settings.store)

    def current_rules(self, ledger: Ledger) -> tuple[AlertRule, ...]:
        """The rules of files and those made at run time, as they are now; ConfigError as `saved_rules.all_rules`."""
        version = saved_rules.version(ledger)
        kept: tuple[int, tuple[AlertRule, ...]] | None = self.__dict__.get("_rules")
        if kept is None or kept[0] != version:
            kept = version, saved_rules.all_rules(ledger, self.rules, tuple(self.settings.channels))
            self.__dict__["_rules"] = kept
        return kept[1]

    def recording(self, ledger: Ledger) -> "Recording | Replaying":
        """What makes network clients, each exchange kept in the raw archive where there is one; or a replay of it."""
        from pipeline.flow.recording import Recording
        from pipeline.flow.robots import KeptRobots

        if self.recordings is not None:
            from pipeline.flow.recordings import Replaying

            return Replaying(self.recordings, self.settings.network.max_bytes)
        robots = KeptRobots(ledger, self.now)
        return Recording(self.settings.network, self.settings.archive, self.started, self._slots(), robots)

    def _slots(self) -> "Slots | None":
        """Where the workers of this pass agree on their pace; one worker has nobody to agree with."""
        from pipeline.net.slots import Slots

        if self.shards == 1:
            return None
        slots: Slots | None = self.__dict__.get("_open_slots")
        if slots is None:
            place = Path(f"{self.__dict__['_packed']}{_SLOTS}")
            slots = self.__dict__["_open_slots"] = Slots(place, self.settings.network.per_host_concurrency)
        return slots

    def __reduce__(self) -> tuple[Any, ...]:
        packed: str | None = self.__dict__.get("_packed")
        if packed is None:
            handle, packed = tempfile.mkstemp(prefix="wirewatch-plan-")
            with os.fdopen(handle, "wb") as file:
                if self.shards > 1:  # otherwise there is no other process
                    pickle.dump([getattr(self, field.name) for field in fields(self)], file, pickle.HIGHEST_PROTOCOL)
            weakref.finalize(self, os.unlink, packed)
            self.__dict__["_packed"] = packed
            _mine[packed] = self
        return _unpack, (packed, os.getpid())

    @contextmanager
    def shared(self) -> Iterator[None]:
        """While this lasts, worker processes can agree on their pace, and hear within a second when this one is
        STOPPING."""
        packed = self.__reduce__()[1][0]
        mark, slots = Path(f"{packed}{_STOP}"), Path(f"{packed}{_SLOTS}")
        if self.shards > 1:
            create_slots(slots)
        over = threading.Event()

        def pass_on() -> None:
            while not over.wait(_LOOK_S):
                if STOPPING.is_set():
                    mark.touch()
                    return

        thread = threading.Thread(target=pass_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            mark.unlink(missing_ok=True)
            slots.unlink(missing_ok=True)


_STOP: Final = ".stop"
_SLOTS: Final = ".slots"
_LOOK_S: Final = 0.3


def _hear(mark: Path) -> None:
    while not STOPPING.is_set():
        if mark.exists():
            STOPPING.set()
        time.sleep(_LOOK_S)


_mine: Final["weakref.WeakValueDictionary[str, Plan]"] = weakref.WeakValueDictionary()
"""The plans that this process has packed, by file: it need not unpack them."""


def _unpack(packed: str, packed_by: int) -> Plan:
    plan = _mine.get(packed) if os.getpid() == packed_by else None
    return plan if plan is not None else _read(packed, packed_by)


@lru_cache(maxsize=4)
def _read(packed: str, packed_by: int) -> Plan:
    if os.getpid() != packed_by:
        threading.Thread(target=_hear, args=(Path(packed + _STOP),), daemon=True).start()
    plan = Plan(*pickle.loads(Path(packed).read_bytes()))  # noqa: S301  (packed by this very pass)
    plan.__dict__["_packed"] = packed
    return plan


def shard_of(host: str, shards: int) -> int:
    """The shard that has all requests to a host; the same in every process."""
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:8]) % shards
