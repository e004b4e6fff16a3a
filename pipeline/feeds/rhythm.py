"""When a feed publishes: how many entries at which hour and on which day, learnt from what it has published; pure.

When to ask follows from it: as soon as the entries that are expected to be waiting have together waited
`POLL_WORTH_S`, one constant for all feeds. At an even rate that is every `sqrt(2 * POLL_WORTH_S / rate)` seconds, and
polling in proportion to the square roots of the rates is what makes the mean delay of an entry least for a number of
requests (Sia, Cho, Cho: Efficient Monitoring Algorithm for Fast News Alerts, TKDE 2007). At an uneven rate it is the
part-period balancing of lot sizing (DeMatteis 1968): right after the hour for a desk that publishes on the hour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, log, sqrt
from typing import Final

POLL_WORTH_S: Final = 450.0
"""A request is spent to spare an entry this much waiting. So one entry an hour means a poll every half hour, a
hundred times as many or as few mean ten times as many or as few polls."""

STEP_S: Final = 300
HOUR_S: Final = 3600
DAY_S: Final = 86_400
_MEMORY_S: Final = 14.0 * DAY_S / log(2)
"""The weight of the past halves every two weeks; this is what watching for ever weighs."""
_BURST_MEMORY_S: Final = 1.0 * HOUR_S / log(2)
_BURST_SHARE: Final = 0.3
"""How much of the rate is what the feed did in the last hours; the rest is its habit."""
_PRIOR_S: Final = 6.0 * HOUR_S
"""A feed of which nothing is known is taken for one that published one entry in this time."""
_EVEN: Final = 6.0
"""Entries spread evenly over the hours and days that are added before their shares are believed."""
_PATIENCE: Final = 20.0
"""After more entries than these were missed by its habit, a feed is expected to have become slower."""
_FULL_WEEKS_S: Final = 14 * DAY_S


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Entries counted by five minutes of the hour, hour (UTC) and day of the week from Monday, older ones for less.

    `at` is when the feed last gave something new; `since` how far back the counts reach; `watched_s` the time that
    they stand for, faded like them; `burst` counts the last hours alone; `lessons` is how many distinct times have
    been learnt from, up to 99.
    """

    at: datetime | None = None
    since: datetime | None = None
    watched_s: int = 0
    minutes: tuple[float, ...] = ()
    hours: tuple[float, ...] = ()
    days: tuple[float, ...] = ()
    burst: float = 0.0
    lessons: int = 0


def begin(published: Sequence[datetime], now: datetime) -> Rhythm:
    """What the first look at a feed tells, from the dates of the entries that it shows."""
    times = sorted(moment.timestamp() for moment in published if moment <= now)
    if len(set(times)) < 2:
        return Rhythm(at=now, since=now)
    times = times[old(len(times)):]
    end = now.timestamp()
    start = datetime.fromtimestamp(times[0], now.tzinfo)
    watched_s = round(_MEMORY_S * (1 - _faded(end - times[0])))
    empty = Rhythm(now, start, watched_s)
    return _counted(empty, times[1:], end, lessons=len(set(times)))


def old(entries: int) -> int:
    """How many of a feed's oldest entries say nothing of its rhythm, since some stay for years."""
    return max(1, entries // 10) if entries > 3 else 0


def learn(rhythm: Rhythm, arrived: Sequence[datetime], now: datetime) -> Rhythm:
    """The rhythm after a poll that found entries which arrived at those times since the last one."""
    if rhythm.at is None or rhythm.since is None:
        return begin(arrived, now)
    end = now.timestamp()
    quiet_s = end - rhythm.at.timestamp()
    faded = _faded(quiet_s)
    older = Rhythm(
        now,
        rhythm.since,
        round(rhythm.watched_s * faded + _MEMORY_S * (1 - faded)),
        tuple(count * faded for count in rhythm.minutes),
        tuple(count * faded for count in rhythm.hours),
        tuple(count * faded for count in rhythm.days),
        rhythm.burst * _cooled(quiet_s),
    )
    return _counted(older, [moment.timestamp() for moment in arrived], end, lessons=rhythm.lessons + 1)


def _counted(rhythm: Rhythm, times: Sequence[float], end: float, lessons: int) -> Rhythm:
    minutes, hours = list(rhythm.minutes or (0.0,) * 12), list(rhythm.hours or (0.0,) * 24)
    days, burst = list(rhythm.days or (0.0,) * 7), rhythm.burst
    for time in times:
        weight = _faded(end - time)
        days[_weekday(time)] += weight
        burst += _cooled(end - time)
        if time % DAY_S:
            minutes[int(time // STEP_S) % 12] += weight
            hours[int(time // HOUR_S) % 24] += weight
        else:  # only the day is known
            minutes = [count + weight / 12 for count in minutes]
            hours = [count + weight / 24 for count in hours]
    return Rhythm(
        rhythm.at,
        rhythm.since,
        rhythm.watched_s,
        tuple(round(count, 3) for count in minutes),
        tuple(round(count, 3) for count in hours),
        tuple(round(count, 3) for count in days),
        round(burst, 2),
        min(lessons, 99),
    )


# ── what follows ──────────────────────────────────────────────────────────────────────────────────────────


def gap_s(rhythm: Rhythm, now: datetime) -> float:
    """The mean time between two entries, in seconds, as things stand."""
    return 1 / _Rates(rhythm, now.timestamp()).mean


def wait_s(rhythm: Rhythm, now: datetime, *, shown: int, most_s: float) -> float:
    """Seconds until the next poll, at most `most_s`.

    Also short enough that of the `shown` entries which the feed shows at once only half are expected to be
    replaced meanwhile (0: not known).
    """
    start = now.timestamp()
    rates = _Rates(rhythm, start)
    entries = waited_s = 0.0
    enough = shown / 2 if shown else float("inf")
    for time, length_s, fine in _steps(start, start + most_s):
        rate = rates.at(time, fine)
        # After t more seconds: waited_s + entries * t + rate * t**2 / 2 = POLL_WORTH_S
        step_s = (sqrt(entries * entries + 2 * rate * (POLL_WORTH_S - waited_s)) - entries) / rate
        step_s = min(step_s, (enough - entries) / rate)
        if step_s <= length_s:
            return time + step_s - start
        waited_s += (entries + rate * length_s / 2) * length_s
        entries += rate * length_s
    return most_s


def _steps(start: float, end: float) -> Iterator[tuple[float, float, bool]]:
    """Stretches by start, length in seconds, and whether they are fine: in the next hours the minutes matter."""
    fine_end = min((start // HOUR_S + 3) * HOUR_S, end)
    for time, length_s in _cut(start, fine_end, STEP_S):
        yield time, length_s, True
    for time, length_s in _cut(fine_end, end, HOUR_S):
        yield time, length_s, False


def replaced_s(rhythm: Rhythm, now: datetime, shown: int) -> float:
    """Seconds in which half of what the feed shows is expected to be replaced, at its mean rate."""
    return shown / 2 * gap_s(rhythm, now) if shown else float("inf")


def expected(rhythm: Rhythm, start: datetime, end: datetime) -> float:
    """How many entries the habit of the feed lets expect from `start` to `end`; it does not fade meanwhile."""
    if rhythm.at is None:
        return 0.0
    rates = _Rates(rhythm, rhythm.at.timestamp())
    first, last = start.timestamp(), end.timestamp()
    total = 0.0
    if weeks := int((last - first) // (7 * DAY_S)):
        total = weeks * 7 * DAY_S * rates.mean
        first += weeks * 7 * DAY_S
    return total + sum(rates.habit(time) * length_s for time, length_s in _cut(first, last, HOUR_S))


class _Rates:
    """Entries a second at any time, as seen at `now_s` if nothing new has come since `rhythm.at`."""

    def __init__(self, rhythm: Rhythm, now_s: float) -> None:
        quiet_s = max(0.0, now_s - rhythm.at.timestamp()) if rhythm.at is not None else 0.0
        faded = _faded(quiet_s)
        watched_s = rhythm.watched_s * faded + _MEMORY_S * (1 - faded)
        self.total = sum(rhythm.hours)
        self.mean = (self.total * faded + 1) / (watched_s + _PRIOR_S)
        if rhythm.at is not None and self.mean * quiet_s > _PATIENCE:
            missed = expected(rhythm, rhythm.at, datetime.fromtimestamp(now_s, rhythm.at.tzinfo))
            self.mean *= min(1.0, _PATIENCE / missed)
        self.minutes, self.hours, self.days = rhythm.minutes, rhythm.hours, rhythm.days
        self.whole_weeks = rhythm.since is not None and now_s - rhythm.since.timestamp() >= _FULL_WEEKS_S
        self.now_s, self.burst = now_s, rhythm.burst * _cooled(quiet_s) / _BURST_MEMORY_S

    def at(self, time: float, fine: bool) -> float:
        burst = self.burst * _cooled(time - self.now_s)
        habit = self.habit(time)
        if fine and self.minutes:
            habit *= (self.minutes[int(time // STEP_S) % 12] * 12 + _EVEN) / (self.total + _EVEN)
        return (1 - _BURST_SHARE) * habit + _BURST_SHARE * burst

    def habit(self, time: float) -> float:
        if not self.hours:
            return self.mean
        hour, sum_ = int(time // HOUR_S) % 24, self.total + _EVEN
        near = (self.hours[hour - 1] + 2 * self.hours[hour] + self.hours[(hour + 1) % 24]) / 4
        rate = self.mean * (near * 24 + _EVEN) / sum_
        if self.whole_weeks:
            rate *= (self.days[_weekday(time)] * 7 + _EVEN) / sum_
        return rate


def _cut(start: float, end: float, step_s: int) -> Iterator[tuple[float, float]]:
    """The stretches, by their start and length in seconds, into which the clock's full steps cut a time."""
    while start < end:
        stop = min((start // step_s + 1) * step_s, end)
        yield start, stop - start
        start = stop


def _faded(age_s: float) -> float:
    return exp(-age_s / _MEMORY_S)


def _cooled(age_s: float) -> float:
    return exp(-age_s / _BURST_MEMORY_S)


def _weekday(time: float) -> int:
    return (int(time // DAY_S) + 3) % 7  # 1 January 1970 was a Thursday
