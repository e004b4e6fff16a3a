"""Simulated series of counts by hour: a rhythm of the week, days that are wilder than others, and a rise put in."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipeline.core.bursts import hour_of, rises

WEEK: Final = 168
HISTORY: Final = 8 * WEEK
_HOURS = (.4, .3, .3, .3, .5, .8, 1.2, 1.5, 1.6, 1.5, 1.4, 1.4, 1.4, 1.5, 1.5, 1.4, 1.3, 1.2, 1, .9, .8, .7, .6, .5)
_DAYS = (1.1, 1.15, 1.15, 1.15, 1.1, .65, .7)
RHYTHM: Final = np.outer(_DAYS, _HOURS).ravel() / np.outer(_DAYS, _HOURS).mean()


@dataclass(frozen=True, slots=True)
class Watched:
    """What a series that was looked at every hour told: the hours of new alarms, from the first hour watched."""

    alarms: tuple[int, ...]


def simulated(chance: np.random.Generator, rate: float, weeks: int, wild: float = 0.0) -> Any:
    """Counts an hour, `rate` on average; `wild` is the variance of a factor that each day has (0: chance alone)."""
    expected = rate * np.tile(RHYTHM, weeks)
    if wild:
        expected = expected * np.repeat(chance.gamma(1 / wild, wild, len(expected) // 24), 24)
    return chance.poisson(expected)


def risen(chance: np.random.Generator, series: Any, rate: float, start: int, times: float, hours: int = 24) -> Any:
    """The series with `times` as much as usual from hour `start` on."""
    more = series.copy()
    at = np.arange(start, start + hours)
    more[at] += chance.poisson((times - 1) * rate * RHYTHM[at % WEEK])
    return more


def watched(series: Any, start: int, end: int) -> Watched:
    """Look at the end of every hour, as a pass does."""
    counts = {hour: int(n) for hour, n in enumerate(series) if n}
    return Watched(tuple(hour_of(at) - start for at, _ in rises(counts, 0, range(start, end))))
