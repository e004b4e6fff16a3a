"""Whether more is told of something than usual: a series of counts by hour against its own history.

    usual_of    a rate for each hour of the week, learnt from some weeks; how much counts scatter around it
    rise        the last 2, 6 and 24 hours against that: how unlikely so many would be if nothing had happened
    rises       the same for a whole past, hour by hour

Most series are mostly zeros (a pair of countries, a rare topic), so nothing here divides by what was seen at one hour
of the week: the rate of an hour of the day is drawn towards the overall rate, and that of an hour of the week towards
that of its hour and day, by as much as few events deserve (gamma priors worth `_PRIOR` events). Counts scatter more
than chance alone would have it, since news begets news: the tail is that of a negative binomial with the variance that
the series showed, to which that of the rate itself is added (the predictive distribution of a gamma-Poisson model).
Earlier bursts are cut off, so that a series does not get used to them.

Numbers were set on simulated series (tests/bench/bench_bursts.py, docs/benchmarks.md).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

WINDOWS: Final = (2, 6, 24)
"""Hours over which the present is counted: sudden and high, or long and low."""
HISTORY: Final = timedelta(weeks=8)
NEEDED: Final = timedelta(days=14)
"""History below which nothing is unusual."""
LEAST: Final = 5
"""Fewer are no burst, however unusual."""
TIMES: Final = 2.0
"""Less than this many times the usual is no burst, however many."""
CHANCE: Final = 1e-6
"""The chance under which a count is unusual."""
GAP: Final = timedelta(hours=max(WINDOWS))
"""The present is not part of its own history."""
OVER: Final = timedelta(hours=24)
"""A series that was not unusual for this long may burst again."""

_WEEK: Final = 168
_EPOCH: Final = datetime(1970, 1, 5, tzinfo=UTC)
"""A Monday."""
_PRIOR: Final = 4.0
_CUTS: Final = 3
"""How often earlier bursts are cut off, each time by rates that know less of them."""
_CUT: Final = 0.01
"""Share of the windows of the past, the wildest, that do not count for how much a series scatters."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What a series usually is: events an hour for each of the 168 hours of a week (Monday 00:00 UTC first), the
    ratio of variance to mean for each of WINDOWS, and how many events each hour's rate is worth."""

    rates: tuple[float, ...]
    scatter: tuple[float, ...]
    worth: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Rise:
    """More than usual: `count` in the last `hours`, where `usual` would be expected, and the chance of that."""

    hours: int
    count: int
    usual: float
    chance: float


def hour_of(moment: datetime) -> int:
    """The number of an hour since a Monday long ago; counts are kept by it."""
    return (moment - _EPOCH) // timedelta(hours=1)


def moment_of(hour: int) -> datetime:
    """When the hour of this number begins."""
    return _EPOCH + timedelta(hours=hour)


def usual_of(counts: Mapping[int, int], first: int, end: int) -> Usual | None:
    """What a series was in the hours from `first` to before `end` (`hour_of`); hours without a count are zero.

    None where that is less history than NEEDED.
    """
    length = end - first
    if length < NEEDED // timedelta(hours=1):
        return None
    rates, worth = _rates(counts, first, end)
    for _ in range(_CUTS):
        cut = {hour: min(n, _most(rates[hour % _WEEK])) for hour, n in counts.items() if first <= hour < end}
        rates, worth = _rates(cut, first, end)
    return Usual(rates, tuple(_scatter(counts, rates, first, end, window) for window in WINDOWS), worth)


def _rates(counts: Mapping[int, float], first: int, end: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The rate of each hour of the week, and how many events it is worth."""
    sums, hours = [0.0] * _WEEK, [0] * _WEEK
    for hour in range(first, end):
        hours[hour % _WEEK] += 1
    for hour, n in counts.items():
        if first <= hour < end:
            sums[hour % _WEEK] += n
    total = sum(sums)
    level = (total + 0.5) / (end - first)
    by_hour = [_drawn(sum(sums[h::24]), sum(hours[h::24]), level) for h in range(24)]
    by_day = [_drawn(sum(sums[d * 24 : d * 24 + 24]), sum(hours[d * 24 : d * 24 + 24]), level) for d in range(7)]
    mean = [by_hour[h % 24] * by_day[h // 24] / level for h in range(_WEEK)]
    rates = tuple(_drawn(sums[h], hours[h], mean[h]) for h in range(_WEEK))
    worth = tuple(_PRIOR + sums[h] for h in range(_WEEK))
    return rates, worth


def _drawn(events: float, hours: int, towards: float) -> float:
    """A rate between what was seen and another, nearer to that the fewer events there were."""
    return (events + _PRIOR) / (hours + _PRIOR / towards)


def _most(rate: float) -> float:
    """What one hour of the past counts for at most."""
    return rate + 4 * math.sqrt(rate) + 2


def _scatter(counts: Mapping[int, int], rates: tuple[float, ...], first: int, end: int, window: int) -> float:
    """The ratio of variance to mean over windows of the past, the wildest of them left out; at least 1."""
    squares: list[tuple[float, float]] = []
    for start in range(first, end - window + 1, window):
        expected = sum(rates[hour % _WEEK] for hour in range(start, start + window))
        seen = sum(counts.get(hour, 0) for hour in range(start, start + window))
        squares.append(((seen - expected) ** 2, expected))
    squares.sort()
    kept = squares[: max(1, len(squares) - math.ceil(len(squares) * _CUT))]
    return max(1.0, sum(square for square, _ in kept) / sum(expected for _, expected in kept))


def rise(usual: Usual, counts: Mapping[int, int], now: datetime, growth: float = 1.0) -> Rise | None:
    """The most unusual of the rises that the last hours show, None where there is none.

    `growth` is by how much everything grew, so that feeds added yesterday make nothing unusual.
    """
    last = hour_of(now)
    part = (now - _EPOCH) / timedelta(hours=1) - last
    found: list[Rise] = []
    for window, scatter in zip(WINDOWS, usual.scatter, strict=True):
        hours = range(last - window + 1, last + 1)
        count = sum(counts.get(hour, 0) for hour in hours)
        if count < LEAST:
            continue
        expected = growth * sum(usual.rates[hour % _WEEK] * (part if hour == last else 1.0) for hour in hours)
        if count < TIMES * expected:
            continue
        worth = sum(usual.worth[hour % _WEEK] for hour in hours)
        chance = at_least(count, expected, scatter * expected * (1 + expected / worth))
        if chance < CHANCE:
            found.append(Rise(window, count, expected, chance))
    return min(found, key=lambda one: one.chance, default=None)


def grown(usual: Usual | None, counts: Mapping[int, int], now: datetime) -> float:
    """By how much a series has grown in the last day, at least 1: for `growth`."""
    if usual is None:
        return 1.0
    last = hour_of(now)
    hours = range(last - WINDOWS[-1], last)
    expected = sum(usual.rates[hour % _WEEK] for hour in hours)
    return max(1.0, sum(counts.get(hour, 0) for hour in hours) / expected)


def rises(
    counts: Mapping[int, int], first: int, hours: range, growth: Mapping[int, float] | None = None
) -> list[tuple[datetime, Rise]]:
    """Each burst that began in one of `hours` (`hour_of`), and when: looked at at the end of every hour, with a history
    from `first` on that is learnt anew once a day. `growth` by hour, as for `rise`."""
    told: list[tuple[datetime, Rise]] = []
    last = _EPOCH
    usual: Usual | None = None
    for hour in hours:
        if (hour - hours.start) % 24 == 0:
            usual = usual_of(counts, max(first, hour - HISTORY // timedelta(hours=1)), hour - max(WINDOWS))
        now = moment_of(hour + 1) - timedelta(microseconds=1)
        risen = rise(usual, counts, now, (growth or {}).get(hour, 1.0)) if usual is not None else None
        if risen is not None:
            if now - last > OVER:
                told.append((now, risen))
            last = now
    return told


def at_least(count: int, mean: float, variance: float) -> float:
    """The chance of `count` or more of a negative binomial variable; of a Poisson where the variance is the mean."""
    size = mean * mean / max(variance - mean, 1e-9 * mean)
    log_q = math.log1p(-size / (size + mean))
    term = math.exp(
        math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
        + size * math.log(size / (size + mean)) + count * log_q
    )
    total, k, q = 0.0, count, math.exp(log_q)
    while term > 1e-12 * total and term > 0:
        total += term
        term *= (k + size) / (k + 1) * q
        k += 1
    return min(1.0, total)
