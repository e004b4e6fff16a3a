"""Today's topics, clusters and threads over stored stories, without fetching anything."""

import multiprocessing
import zlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pipeline.config import ClusterSettings, StoreSettings
from pipeline.core.query import Query
from pipeline.core.story import Story
from pipeline.core.topics import Topics
from pipeline.flow.assemble import with_detection
from pipeline.flow.mistakes import mistake
from pipeline.flow.storing import unjoined
from pipeline.stores import clusters, failures, lease, open_store
from pipeline.stores.base import Store
from pipeline.stores.unions import scatter

BATCH: Final = 200
_TELL_S: Final = 0.2

_looked_at: Any = None
"""In a worker process: how many stories all of them have looked at."""


@dataclass(frozen=True, slots=True)
class Redetected:
    """How many stories were looked at, how many of them got other topics, events or countries, how many failed."""

    stories: int = 0
    changed: int = 0
    failed: int = 0

    def __add__(self, other: "Redetected") -> "Redetected":
        return Redetected(self.stories + other.stories, self.changed + other.changed, self.failed + other.failed)


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker needs to know: its share of the stories is every `shards`-th, by id.

    With `rejoin` all clusters and threads are made anew, as they must be where another version of Wirewatch made them.
    """

    store_at: str
    settings: StoreSettings
    clusters: ClusterSettings
    query: Query | None
    topics: Topics
    now: datetime
    shards: int = 1
    rejoin: bool = False


def redetect(work: Work, told: Callable[[int], None]) -> Redetected:
    """Find topics, events and countries anew; stories for which something changed are written and joined anew.

    So are those that never were joined, and all with `rejoin` (stopped half-way, that is to be done again). Nothing
    else about a story changes, its revision neither. `told` hears now and then how many were looked at. Raises
    PassRunning while a pass is under way, which may be changing the same stories.
    """
    store = open_store(work.store_at, work.settings, create=False)
    try:
        with lease.hold(store.ledger):
            if work.rejoin:
                scatter(store.ledger, "cluster")
                scatter(store.ledger, "thread")
            found = _share(work, 0, store, told) if work.shards == 1 else _in_processes(work, told)
            store.archive.refresh()
    finally:
        store.close()
    return found


def _in_processes(work: Work, told: Callable[[int], None]) -> Redetected:
    context = multiprocessing.get_context("spawn")
    looked_at = context.Value("Q", 0)
    with ProcessPoolExecutor(work.shards, context, initializer=_begin, initargs=(looked_at,)) as processes:
        shares = {processes.submit(_own_share, work, number) for number in range(work.shards)}
        waiting = shares
        while waiting:
            waiting = wait(waiting, timeout=_TELL_S, return_when=FIRST_COMPLETED).not_done
            told(looked_at.value)
    return sum((share.result() for share in shares), Redetected())


def _begin(looked_at: Any) -> None:
    global _looked_at
    _looked_at = looked_at


def _own_share(work: Work, number: int) -> Redetected:
    before = 0

    def add(looked_at: int) -> None:
        nonlocal before
        with _looked_at.get_lock():
            _looked_at.value += looked_at - before
        before = looked_at

    store = open_store(work.store_at, work.settings, create=False)
    try:
        return _share(work, number, store, add)
    finally:
        store.close()


def _share(work: Work, number: int, store: Store, told: Callable[[int], None]) -> Redetected:
    total = Redetected()
    batch: list[Story] = []
    changed: set[str] = set()
    failed_before = {failure.key for failure in failures.listing(store.ledger, stage="detect")}
    for story in store.archive.stories(work.query, now=work.now):
        if zlib.crc32(story.id.encode()) % work.shards != number:
            continue
        try:
            anew = with_detection(story, work.topics)
        except Exception as error:  # one story costs one story
            failures.record(store.ledger, [mistake("detect", story.id, error, work.now, url=story.url)])
            total += Redetected(1, 0, 1)
            continue
        total += Redetected(1)
        if story.id in failed_before:
            failures.resolve(store.ledger, "detect", [story.id])
        found, before = ((one.topics, one.events, one.countries) for one in (anew, story))
        if found != before or not story.cluster:
            changed.add(story.id)
        if work.rejoin or story.id in changed:
            batch.append(anew)
        if len(batch) >= BATCH:
            total += _write(store, batch, changed, work)
        if total.stories % BATCH == 0:
            told(total.stories)
    total += _write(store, batch, changed, work)
    told(total.stories)
    return total


def _write(store: Store, batch: list[Story], changed: set[str], work: Work) -> Redetected:
    """Store and join a batch, of which some `changed`; both are empty then."""
    kept = clusters.keep(store, batch, work.clusters) if batch else clusters.Kept()
    odd = unjoined(kept, work.now)
    if odd:
        failures.record(store.ledger, odd)
    failures.resolve(store.ledger, "join", [story.id for story in kept.stories if story.id not in kept.mistakes])
    failed = kept.mistakes.keys() | {result.id for result in kept.results if result.outcome == "failed"}
    found = Redetected(0, len(changed - failed), len(failed))
    batch.clear()
    changed.clear()
    return found
