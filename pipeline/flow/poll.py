"""Poll a shard of feeds: fetch, parse, claim entries, and only then remember the feed's new state."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from pipeline.config import FeedSettings, Settings
from pipeline.core.alerts.triggers import Trouble
from pipeline.core.errors import FetchError, ReadError
from pipeline.core.story import Entry, Failure, from_plain, to_plain
from pipeline.feeds import health, schedule
from pipeline.feeds.parse import parse_feed
from pipeline.feeds.schedule import FeedState
from pipeline.flow.articles import Fetcher, OpenFetcher
from pipeline.flow.filters import wanted
from pipeline.flow.mistakes import mistake, without_secrets
from pipeline.flow.overlap import overlapped
from pipeline.flow.reading import apart
from pipeline.net.response import Response, Validators
from pipeline.stores import entries, failures
from pipeline.stores.base import Ledger, Record, batched
from pipeline.stores.entries import Task

HOSTS_AT_ONCE: Final = 500
BATCH: Final = 50
"""Feeds whose entries and states are written together."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll of one feed came to; `seen` counts the entries that the feed shows and its filters keep,
    `troubles` is what a person should know of the feed since then."""

    feed: FeedSettings
    outcome: Literal["ok", "not_modified", "failed"]
    seen: int = 0
    tasks: tuple[Task, ...] = ()
    failures: tuple[Failure, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def poll_feeds(
    feeds: Sequence[FeedSettings],
    ledger: Ledger,
    settings: Settings,
    client: OpenFetcher,
    clock: Callable[[], datetime],
) -> Iterator[Polled]:
    """Poll each feed once; a feed that fails is a value, and never stops the others."""
    states = load_states(ledger, feeds)

    async def fetch(opened: Fetcher, feed: FeedSettings) -> Response | FetchError:
        state = states.get(feed.id, FeedState())
        robots = settings.network.robots == "all" if feed.robots is None else feed.robots
        known = Validators(state.validators_url, state.etag, state.last_modified) if state.validators_url else None
        try:
            return await opened.fetch(
                schedule.address(state, feed), headers=feed.headers, validators=known, robots=robots
            )
        except FetchError as error:
            return error

    answers = overlapped(
        [(feed.url, feed) for feed in feeds],
        client,
        fetch,
        per_host=settings.network.per_host_concurrency,
        hosts_at_once=HOSTS_AT_ONCE,
    )
    for batch in batched(answers, BATCH):
        yield from _take(batch, states, ledger, clock())


def load_states(ledger: Ledger, feeds: Iterable[FeedSettings]) -> dict[str, FeedState]:
    """The remembered states of those feeds that have one, as far as they hold for the feeds as configured now."""
    known = {feed.id: feed for feed in feeds}
    return {
        id: schedule.current(from_plain(FeedState, record.data), known[id])
        for id, record in ledger.get("feed", list(known)).items()
    }


@dataclass(frozen=True, slots=True)
class _Read:
    """One feed's answer, read: what it shows and what to remember if its entries are safe."""

    feed: FeedSettings
    outcome: Literal["ok", "not_modified", "failed"]
    poll: schedule.Poll
    kept: tuple[Entry, ...] = ()
    failures: tuple[Failure, ...] = ()


def _take(
    answers: Sequence[tuple[FeedSettings, Response | FetchError]],
    states: dict[str, FeedState],
    ledger: Ledger,
    now: datetime,
) -> Iterator[Polled]:
    """Claim the entries of a batch of answers, then write the feeds' states: a crash between is harmless."""
    read = [_read(feed, answer, states.get(feed.id, FeedState()), now) for feed, answer in answers]
    tasks: dict[str, list[Task]] = {}
    for task in entries.claim(ledger, [entry for one in read for entry in one.kept], now):
        tasks.setdefault(task.entry.feed, []).append(task)
    records = []
    troubles = {}
    for one in read:
        new = [task.entry.published for task in tasks.get(one.feed.id, ()) if task.why == "new"]
        state = schedule.after(states.get(one.feed.id, FeedState()), one.poll, new, one.feed, now)
        records.append(Record(one.feed.id, to_plain(state), due=state.due))
        troubles[one.feed.id] = health.troubles(one.feed.id, state, now)
    ledger.put("feed", records)
    failures.resolve(ledger, "feed", [one.feed.id for one in read if one.outcome != "failed"])
    failures.resolve(ledger, "parse", [one.feed.id for one in read if one.outcome == "ok" and not one.failures])
    for one in read:
        id = one.feed.id
        found = tuple(without_secrets(failure, one.feed) for failure in one.failures)
        yield Polled(one.feed, one.outcome, len(one.kept), tuple(tasks.get(id, ())), found, troubles[id])


def _read(feed: FeedSettings, answer: Response | FetchError, state: FeedState, now: datetime) -> _Read:
    if isinstance(answer, FetchError):
        failure = Failure("feed", feed.id, answer.reason, str(answer), now, feed=feed.id, url=feed.url)
        poll = schedule.Poll(error=answer.reason, status=answer.status, retry_after_s=answer.retry_after_s)
        return _Read(feed, "failed", poll, failures=(failure,))
    poll = schedule.Poll.of(answer.status, answer.url, answer.headers, answer.redirects)
    if answer.status == 304:
        return _Read(feed, "not_modified", poll)
    body_hash = hashlib.sha256(answer.body).hexdigest()
    if body_hash == state.body_hash:
        return _Read(feed, "not_modified", replace(poll, body_hash=body_hash))
    try:
        parsed = apart(
            parse_feed,
            answer.body,
            feed=feed.id,
            url=answer.url,
            content_type=answer.headers.get("content-type", ""),
            fallback_lang=feed.lang,
        )
    except ReadError as error:
        failure = Failure("parse", feed.id, error.reason, f"{feed.url}: {error}", now, feed=feed.id, url=feed.url)
        return _Read(feed, "failed", replace(poll, error=failure.reason), failures=(failure,))
    except Exception as error:  # one feed costs one feed
        failure = mistake("parse", feed.id, error, now, feed=feed.id, url=feed.url)
        return _Read(feed, "failed", replace(poll, error=failure.reason), failures=(failure,))
    found: tuple[Failure, ...] = ()
    if parsed.problem:
        found = (Failure("parse", feed.id, "malformed", parsed.problem, now, feed=feed.id, url=feed.url),)
    if parsed.problem and not parsed.entries:
        return _Read(feed, "failed", replace(poll, error="malformed"), failures=found)
    kept = tuple(entry for entry in parsed.entries if wanted(feed, entry, now))
    dates = [entry.published for entry in parsed.entries if entry.published is not None and entry.published <= now]
    poll = replace(
        poll,
        body_hash=body_hash,
        entries=len(parsed.entries),
        kept=len(kept),
        undated=parsed.undated,
        newest=max(dates, default=None),
        hints=parsed.hints,
    )
    return _Read(feed, "ok", poll, kept, found)
