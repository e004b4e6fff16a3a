"""What every worker needs to know of a pass, made to be pickled as often as Beam likes."""

import hashlib
import pickle
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeline.config import FeedSettings, Settings
from pipeline.core.alerts import AlertRule
from pipeline.core.topics import Topics
from pipeline.stores import open_store
from pipeline.stores.base import Store

if TYPE_CHECKING:
    from pipeline.flow.recording import Recording
    from pipeline.flow.recordings import Recordings, Replaying


@dataclass(frozen=True)
class Plan:
    """One pass: its configuration (`rules` of files), its store, when it started, and how many shards it has.

    Beam pickles every DoFn several times while it builds a graph, and unpickles it for each bundle. A plan is
    packed once and unpacked once in each process, since ten thousand feeds and the compiled topics are large.
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

    def recording(self) -> "Recording | Replaying":
        """What makes network clients, each exchange kept in the raw archive where there is one; or a replay of it."""
        from pipeline.flow.recording import Recording

        if self.recordings is not None:
            from pipeline.flow.recordings import Replaying

            return Replaying(self.recordings, self.settings.network.max_bytes)
        return Recording(self.settings.network, self.settings.archive, self.started)

    def __reduce__(self) -> tuple[Any, ...]:
        packed: bytes | None = self.__dict__.get("_packed")
        if packed is None:
            packed = pickle.dumps([getattr(self, field.name) for field in fields(self)], pickle.HIGHEST_PROTOCOL)
            self.__dict__["_packed"] = packed
        return _unpack, (packed,)


@lru_cache(maxsize=4)
def _unpack(packed: bytes) -> Plan:
    return Plan(*pickle.loads(packed))  # noqa: S301  (packed by this very pass)


def shard_of(host: str, shards: int) -> int:
    """The shard that has all requests to a host; the same in every process."""
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:8]) % shards
