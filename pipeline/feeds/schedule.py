"""When to poll a feed, and what to remember of it; pure.

The interval follows from the feed's rhythm (`rhythm.py`), is lengthened by what the feed and its server say of
themselves, kept between `interval_min_s` and `interval_max_s`, and moved a little by the feed's id, so that feeds
do not come in herds. docs/feeds.md tells the rules to users.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from pipeline.config import FeedSettings
from pipeline.feeds import history, rhythm
from pipeline.feeds.history import History, Ill
from pipeline.feeds.parse import Hints
from pipeline.feeds.rhythm import HOUR_S, Rhythm

MOVED_AFTER: Final = 3
"""Polls in a row that must be redirected for good to the same address before that is believed."""
GONE_RECHECK: Final = timedelta(days=7)
RETRY_AFTER_MOST: Final = timedelta(days=7)
ERROR_FIRST_S: Final = 1800.0
"""A feed that is polled more rarely than this is tried again after this time when it fails for the first time."""
HINT_LEAST_S: Final = float(HOUR_S)
"""A hint counts up to the feed's own gap between entries, but at least up to this."""
JITTER: Final = 0.1


@dataclass(frozen=True, slots=True)
class FeedState:
    """Everything that is remembered of one feed between polls; it belongs to the configured `url`.

    Validators belong to the one URL that gave them (`validators_url`). `due` None: never polled, so due at once.
    `not_before` is what the server itself asked for (Retry-After); no pass polls earlier. `moving_to` is where the
    last `moving` polls were redirected to for good, `moved_to` such an address once it is believed, since `moved`.
    `gone` is when the server first said 410. `shown` is how many entries the feed shows at once, `newest` the
    latest date on them, `interval_s` the pace as of the last answer, `error` the reason of the last failure.
    """

    url: str = ""
    validators_url: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    moving_to: str = ""
    moving: int = 0
    moved_to: str = ""
    moved: datetime | None = None
    gone: datetime | None = None
    due: datetime | None = None
    not_before: datetime | None = None
    polled: datetime | None = None
    last_success: datetime | None = None
    error: str = ""
    interval_s: int = 0
    hints: Hints = field(default_factory=Hints)
    shown: int = 0
    newest: datetime | None = None
    rhythm: Rhythm = field(default_factory=Rhythm)
    history: History = field(default_factory=History)

    @property
    def errors(self) -> int:
        """Failed polls in a row."""
        return self.history.failing.count


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll gave. `error` is the reason of a failure, otherwise empty.

    `redirects` are (status, from, to) in order. `fresh_s` is how long the answer says that it stays fresh.
    `entries` None: not modified, or the same body as before. `kept` is how many of the entries the feed's filters
    keep, `newest` the latest of their dates that is not in the future.
    """

    status: int | None = None
    url: str = ""
    etag: str = ""
    last_modified: str = ""
    redirects: tuple[tuple[int, str, str], ...] = ()
    fresh_s: int = 0
    error: str = ""
    retry_after_s: float | None = None
    body_hash: str = ""
    entries: int | None = None
    kept: int = 0
    undated: int = 0
    newest: datetime | None = None
    hints: Hints = field(default_factory=Hints)

    @classmethod
    def of(
        cls, status: int, url: str, headers: Mapping[str, str], redirects: Sequence[tuple[int, str, str]]
    ) -> "Poll":
        """What an answer's head tells; `headers` by their names in lower case."""
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        return cls(status, url, etag, modified, tuple(redirects), fresh_s(headers))


# ── before a poll ─────────────────────────────────────────────────────────────────────────────────────────


def current(state: FeedState, feed: FeedSettings) -> FeedState:
    """The state as far as it holds for the feed as configured now: another URL is another feed."""
    return state if state.url in ("", feed.url) else FeedState()


def address(state: FeedState, feed: FeedSettings) -> str:
    """The URL to poll: the configured one, or where that has moved for good."""
    return current(state, feed).moved_to or feed.url


def is_due(state: FeedState, now: datetime) -> bool:
    """Whether the feed's own pace says that it is time; for one that is gone, whether to look once more."""
    return state.due is None or state.due <= now


def may_poll(state: FeedState, now: datetime) -> bool:
    """Whether a person who asks for a poll now may have one: unless the feed is gone, or the server said later."""
    if state.gone is not None:
        return is_due(state, now)
    return state.not_before is None or state.not_before <= now


# ── after a poll ──────────────────────────────────────────────────────────────────────────────────────────


def after(
    state: FeedState, poll: Poll, new: Sequence[datetime | None], feed: FeedSettings, now: datetime
) -> FeedState:
    """The state after a poll; `new` holds the date (or None) of each entry that was not known before."""
    before = current(state, feed)
    polled = replace(before, url=feed.url, polled=now)
    if poll.error:
        return _judged(_failed(polled, poll, feed, now), before, now)
    known = _learnt(_moved(polled, poll, feed, now), poll, new, now)
    known = replace(known, error="", gone=None, last_success=now, not_before=None)
    if poll.status != 304:
        known = replace(
            known,
            validators_url=poll.url if poll.etag or poll.last_modified else "",
            etag=poll.etag,
            last_modified=poll.last_modified,
            body_hash=poll.body_hash or known.body_hash,
        )
    # What shows nothing old may have shown more meanwhile.
    overrun = before.last_success is not None and 1 < poll.kept <= len(new)
    return _planned(_judged(known, before, now), poll.fresh_s, overrun, feed, now)


def _failed(state: FeedState, poll: Poll, feed: FeedSettings, now: datetime) -> FeedState:
    least, most = _bounds(feed)
    past = history.failed(state.history, now)
    first_s = max(least, min(state.interval_s or least, ERROR_FIRST_S))
    wait_s = min(most, first_s * 2.0 ** min(past.failing.count - 1, 40))
    gone = state.gone or (now if poll.status == 410 and not state.moved_to else None)
    due = now + (GONE_RECHECK if gone else timedelta(seconds=_jittered(wait_s, feed)))
    not_before = None
    if poll.retry_after_s:
        not_before = now + timedelta(seconds=min(poll.retry_after_s, RETRY_AFTER_MOST.total_seconds()))
    return replace(
        state,
        history=past,
        gone=gone,
        error=poll.error,
        due=max(due, not_before or due),
        not_before=not_before,
        # Whatever is wrong with a new address, the configured one is asked next.
        moved_to="",
        moving_to=state.moved_to or state.moving_to,
        moving=0,
    )


def _moved(state: FeedState, poll: Poll, feed: FeedSettings, now: datetime) -> FeedState:
    """Redirects for good (301, 308) are believed when they were seen at several polls in a row."""
    target = ""
    for status, _, to in poll.redirects:
        if status not in (301, 308):
            break
        target = to
    if not target:
        if not (state.moving_to or state.moved):
            return state
        return replace(state, moving_to="", moving=0, moved=state.moved if state.moved_to else None)
    moving = state.moving + 1 if target == state.moving_to else 1
    if moving < MOVED_AFTER or not _may_move(target, feed):
        return replace(state, moving_to=target, moving=min(moving, MOVED_AFTER))
    if target == feed.url:
        return replace(state, moving_to="", moving=0, moved_to="", moved=None)
    # Where it had moved to before it failed there for a while: that was told.
    again = bool(state.moved) and not state.moved_to
    return replace(state, moving_to="", moving=0, moved_to=target, moved=state.moved if again else now)


def _may_move(target: str, feed: FeedSettings) -> bool:
    """Headers of the configuration, which may hold credentials, are meant for the configured origin alone."""
    return not feed.headers or urlsplit(target)[:2] == urlsplit(feed.url)[:2]


def _learnt(state: FeedState, poll: Poll, new: Sequence[datetime | None], now: datetime) -> FeedState:
    """Rhythm and history after an answer."""
    newest = poll.newest if poll.newest and (state.newest is None or poll.newest > state.newest) else None
    dated = [when for when in new if when is not None and when <= now]
    if state.last_success is None:
        arrived = dated
        paced = rhythm.begin(dated, now)
        past = replace(history.first_gaps(paced, dated, now), failing=state.history.failing)
    else:
        past = state.history
        arrived = _arrivals(new, state.last_success, now)
        paced = rhythm.learn(state.rhythm, arrived, now) if arrived else state.rhythm
    past = history.answered(
        past, state.rhythm, now, arrived=arrived, newest=newest, shown=poll.entries, used_to_show=state.shown
    )
    if poll.entries is None:
        return replace(state, rhythm=paced, history=past)
    past = replace(past, undated=round(poll.undated / poll.entries, 3) if poll.entries else past.undated)
    return replace(state, rhythm=paced, history=past, hints=poll.hints, shown=poll.kept or state.shown,
                   newest=newest or state.newest)


def _arrivals(new: Sequence[datetime | None], last: datetime, now: datetime) -> list[datetime]:
    """When entries came, which was after the last poll: at their dates if those say so, else spread evenly."""
    return [
        when if when is not None and last < when <= now else last + (now - last) * ((place + 0.5) / len(new))
        for place, when in enumerate(new)
    ]


def _judged(state: FeedState, before: FeedState, now: datetime) -> FeedState:
    """Whether the feed has recovered; and a feed that is silent is asked without validators the next time."""
    was = ill(before)
    now_ill = ill(state)
    if was and not now_ill:
        past = replace(state.history, recovered=now, recovered_from=", ".join(was))
        return replace(state, history=past)
    if now_ill and state.history.recovered:
        state = replace(state, history=replace(state.history, recovered=None, recovered_from=""))
    if "silent" in now_ill:  # some servers say 304 for ever
        return replace(state, validators_url="", etag="", last_modified="")
    return state


def ill(state: FeedState) -> tuple[Ill, ...]:
    """What is wrong with a feed as of its last poll."""
    if state.gone is not None:
        return ("gone",)
    return history.unusual(state.history, state.rhythm, state.polled, state.last_success)


def articles(state: FeedState, read: int, unread: int, now: datetime) -> FeedState:
    """The state after `read` articles of the feed gave text and `unread` did not."""
    return _judged(replace(state, history=history.articles(state.history, read, unread, now)), state, now)


# ── how long to wait ──────────────────────────────────────────────────────────────────────────────────────


def _planned(state: FeedState, fresh_s: int, overrun: bool, feed: FeedSettings, now: datetime) -> FeedState:
    wait_s = _bounds(feed)[0] if overrun else _interval_s(state, fresh_s, feed, now)
    due = _not_skipped(now + timedelta(seconds=_jittered(wait_s, feed)), state.hints, feed)
    return replace(state, interval_s=round(wait_s), due=min(due, now + timedelta(seconds=_bounds(feed)[1])))


def _interval_s(state: FeedState, fresh_s: int, feed: FeedSettings, now: datetime) -> float:
    least, most = _bounds(feed)
    gap_s = rhythm.gap_s(state.rhythm, now)
    asked_s = float(max(state.hints.ttl_s or 0, fresh_s))
    period_s = state.hints.period_s or 0
    if period_s <= 2 * gap_s:  # otherwise it is not so
        asked_s = max(asked_s, period_s)
    asked_s = min(asked_s, max(HINT_LEAST_S, gap_s), rhythm.replaced_s(state.rhythm, now, state.shown))
    return min(max(rhythm.wait_s(state.rhythm, now, shown=state.shown, most_s=most), asked_s, least), most)


def _bounds(feed: FeedSettings) -> tuple[float, float]:
    return float(feed.interval_min_s), float(max(feed.interval_min_s, feed.interval_max_s))


def _jittered(wait_s: float, feed: FeedSettings) -> float:
    """Up to a tenth more or less, always the same for a feed; what would leave the bounds is turned back at them."""
    least, most = _bounds(feed)
    moved_s = wait_s * (1 + JITTER * (2 * _place(feed.id or feed.url) - 1))
    if moved_s < least:
        moved_s = 2 * least - moved_s
    elif moved_s > most:
        moved_s = 2 * most - moved_s
    return min(max(moved_s, least), most)


def _place(name: str) -> float:
    """A number from 0 to 1, spread evenly over all feeds."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32


def _not_skipped(due: datetime, hints: Hints, feed: FeedSettings) -> datetime:
    """`due`, or soon after the hours and days (GMT) in which the feed does not want to be read."""
    hours, days = hints.skip_hours, hints.skip_days
    hours = () if len(set(hours)) >= 24 else hours
    days = () if len(set(days)) >= 7 else days
    moved = due
    while moved.hour in hours or moved.weekday() in days:
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due if moved == due else moved + timedelta(seconds=JITTER * HOUR_S * _place(feed.id or feed.url))


def fresh_s(headers: Mapping[str, str]) -> int:
    """Seconds for which an answer says that it stays fresh (RFC 9111: Cache-Control before Expires, less Age)."""
    control = headers.get("cache-control", "").lower().replace(" ", "")
    directives = dict(part.partition("=")[::2] for part in control.split(","))
    if directives.keys() & {"no-cache", "no-store"}:
        return 0
    given = directives.get("max-age", "").strip('"')
    if given.isascii() and given.isdecimal():
        age = headers.get("age", "")
        return max(0, int(given[:9]) - (int(age[:9]) if age.isascii() and age.isdecimal() else 0))
    try:
        expires, date = (parsedate_to_datetime(headers.get(name, "")) for name in ("expires", "date"))
        return max(0, round((expires - date).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        return 0
