"""How a feed does, on one line; pure. What it is made of is remembered by `schedule` and `history`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from pipeline.config import FeedSettings
from pipeline.feeds.history import Ill
from pipeline.feeds.schedule import FeedState, ill

Condition = Literal["off", "gone", "failing", "silent", "flooding", "moved", "error", "new", "ok"]
CONDITIONS: Final[tuple[str, ...]] = get_args(Condition)
"""Worst first, after `off`. docs/feeds.md says what they mean."""
BROKEN: Final = ("gone", "failing", "error")
"""What a person calls broken: the last poll gave nothing."""
DAYS: Final = 14
_OF_ILL: Final[dict[Ill, Condition]] = {
    "gone": "gone", "failing": "failing", "unread": "failing", "empty": "silent", "silent": "silent",
    "flooding": "flooding",
}
_BARS: Final = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a feed as of now.

    `conditions` has all that hold, worst first. `days` counts new entries by UTC day, the last one being today, over
    at most DAYS days and no longer than the feed is known. `undated` is the share of the entries shown last without
    a date, None before the first. `without_text` counts its articles that could not be read and were not since.
    """

    conditions: tuple[Condition, ...]
    last_success: datetime | None = None
    due: datetime | None = None
    interval_s: int = 0
    errors: int = 0
    error: str = ""
    days: tuple[int, ...] = ()
    undated: float | None = None
    without_text: int = 0

    @property
    def worst(self) -> Condition:
        return self.conditions[0]

    @property
    def per_day(self) -> float:
        """New entries a day: the mean of the last seven whole days, or of as many as are known."""
        whole = self.days[:-1][-7:] or self.days
        return sum(whole) / len(whole) if whole else 0.0


def standing(feed: FeedSettings, state: FeedState | None, now: datetime, without_text: int = 0) -> Standing:
    """How a feed does; `state` None: it was never polled."""
    if state is None or state.polled is None:
        return Standing(("new",) if feed.enabled else ("off",), without_text=without_text)
    return Standing(
        _conditions(feed, state),
        last_success=state.last_success,
        due=state.due if feed.enabled else None,
        interval_s=state.interval_s,
        errors=state.errors,
        error=state.error,
        days=_days(state, now),
        undated=state.history.undated if state.last_success else None,
        without_text=without_text,
    )


def _conditions(feed: FeedSettings, state: FeedState) -> tuple[Condition, ...]:
    found: set[Condition] = {_OF_ILL[what] for what in ill(state)}
    if state.moved_to:
        found.add("moved")
    if state.errors and not found & {"failing", "gone"}:
        found.add("error")
    if not feed.enabled:
        found.add("off")
    return tuple(sorted(found, key=CONDITIONS.index)) or ("ok",)


def _days(state: FeedState, now: datetime) -> tuple[int, ...]:
    past = state.history
    if not past.days:
        return ()
    later = max(0, now.toordinal() - past.today)
    return (*past.days, *(0,) * min(later, DAYS))[-DAYS:]


def sparkline(counts: Sequence[int], width: int) -> str:
    """The last `width` counts as bars, the highest for the most of them, a dot for none; one not known is blank."""
    shown = counts[-width:]
    top = max(shown, default=0)
    bars = (_BARS[(count * 8 - 1) // top] if count else "·" for count in shown)
    return "".join(bars).rjust(width)


def wanted(conditions: Iterable[str]) -> frozenset[str]:
    """The conditions that a filter names: `broken` means several of them."""
    return frozenset(part for name in conditions for part in (BROKEN if name == "broken" else (name,)))
