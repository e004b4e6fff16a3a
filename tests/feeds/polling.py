"""A feed polled by the clock of the test: what it shows at each time, and what the schedule makes of it."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.config import FeedSettings
from pipeline.feeds.schedule import FeedState, Poll, after

NOW = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday, at midnight."""
HOUR, DAY, WEEK = 3600.0, 86_400.0, 7 * 86_400.0


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def seconds(moment: datetime) -> float:
    return (moment - NOW).total_seconds()


def feed(**keys: object) -> FeedSettings:
    return FeedSettings.model_validate({"url": "https://wire.example/rss", "id": "wire", **keys})


@dataclass
class Source:
    """Publishes at `times` (seconds from NOW, ascending) and shows the last `window` entries."""

    times: Sequence[float]
    window: int = 30
    dated: bool = True

    def shown(self, time: float) -> tuple[int, int]:
        """The entries that it shows, as a range."""
        count = bisect_right(self.times, time)
        return max(0, count - self.window), count


@dataclass
class Poller:
    """Polls one source as the schedule says."""

    source: Source
    feed: FeedSettings
    state: FeedState = field(default_factory=FeedState)
    known: int = 0

    def poll(self, time: float) -> int:
        """One poll; returns how many entries it found that were not known."""
        first, end = self.source.shown(time)
        fresh = range(max(first, self.known), end)
        dates = [at(self.source.times[i]) if self.source.dated else None for i in fresh]
        poll = Poll(304, self.feed.url)
        if fresh or self.state.last_success is None:
            poll = Poll(
                200, self.feed.url, '"v"', entries=end - first, kept=end - first,
                undated=0 if self.source.dated else end - first,
                newest=dates[-1] if dates else None,
            )
        self.state = after(self.state, poll, dates, self.feed, at(time))
        self.known = end
        return len(fresh)

    def fail(self, time: float, **poll: object) -> None:
        """One poll that fails."""
        self.state = after(self.state, Poll(**{"error": "timeout", **poll}), (), self.feed, at(time))  # type: ignore[arg-type]

    def run(self, start: float, end: float, seen: Callable[[float], None] = lambda time: None) -> Iterator[float]:
        """The times of the polls from `start` to `end`, each made when it is taken."""
        time = start
        while time < end:
            self.poll(time)
            seen(time)
            yield time
            assert self.state.due is not None
            time = seconds(self.state.due)
