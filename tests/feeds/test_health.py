"""When a feed counts as broken, silent, flooding, moved, gone or recovered, each by its own history."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.alerts.triggers import Trouble
from pipeline.core.story import from_plain, to_plain
from pipeline.feeds.health import began, troubles
from pipeline.feeds.schedule import FeedState, Poll, after, articles
from tests.feeds.polling import DAY, HOUR, WEEK, Poller, Source, at, feed, seconds

URL = "https://wire.example/rss"


def by_chance(gap_s: float, start: float, end: float, seed: int = 3, waking: bool = False) -> list[float]:
    """Times at which a feed publishes: at an even rate, or from 6 to 22 hours alone."""
    rng, time, times = Random(seed), start, []
    while (time := time + rng.expovariate(1 / gap_s)) < end:
        if not waking or 6 <= time % DAY / HOUR < 22:
            times.append(time)
    return times


def told(poller: Poller, start: float, end: float) -> Iterator[tuple[float, Trouble]]:
    """What polls bring, with their times."""
    before = poller.state
    for time in poller.run(start, end):
        for one in began("wire", before, poller.state, at(time)):
            yield time, one
        assert from_plain(FeedState, to_plain(poller.state)) == poller.state
        before = poller.state


def states(found: Sequence[tuple[float, Trouble]]) -> list[str]:
    return [one.state for _, one in found]


def failing(state: FeedState, start: float, end: float, every_s: float = 1200, **poll: Any) -> FeedState:
    for k in range(int((end - start) / every_s) + 1):
        state = after(state, Poll(**{"error": "timeout", **poll}), (), feed(), at(start + k * every_s))
    return state


def fine(state: FeedState, time: float, **poll: Any) -> FeedState:
    return after(state, Poll(**{"status": 200, "url": URL, "entries": 9, "kept": 9, **poll}), (), feed(), at(time))


def now_wrong(state: FeedState, time: float) -> list[str]:
    return [one.state for one in troubles("wire", state, at(time))]


# ── broken ────────────────────────────────────────────────────────────────────────────────────────────────


def test_broken_and_recovered_are_told_once_each() -> None:
    poller = Poller(Source(by_chance(1800, -WEEK, 3 * DAY)), feed())
    assert list(told(poller, 0, DAY)) == []
    found, time, before = [], DAY, poller.state
    while time < 2 * DAY:
        poller.fail(time)
        found += began("wire", before, poller.state, at(time))
        before, time = poller.state, seconds(poller.state.due or at(time))
    assert [(one.state, one.since) for one in found] == [("failing", at(DAY))]
    assert "(timeout)" in found[0].detail
    assert "last success was 2026-03-0" in found[0].detail
    assert found[0].url == URL
    found = [one for _, one in told(poller, time, 3 * DAY)]
    assert [(one.state, one.since) for one in found] == [("recovered", at(time))]
    assert found[0].detail == "It was failing."


@pytest.mark.parametrize(("start", "end", "every_s", "wrong"), [
    (0, 0.5 * HOUR, 600, []),  # many errors, but half an hour
    (0, HOUR, HOUR, []),  # an hour, but two errors
    (0, 1.1 * HOUR, 0.5 * HOUR, ["failing"]),
])
def test_passing_errors_are_no_trouble(start: float, end: float, every_s: float, wrong: list[str]) -> None:
    assert now_wrong(failing(fine(FeedState(), -HOUR), start, end, every_s), end) == wrong


def test_server_that_sleeps_every_night_is_soon_known() -> None:
    state, found = fine(FeedState(), -HOUR), []
    for day in range(10):
        state = failing(state, day * DAY, day * DAY + 2 * HOUR)
        found.append("failing" in now_wrong(state, day * DAY + 2 * HOUR))
        state = fine(state, day * DAY + 3 * HOUR)
    assert found[0]
    assert not any(found[2:])
    assert "failing" in now_wrong(failing(state, 10 * DAY, 11 * DAY), 11 * DAY)


def test_long_breakdown_does_not_hide_the_next() -> None:
    state = failing(fine(FeedState(), -HOUR), 0, WEEK)
    state = fine(state, WEEK + HOUR)
    assert now_wrong(state, WEEK + HOUR) == ["recovered"]
    state = failing(state, WEEK + DAY, WEEK + 1.5 * DAY)
    assert now_wrong(state, WEEK + 1.5 * DAY) == ["failing"]


def test_feed_that_never_worked() -> None:
    (one,) = troubles("wire", failing(FeedState(), 0, DAY), at(DAY))
    assert (one.state, one.since) == ("failing", at(0))
    assert "it never worked" in one.detail


def test_articles_without_text() -> None:
    state = fine(FeedState(), 0)
    for hour in range(5):
        state = articles(state, 0, 3, at(hour * HOUR))
        state = fine(state, hour * HOUR + 60)
    (one,) = troubles("wire", state, at(5 * HOUR))
    assert (one.state, one.since) == ("failing", at(0))
    assert "last 15 articles gave no text" in one.detail
    state = fine(articles(state, 1, 4, at(6 * HOUR)), 6 * HOUR)
    assert now_wrong(state, 6 * HOUR) == ["recovered"]
    assert articles(state, 0, 0, at(7 * HOUR)) == state


# ── silent ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("gap_s", "waking", "at_least_s", "at_most_s"), [
    (240, False, 0.5 * HOUR, 5 * HOUR),
    (1200, True, 9 * HOUR, DAY),
    (6 * HOUR, False, DAY, 8 * DAY),
    (WEEK, False, 3 * WEEK, 16 * WEEK),
])
@pytest.mark.parametrize("dated", [True, False])
def test_silence_is_told_when_it_is_longer_than_ever(
    gap_s: float, waking: bool, at_least_s: float, at_most_s: float, dated: bool
) -> None:
    begin, end = -max(3 * WEEK, 20 * gap_s), DAY
    times = by_chance(gap_s, begin, end, waking=waking)
    poller = Poller(Source(times, dated=dated), feed())
    early = [*told(poller, begin + 10 * gap_s, end)]
    assert states(early).count("silent") <= 1  # as long as little is known of it
    (*_, (time, one)) = told(poller, end, times[-1] + 2 * at_most_s)
    assert one.state == "silent"
    assert at_least_s <= time - times[-1] <= at_most_s
    if dated:
        assert one.since == at(times[-1])
    assert "nothing new for" in one.detail


def test_silence_ends_with_the_first_entry() -> None:
    times = [*by_chance(600, -2 * WEEK, 0), *by_chance(600, 2 * DAY, 4 * DAY)]
    poller = Poller(Source(times), feed())
    list(told(poller, -WEEK, 0))
    found = [*told(poller, 0, 4 * DAY)]
    assert states(found) == ["silent", "recovered"]
    assert found[1][0] - 2 * DAY < 2 * HOUR


def test_silent_feed_is_asked_without_validators() -> None:
    poller = Poller(Source(by_chance(600, -2 * WEEK, 0)), feed())
    list(poller.run(-WEEK, 0))
    assert poller.state.etag
    list(poller.run(0, DAY))
    assert now_wrong(poller.state, DAY) == ["silent"]
    assert (poller.state.etag, poller.state.validators_url) == ("", "")


def test_night_is_no_silence() -> None:
    poller = Poller(Source(by_chance(900, -3 * WEEK, 3 * WEEK, waking=True)), feed())
    assert list(told(poller, 0, 3 * WEEK)) == []


def test_news_that_another_feed_gave_before_is_a_sign_of_life() -> None:
    poller = Poller(Source(by_chance(600, -2 * WEEK, 0)), feed())
    list(poller.run(-WEEK, 0))
    state = poller.state
    for hour in range(1, 48):
        state = fine(state, hour * HOUR, newest=at(hour * HOUR - 60))
    assert now_wrong(state, 2 * DAY) == []


def test_feed_without_habit_is_not_silent() -> None:
    state = fine(FeedState(), 0)
    for day in range(1, 60):
        state = fine(state, day * DAY)
    assert now_wrong(state, 60 * DAY) == []


def test_outage_is_no_silence() -> None:
    poller = Poller(Source(by_chance(600, -2 * WEEK, 3 * DAY)), feed())
    list(poller.run(-WEEK, 0))
    state = failing(poller.state, 0, 2 * DAY)
    assert now_wrong(state, 2 * DAY) == ["failing"]


def test_empty_answers() -> None:
    state = fine(FeedState(), 0)
    for minute in (0, 20, 40, 60):
        assert now_wrong(state, 2 * HOUR) == []
        state = fine(state, HOUR + minute * 60, entries=0, kept=0)
    (one,) = troubles("wire", state, at(3 * HOUR))
    assert (one.state, one.since, one.detail) == ("silent", at(HOUR), "It answers without entries. It used to show 9.")
    same = after(state, Poll(304, URL), (), feed(), at(4 * HOUR))
    assert now_wrong(same, 4 * HOUR) == ["silent"]
    assert now_wrong(fine(same, 5 * HOUR), 5 * HOUR) == ["recovered"]


def test_feed_that_is_empty_from_the_start_may_be_so_for_a_day() -> None:
    state = FeedState()
    for hour in range(23):
        state = fine(state, hour * HOUR, entries=0, kept=0)
        assert now_wrong(state, hour * HOUR) == []
    state = fine(state, 25 * HOUR, entries=0, kept=0)
    assert [one.detail for one in troubles("wire", state, at(DAY))] == [
        "It answers without entries. It has never shown any."
    ]


# ── flooding ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("gap_s", "flood_gap_s", "wrong"), [
    (3 * HOUR, 120.0, ["flooding", "recovered"]),
    (600, 25.0, ["flooding", "recovered"]),
    (600, 300.0, []),
    (DAY, 4 * HOUR, []),
])
def test_flood(gap_s: float, flood_gap_s: float, wrong: list[str]) -> None:
    flood = by_chance(flood_gap_s, 10.1 * DAY, 11.3 * DAY)
    times = sorted([*by_chance(gap_s, -WEEK, 20 * DAY), *flood])
    poller = Poller(Source(times, window=200), feed())
    found = [(time, one) for time, one in told(poller, 0, 15 * DAY) if one.state != "silent"]
    assert states(found) == wrong
    if wrong:
        assert 10.1 * DAY < found[0][0] < 11 * DAY
        assert found[1][1].detail == "It was flooding."
        assert found[1][0] < 14 * DAY
        assert "new entries in a day, usually" in found[0][1].detail


def test_flood_that_stays_becomes_the_usual() -> None:
    times = [*by_chance(3 * HOUR, -WEEK, 5 * DAY), *by_chance(200, 5 * DAY, 40 * DAY)]
    poller = Poller(Source(times, window=100), feed())
    assert [state for state in states([*told(poller, 0, 40 * DAY)]) if state != "silent"] == ["flooding", "recovered"]


def test_first_look_and_catching_up_are_no_flood() -> None:
    poller = Poller(Source(by_chance(600, -30 * DAY, 30 * DAY), window=3000), feed())
    assert list(told(poller, 0, 5 * DAY)) == []
    assert list(told(poller, 12 * DAY, 14 * DAY)) == []  # this machine was off for a week


# ── moved, gone ───────────────────────────────────────────────────────────────────────────────────────────


def test_moved() -> None:
    state, found = FeedState(), []
    for hour in range(8):
        before = state
        hops = () if state.moved_to else ((301, URL, "https://new.example/rss"),)
        state = fine(state, hour * HOUR, url="https://new.example/rss", redirects=hops)
        found += began("wire", before, state, at(hour * HOUR))
    (one,) = found
    assert (one.state, one.since) == ("moved", at(2 * HOUR))
    assert "https://new.example/rss" in one.detail
    assert now_wrong(state, 9 * HOUR) == ["moved"]


def test_gone_and_back() -> None:
    state = fine(FeedState(), 0)
    gone = after(state, Poll(error="http-410", status=410), (), feed(), at(DAY))
    (one,) = began("wire", state, gone, at(DAY))
    assert (one.state, one.since) == ("gone", at(DAY))
    again = after(gone, Poll(error="http-410", status=410), (), feed(), at(8 * DAY))
    assert began("wire", gone, again, at(8 * DAY)) == ()
    (back,) = began("wire", again, fine(again, 15 * DAY), at(15 * DAY))
    assert (back.state, back.detail) == ("recovered", "It was gone.")


def test_being_well_again_is_forgotten_after_a_week() -> None:
    state = fine(failing(fine(FeedState(), -HOUR), 0, DAY), 2 * DAY)
    assert now_wrong(state, 8 * DAY) == ["recovered"]
    assert now_wrong(state, 10 * DAY) == []


def test_new_feed_is_well() -> None:
    assert troubles("wire", FeedState(), at(0)) == ()


# ── a law ─────────────────────────────────────────────────────────────────────────────────────────────────

_polls = st.one_of(
    st.builds(Poll, error=st.sampled_from(["timeout", "http-410"]), status=st.sampled_from([None, 410])),
    st.builds(Poll, st.just(304), st.just(URL)),
    st.builds(lambda n: Poll(200, URL, entries=n, kept=n), st.integers(0, 40)),
)


@settings(max_examples=150)
@given(st.lists(st.tuples(_polls, st.integers(0, 40), st.sampled_from([600, 3600, 20_000, 90_000, 600_000]),
                          st.tuples(st.integers(0, 3), st.integers(0, 3))), max_size=25))
def test_an_occurrence_never_begins_twice(steps: list[tuple[Poll, int, int, tuple[int, int]]]) -> None:
    state, now, seen = FeedState(), 0.0, set()
    for poll, new, pause_s, read in steps:
        now += pause_s
        before = state
        state = articles(after(state, poll, [None] * new, feed(), at(now)), *read, at(now))
        for one in began("wire", before, state, at(now)):
            assert one.since <= at(now)
            assert (one.state, one.since, one.detail) not in seen
            seen.add((one.state, one.since, one.detail))
        assert began("wire", state, replace(state), at(now)) == ()
        assert {one.state for one in troubles("wire", state, at(now))} <= {
            "failing", "gone", "silent", "flooding", "moved", "recovered"
        }
