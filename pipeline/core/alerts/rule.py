"""What an alert rule is; rules.py reads and writes it, times.py says when it tells."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pipeline.core.query import Query

Severity = Literal["low", "normal", "high", "critical"]
Fold = Literal["cluster", "story", "thread"]
Start = Literal["now", "24h", "all"]
Health = Literal["failing", "gone", "silent", "flooding", "moved", "recovered"]
Counted = Literal["query", "topic", "pair"]
News = Literal["claim", "denial", "outlets"]

LISTS: Final[dict[str, Any]] = {"health": Health, "burst": Counted, "thread": News}
"""The triggers of `When` that are lists, and what may stand in them."""
MINUTES_A_DAY: Final = 24 * 60
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DURATION: Final = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nothing is sent, in local minutes after midnight; `end <= start` runs past midnight.

    `days` are the weekdays (Monday is 0) on which it begins; empty means every day.
    """

    start: int
    end: int
    days: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """Minutes from start to end on the clock."""
        return self.end - self.start if self.end > self.start else self.end - self.start + MINUTES_A_DAY

    def __str__(self) -> str:
        days = ",".join(WEEKDAYS[day] for day in self.days)
        hours = "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.start, self.end))
        return f"{days} {hours}" if days else hours


@dataclass(frozen=True, slots=True)
class When:
    """What fires a rule other than a story that matches; see core/alerts/triggers.py.

    `absent`: no story that the query finds arrived for this long · `health`: a feed is in one of these states ·
    `burst`: unusually much is told, of what the query finds: all of it, of a topic, by one state to another ·
    `thread`: a thread with a story that the query finds has a claim that its first report had not, a denial, or a
    third independent origin.
    """

    absent: timedelta | None = None
    health: tuple[Health, ...] = ()
    burst: tuple[Counted, ...] = ()
    thread: tuple[News, ...] = ()

    def __str__(self) -> str:
        if self.absent is not None:
            return f"absent: {show_duration(self.absent)}"
        return " ".join(f"{name}: {', '.join(getattr(self, name))}" for name in LISTS if getattr(self, name))


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule, checked. `made` is "file" for rules of configs/alerts, "ledger" for those made at run time."""

    name: str
    query: Query
    channels: tuple[str, ...]
    severity: Severity = "normal"
    note: str = ""
    fold: Fold = "cluster"
    cooldown: timedelta = timedelta()
    digest: str = ""
    quiet: tuple[Quiet, ...] = ()
    timezone: str = "UTC"
    start: Start = "all"
    expires: datetime | None = None
    owner: str = ""
    enabled: bool = True
    silenced_until: datetime | None = None
    when: When | None = None
    made: Literal["file", "ledger"] = "file"

    def active(self, now: datetime) -> bool:
        """Whether it takes new matches: enabled and not expired (a silenced rule gathers)."""
        return self.enabled and (self.expires is None or now < self.expires)


def parse_duration(text: str) -> timedelta:
    """`90s`, `30m`, `2h`, `1d`, `1w`; raises ValueError that says so."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"must be a time such as 30m, 2h or 1d, not {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def show_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back."""
    for letter, unit in reversed(_UNITS.items()):
        step = timedelta(**{unit: 1})
        if duration >= step and duration % step == timedelta():
            return f"{duration // step}{letter}"
    return "0s"
