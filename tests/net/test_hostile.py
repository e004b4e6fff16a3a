"""Every forbidden URL and every hostile server is refused with its reason, in bounded time, and the next goes on."""

import asyncio
import errno
import gzip
import os
import random
import socket
import time
from contextlib import AsyncExitStack

import pytest

from pipeline.config import NetworkSettings
from pipeline.core.errors import FetchError
from pipeline.net import Client
from tests.net.behaviours import BEHAVIOURS, OK, answers, redirects, says
from tests.net.forbidden import FORBIDDEN, NAMES
from tests.net.servers import Handler, Site, client, run, serving, to_loopback


async def _by_table(host: str) -> list[str]:
    if host == "gone.example":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return NAMES.get(host, ["127.0.0.1"])


_FAULTS = int(os.environ.get("WIREWATCH_TEST_FAULTS", "500"))
_QUICK = NetworkSettings(allow_loopback=True, per_host_delay_s=0, timeout_s=0.7, max_bytes=100_000, max_redirects=3)


def test_the_list_is_long_enough() -> None:
    assert len(FORBIDDEN) + len(BEHAVIOURS) >= 400


def test_every_forbidden_url_is_refused_by_the_client() -> None:
    async def scenario() -> None:
        async with Client(NetworkSettings(per_host_delay_s=0), resolver=_by_table) as fetcher:
            for url, reason in FORBIDDEN:
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(url)
                assert caught.value.reason == reason, url
                assert caught.value.redirects == ()
                assert "\n" not in str(caught.value)
                assert "secret" not in str(caught.value)

    run(scenario())


def test_every_behaviour_is_refused_in_time() -> None:
    async def one(name: str, handler: Handler, reason: str) -> str | None:
        async with serving(handler) as port, Client(_QUICK, resolver=_by_table) as fetcher:
            started = time.monotonic()
            try:
                response = await fetcher.fetch(f"http://bad.example:{port}/")
            except FetchError as error:
                took_s = time.monotonic() - started
                if error.reason not in reason.split("|"):
                    return f"{name}: {error.reason} instead of {reason}: {error}"
                if took_s > 6:
                    return f"{name}: took {took_s:.1f} s"
                return None if len(str(error)) < 900 and "\n" not in str(error) else f"{name}: unreadable {error}"
            return f"{name}: passed with {response.status}, {len(response.body)} bytes"

    async def scenario() -> list[str | None]:
        waiting = {name: behaviour for name, behaviour in BEHAVIOURS.items() if behaviour[1] == "timeout"}
        problems = await asyncio.gather(*(one(name, *behaviour) for name, behaviour in waiting.items()))
        for name in BEHAVIOURS.keys() - waiting.keys():
            problems.append(await one(name, *BEHAVIOURS[name]))
        return problems

    assert [problem for problem in run(scenario(), 60) if problem] == []


def test_good_servers_are_answered_beside_bad_ones() -> None:
    async def scenario() -> None:
        bad = [BEHAVIOURS[name][0] for name in (
            "body, drop by drop", "endless headers", "bomb: gzip", "says nothing", "redirect to itself", "garbage")]
        site = Site()
        site.add("/", body=b"fine")
        async with AsyncExitStack() as stack:
            ports = [await stack.enter_async_context(serving(handler)) for handler in bad]
            port = await stack.enter_async_context(serving(site))
            fetcher = await stack.enter_async_context(client(timeout_s=1, max_bytes=100_000))
            pending = [asyncio.create_task(fetcher.fetch(f"http://bad{one}.example:{one}/")) for one in ports * 3]
            for number in range(20):
                assert (await fetcher.fetch(f"http://good{number}.example:{port}/")).body == b"fine"
            results = await asyncio.gather(*pending, return_exceptions=True)
            assert all(isinstance(result, FetchError) for result in results)

    run(scenario())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_loops_end(status: int) -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/a", status, Location="/b")
        site.add("/b", status, Location="/a")
        for number in range(9):
            site.add(f"/{number}", status, Location=f"/{number + 1}")
        async with serving(site) as port, client(max_redirects=4) as fetcher:
            with pytest.raises(FetchError, match="circle") as circle:
                await fetcher.fetch(f"http://x.example:{port}/a")
            assert len(site.asked) == 2
            with pytest.raises(FetchError, match="more than 4") as long:
                await fetcher.fetch(f"http://x.example:{port}/0")
            assert len(site.asked) == 2 + 5
        assert circle.value.reason == long.value.reason == "redirects"
        assert [hop[0] for hop in long.value.redirects] == [status] * 5

    run(scenario())


def test_a_name_that_changes_between_lookups_does_not_get_through() -> None:
    """First an allowed address, then one inside: each connection is made to the address that was checked."""
    answers_given = iter([["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "192.168.0.1"]])

    async def changing(host: str) -> list[str]:
        return next(answers_given)

    async def scenario() -> None:
        async with serving(answers(b"fine")) as port:
            settings = NetworkSettings(allow_loopback=True, per_host_delay_s=0, timeout_s=2)
            async with Client(settings, resolver=changing) as fetcher:
                assert (await fetcher.fetch(f"http://rebind.example:{port}/")).body == b"fine"
                # the checked address is remembered for a while, so a second look-up needs another name or port
                for other in ("rebind2.example", "rebind3.example", "rebind4.example"):
                    with pytest.raises(FetchError) as caught:
                        await fetcher.fetch(f"http://{other}:8080/")
                    assert caught.value.reason == "forbidden-address"

    run(scenario())


def test_public_then_loopback_is_refused_at_lookup_and_at_the_socket() -> None:
    from pipeline.net.refusal import Refusal
    from pipeline.net.transport import _Gate

    given = iter([["93.184.216.34"], ["127.0.0.1"], ["::1"], ["93.184.216.34", "127.0.0.1"]])

    async def changing(host: str) -> list[str]:
        return next(given)

    async def scenario() -> None:
        gate = _Gate(changing, NetworkSettings())
        assert [found["host"] for found in await gate.resolve("rebind.example", 80)] == ["93.184.216.34"]
        for _ in range(3):
            with pytest.raises(Refusal) as caught:
                await gate.resolve("rebind.example", 80)
            assert caught.value.reason == "forbidden-address"
        for place in (("127.0.0.1", 80), ("10.0.0.1", 80), ("8.8.8.8", 22), ("::1", 80, 0, 0), ("0.0.0.0", 80)):
            family = socket.AF_INET6 if ":" in str(place[0]) else socket.AF_INET
            with pytest.raises(PermissionError):
                gate.socket((family, socket.SOCK_STREAM, 0, "", place))
        gate.shut()

    run(scenario())


def test_a_forbidden_redirect_is_named_with_where_it_came_from() -> None:
    async def scenario() -> None:
        async with serving(redirects("http://169.254.169.254/secret")) as port, client() as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://feeds.example:{port}/rss")
        assert caught.value.url == "http://169.254.169.254/secret"
        assert str(caught.value) == (
            "http://169.254.169.254/secret: 169.254.169.254 is a link-local address "
            f"(redirected there by http://feeds.example:{port}/rss)"
        )

    run(scenario())


def test_loopback_is_refused_without_the_setting() -> None:
    async def scenario() -> None:
        site = Site()
        async with serving(site) as port, Client(NetworkSettings(per_host_delay_s=0), resolver=to_loopback) as fetcher:
            for url in (f"http://127.0.0.1:{port}/", f"http://x.example:{port}/", f"http://localhost:{port}/"):
                with pytest.raises(FetchError):
                    await fetcher.fetch(url)
            assert site.connections == 0

    run(scenario())


def test_nobody_there() -> None:
    async def scenario() -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        async with client() as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://x.example:{port}/")
        assert caught.value.reason == "connect"
        assert "Connection refused" in str(caught.value)

    run(scenario())


def test_unknown_name() -> None:
    async def scenario() -> None:
        async with Client(NetworkSettings(per_host_delay_s=0), resolver=_by_table) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://gone.example/")
        assert caught.value.reason == "dns"
        assert str(caught.value) == (
            "http://gone.example/: no address is known for the name gone.example (Name or service not known)"
        )

    run(scenario())


def test_connecting_takes_no_longer_than_allowed() -> None:
    """A listener whose queue is full answers nothing at all."""
    async def scenario() -> None:
        with socket.socket() as deaf, socket.socket() as one, socket.socket() as two:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            for filler in (one, two):
                filler.setblocking(False)
                assert filler.connect_ex(deaf.getsockname()) == errno.EINPROGRESS
            async with client(connect_timeout_s=0.3) as fetcher:
                started = time.monotonic()
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(f"http://x.example:{deaf.getsockname()[1]}/")
                assert time.monotonic() - started < 1.5
        assert caught.value.reason == "timeout"
        assert "no connection to" in str(caught.value)

    run(scenario())


def test_answers_with_random_faults_are_taken_or_refused() -> None:
    """Bytes changed, dropped and doubled anywhere in good answers: never another exception, never a hang."""
    chance = random.Random(20261124)
    body = b"<rss>" + b"news " * 50 + b"</rss>"
    good = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: x\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(body),
        b"HTTP/1.1 302 Found\r\nLocation: http://next.example/path?query#fragment\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nRetry-After: Tue, 24 Nov 2026 12:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
    ]

    def spoilt() -> bytes:
        data = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data))
            fault = chance.randrange(4)
            if fault == 0:
                data[place] = chance.randrange(256)
            elif fault == 1:
                del data[place:place + chance.randint(1, 20)]
            elif fault == 2:
                data[place:place] = data[place:place + chance.randint(1, 20)]
            else:
                data[place:place] = chance.choice([b"\r\n", b"\0", b": ", b"\xff\xfe", b"-1", b"%0d", b"\n\n"])
            if not data:
                return b""
        return bytes(data)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(spoilt())

    async def scenario() -> set[str]:
        seen = set()
        async with serving(handler) as port, client(timeout_s=1, connect_timeout_s=1, max_redirects=0) as fetcher:
            for number in range(_FAULTS):
                try:
                    await fetcher.fetch(f"http://h{number}.example:{port}/")
                    seen.add("taken")
                except FetchError as error:
                    seen.add(error.reason)
        return seen

    assert {"taken", "protocol", "redirects", "http-503", "encoding"} <= run(scenario(), 600)


def test_a_hostile_pass_leaves_no_connection_and_no_host_behind() -> None:
    async def scenario() -> None:
        async with serving(says(OK + b"\r\n", b"x", then="forever", every_s=0.05)) as port, client() as fetcher:
            results = await asyncio.gather(
                *(fetcher.fetch(f"http://h{n}.example:{port}/", timeout_s=0.3) for n in range(20)),
                return_exceptions=True,
            )
            assert {getattr(result, "reason", None) for result in results} == {"timeout"}
            assert len(fetcher._turns) == 0

    run(scenario())
