"""What is unusual of a series: chance is computed right, ordinary weeks say nothing, rises are told soon."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.core.bursts import LEAST, Usual, at_least, grown, hour_of, rise, usual_of
from tests.bench.series import HISTORY, WEEK, risen, simulated, watched

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
START = hour_of(MONDAY)
HOUR = timedelta(hours=1)


def test_hours_of_the_week() -> None:
    assert START % 168 == 0
    assert hour_of(MONDAY + 25.9 * HOUR) == START + 25


@pytest.mark.parametrize(("count", "mean"), [(0, 2.0), (1, 0.3), (5, 2.0), (40, 12.5)])
def test_the_tail_without_scatter_is_that_of_poisson(count: int, mean: float) -> None:
    below = sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count))
    assert at_least(count, mean, mean) == pytest.approx(1 - below, rel=1e-5)


def test_the_tail_with_scatter_is_that_of_what_is_drawn() -> None:
    chance = np.random.default_rng(1)
    drawn = chance.poisson(chance.gamma(2.0, 3.0, 200_000))  # mean 6, variance 6 + 18
    for count in (6, 12, 25):
        assert at_least(count, 6.0, 24.0) == pytest.approx((drawn >= count).mean(), rel=0.1)


def test_rates_follow_the_week_where_there_are_events_and_are_flat_where_there_are_none() -> None:
    busy = {hour: 20 if hour % 24 == 9 and hour % 168 < 120 else 1 for hour in range(8 * 168)}
    usual = usual_of(busy, 0, 8 * 168)
    assert usual is not None
    assert 18 < usual.rates[9] < 21
    assert usual.rates[9 + 5 * 24] < 6, "nine o'clock on a Saturday"
    assert sum(usual.rates) == pytest.approx(sum(busy.values()) / 8, rel=0.1)
    rare = usual_of({500: 1}, 0, 8 * 168)
    assert rare is not None
    assert max(rare.rates) < 3 * min(rare.rates)
    assert sum(rare.rates) * 8 == pytest.approx(1.5, rel=0.2)


def test_too_little_history_is_no_history() -> None:
    assert usual_of({}, 0, 14 * 24 - 1) is None
    assert usual_of({}, 0, 14 * 24) is not None


def test_a_burst_does_not_become_usual() -> None:
    quiet = dict.fromkeys(range(0, 8 * 168, 4), 1)
    once = usual_of(quiet | dict.fromkeys(range(700, 724), 60), 0, 8 * 168)
    never = usual_of(quiet, 0, 8 * 168)
    assert once is not None
    assert never is not None
    assert sum(once.rates) < 1.5 * sum(never.rates)


QUIET = Usual((0.1,) * 168, (1.0, 1.0, 1.0), (8.0,) * 168)


@pytest.mark.parametrize(("counts", "told"), [
    ({}, None),
    ({0: LEAST - 1}, None),
    ({0: 8}, 2),
    ({1: 3, 3: 3, 5: 4}, 6),
    (dict.fromkeys(range(24), 1), 24),
    ({30: 50}, None),  # a day ago
])
def test_the_most_unusual_window_is_told(counts: dict[int, int], told: int | None) -> None:
    now = MONDAY + 10 * HOUR + timedelta(minutes=30)
    found = rise(QUIET, {hour_of(now) - ago: n for ago, n in counts.items()}, now)
    assert (found.hours if found else None) == told
    if found is not None:
        assert found.count == sum(n for ago, n in counts.items() if ago < found.hours)
        assert found.usual == pytest.approx(0.1 * (found.hours - 0.5))


def test_more_of_everything_makes_nothing_unusual() -> None:
    usual = Usual((2.0,) * 168, (1.0, 1.0, 1.0), (20.0,) * 168)
    counts = {START + hour: 10 for hour in range(-24, 1)}
    assert rise(usual, counts, MONDAY + HOUR) is not None
    assert grown(usual, counts, MONDAY + HOUR) == pytest.approx(5)
    assert rise(usual, counts, MONDAY + HOUR, growth=5) is None
    assert grown(usual, {}, MONDAY) == grown(None, counts, MONDAY) == 1


@pytest.mark.parametrize(("rate", "wild"), [(0.02, 0.0), (0.3, 0.1), (5.0, 0.1)])
def test_ordinary_weeks_say_nothing(rate: float, wild: float) -> None:
    """At most one false alarm in twenty-five weeks; docs/benchmarks.md has it over thousands."""
    chance = np.random.default_rng(7)
    alarms = [watched(simulated(chance, rate, HISTORY // WEEK + 1, wild), HISTORY, HISTORY + WEEK).alarms
              for _ in range(25)]
    assert sum(map(len, alarms)) <= 1


@pytest.mark.parametrize(("rate", "times", "hours"), [(0.3, 10, 12), (2.0, 5, 8), (10.0, 3, 8)])
def test_a_rise_is_told_soon(rate: float, times: float, hours: int) -> None:
    chance = np.random.default_rng(7)
    delays = []
    for _ in range(12):
        start = HISTORY + int(chance.integers(0, WEEK))
        series = risen(chance, simulated(chance, rate, HISTORY // WEEK + 2), rate, start, times)
        delays += [alarm + 1 for alarm in watched(series, start, start + 24).alarms[:1]]
    assert len(delays) >= 11
    assert np.median(delays) <= hours
