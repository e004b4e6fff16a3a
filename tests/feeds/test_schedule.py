"""When a feed is polled, and what is remembered of it."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.story import from_plain, to_plain
from pipeline.feeds import rhythm, schedule
from pipeline.feeds.parse import Hints
from pipeline.feeds.schedule import FeedState, Poll, address, after, current, fresh_s, is_due, may_poll
from tests.feeds.polling import DAY, HOUR, NOW, WEEK, Poller, Source, at, feed, seconds

URL = "https://wire.example/rss"
NEW = "https://new.example/rss"


def wait_s(state: FeedState, now: float = 0) -> float:
    assert state.due is not None
    return seconds(state.due) - now


def ok(**keys: Any) -> Poll:
    return Poll(**{"status": 200, "url": URL, "entries": 20, "kept": 20, **keys})


def settled(gap_s: float, days: float = 14, **keys: Any) -> FeedState:
    """The state of a feed that has shown an entry every `gap_s` seconds in the mean, just polled at NOW."""
    by_chance = Random(7)
    times = sorted(-by_chance.uniform(0, days * DAY) for _ in range(int(days * DAY / gap_s)))
    poller = Poller(Source(times, window=len(times)), feed(**keys))
    poller.poll(0)
    return poller.state


# ── the interval ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("gap_s", "least_s", "most_s"), [
    (60, 300, 330),
    (5 * 60, 350, 600),
    (3600, 1400, 2200),
    (DAY, 5000, 12_000),
])
def test_interval_grows_with_the_square_root_of_the_gap(gap_s: float, least_s: float, most_s: float) -> None:
    assert least_s <= wait_s(settled(gap_s)) <= most_s


def test_bounds_of_the_operator_hold() -> None:
    assert wait_s(settled(60, interval_min_s=900)) >= 900
    assert wait_s(settled(DAY, interval_max_s=1200)) <= 1200
    same = settled(3600, interval_min_s=700, interval_max_s=700)
    assert wait_s(same) == 700


def test_quiet_nights_are_polled_less_than_busy_days() -> None:
    times = [day * DAY + hour * HOUR + k * 360 for day in range(-14, 7) for hour in range(8, 20) for k in range(10)]
    poller = Poller(Source(times, window=60), feed())
    polls = [time for time in poller.run(0, 7 * DAY) if time > 2 * DAY]
    night = sum(time % DAY < 6 * HOUR for time in polls) / 6
    day = sum(9 * HOUR <= time % DAY < 18 * HOUR for time in polls) / 9
    assert day > 3 * night > 0


def test_desk_that_publishes_on_the_hour_is_polled_just_after() -> None:
    times = [hour * HOUR for hour in range(-10 * 24, 3 * 24)]
    poller = Poller(Source(times, window=60), feed())
    delays: dict[float, float] = {}
    polls = [time for time in poller.run(0, 3 * DAY) if time > DAY]
    for time in polls:
        delays.setdefault(time // HOUR, time % HOUR)
    assert sum(delays.values()) / len(delays) < 0.6 * (2 * DAY / len(polls)) / 2


def test_feed_that_shows_nothing_old_is_polled_again_at_once() -> None:
    state = settled(6 * HOUR)
    assert wait_s(after(state, ok(), [None] * 3, feed(), at(HOUR)), HOUR) > 600
    assert 300 <= wait_s(after(state, ok(), [None] * 20, feed(), at(HOUR)), HOUR) <= 330


def test_short_feed_is_polled_before_it_has_turned_over() -> None:
    times = [-k * 600.0 for k in range(2000, -1, -1)]
    long, short = (Poller(Source(times, window=window), feed()) for window in (100, 2))
    for poller in (long, short):
        for time in (-4000.0, -2000.0, 0.0):
            poller.poll(time)
    assert wait_s(short.state) < wait_s(long.state)


def test_without_news_the_interval_grows_and_stays_below_a_day() -> None:
    state, now, waits = settled(600), 0.0, []
    for _ in range(400):
        now += wait_s(state, now)
        state = after(state, Poll(304, URL), (), feed(), at(now))
        waits.append(wait_s(state, now))
    assert waits[0] < 1500
    assert waits[-1] > 3 * waits[0]
    assert max(waits) <= DAY


@pytest.mark.parametrize("gap_s", [120.0, 3600.0, DAY])
def test_jitter_is_small_and_spreads_feeds(gap_s: float) -> None:
    waits = [wait_s(settled(gap_s, 2, id=f"feed-{n}")) for n in range(40)]
    assert max(waits) / min(waits) <= 1.23
    assert len({round(wait, 1) for wait in waits}) > 35
    assert waits[0] == wait_s(settled(gap_s, 2, id="feed-0"))


# ── hints ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("gap_s", "poll", "least_s", "most_s"), [
    (600, ok(kept=1000, hints=Hints(ttl_s=3600)), 3240, 3960),  # at most an hour where it gives more often
    (600, ok(kept=1000, hints=Hints(ttl_s=30 * 86_400)), 3240, 3960),
    (600, ok(kept=1000, fresh_s=2400), 2160, 2640),
    (600, ok(kept=1000, hints=Hints(period_s=86_400)), 300, 1200),  # "daily" is not so
    (DAY, ok(hints=Hints(period_s=3 * 3600)), 9000, 12_000),
    (DAY, ok(hints=Hints(ttl_s=86_400)), 0.6 * DAY, DAY),
    (DAY, ok(hints=Hints(ttl_s=60)), 5000, 12_000),  # a hint lengthens, and never shortens
    (600, ok(kept=4, hints=Hints(ttl_s=3600)), 300, 1320),  # half of four entries are replaced in 20 minutes
])
def test_hints_lengthen_within_reason(gap_s: float, poll: Poll, least_s: float, most_s: float) -> None:
    state = after(settled(gap_s), poll, (), feed(), NOW)
    assert least_s <= wait_s(state) <= most_s


def test_hint_is_kept_over_answers_without_a_body_and_gives_way_to_the_operator() -> None:
    state = after(settled(600), ok(kept=1000, hints=Hints(ttl_s=3600)), (), feed(), NOW)
    assert wait_s(after(state, Poll(304, URL), (), feed(), at(3600)), 3600) >= 3240
    assert wait_s(after(state, Poll(304, URL), (), feed(interval_max_s=600), at(3600)), 3600) <= 600


@pytest.mark.parametrize(("hints", "hour", "weekday"), [
    (Hints(skip_hours=tuple(range(6))), 6, 0),
    (Hints(skip_hours=(0, 1, 2), skip_days=(0,)), 3, 1),
    (Hints(skip_days=(0, 2)), 0, 1),
])
def test_skipped_hours_and_days(hints: Hints, hour: int, weekday: int) -> None:
    state = after(settled(600), ok(kept=1000, hints=hints), (), feed(interval_max_s=3 * 86_400), NOW)
    assert state.due is not None
    assert (state.due.hour, state.due.weekday()) == (hour, weekday)


def test_feed_that_wants_never_to_be_read_is_read() -> None:
    never = Hints(skip_hours=tuple(range(24)), skip_days=tuple(range(7)))
    assert wait_s(after(settled(600), ok(kept=1000, hints=never), (), feed(), NOW)) < 1300
    weekend = Hints(skip_days=(0, 1, 2, 3, 4, 5))
    assert wait_s(after(settled(600), ok(kept=1000, hints=weekend), (), feed(), NOW)) <= DAY


@pytest.mark.parametrize(("headers", "expected_s"), [
    ({"cache-control": "public, max-age=600"}, 600),
    ({"cache-control": "max-age=600, no-cache"}, 0),
    ({"cache-control": "no-store"}, 0),
    ({"cache-control": "max-age=600", "age": "500"}, 100),
    ({"cache-control": "Max-Age = \"60\"", "expires": "Thu, 05 Mar 2026 12:00:00 GMT"}, 60),
    ({"cache-control": "max-age=abc"}, 0),
    ({"expires": "Thu, 05 Mar 2026 12:30:00 GMT", "date": "Thu, 05 Mar 2026 12:00:00 GMT"}, 1800),
    ({"expires": "Thu, 05 Mar 2026 12:00:00 GMT", "date": "Thu, 05 Mar 2026 12:30:00 GMT"}, 0),
    ({"expires": "0", "date": "Thu, 05 Mar 2026 12:30:00 GMT"}, 0),
    ({"expires": "Thu, 05 Mar 2026 12:30:00", "date": "Thu, 05 Mar 2026 12:00:00 GMT"}, 0),
    ({"cache-control": "max-age=" + "9" * 400}, 999_999_999),
    ({}, 0),
])
def test_freshness_of_an_answer(headers: dict[str, str], expected_s: int) -> None:
    assert fresh_s(headers) == expected_s
    assert Poll.of(200, URL, headers, ()).fresh_s == expected_s


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────


def test_errors_back_off_to_the_longest_interval_and_end_with_the_first_answer() -> None:
    state, now, waits = settled(3600), 0.0, []
    for errors in range(1, 30):
        state = after(state, Poll(error="timeout"), (), feed(), at(now))
        assert (state.errors, state.error) == (errors, "timeout")
        waits.append(wait_s(state, now))
        now += waits[-1]
    assert [round(wait, 3) for wait in waits] == sorted(round(wait, 3) for wait in waits)
    assert waits[0] <= 1.1 * 1800
    assert 0.9 * DAY <= waits[-1] <= DAY
    state = after(state, ok(), [None] * 9, feed(), at(now))
    assert (state.errors, state.error, state.last_success) == (0, "", at(now))
    assert wait_s(state, now) < 2 * HOUR


@pytest.mark.parametrize(("retry_after_s", "least_s", "most_s"), [
    (7200.0, 7200, 7200),
    (3 * DAY, 3 * DAY, 3 * DAY),  # longer than interval_max_s: the server's word counts
    (1e300, WEEK, WEEK),  # but a feed is never given up
    (1.0, 300, 1980),
    (0.0, 300, 1980),
])
def test_retry_after_is_kept(retry_after_s: float, least_s: float, most_s: float) -> None:
    state = after(settled(3600), Poll(error="http-503", status=503, retry_after_s=retry_after_s), (), feed(), NOW)
    assert least_s <= wait_s(state) <= most_s
    if retry_after_s > 1:
        assert not may_poll(state, at(retry_after_s / 2 if retry_after_s < WEEK else DAY))
    assert may_poll(state, at(most_s))
    assert after(state, ok(), (), feed(), at(most_s)).not_before is None


def test_person_may_ask_early_but_not_before_the_server_allows() -> None:
    state = settled(DAY)
    assert not is_due(state, at(60))
    assert may_poll(state, at(60))
    assert is_due(FeedState(), NOW)
    assert may_poll(FeedState(), NOW)


def test_gone_is_asked_again_once_a_week() -> None:
    state = after(settled(3600), Poll(error="http-410", status=410), (), feed(), NOW)
    assert state.gone == NOW
    assert wait_s(state) == WEEK
    for asked in (is_due, may_poll):
        assert not asked(state, at(6 * DAY))
        assert asked(state, at(7 * DAY))
    again = after(state, Poll(error="http-404", status=404), (), feed(), at(WEEK))
    assert again.gone == NOW
    assert wait_s(again, WEEK) == WEEK
    back = after(again, ok(), (), feed(), at(2 * WEEK))
    assert back.gone is None
    assert wait_s(back, 2 * WEEK) <= DAY
    assert current(again, feed(url=NEW)) == FeedState()


# ── moves ─────────────────────────────────────────────────────────────────────────────────────────────────


def hop(status: int, target: str = NEW, source: str = URL) -> tuple[int, str, str]:
    return status, source, target


def polled(*chains: tuple[tuple[int, str, str], ...], state: FeedState | None = None, **keys: Any) -> FeedState:
    state = state or FeedState()
    for number, chain in enumerate(chains):
        end = chain[-1][2] if chain else address(state, feed(**keys))
        state = after(state, ok(url=end, redirects=chain), (), feed(**keys), at(number * HOUR))
    return state


@pytest.mark.parametrize(("chains", "moved_to"), [
    ([(hop(301),)] * 2, ""),
    ([(hop(301),)] * 3, NEW),
    ([(hop(308),)] * 3, NEW),
    ([(hop(302),)] * 9, ""),
    ([(hop(307),)] * 9, ""),
    ([(hop(303),)] * 9, ""),
    ([(hop(301),), (hop(301),), (), (hop(301),)], ""),
    ([(hop(301),), (hop(301),), (hop(302),), (hop(301),)], ""),
    ([(hop(301),), (hop(301),), (hop(301, "https://other.example/"),)], ""),
    ([(hop(301, "https://a.example/"), hop(308, NEW, "https://a.example/"))] * 3, NEW),
    ([(hop(301, "https://a.example/"), hop(302, NEW, "https://a.example/"))] * 3, "https://a.example/"),
    ([(hop(302, "https://a.example/"), hop(301, NEW, "https://a.example/"))] * 3, ""),
])
def test_moves_are_believed_when_seen_consistently(
    chains: list[tuple[tuple[int, str, str], ...]], moved_to: str
) -> None:
    state = polled(*chains)
    assert state.moved_to == moved_to
    assert address(state, feed()) == (moved_to or URL)


def test_answers_without_a_body_count_for_a_move() -> None:
    state = polled((hop(301),))
    for _ in range(2):
        state = after(state, Poll(304, NEW, redirects=(hop(301),)), (), feed(), NOW)
    assert state.moved_to == NEW


def test_any_failure_of_the_new_address_falls_back_to_the_configured_one() -> None:
    moved = polled(*[(hop(301),)] * 3)
    for poll in (Poll(error="timeout"), Poll(error="http-410", status=410), Poll(error="malformed", status=200)):
        state = after(moved, poll, (), feed(), at(5 * HOUR))
        assert address(state, feed()) == URL
        assert state.gone is None
    # Found there again, it has not moved anew; somewhere else it has.
    again = polled(*[(hop(301),)] * 3, state=state)
    assert (again.moved_to, again.moved) == (NEW, moved.moved)
    other = polled(*[(hop(301, "https://other.example/"),)] * 3, state=state)
    assert (other.moved_to, other.moved) == ("https://other.example/", at(2 * HOUR))
    assert polled((), state=state).moved is None


def test_moved_feed_moves_on_and_back() -> None:
    moved = polled(*[(hop(301),)] * 3)
    assert polled((), (), state=moved).moved_to == NEW
    on = polled(*[(hop(301, "https://third.example/", NEW),)] * 3, state=moved)
    assert on.moved_to == "https://third.example/"
    back = polled(*[(hop(301, URL, NEW),)] * 3, state=moved)
    assert (back.moved_to, back.moved) == ("", None)


def test_credentials_are_not_carried_to_another_origin() -> None:
    secret = {"headers": {"Authorization": "Bearer x"}}
    assert polled(*[(hop(301),)] * 5, **secret).moved_to == ""
    inside = "https://wire.example/feeds/rss"
    assert polled(*[(hop(301, inside),)] * 3, **secret).moved_to == inside


def test_another_url_is_another_feed() -> None:
    state = polled(*[(hop(301),)] * 3)
    state = after(state, ok(url=NEW, etag='"1"', body_hash="ab"), (), feed(), at(4 * HOUR))
    assert (state.validators_url, state.etag, state.body_hash) == (NEW, '"1"', "ab")
    moved = feed(url="https://elsewhere.example/rss")
    assert current(state, feed()) is state
    assert current(state, moved) == FeedState()
    assert address(state, moved) == moved.url
    after_ = after(state, Poll(error="timeout"), (), moved, at(5 * HOUR))
    assert (after_.url, after_.etag, after_.moved_to, after_.body_hash) == (moved.url, "", "", "")


def test_validators_belong_to_the_url_that_gave_them() -> None:
    state = after(FeedState(), ok(url=NEW, etag='"1"', last_modified="x", redirects=(hop(302),)), (), feed(), NOW)
    assert (state.validators_url, state.etag, state.last_modified) == (NEW, '"1"', "x")
    kept = after(state, Poll(304, NEW), (), feed(), at(HOUR))
    assert (kept.validators_url, kept.etag, kept.last_modified) == (NEW, '"1"', "x")
    assert after(kept, Poll(error="dns"), (), feed(), at(HOUR)).etag == '"1"'
    none = after(kept, ok(), (), feed(), at(HOUR))
    assert (none.validators_url, none.etag, none.last_modified) == ("", "", "")


def test_unchanged_body_teaches_nothing_but_that() -> None:
    state = after(settled(3600), ok(body_hash="ab"), (), feed(), NOW)
    same = after(state, Poll(200, URL, '"2"', body_hash="ab"), (), feed(), at(HOUR))
    assert (same.rhythm, same.shown, same.etag, same.body_hash) == (state.rhythm, state.shown, '"2"', "ab")


# ── laws ──────────────────────────────────────────────────────────────────────────────────────────────────

_offsets = st.floats(-30 * DAY, DAY)
_dates = st.lists(st.none() | _offsets, max_size=12)
_polls = st.one_of(
    st.builds(lambda reason, status, retry: Poll(error=reason, status=status, retry_after_s=retry),
              st.sampled_from(["timeout", "malformed", "http-410"]), st.sampled_from([None, 200, 410, 503]),
              st.none() | st.floats(0, 1e12)),
    st.builds(lambda chain: Poll(304, URL, redirects=chain), st.sampled_from([(), (hop(301),), (hop(302),)])),
    st.builds(
        lambda entries, fresh, hints, chain: ok(entries=entries, kept=entries, fresh_s=fresh, hints=hints,
                                                redirects=chain),
        st.integers(0, 500), st.integers(0, 10**9),
        st.builds(Hints, st.none() | st.integers(1, 10**8), st.none() | st.integers(1, 10**8),
                  st.lists(st.integers(0, 23), unique=True).map(tuple), st.lists(st.integers(0, 6)).map(tuple)),
        st.sampled_from([(), (hop(301),), (hop(302),)]),
    ),
)
_bounds = st.tuples(st.integers(1, 10**6), st.integers(1, 10**6))
_steps = st.lists(st.tuples(_polls, _dates, st.floats(0, 40 * DAY)), max_size=8)


@settings(max_examples=150)
@given(_steps, _bounds, st.text(max_size=8))
def test_never_given_up_never_out_of_bounds(
    steps: list[tuple[Poll, list[float | None], float]], bounds: tuple[int, int], id: str
) -> None:
    one = feed(interval_min_s=bounds[0], interval_max_s=bounds[1], id=id)
    most_s = max(bounds)
    state, now = FeedState(), 0.0
    for poll, dates, pause_s in steps:
        state = after(state, poll, [None if d is None else at(now + d) for d in dates], one, at(now))
        assert from_plain(FeedState, to_plain(state)) == state
        wait = wait_s(state, now)
        if poll.error and state.gone is not None:
            assert wait == pytest.approx(WEEK)
        elif poll.error and poll.retry_after_s:
            assert wait <= max(most_s, WEEK) + 1e-3
            assert wait >= min(poll.retry_after_s, WEEK) - 1e-3
        else:
            assert bounds[0] - 1e-3 <= wait <= most_s + 1e-3
        now += wait if pause_s > 20 * DAY else pause_s
    assert is_due(state, at(now + wait_s(state, now) + 1)) if steps else is_due(state, NOW)


@given(st.floats(0, 60 * DAY), st.integers(0, 50), st.booleans())
def test_later_without_news_never_means_sooner(pause_s: float, shown: int, dated: bool) -> None:
    poller = Poller(Source([-k * 1800.0 for k in range(40, -1, -1)], dated=dated), feed())
    poller.poll(0)
    known = replace(poller.state.rhythm, minutes=(), hours=(), days=())
    first, later = (rhythm.wait_s(known, at(t), shown=shown, most_s=WEEK) for t in (0, pause_s))
    assert later >= first - 1e-6


@given(st.floats(60, 30 * DAY), st.text(), st.tuples(st.integers(60, 10**5), st.integers(60, 10**7)))
def test_jitter_stays_within_a_tenth_and_the_bounds(wait: float, id: str, bounds: tuple[int, int]) -> None:
    one = feed(interval_min_s=bounds[0], interval_max_s=bounds[1], id=id)
    least, most = bounds[0], max(bounds)
    wait = min(max(wait, least), most)
    moved = schedule._jittered(wait, one)
    assert least <= moved <= most
    assert abs(moved - wait) <= 0.1 * wait + 1e-6
    assert moved == schedule._jittered(wait, one)


@given(st.lists(_offsets.filter(lambda t: t < 0), min_size=1, max_size=40),
       st.lists(st.floats(0, 10 * DAY), min_size=1, max_size=6))
def test_rhythm_counts_everything_once(before: list[float], gaps: list[float]) -> None:
    known = rhythm.begin([at(t) for t in before], NOW)
    now = 0.0
    for gap in gaps:
        now += gap
        known = rhythm.learn(known, [at(now)], at(now))
    for counts in (known.minutes, known.hours, known.days):
        assert sum(counts) == pytest.approx(sum(known.days), abs=0.1)
    assert rhythm.gap_s(known, at(now)) > 0
    year = timedelta(days=364)
    whole = rhythm.expected(known, at(now), at(now) + year)
    parts = [rhythm.expected(known, at(now) + year / 4 * k, at(now) + year / 4 * (k + 1)) for k in range(4)]
    assert whole == pytest.approx(sum(parts), rel=1e-6)
    assert whole == pytest.approx(year.total_seconds() / rhythm.gap_s(known, at(now)), rel=0.02)
