"""Passes over what is due, one after another, until the process is told to stop."""

import os
import signal
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final, TextIO

from pipeline.config import Config, FeedSettings
from pipeline.core.errors import ConfigError, PassRunning, StoreUnavailable
from pipeline.flow.overlap import STOPPING
from pipeline.flow.poll import load_states
from pipeline.flow.run import Summary, run_pass
from pipeline.stores import lease, open_store
from pipeline.stores.base import Kind, Ledger, Record

LONGEST: Final = timedelta(seconds=30)
"""The configuration, and alert rules made meanwhile, are read anew at least this often."""
IDLE: Final = timedelta(minutes=10)
"""A pass is made at least this often, since silences and bursts are looked for in it."""
SHORTEST_S: Final = 0.5
"""Least time between two passes."""
REST: Final = 0.25
"""A long pass is followed by a pause of this share of it."""
_KINDS: Final[tuple[Kind, ...]] = ("feed", "entry", "alert")
_AT_ONCE: Final = 20


def watch(
    load: Callable[[], Config],
    store_at: str,
    *,
    clock: Callable[[], datetime],
    workers: int = 1,
    stream: TextIO | None = None,
    told: Callable[[Summary], None] = lambda summary: None,
    warn: Callable[[str], None] = lambda message: None,
) -> None:
    """Make passes until STOPPING is set; `load` gives the configuration as it is now.

    Raises PassRunning where another watch holds the store. A pass that meets another's lease, a store that is away,
    or a rule made at run time that is no longer valid, is tried again later.
    """
    config = load()
    store = open_store(store_at, config.settings.store)
    try:
        with lease.hold(store.ledger, "watch"):
            due, last = Due(store.ledger), clock() - IDLE
            while not STOPPING.is_set():
                begun = time.monotonic()
                config = load()
                feeds = [feed for feed in config.feeds if feed.enabled]
                if min(due.next(feeds, clock()), last + IDLE) <= clock():
                    last = clock()
                    try:
                        told(run_pass(config, store_at, feeds=feeds, only_due=True, clock=clock, workers=workers,
                                      stream=stream))
                    except (PassRunning, StoreUnavailable, ConfigError) as error:
                        warn(f"{error}; trying again")
                took = time.monotonic() - begun
                wait = due.next(feeds, clock()) - clock()
                pause_s = max(SHORTEST_S, config.settings.network.per_host_delay_s)
                STOPPING.wait(max(pause_s, REST * took, min(wait, LONGEST).total_seconds()))
    finally:
        store.close()


class Due:
    """When something needs attention next, asked of the ledger without reading the states of all feeds each time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: set[tuple[str, str]] = set()
        """Id and URL of feeds that have a state: from then on the ledger knows when they are due."""

    def next(self, watched: Iterable[FeedSettings], now: datetime) -> datetime:
        """When the next of the feeds, left-over entry or alert is due; at the latest in `LONGEST`."""
        horizon = now + LONGEST
        feeds = {feed.id: feed for feed in watched}
        self._known &= {(feed.id, feed.url) for feed in feeds.values()}
        strange = [feed for feed in feeds.values() if (feed.id, feed.url) not in self._known]
        for id, state in load_states(self._ledger, strange).items():
            if state.due is not None:
                self._known.add((id, feeds[id].url))
        if any((feed.id, feed.url) not in self._known for feed in strange):
            return now
        found = (self._first(kind, horizon, feeds if kind == "feed" else None) for kind in _KINDS)
        return min((due for due in found if due is not None), default=horizon)

    def _first(self, kind: Kind, horizon: datetime, among: Container[str] | None) -> datetime | None:
        last: Record | None = None
        while records := self._ledger.due(kind, horizon, 1 if among is None else _AT_ONCE, after=last):
            for last in records:
                if among is None or last.key in among:
                    return last.due
        return None


@contextmanager
def until_told_to_stop() -> Iterator[None]:
    """SIGTERM and Ctrl-C set STOPPING, once; workers, which share the terminal, do not get the Ctrl-C.

    A second signal ends the process at once: whatever was under way is done by the next pass.
    """
    def stop(number: int, frame: object) -> None:
        if STOPPING.is_set():
            raise KeyboardInterrupt
        STOPPING.set()

    def wait_for_interrupt() -> None:
        while not over.is_set():
            signal.sigwait({signal.SIGINT})
            if not over.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    over = threading.Event()
    before = signal.signal(signal.SIGTERM, stop)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    waiter = threading.Thread(target=wait_for_interrupt, daemon=True)
    waiter.start()
    try:
        yield
    finally:
        over.set()
        if waiter.ident is not None:
            signal.pthread_kill(waiter.ident, signal.SIGINT)
        waiter.join()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGTERM, before)
        STOPPING.clear()
