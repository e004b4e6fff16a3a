"""No host sees more requests at once, or closer together, than it was promised: decided, and measured at servers."""

import asyncio
import math
import time
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import FetchError
from pipeline.net.manners import Pace, Turns
from tests.net.servers import Site, client, run, serving

_EARLY_S = 0.004
"""A server notes a request when its loop gets round to it: the first of two may be noted late."""


@given(st.integers(1, 4), st.floats(0, 5), st.lists(st.tuples(st.floats(0, 3), st.sampled_from("esl")), max_size=60))
def test_pace_keeps_its_promise(at_once: int, delay_s: float, steps: list[tuple[float, str]]) -> None:
    """Whatever happens in whatever order: never more at once, never written closer together than the delay."""
    pace, now, unsent, sent_at = Pace(at_once, delay_s), 0.0, 0, []
    for wait, step in steps:
        now += wait
        if step == "e" and pace.ready_in(now) == 0:
            assert not sent_at or now >= sent_at[-1] + delay_s
            pace.enter()
            unsent += 1
        elif step == "s" and unsent:
            pace.sent(now)
            unsent -= 1
            sent_at.append(now)
        elif step == "l" and pace.active:
            was_sent = pace.active > unsent
            pace.leave(now, sent=was_sent)
            if not was_sent:
                unsent -= 1
                sent_at.append(now)
        assert 0 <= pace.active <= at_once
    if delay_s > 0:
        assert all(later - earlier >= delay_s - 1e-9 for earlier, later in pairwise(sent_at))
    assert (pace.ready_in(now) == math.inf) == (pace.active >= at_once or pace.starting)


def test_a_host_that_was_never_asked_is_ready() -> None:
    assert Pace(1, 10.0).ready_in(0.0) == 0
    assert Pace(1, 10.0).forgettable(0.0)


def test_turns_come_in_order() -> None:
    async def scenario() -> None:
        turns, order = Turns(per_host=1, total=10), []

        async def one(number: int) -> None:
            async with turns.turn("http://x.example/", 0.01) as turn:
                order.append(number)
                turn.sent()

        await asyncio.gather(*(one(number) for number in range(20)))
        assert order == list(range(20))

    run(scenario())


def test_who_gives_up_in_line_holds_up_nobody() -> None:
    async def scenario() -> None:
        turns = Turns(per_host=1, total=10)

        async def one(hold_s: float) -> None:
            async with turns.turn("http://x.example/", 0.02) as turn:
                turn.sent()
                await asyncio.sleep(hold_s)

        for pause in (0.0, 0.005, 0.02, 0.021, 0.03, 0.04):
            tasks = [asyncio.create_task(one(0.01)) for _ in range(6)]
            await asyncio.sleep(pause)
            for task in tasks[::2]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert all(task.done() and (task.cancelled() or task.exception() is None) for task in tasks)
            async with asyncio.timeout(1), turns.turn("http://x.example/", 0.0):
                pass
        assert len(turns) == 0

    run(scenario())


def test_a_request_that_fails_before_it_is_written_counts() -> None:
    async def scenario() -> None:
        turns = Turns(per_host=2, total=10)
        with pytest.raises(OSError, match="refused"):
            async with turns.turn("http://x.example/", 0.1):
                raise OSError("refused")
        started = time.monotonic()
        async with turns.turn("http://x.example/", 0.1):
            assert time.monotonic() - started > 0.09

    run(scenario())


def test_www_and_ports_are_one_host() -> None:
    async def scenario() -> None:
        turns = Turns(per_host=1, total=10)
        async with turns.turn("http://www.x.example/", 0):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), turns.turn("https://x.example:8443/", 0):
                    pass
            async with asyncio.timeout(0.05), turns.turn("http://y.example/", 0):
                pass

    run(scenario())


def test_idle_hosts_are_forgotten() -> None:
    async def scenario() -> None:
        turns = Turns(per_host=1, total=1000)
        for number in range(3000):
            async with turns.turn(f"http://h{number}.example/", 0) as turn:
                turn.sent()
        assert len(turns) == 0
        for number in range(3000):
            async with turns.turn(f"http://h{number}.example/", 0.001) as turn:
                turn.sent()
        await asyncio.sleep(0.01)
        async with turns.turn("http://x.example/", 0.001) as turn:
            turn.sent()
        assert len(turns) < 1000

    run(scenario())


def _gaps(site: Site) -> dict[str, list[float]]:
    times = defaultdict(list)
    for request in site.asked:
        times[request.headers["host"]].append(request.at)
    return {host: [later - earlier for earlier, later in pairwise(seen)] for host, seen in times.items()}


def test_spacing_and_concurrency_as_the_server_sees_them() -> None:
    async def scenario() -> None:
        site = Site(think_s=0.12)
        site.add("/", body=b"x")
        async with (serving(site) as port,
                    client(per_host_delay_s=0.05, per_host_concurrency=2, concurrency=40) as fetcher):
            await asyncio.gather(*(fetcher.fetch(f"http://h{n % 8}.example:{port}/") for n in range(64)))
        assert len(site.asked) == 64
        assert set(site.most_at_once.values()) == {2}
        assert min(min(gaps) for gaps in _gaps(site).values()) >= 0.05 - _EARLY_S

    run(scenario())


def test_slow_connecting_does_not_bring_requests_together() -> None:
    """The first request to a host waits for its name; the second must not overtake and land beside it."""
    async def slow_name(host: str) -> list[str]:
        await asyncio.sleep(0.2)
        return ["127.0.0.1"]

    async def scenario() -> None:
        from pipeline.config import NetworkSettings
        from pipeline.net import Client

        site = Site()
        site.add("/", body=b"x")
        settings = NetworkSettings(allow_loopback=True, per_host_delay_s=0.1, per_host_concurrency=4)
        async with serving(site) as port, Client(settings, resolver=slow_name) as fetcher:
            await asyncio.gather(*(fetcher.fetch(f"http://x.example:{port}/") for _ in range(4)))
        assert min(_gaps(site)[f"x.example:{port}"]) >= 0.1 - _EARLY_S

    run(scenario())


def test_without_delay_only_concurrency_is_bounded() -> None:
    async def scenario() -> None:
        site = Site(think_s=0.01)
        site.add("/", body=b"x")
        async with serving(site) as port, client(per_host_concurrency=3, concurrency=5) as fetcher:
            await asyncio.gather(*(fetcher.fetch(f"http://h{n % 3}.example:{port}/") for n in range(60)))
        assert 2 <= max(site.most_at_once.values()) <= 3

    run(scenario())


def test_waiting_in_line_does_not_count_against_the_time_limit() -> None:
    async def scenario() -> None:
        site = Site(think_s=0.1)
        site.add("/", body=b"x")
        async with serving(site) as port, client(per_host_concurrency=1, timeout_s=0.3) as fetcher:
            started = time.monotonic()
            responses = await asyncio.gather(*(fetcher.fetch(f"http://x.example:{port}/") for _ in range(6)))
            assert time.monotonic() - started >= 0.6
            assert max(response.elapsed_s for response in responses) < 0.3

    run(scenario())


def test_every_hop_of_a_redirect_waits_its_turn() -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/a", 302, Location="/b")
        site.add("/b", 302, Location="/c")
        site.add("/c", body=b"x")
        async with serving(site) as port, client(per_host_delay_s=0.1, per_host_concurrency=1) as fetcher:
            await asyncio.gather(*(fetcher.fetch(f"http://x.example:{port}/a") for _ in range(2)))
        assert len(site.asked) == 6
        assert min(_gaps(site)[f"x.example:{port}"]) >= 0.1 - _EARLY_S

    run(scenario())


def test_cancelled_fetches_give_their_turns_back() -> None:
    async def scenario() -> None:
        site = Site(think_s=5)
        site.add("/", body=b"x")
        async with serving(site) as port, client(per_host_concurrency=2, concurrency=2) as fetcher:
            tasks = [asyncio.create_task(fetcher.fetch(f"http://x.example:{port}/")) for _ in range(6)]
            await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            site.think_s = 0
            assert (await fetcher.fetch(f"http://x.example:{port}/")).body == b"x"
            assert len(fetcher._turns) == 0

    run(scenario())


def test_failures_give_their_turns_back() -> None:
    async def scenario() -> None:
        async with serving(Site()) as port, client(per_host_concurrency=1, concurrency=1) as fetcher:
            for _ in range(5):
                with pytest.raises(FetchError, match="404"):
                    await fetcher.fetch(f"http://x.example:{port}/")
            assert len(fetcher._turns) == 0

    run(scenario())
