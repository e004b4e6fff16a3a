"""What every worker needs to know of a pass; picklable."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from pipeline.config import FeedSettings, Settings
from pipeline.core.alerts import AlertRule
from pipeline.core.topics import Topics
from pipeline.stores import open_store
from pipeline.stores.base import Store

if TYPE_CHECKING:
    from pipeline.net.client import Client


@dataclass(frozen=True)
class Plan:
    """One pass: its configuration, its store, when it started, and into how many shards it is cut."""

    settings: Settings
    feeds: dict[str, FeedSettings]
    topics: Topics
    rules: tuple[AlertRule, ...]
    store_at: str
    started: datetime
    shards: int = 1

    def open_store(self) -> Store:
        """A connection of this process's own."""
        return open_store(self.store_at, self.settings.store)

    @property
    def client(self) -> "Callable[[], AbstractAsyncContextManager[Client]]":
        """Makes network clients, to be entered on the event loop that uses them."""
        from pipeline.net.client import Client

        return partial(Client, self.settings.network)


def shard_of(host: str, shards: int) -> int:
    """The shard that has all requests to a host; the same in every process."""
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:8]) % shards
