"""How a feed does, from what is remembered of it."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.feeds.history import History, Streak
from pipeline.feeds.schedule import FeedState, Poll, after, articles
from pipeline.feeds.standing import BROKEN, sparkline, standing, wanted
from tests.feeds.polling import DAY, HOUR, Poller, Source, at, feed

URL = "https://wire.example/rss"


def known(**keys: object) -> FeedState:
    values: dict[str, object] = {"url": URL, "polled": at(0), "last_success": at(0), **keys}
    return FeedState(**values)  # type: ignore[arg-type]


LONG = Streak(5, at(-DAY))


@pytest.mark.parametrize(("state", "settings", "conditions"), [
    (None, {}, ("new",)),
    (None, {"enabled": False}, ("off",)),
    (FeedState(), {}, ("new",)),
    (known(), {}, ("ok",)),
    (known(), {"enabled": False}, ("off",)),
    (known(history=History(failing=Streak(1, at(-60)))), {}, ("error",)),
    (known(history=History(failing=LONG)), {}, ("failing",)),
    (known(history=History(unread=LONG)), {}, ("failing",)),
    (known(history=History(empty=LONG)), {}, ("silent",)),
    (known(history=History(flooding=at(0))), {}, ("flooding",)),
    (known(moved_to="https://b.example/", moved=at(0), history=History(flooding=at(0))), {}, ("flooding", "moved")),
    (known(gone=at(0), history=History(failing=LONG)), {}, ("gone",)),
    (known(gone=at(0)), {"enabled": False}, ("off", "gone")),
])
def test_conditions(state: FeedState | None, settings: dict[str, object], conditions: tuple[str, ...]) -> None:
    assert standing(feed(**settings), state, at(0)).conditions == conditions


def test_what_a_feed_gave_by_day_ends_today() -> None:
    times = [day * DAY + k * 3 * HOUR for day in range(4) for k in range(day + 1)]
    poller = Poller(Source(sorted(times)), feed())
    for _ in poller.run(0.0, 4 * DAY - 1):
        pass
    how = standing(poller.feed, poller.state, at(3.9 * DAY))
    assert how.days[-4:] == (1, 2, 3, 4)
    later = standing(poller.feed, poller.state, at(6.5 * DAY))
    assert later.days[-7:] == (1, 2, 3, 4, 0, 0, 0)
    assert standing(poller.feed, poller.state, at(90 * DAY)).days == (0,) * 14
    assert later.per_day == pytest.approx(10 / (len(later.days) - 1))


def test_undated_and_articles_without_text() -> None:
    state = after(FeedState(), Poll(200, URL, entries=10, kept=10, undated=4), [], feed(), at(0))
    state = articles(state, 0, 1, at(60))
    how = standing(feed(), state, at(60), without_text=3)
    assert (how.undated, how.without_text, how.worst) == (0.4, 3, "ok")
    assert standing(feed(), after(FeedState(), Poll(error="dns"), [], feed(), at(0)), at(0)).undated is None


def test_a_feed_that_fails_is_due_later_and_names_the_reason() -> None:
    state = after(FeedState(), Poll(error="timeout"), [], feed(), at(0))
    how = standing(feed(), state, at(0))
    assert (how.conditions, how.errors, how.error) == (("error",), 1, "timeout")
    assert how.due is not None
    assert how.due - at(0) >= timedelta(minutes=5)


@pytest.mark.parametrize(("counts", "width", "bars"), [
    ((), 7, "       "),
    ((0, 0), 4, "  ··"),
    ((1, 2, 3, 4, 5, 6, 7, 8), 8, "▁▂▃▄▅▆▇█"),
    ((9, 9, 0, 1000), 3, "▁·█"),
    ((5,), 1, "█"),
])
def test_sparkline(counts: tuple[int, ...], width: int, bars: str) -> None:
    assert sparkline(counts, width) == bars


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), max_size=20), st.integers(1, 20))
def test_a_sparkline_is_as_wide_as_asked_and_never_falls_where_counts_rise(counts: list[int], width: int) -> None:
    bars = sparkline(counts, width)
    assert len(bars) == width
    shown = counts[-width:]
    assert sorted(shown) == [count for count, _ in sorted(zip(shown, bars[width - len(shown):], strict=True),
                                                          key=lambda pair: ("·▁▂▃▄▅▆▇█".index(pair[1]), pair[0]))]


def test_broken_means_what_gives_nothing() -> None:
    assert wanted(["broken", "moved"]) == {*BROKEN, "moved"}
    assert wanted([]) == frozenset()
