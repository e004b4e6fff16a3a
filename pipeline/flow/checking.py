"""One feed polled and explained, with nothing remembered of it: what it answered, and what a pass would make of it."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from pipeline.config import FeedSettings, Settings
from pipeline.core.errors import FetchError
from pipeline.core.story import Entry
from pipeline.core.urls import host_of
from pipeline.feeds import schedule
from pipeline.feeds.advice import advice
from pipeline.feeds.parse import Hints, ParsedFeed
from pipeline.feeds.schedule import FeedState, Poll
from pipeline.flow.assemble import CLOCK_SKEW
from pipeline.flow.discovering import FoundFeed, feeds_of, is_feed, parsed
from pipeline.flow.filters import left_out
from pipeline.flow.overlap import overlapped
from pipeline.net import Client
from pipeline.net.response import Response, Validators
from pipeline.stores.base import Ledger

OpenClient = Callable[[], AbstractAsyncContextManager[Client]]
HEADERS: Final = ("content-type", "content-encoding", "etag", "last-modified", "cache-control", "expires", "age",
                  "retry-after")
"""Those of an answer that decide something."""
_HOSTS: Final = 3
"""Hosts of articles whose robots.txt is looked at."""


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """An entry as shown, `fate`: `new`, `known`, or `dropped`, then with `why`. `date` says where its date is from."""

    title: str
    url: str
    published: datetime | None
    date: str
    fate: Literal["new", "known", "dropped"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out of one feed.

    `outcome`: `ok`, `failed` (with `reason`, as in core/errors.py), or `waiting`: not asked, as its server wants.
    `redirects` are (status, from, to). `sends` are the names of the headers that went along. `robots` has what was
    looked up there: (address, why it is forbidden or empty, Crawl-delay in seconds). `dropped` counts items without
    an entry, by reason. `feeds` are those that a page names which stands where the feed should be.
    """

    url: str
    asked: str
    outcome: Literal["ok", "failed", "waiting"]
    reason: str = ""
    problem: str = ""
    advice: str = ""
    sends: tuple[str, ...] = ()
    redirects: tuple[tuple[int, str, str], ...] = ()
    status: int | None = None
    answered: str = ""
    elapsed_s: float = 0.0
    bytes: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    format: str = ""
    title: str = ""
    lang: str = ""
    hints: Hints = field(default_factory=Hints)
    interval_s: int = 0
    due: datetime | None = None
    entries: tuple[CheckedEntry, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    robots: tuple[tuple[str, str, float], ...] = ()
    feeds: tuple[FoundFeed, ...] = ()

    def count(self, fate: str) -> int:
        """How many entries have this fate."""
        return sum(entry.fate == fate for entry in self.entries)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the network said."""

    answer: Response | FetchError
    read: ParsedFeed | None = None
    robots: tuple[tuple[str, str, float], ...] = ()
    feeds: tuple[FoundFeed, ...] = ()


def check_feed(
    feed: FeedSettings, state: FeedState, settings: Settings, ledger: Ledger | None, now: datetime,
    client: OpenClient | None = None,
) -> Checked:
    """Ask for one feed as a pass would, but without validators, and explain what comes; writes nothing.

    `ledger` None: nothing is known of any entry.
    """
    wait = _waiting(feed, state, now)
    if wait is not None:
        return wait

    async def hear() -> _Heard:
        async with (client or (lambda: Client(settings.network)))() as opened:
            return await _hear(feed, state, settings, opened)

    heard = asyncio.run(hear())
    known = ledger.get("entry", list({e.id for e in heard.read.entries})) if ledger and heard.read else {}
    return _explain(feed, state, heard, known, now)


def check_feeds(
    feeds: Sequence[FeedSettings], states: Mapping[str, FeedState], settings: Settings, now: datetime,
    client: OpenClient | None = None,
) -> Iterator[tuple[FeedSettings, Checked]]:
    """Ask for many feeds, with validators; each with what came, as answers arrive. Writes nothing."""
    asked = []
    for feed in feeds:
        wait = _waiting(feed, states.get(feed.id, FeedState()), now)
        if wait is not None:
            yield feed, wait
        else:
            asked.append((feed.url, feed))

    async def hear(opened: Client, feed: FeedSettings) -> Response | FetchError:
        state = states.get(feed.id, FeedState())
        known = Validators(state.validators_url, state.etag, state.last_modified) if state.validators_url else None
        return await _fetch(feed, state, settings, opened, known)

    answers = overlapped(asked, client or (lambda: Client(settings.network)), hear,
                         per_host=settings.network.per_host_concurrency, hosts_at_once=settings.network.concurrency)
    for feed, answer in answers:
        state = states.get(feed.id, FeedState())
        read = None
        if isinstance(answer, Response) and not answer.not_modified:
            read = parsed(answer, feed.id, feed.lang)
        yield feed, _explain(feed, state, _Heard(answer, read), {}, now)


def _waiting(feed: FeedSettings, state: FeedState, now: datetime) -> Checked | None:
    if state.not_before is None or state.not_before <= now:
        return None
    asked = schedule.address(state, feed)
    problem = f"Its server asked not to be asked again before {state.not_before:%Y-%m-%d %H:%M} UTC (Retry-After)."
    return Checked(feed.url, asked, "waiting", state.error, problem, "wait; no command asks before", due=state.due)


async def _fetch(
    feed: FeedSettings, state: FeedState, settings: Settings, client: Client, known: Validators | None = None
) -> Response | FetchError:
    robots = settings.network.robots == "all" if feed.robots is None else feed.robots
    try:
        return await client.fetch(schedule.address(state, feed), headers=feed.headers, validators=known, robots=robots)
    except FetchError as error:
        return error


async def _hear(feed: FeedSettings, state: FeedState, settings: Settings, client: Client) -> _Heard:
    answer = await _fetch(feed, state, settings, client)
    if isinstance(answer, FetchError):
        return _Heard(answer)
    read = parsed(answer, feed.id, feed.lang)
    if not is_feed(read):
        return _Heard(answer, read, feeds=(await feeds_of(answer, client, settings.network)).feeds)
    return _Heard(answer, read, await _robots(feed, settings, client, answer.url, read.entries))


async def _robots(
    feed: FeedSettings, settings: Settings, client: Client, url: str, entries: Sequence[Entry]
) -> tuple[tuple[str, str, float], ...]:
    """What robots.txt says of the feed and of the first article of each host, where it is kept."""
    rule = settings.network.robots
    urls = [url] if (rule == "all" if feed.robots is None else feed.robots) else []
    if feed.full_text == "page" and (rule != "ignore" if feed.robots is None else feed.robots):
        first = {host_of(entry.url): entry.url for entry in reversed(entries)}
        urls += list(dict.fromkeys(first[host_of(entry.url)] for entry in entries))[:_HOSTS]
    said = []
    for one in dict.fromkeys(urls):
        try:
            said.append((one, "", await client.check_robots(one)))
        except FetchError as error:
            said.append((one, str(error), 0.0))
    return tuple(said)


def _explain(
    feed: FeedSettings, state: FeedState, heard: _Heard, known: Collection[str], now: datetime
) -> Checked:
    answer, read = heard.answer, heard.read
    blank = Checked(feed.url, schedule.address(state, feed), "ok", sends=tuple(feed.headers), robots=heard.robots,
                    feeds=heard.feeds)
    if isinstance(answer, FetchError):
        poll = Poll(error=answer.reason, status=answer.status, retry_after_s=answer.retry_after_s)
        after = schedule.after(state, poll, (), feed, now)
        return replace(blank, outcome="failed", reason=answer.reason, problem=str(answer), due=after.due,
                       advice=advice(answer.reason), redirects=answer.redirects, status=answer.status)
    blank = replace(
        blank, redirects=answer.redirects, status=answer.status, answered=answer.url, elapsed_s=answer.elapsed_s,
        bytes=len(answer.body), headers={name: answer.headers[name] for name in HEADERS if name in answer.headers},
    )
    poll = Poll.of(answer.status, answer.url, answer.headers, answer.redirects)
    if read is None:  # not modified
        after = schedule.after(state, poll, (), feed, now)
        return replace(blank, interval_s=after.interval_s, due=after.due)
    blank = replace(blank, format=read.format, title=read.title, lang=read.lang, hints=read.hints,
                    dropped=read.dropped, problem=read.problem)
    if not is_feed(read):
        after = schedule.after(state, replace(poll, error="malformed"), (), feed, now)
        return replace(blank, outcome="failed", reason="malformed", advice=advice("malformed"), due=after.due)
    entries = tuple(_entries(feed, read.entries, known, now))
    dates = [entry.published for entry in read.entries if entry.published is not None and entry.published <= now]
    poll = replace(
        poll, entries=len(entries), kept=sum(entry.fate != "dropped" for entry in entries), undated=read.undated,
        newest=max(dates, default=None), hints=read.hints,
    )
    after = schedule.after(state, poll, [entry.published for entry in entries if entry.fate == "new"], feed, now)
    return replace(blank, entries=entries, interval_s=after.interval_s, due=after.due)


def _entries(
    feed: FeedSettings, entries: Iterable[Entry], known: Collection[str], now: datetime
) -> Iterator[CheckedEntry]:
    seen: set[str] = set()
    for entry in entries:
        why = "it is listed twice" if entry.id in seen else left_out(feed, entry, now)
        seen.add(entry.id)
        fate: Literal["new", "known", "dropped"] = "dropped" if why else "known" if entry.id in known else "new"
        yield CheckedEntry(entry.title, entry.url, entry.published, _date(entry, now), fate, why)


def _date(entry: Entry, now: datetime) -> str:
    """Where the date of its story would come from."""
    other = "the page's date counts, else the time when it is first seen"
    if entry.published is None:
        return f"its date {entry.published_raw!r} cannot be read: {other}" if entry.published_raw else (
            f"it has no date: {other}")
    if entry.published > now + CLOCK_SKEW:
        return f"{entry.published_raw!r} is in the future: {other}"
    return f"from the feed: {entry.published_raw!r}"
