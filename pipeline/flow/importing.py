"""Stories from JSON lines: completed, stored and joined, by several processes where there are many.

    lines ─► by story ─┬─► worker 1: complete, keep ─┐
                       └─► worker 2: complete, keep ─┴─► archive ◄── one more process makes them searchable meanwhile

One worker is this process itself. Lines of one story go to one worker, so that the last line counts.
"""

import gc
import multiprocessing
import os
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, Final

from pydantic import ValidationError

from pipeline.config import ClusterSettings, StoreSettings
from pipeline.core.dates import parse_date
from pipeline.core.story import Story, from_plain
from pipeline.core.topics import Topics
from pipeline.core.urls import host_of, story_id
from pipeline.flow.assemble import with_detection
from pipeline.flow.storing import unjoined
from pipeline.stores import clusters, failures, open_store
from pipeline.stores.base import Store, batched

BATCH: Final = 2_000
_SEARCHABLE_EVERY: Final = 25_000
"""Stories at least between two calls to make them searchable; later a sixteenth of those stored, since every call makes
a part of the index that is merged with others, and indexes again what has been marked since."""
_FRESH: Final = 6_000
"""Changes at the end that are likely to be of stories which are not joined yet."""
_MANY: Final = 2_000
"""Lines from which on more processes are worth their start."""
_MOST: Final = 4
"""Processes that writing, which is one at a time, lets be of use."""
_AHEAD: Final = 3
"""Batches that wait for each process."""
_GARBAGE_AT: Final = 200_000
"""New containers after which the garbage collector looks for circles."""

Line = tuple[int, Mapping[str, Any]]
"""A line's number and what it holds."""

_KNOWN: Final = frozenset(field.name for field in fields(Story))

_mine: Any = None
"""In a worker process: what it works with."""


@dataclass(frozen=True, slots=True)
class Work:
    """What every process needs to know."""

    store_at: str
    settings: StoreSettings
    clusters: ClusterSettings
    topics: Topics
    now: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """How many stories fared how, and (line number or none, sentence) of what is wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    mistakes: tuple[tuple[int, str], ...] = ()

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(self.counts + other.counts, self.mistakes + other.mistakes)


def import_lines(lines: Iterable[Line], work: Work, workers: int | None, told: Callable[[int], None]) -> Imported:
    """Store the stories of lines; a line that is wrong is a mistake and costs no other. `told` hears now and then how
    many were stored. Without a number of `workers`, many lines get one for each processor, up to `_MOST`; making
    stories searchable takes what these leave while they wait for one another.

    Raises StoreError, and what reading the first lines raises before there is a store."""
    lines = iter(lines)
    first = list(islice(lines, _MANY))
    lines = chain(first, lines)
    if workers is None:
        workers = min(os.cpu_count() or 1, _MOST) if len(first) == _MANY else 1
    total = Imported()
    store = open_store(work.store_at, work.settings, create=True)
    before = _look_for_garbage_seldom()
    try:
        if len(first) < _MANY and workers == 1:
            some_done: Iterable[Imported] = (_take(store, some, work) for some in batched(lines, BATCH))
        else:
            some_done = _searchable_meanwhile(store, lines, work, workers)
        for done in some_done:
            total += done
            told(total.counts.total())
        store.archive.refresh()
    finally:
        store.close()
        gc.set_threshold(*before)
    return Imported(total.counts, tuple(sorted(total.mistakes)))


def _searchable_meanwhile(store: Store, lines: Iterable[Line], work: Work, workers: int) -> Iterator[Imported]:
    """Store, while one more process makes searchable what is stored."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as searchable:
        searchable.submit(_begin, work).result()
        following, stored, since = None, 0, 0
        some_done = (
            (_take(store, some, work) for some in batched(lines, BATCH)) if workers == 1
            else _in_processes(lines, work, workers)
        )
        for done in some_done:
            yield done
            stored += done.counts.total()
            if stored - since >= max(_SEARCHABLE_EVERY, stored // 16) and (following is None or following.done()):
                following, since = searchable.submit(_refresh), stored
        if following is not None:
            following.result()


def _in_processes(lines: Iterable[Line], work: Work, workers: int) -> Iterator[Imported]:
    context = multiprocessing.get_context("spawn")
    with ExitStack() as until:
        own = [until.enter_context(ProcessPoolExecutor(1, context)) for _ in range(workers)]
        for begun in [process.submit(_begin, work) for process in own]:
            begun.result()
        waiting: list[deque[Future[Imported]]] = [deque() for _ in own]
        for some in batched(lines, BATCH * workers):
            shares: list[list[Line]] = [[] for _ in own]
            for number, line in some:
                shares[zlib.crc32(_id(line).encode()) % workers].append((number, line))
            for process, share, queue in zip(own, shares, waiting, strict=True):
                queue.append(process.submit(_own_share, share))
                if len(queue) > _AHEAD:
                    yield queue.popleft().result()
        for queue in waiting:
            for done in queue:
                yield done.result()


def _look_for_garbage_seldom() -> tuple[int, int, int]:
    """Stories, sketches and groups are in no circles, so that a batch of them leaves nothing for the collector to find,
    which would go through all of them again and again; returns the thresholds from before."""
    before = gc.get_threshold()
    gc.set_threshold(_GARBAGE_AT, *before[1:])
    return before


def _begin(work: Work) -> None:
    global _mine
    _look_for_garbage_seldom()
    _mine = open_store(work.store_at, work.settings, create=False), work


def _own_share(lines: Sequence[Line]) -> Imported:
    return _take(_mine[0], lines, _mine[1])


def _refresh() -> None:
    _mine[0].archive.refresh(leaving=_FRESH)


def _take(store: Store, lines: Sequence[Line], work: Work) -> Imported:
    stories, mistakes = [], []
    for number, line in lines:
        try:
            stories.append(complete_story(line, work.topics, work.now))
        except ValueError as error:
            mistakes.append((number, str(error)))
    kept = clusters.keep(store, stories, work.clusters)
    mistakes += [(0, f"story {result.id}: {result.error}") for result in kept.results if result.error]
    if odd := unjoined(kept, work.now):
        failures.record(store.ledger, odd)
        mistakes += [(0, failure.message) for failure in odd]
    return Imported(Counter(result.outcome for result in kept.results), tuple(mistakes))


def _id(line: Mapping[str, Any]) -> str:
    id, url = line.get("id"), line.get("url")
    return id if isinstance(id, str) else story_id(url) if isinstance(url, str) else ""


def complete_story(line: Mapping[str, Any], topics: Topics, now: datetime) -> Story:
    """A story from what a line gives: only url, title and body are needed; raises ValueError with a sentence."""
    for key in ("url", "title", "body"):
        if not isinstance(line.get(key), str):
            raise ValueError(f"{key}: is missing or not text; a line needs url, title and body")
    if not (host := host_of(line["url"])):
        raise ValueError(f"url: {line['url']!r} is not an http(s) address")
    plain = {key: value for key, value in line.items() if key in _KNOWN and value is not None}
    published = plain.get("published")
    if isinstance(published, str) and (date := _exact(published) or parse_date(published)) is not None:
        plain["published"] = date
    elif published is not None:
        raise ValueError(f"published: {published!r} is not a date that can be read")
    plain.setdefault("published_from", "feed" if published else "fetched")
    if "id" not in plain:
        plain["id"] = story_id(line["url"])
    try:
        story = from_plain(Story, {"source": host, "published": now, "seen": now, "updated": now} | plain)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None
    return story if "topics" in plain else with_detection(story, topics)


def _exact(written: str) -> datetime | None:
    """What `export` writes, to the microsecond."""
    try:
        date = datetime.fromisoformat(written)
    except ValueError:
        return None
    return date.astimezone(UTC) if date.tzinfo is not None else None
