"""What a feed has done, kept small, and when that is unlike what it usually does; pure.

Nothing here is compared with a fixed number alone, but with the worst that this feed has shown and come back from:
a streak of errors with its longest streaks, a silence with its longest silences (in hours, and in entries missed
by its rhythm), a day's volume with its days before. What is worse than ever teaches only a part of itself, so that
one breakdown of a week does not hide the next of a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import fmean, pstdev
from typing import Final, Literal

from pipeline.feeds.rhythm import DAY_S, HOUR_S, Rhythm, expected, old

Ill = Literal["gone", "failing", "empty", "unread", "silent", "flooding"]

_LEAST_S: Final = float(HOUR_S)
"""What is over within an hour is nobody's business."""
_STREAK: Final = 3
_WORSE: Final = 2.0
_FADES: Final = 0.98
_MEMORY: Final = timedelta(days=30)
_LONGER: Final = 1.5
_MISSED: Final = (3.0, 2.0)
_LESSONS: Final = 5
"""A feed that has given news fewer times than this has no habit yet that silence could break."""
_DAYS: Final = 14
_DAYS_LEAST: Final = 3
_FLOOD: Final = 4.0
_DEVIATIONS: Final = 6.0


@dataclass(frozen=True, slots=True)
class Streak:
    """The same trouble at poll after poll: how often, since when; `usual_s` is the longest that passed, fading."""

    count: int = 0
    since: datetime | None = None
    usual_s: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What is remembered of a feed's life beyond its rhythm.

    `failing`, `empty` and `unread` count failed polls, answers without entries, and articles that gave no text.
    `last_new` is when it last gave something; `quiet_s` and `missed` are its longest silences, in seconds and in
    entries that its rhythm let expect, fading. `days` counts its new entries by UTC day, the last one being the
    day with ordinal `today`. `undated` is the share of the entries shown last without a date.
    `flooding` and `recovered` are when that began; `recovered_from` says from what.
    """

    failing: Streak = Streak()
    empty: Streak = Streak()
    unread: Streak = Streak()
    last_new: datetime | None = None
    quiet_s: int = 0
    missed: float = 0.0
    days: tuple[int, ...] = ()
    today: int = 0
    undated: float = 0.0
    flooding: datetime | None = None
    recovered: datetime | None = None
    recovered_from: str = ""


# ── what happens ──────────────────────────────────────────────────────────────────────────────────────────


def failed(history: History, now: datetime) -> History:
    """After a poll that gave no usable answer."""
    return replace(history, failing=_more(history.failing, now))


def answered(
    history: History,
    rhythm: Rhythm,
    now: datetime,
    *,
    arrived: Sequence[datetime] = (),
    newest: datetime | None = None,
    shown: int | None = None,
    used_to_show: int = 0,
) -> History:
    """After an answer that brought entries which arrived at those times; `rhythm` is the one before them.

    `newest` is a later date than ever on an entry, also on one that another feed gave before; it is a sign of life.
    `shown` None: nothing has changed. A feed that has never shown an entry may stay empty for a day.
    """
    empty = history.empty
    if shown:
        empty = _over(empty, now)
    elif shown == 0 or empty.count:
        empty = _more(empty if used_to_show else replace(empty, usual_s=DAY_S // 2), now)
    history = replace(history, failing=_over(history.failing, now), empty=empty)
    signs = [*arrived, newest] if newest is not None else arrived
    if signs:
        history = _news(history, rhythm, min(signs), max(signs))
    return _volume(history, rhythm, arrived, now)


def articles(history: History, read: int, unread: int, now: datetime) -> History:
    """After `read` articles of the feed gave text and `unread` did not."""
    if read:
        return replace(history, unread=_over(history.unread, now))
    return replace(history, unread=_more(history.unread, now, unread)) if unread else history


def first_gaps(rhythm: Rhythm, times: Sequence[datetime], now: datetime) -> History:
    """The history that the dates of a feed's entries tell at the first look."""
    past = sorted(moment for moment in times if moment <= now)
    past = past[old(len(past)):][-100:]
    gaps = [(b - a).total_seconds() for a, b in pairwise(past)]
    missed = [expected(rhythm, a, b) for a, b in pairwise(past)]
    return History(
        last_new=past[-1] if past else None,
        quiet_s=round(max(gaps, default=0)),
        missed=round(max(missed, default=0.0), 1),
    )


# ── what is unusual ───────────────────────────────────────────────────────────────────────────────────────


def unusual(
    history: History, rhythm: Rhythm, polled: datetime | None, answered: datetime | None
) -> tuple[Ill, ...]:
    """What is wrong with a feed that was last polled, and last answered, at those times."""
    found: list[Ill] = []
    if polled is not None and _lasting(history.failing, polled):
        found.append("failing")
    if answered is None:
        return tuple(found)
    if _lasting(history.empty, answered):
        found.append("empty")
    elif _silent(history, rhythm, answered):
        found.append("silent")
    if history.flooding is not None:
        found.append("flooding")
    if _lasting(history.unread, answered):
        found.append("unread")
    return tuple(found)


def _lasting(streak: Streak, at: datetime) -> bool:
    return (streak.since is not None and streak.count >= _STREAK
            and (at - streak.since).total_seconds() >= _patience_s(streak))


def _patience_s(streak: Streak) -> float:
    return max(_LEAST_S, _WORSE * streak.usual_s)


def _silent(history: History, rhythm: Rhythm, at: datetime) -> bool:
    if history.last_new is None or rhythm.lessons < _LESSONS:
        return False
    if (at - history.last_new).total_seconds() <= max(_LEAST_S, _LONGER * history.quiet_s):
        return False
    return expected(rhythm, history.last_new, at) > _missable(history)


def _missable(history: History) -> float:
    times, more = _MISSED
    return times * history.missed + more


# ── how it is learnt ──────────────────────────────────────────────────────────────────────────────────────


def _more(streak: Streak, now: datetime, by: int = 1) -> Streak:
    return Streak(streak.count + by, streak.since or now, streak.usual_s)


def _over(streak: Streak, now: datetime) -> Streak:
    if streak.since is None:
        return streak
    lasted_s = min((now - streak.since).total_seconds(), _WORSE * _patience_s(streak))
    return Streak(usual_s=round(max(streak.usual_s * _FADES, lasted_s)))


def _news(history: History, rhythm: Rhythm, first: datetime, last: datetime) -> History:
    before = history.last_new
    if before is None or first <= before:
        return replace(history, last_new=max(last, before) if before else last)
    quiet = first - before
    fades = 0.5 ** (quiet / _MEMORY)
    longest_s = _WORSE * max(_LEAST_S, history.quiet_s)
    missed = history.missed * fades
    if rhythm.lessons >= _LESSONS and quiet.total_seconds() > 60:
        missed = max(missed, min(expected(rhythm, before, first), _WORSE * _missable(history)))
    return replace(
        history,
        last_new=last,
        quiet_s=round(max(history.quiet_s * fades, min(quiet.total_seconds(), longest_s))),
        missed=round(missed, 1),
    )


def _volume(history: History, rhythm: Rhythm, arrived: Sequence[datetime], now: datetime) -> History:
    today = now.toordinal()
    if not arrived and today == history.today and history.flooding is None:
        return history
    counts = dict(zip(range(history.today, history.today - len(history.days), -1), reversed(history.days),
                      strict=True))
    for moment in arrived:
        counts[moment.toordinal()] = counts.get(moment.toordinal(), 0) + 1
    began = today if rhythm.since is None else rhythm.since.toordinal()
    first = max(today - _DAYS + 1, min(began, min(counts, default=today)))
    days = tuple(counts.get(day, 0) for day in range(first, today + 1))
    return replace(history, days=days, today=today, flooding=_flooding(history, days, first, today, now))


def _flooding(
    history: History, days: Sequence[int], first: int, today: int, now: datetime
) -> datetime | None:
    """When the flood began that goes on; it ends after a whole day without, or when it has become the usual."""
    began = today if history.flooding is None else history.flooding.toordinal()
    usual = days[: max(0, began - first)]
    if len(usual) < _DAYS_LEAST:
        return None
    lately = days[-1:] if history.flooding is None else days[-2:]
    return history.flooding or now if any(_much(count, usual) for count in lately) else None


def _much(count: int, usual: Sequence[int]) -> bool:
    """Many times the most of the usual days, and far outside their spread.

    The spread is that of the square roots, which is the same at any volume where entries come by chance (Anscombe),
    and larger where they come in bursts.
    """
    if count <= _FLOOD * max(usual):
        return False
    roots = [sqrt(day) for day in usual]
    return sqrt(count) > fmean(roots) + _DEVIATIONS * max(0.5, pstdev(roots))
