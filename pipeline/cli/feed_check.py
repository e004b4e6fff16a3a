"""`wirewatch feeds check`: one feed explained step by step, or all of them in a line each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, print_json, say
from pipeline.cli.times import ago
from pipeline.core.errors import ConfigError, NoStore
from pipeline.core.telling import clean

if TYPE_CHECKING:
    from pipeline.config import FeedSettings, PlacedFeed
    from pipeline.core.alerts.triggers import Trouble
    from pipeline.feeds.parse import Hints
    from pipeline.flow.checking import Checked

_DAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DROPPED_SHOWN: Final = 10


def register(app: typer.Typer) -> None:
    app.command("check")(check_feed)


def check_feed(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID_OR_URL]", help="All enabled feeds, in a line each, where missing.")
    ] = None,
    entries: Annotated[int, typer.Option("--entries", min=0, help="How many entries to show.")] = 5,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Ask for a feed now and explain what comes and what a pass would make of it; nothing is stored.

    Exit code 1 if a feed failed.
    """
    place = Place(config, store)
    failed = _check_all(place, as_json) if name is None else _check_one(place, name, entries, as_json)
    if failed:
        raise typer.Exit(1)


def _check_one(place: Place, name: str, limit: int, as_json: bool) -> bool:
    from pipeline.config import placed_feeds
    from pipeline.core.story import to_plain
    from pipeline.feeds.health import troubles
    from pipeline.feeds.schedule import FeedState
    from pipeline.flow import checking
    from pipeline.flow.poll import load_states

    settings = place.settings()
    feed, at = _find(placed_feeds(place.directory), name)
    now = datetime.now(UTC)
    with ExitStack() as stack:
        ledger = None
        with suppress(NoStore):
            ledger = stack.enter_context(place.opened(settings)).ledger
        state = load_states(ledger, [feed]).get(feed.id, FeedState()) if ledger else FeedState()
        checked = checking.check_feed(feed, state, settings, ledger, now)
    known = troubles(feed.id, state, now)
    if as_json:
        told = {"id": feed.id, "at": at, **to_plain(checked), "troubles": [to_plain(one) for one in known]}
        print_json(feed.hidden_in(told))
    else:
        for label, text in _lines(feed, at, checked, known, limit, now):
            typer.echo(f"{label:<10}{clean(feed.hidden(text))}")
    return checked.outcome == "failed"


def _check_all(place: Place, as_json: bool) -> bool:
    from pipeline.config import load_feeds
    from pipeline.core.story import to_plain
    from pipeline.feeds.schedule import FeedState
    from pipeline.flow.checking import check_feeds
    from pipeline.flow.poll import load_states

    settings = place.settings()
    feeds = [feed for feed in load_feeds(place.directory) if feed.enabled]
    states: dict[str, FeedState] = {}
    with suppress(NoStore), place.opened(settings) as opened:
        states = load_states(opened.ledger, feeds)
    now = datetime.now(UTC)
    outcomes: Counter[str] = Counter()
    told: list[Any] = []
    for feed, checked in check_feeds(feeds, states, settings, now):
        outcomes[checked.outcome] += 1
        if as_json:
            told.append(feed.hidden_in({"id": feed.id, **to_plain(checked), "entries": len(checked.entries)}))
        else:
            typer.echo(f"{checked.outcome:<8}{feed.id}: {clean(feed.hidden(_briefly(checked, now)))}")
    if as_json:
        print_json(told)
    say(", ".join(f"{outcomes[outcome]:,} {outcome}" for outcome in ("ok", "failed", "waiting")))
    return outcomes["failed"] > 0


def _find(feeds: "Sequence[PlacedFeed]", name: str) -> "tuple[FeedSettings, str]":
    """The feed with this id or address, and where it stands; an address that is not configured makes a feed."""
    from pipeline.config import FeedSettings, feed_id
    from pipeline.core.urls import canonical_url
    from pipeline.core.yamltext import suggest

    for one in feeds:
        if name in (one.feed.id, one.feed.url) or canonical_url(name) == canonical_url(one.feed.url):
            return one.feed, one.at
    if not name.startswith(("http://", "https://")):
        ids = [one.feed.id for one in feeds]
        raise ConfigError([f"no feed has the id {name}{suggest(name, ids)}; an address begins with https:// or http://"])
    return FeedSettings(url=name, id=feed_id(name)), ""


# ── what is said ──────────────────────────────────────────────────────────────────────────────────────────


def _briefly(checked: "Checked", now: datetime) -> str:
    if checked.outcome != "ok":
        return f"{checked.reason}: {checked.problem}" if checked.outcome == "failed" else checked.problem
    if checked.status == 304:
        return "not modified"
    dates = [entry.published for entry in checked.entries if entry.published is not None and entry.published <= now]
    newest = f", the newest {ago(max(dates), now)}" if dates else ""
    moved = f", redirected to {checked.answered}" if checked.redirects else ""
    problem = f"; {checked.problem}" if checked.problem else ""
    return f"{len(checked.entries)} entries{newest}{moved}{problem}"


_FORMATS: Final = {"rss20": "RSS 2.0", "rss10": "RSS 1.0", "rss090": "RSS 0.90", "rss091u": "RSS 0.91",
                   "rss092": "RSS 0.92", "atom10": "Atom 1.0", "atom03": "Atom 0.3", "json": "JSON Feed"}


def _lines(
    feed: "FeedSettings", at: str, checked: "Checked", known: "Sequence[Trouble]", limit: int, now: datetime
) -> Iterator[tuple[str, str]]:
    """(label, text) of each step, in the order in which a poll goes."""
    yield "feed", f"{feed.id} ({at})" if at else f"{checked.url} (not configured; `wirewatch feeds add` adds it)"
    if not feed.enabled:
        yield "", "disabled: no pass polls it"
    for trouble in known:
        yield "state", f"{trouble.state} since {trouble.since:%Y-%m-%d %H:%M} UTC. {trouble.detail}"
    yield "asked", checked.asked + (f", with the headers {', '.join(checked.sends)}" if checked.sends else "")
    if checked.asked != checked.url:
        yield "", f"instead of {checked.url}, from where it moved for good"
    for status, _, to in checked.redirects:
        lasting = " for good" if status in (301, 308) else ""
        yield "redirect", f"{status}{lasting}, to {to}"
    yield from _answer(checked)
    if checked.format:
        title = f", “{checked.title}”" if checked.title else ", without a title"
        lang = f", in {checked.lang}" if checked.lang else ""
        yield "format", f"{_FORMATS.get(checked.format, checked.format)}{title}{lang}"
    for text in _hints(checked.hints):
        yield "hint", text
    for url, why, delay_s in checked.robots:
        pace = f", one request every {delay_s:g} s" if delay_s else ""
        yield "robots", why or f"allowed{pace}: {url}"
    yield from _entries(checked, limit)
    if checked.problem:
        yield "problem", checked.problem
    if checked.advice:
        yield "to do", checked.advice
    for found in checked.feeds:
        yield "found", f"{found.url}, “{found.title}”, {found.entries} entries; `wirewatch feeds add {found.url}`"
    if checked.due is not None:
        bounds = f"{_span(feed.interval_min_s)} to {_span(feed.interval_max_s)} are allowed"
        every = f", every {_span(checked.interval_s)}" if checked.interval_s else ""
        yield "next", f"a pass would ask again {ago(checked.due, now)}{every}; {bounds}"


def _answer(checked: "Checked") -> Iterator[tuple[str, str]]:
    if checked.status is None:
        yield "answer", checked.reason or "not asked"
        return
    if not checked.answered:
        yield "answer", str(checked.status)
        return
    yield "gate", "every address on the way is public, or allowed by wirewatch.yaml"
    yield "answer", f"{checked.status} in {checked.elapsed_s:.1f} s, {checked.bytes:,} bytes, from {checked.answered}"
    for name, value in checked.headers.items():
        yield "", f"{name}: {value[:200]}"
    if checked.outcome == "ok" and not checked.headers.keys() & {"etag", "last-modified"}:
        yield "", "neither ETag nor Last-Modified: each poll transfers the whole feed"


def _hints(hints: "Hints") -> Iterator[str]:
    if hints.ttl_s:
        yield f"ttl: it may be kept for {_span(hints.ttl_s)}"
    if hints.period_s:
        yield f"updatePeriod: it says that it changes every {_span(hints.period_s)}"
    if hints.skip_hours:
        yield f"skipHours: not to be read at {', '.join(f'{hour}:00' for hour in hints.skip_hours)} GMT"
    if hints.skip_days:
        yield f"skipDays: not to be read on {', '.join(_DAY_NAMES[day] for day in hints.skip_days)}"


def _entries(checked: "Checked", limit: int) -> Iterator[tuple[str, str]]:
    if checked.outcome != "ok" or checked.status == 304:
        return
    undated = sum(entry.published is None for entry in checked.entries)
    yield "entries", (f"{len(checked.entries)}: {checked.count('new')} new, {checked.count('known')} known, "
                      f"{checked.count('dropped')} left out; {undated} without a date")
    for entry in [entry for entry in checked.entries if entry.fate != "dropped"][:limit]:
        when = f"{entry.published:%Y-%m-%d %H:%M}" if entry.published else "no date"
        yield "", f"{when:<16}  {clean(entry.title, 120) or '(no title)'}{' (known)' if entry.fate == 'known' else ''}"
        yield "", f"{'':<16}  {entry.url}"
        yield "", f"{'':<16}  {entry.date}"
    for why, count in checked.dropped.items():
        yield "left out", f"{count}: {why}"
    dropped = [entry for entry in checked.entries if entry.fate == "dropped"]
    for entry in dropped[:_DROPPED_SHOWN]:
        yield "left out", f"{clean(entry.title, 80) or entry.url}: {entry.why}"
    if len(dropped) > _DROPPED_SHOWN:
        yield "", f"and {len(dropped) - _DROPPED_SHOWN} more (--json has all)"


def _span(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.0f} s"
