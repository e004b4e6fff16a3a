"""The client's good manners and good sense against a well-behaved server."""

import asyncio
import json
import pickle
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from subprocess import run as run_process
from sys import executable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import NetworkSettings
from pipeline.core.errors import ConfigError, FetchError
from pipeline.net import Client, Exchange, Headers, Response, Validators, fetch_once
from pipeline.net.client import user_agent
from pipeline.net.response import parse_retry_after
from tests.net.behaviours import CODERS, TEXT, answers, redirects, says
from tests.net.servers import Site, client, run, serving

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_an_answer_is_a_plain_value() -> None:
    async def scenario() -> Response:
        site = Site()
        site.add("/feed?x=1", body=TEXT, Content_Type="text/xml", X_Two="a", ETag='"1"')
        async with serving(site) as port, client() as fetcher:
            response = await fetcher.fetch(f"http://Feeds.Example:{port}/feed?x=1#top")
            assert response.url == f"http://feeds.example:{port}/feed?x=1"
            assert response.requested == f"http://Feeds.Example:{port}/feed?x=1#top"
            sent = site.asked[0].headers
            assert sent["user-agent"].startswith("Wirewatch/")
            assert sent["user-agent"].endswith("(+https://github.com/wirewatch/wirewatch)")
            assert sent["accept-encoding"] == "gzip, deflate, br, zstd"
            assert sent["host"] == f"feeds.example:{port}"
            assert "cookie" not in sent
            return response

    response = run(scenario())
    assert (response.status, response.body, response.content_type) == (200, TEXT, "text/xml")
    assert response.headers["x-tWO"] == "a"
    assert 0 < response.elapsed_s < 5
    assert not response.not_modified
    assert pickle.loads(pickle.dumps(response)) == response  # noqa: S301
    assert response.headers.get("nothing") is None


def test_headers_keep_their_order_and_join_repeated_fields() -> None:
    headers = Headers((("Link", "<a>"), ("B", "2"), ("link", "<b>")))
    assert dict(headers) == {"link": "<a>, <b>", "b": "2"}
    assert len(headers) == 2
    assert "LINK" in headers
    assert headers == Headers(headers.fields)


@pytest.mark.parametrize("name", CODERS)
def test_every_coding_is_undone(name: str) -> None:
    token, code = CODERS[name]

    async def scenario() -> None:
        async with serving(answers(code(TEXT), f"Content-Encoding: {token}")) as port, client() as fetcher:
            assert (await fetcher.fetch(f"http://x.example:{port}/")).body == TEXT

    run(scenario())


@pytest.mark.parametrize(("handler", "body"), [
    (answers(b""), b""),
    (answers(b"", "Content-Encoding: gzip"), b""),
    (answers(b"", status="204 No Content"), b""),
    (answers(b"ab", "Content-Encoding: identity"), b"ab"),
    (answers(b"x" * 100_000), b"x" * 100_000),
    (answers(b"", "Content-Encoding: br", status="206 Partial Content"), b""),
    (says(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"), b"until the end"),
    (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"), b"ab"),
    (says(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"), b"ab"),
    (says(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab"), b"ab"),
    (says(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nab"), b"ab"),
    (answers(b"ab", *(f"Set-Cookie: c{n}={'x' * 900}" for n in range(60))), b"ab"),
    (answers(b"ab", "Content-Security-Policy: " + "x" * 12_000), b"ab"),
])
def test_unusual_but_good_answers(handler: object, body: bytes) -> None:
    async def scenario() -> None:
        async with serving(handler) as port, client(max_bytes=100_000) as fetcher:  # type: ignore[arg-type]
            assert (await fetcher.fetch(f"http://x.example:{port}/")).body == body

    run(scenario())


def test_headers_that_are_not_utf8_do_no_harm() -> None:
    async def scenario() -> None:
        head = b"HTTP/1.1 200 D\xe9j\xe0 vu\r\nX-Name: caf\xe9 \xe2\x82\xac\r\nContent-Length: 0\r\n\r\n"
        async with serving(says(head)) as port, client() as fetcher:
            response = await fetcher.fetch(f"http://x.example:{port}/")
        assert response.headers["x-name"] == "caf\ufffd \N{EURO SIGN}"
        json.dumps(response.headers.fields).encode()

    run(scenario())


def test_not_modified_costs_no_body() -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/feed", body=TEXT, ETag='"v1"', Last_Modified="Tue, 24 Nov 2026 00:00:00 GMT")
        async with serving(site) as port, client() as fetcher:
            first = await fetcher.fetch(f"http://x.example:{port}/feed")
            assert first.validators == Validators(first.url, '"v1"', "Tue, 24 Nov 2026 00:00:00 GMT")
            second = await fetcher.fetch(first.url, validators=first.validators)
            assert second.not_modified
            assert second.body == b""
            sent = site.asked[1].headers
            assert sent["if-none-match"] == '"v1"'
            assert sent["if-modified-since"] == "Tue, 24 Nov 2026 00:00:00 GMT"

    run(scenario())


def test_validators_go_to_their_own_url_and_to_no_other() -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/old", 301, Location="/new")
        site.add("/new", body=b"x", ETag='"v1"')
        site.add("/other", body=b"x", ETag='"v1"')
        async with serving(site) as port, client() as fetcher:
            base = f"http://x.example:{port}"
            of_old = Validators(f"{base}/old", '"v1"', "yesterday")
            of_new = Validators(f"http://X.example:{port}/new#part", '"v1"')
            assert (await fetcher.fetch(f"{base}/old", validators=of_old)).status == 200
            assert (await fetcher.fetch(f"{base}/old", validators=of_new)).status == 304
            assert (await fetcher.fetch(f"{base}/other", validators=of_new)).status == 200
            assert (await fetcher.fetch(f"http://y.example:{port}/new", validators=of_new)).status == 200
            with pytest.raises(FetchError, match="404"):
                await fetcher.fetch(f"{base}/new/", validators=of_new)
        told = [(request.path, "if-none-match" in request.headers) for request in site.asked]
        assert told == [("/old", True), ("/new", False), ("/old", False), ("/new", True), ("/other", False),
                        ("/new", False), ("/new/", False)]

    run(scenario())


def test_redirects_are_seen() -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/a", 301, Location="b?q=1")
        site.add("/b?q=1", 308, Location="//y.example:{port}/c")
        site.add("/c", 302, Location="/gone")
        async with serving(site) as port, client() as fetcher:
            site.add("/b?q=1", 308, Location=f"//y.example:{port}/c#frag")
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://x.example:{port}/a")
            x, y = f"http://x.example:{port}", f"http://y.example:{port}"
            hops = ((301, f"{x}/a", f"{x}/b?q=1"), (308, f"{x}/b?q=1", f"{y}/c"), (302, f"{y}/c", f"{y}/gone"))
            assert caught.value.redirects == hops
            assert (caught.value.reason, caught.value.status, caught.value.url) == ("http-404", 404, f"{y}/gone")
            site.add("/gone", body=b"back")
            response = await fetcher.fetch(f"{x}/a")
            assert (response.body, response.url, response.redirects) == (b"back", f"{y}/gone", hops)

    run(scenario())


@pytest.mark.parametrize(("location", "path"), [
    ("/é", "/%C3%A9"), ("/a b", "/a%20b"), ("../x/./y", "/x/y"), ("?q", "/start?q"), ("/caf\udce9", "/caf%E9"),
    ("  /x  ", "/x"), ("/%7Euser", "/%7Euser"),
])
def test_places_of_redirects_as_servers_write_them(location: str, path: str) -> None:
    async def scenario() -> None:
        head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        paths: list[bytes] = []

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            paths.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1])
            fine = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            writer.write(head.encode("utf-8", "surrogateescape") if len(paths) == 1 else fine)

        async with serving(handler) as port, client() as fetcher:
            await fetcher.fetch(f"http://x.example:{port}/start")
        assert paths[1].decode() == path

    run(scenario())


def test_secrets_stay_with_their_origin() -> None:
    async def scenario() -> None:
        site = Site()
        async with serving(site) as port, client() as fetcher:
            site.add("/same", 302, Location="/end")
            site.add("/away", 302, Location=f"http://y.example:{port}/end")
            site.add("/end", body=b"x")
            given = {"Authorization": "Bearer secret", "Cookie": "a=b", "X-Api-Key": "secret", "Accept": "text/xml",
                     "user-agent": "Mine/1"}
            await fetcher.fetch(f"http://x.example:{port}/same", headers=given)
            await fetcher.fetch(f"http://x.example:{port}/away", headers=given)
        same, away = site.asked[1].headers, site.asked[3].headers
        assert (same["authorization"], same["cookie"], same["x-api-key"]) == ("Bearer secret", "a=b", "secret")
        assert not {"authorization", "cookie", "x-api-key"} & away.keys()
        assert (away["accept"], away["user-agent"]) == ("text/xml", "Mine/1")

    run(scenario())


@pytest.mark.parametrize(("status", "method", "body"), [
    (301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"{}"), (308, "POST", b"{}"),
])
def test_a_post_that_is_redirected(status: int, method: str, body: bytes) -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/hook", status, Location="/done")
        site.add("/done", body=b"ok")
        async with serving(site) as port, client() as fetcher:
            await fetcher.fetch(f"http://x.example:{port}/hook", method="POST", data=b"{}",
                                headers={"Content-Type": "application/json"})
        first, second = site.asked
        assert (first.method, first.body, first.headers["content-type"]) == ("POST", b"{}", "application/json")
        assert (second.method, second.body) == (method, body)
        assert ("content-type" in second.headers) is bool(body)

    run(scenario())


def test_post_redirect_get_to_the_same_url_is_no_circle() -> None:
    async def scenario() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            post = (await reader.readuntil(b"\r\n\r\n")).startswith(b"POST")
            writer.write(b"HTTP/1.1 303 See Other\r\nLocation: /\r\nContent-Length: 0\r\n\r\n" if post
                         else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        async with serving(handler) as port, client() as fetcher:
            assert (await fetcher.fetch(f"http://x.example:{port}/", method="POST", data=b"x")).body == b"ok"

    run(scenario())


def test_head_has_no_body() -> None:
    async def scenario() -> None:
        head = says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        async with serving(head) as port, client() as fetcher:
            response = await fetcher.fetch(f"http://x.example:{port}/", method="HEAD")
        assert (response.status, response.body) == (200, b"")

    run(scenario())


@pytest.mark.parametrize(("value", "seconds"), [
    ("120", 120.0), (" 0 ", 0.0), ("Tue, 24 Nov 2026 12:02:00 GMT", 120.0), ("Tuesday, 24-Nov-26 12:02:00 GMT", 120.0),
    ("Tue, 24 Nov 2026 13:02:00 +0100", 120.0), ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0), ("soon", None), ("", None),
    ("-5", None), ("1.5", None), ("Tue, 99 Nov 2026 12:02:00 GMT", None), ("٣", None),
    ("9" * 400, 999_999_999_999.0),
])
def test_retry_after(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_is_total(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


def test_retry_after_is_told() -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/s", 503, Retry_After="77")
        site.add("/d", 429, Retry_After=format_datetime(datetime(2090, 1, 1, tzinfo=UTC), usegmt=True))
        site.add("/n", 500)
        async with serving(site) as port, client() as fetcher:
            told = []
            for path in "sdn":
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(f"http://x.example:{port}/{path}")
                told.append(caught.value.retry_after_s)
        assert told[0] == 77
        assert told[1] is not None
        assert told[1] > 1e9
        assert told[2] is None

    run(scenario())


def test_limits_of_one_request() -> None:
    async def scenario() -> None:
        site = Site(think_s=0.2)
        site.add("/", body=b"x" * 1000)
        async with serving(site) as port, client() as fetcher:
            url = f"http://x.example:{port}/"
            assert len((await fetcher.fetch(url, max_bytes=1000)).body) == 1000
            with pytest.raises(FetchError, match=r"larger|announced") as large:
                await fetcher.fetch(url, max_bytes=999)
            with pytest.raises(FetchError, match=r"within 0\.1 s") as slow:
                await fetcher.fetch(url, timeout_s=0.1)
        assert (large.value.reason, slow.value.reason) == ("too-large", "timeout")

    run(scenario())


def test_redirects_share_one_deadline() -> None:
    async def scenario() -> None:
        site = Site(think_s=0.2)
        for number in range(5):
            site.add(f"/{number}", 302, Location=f"/{number + 1}")
        async with serving(site) as port, client() as fetcher:
            started = time.monotonic()
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://x.example:{port}/0", timeout_s=0.5)
            assert time.monotonic() - started < 0.8
        assert caught.value.reason == "timeout"
        assert len(caught.value.redirects) == 2

    run(scenario())


def test_connect_to_sends_everything_to_one_server_under_its_own_name() -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/a?b", 301, Location="https://two.example:8443/c")
        site.add("/c", body=b"here")
        async with serving(site) as port:
            settings = NetworkSettings(connect_to={"*": f"http://127.0.0.1:{port}"}, per_host_delay_s=0)
            async with Client(settings) as fetcher:
                response = await fetcher.fetch("https://one.example/a?b")
                assert response.url == "https://two.example:8443/c"
                assert response.body == b"here"
                assert [request.headers["host"] for request in site.asked] == ["one.example", "two.example:8443"]
                assert (await fetcher.fetch("http://odd.example:8181/c")).body == b"here"
                assert (await fetcher.fetch("http://8.8.8.8/c")).body == b"here"
                # what may not be asked for stays so
                for url in ("http://10.0.0.1/c", "http://169.254.169.254/c", "http://127.0.0.1/c", "http://[::1]/c",
                            "http://2130706433/c", "http://localhost/c", "http://u:p@one.example/c"):
                    with pytest.raises(FetchError):
                        await fetcher.fetch(url)
                site.add("/evil", 302, Location="http://169.254.169.254/c")
                with pytest.raises(FetchError, match="link-local"):
                    await fetcher.fetch("http://one.example/evil")

    run(scenario())


def test_connect_to_of_one_host() -> None:
    async def scenario() -> None:
        named, rest, direct = Site(), Site(), Site()
        for site in (named, rest, direct):
            site.add("/", body=b"x")
        async with serving(named) as a, serving(rest) as b, serving(direct) as c:
            routes = {"One.example": f"http://127.0.0.1:{a}/", "10.0.0.7": f"http://localhost:{a}",
                      "*": f"http://127.0.0.1:{b}"}
            async with client(connect_to=routes) as fetcher:
                await fetcher.fetch("http://ONE.example./")
                await fetcher.fetch("http://10.0.0.7:9200/")  # named by the operator: exempt
                await fetcher.fetch("http://three.example/")
                await fetcher.fetch(f"http://127.0.0.1:{c}/")  # this machine itself is not sent elsewhere
            assert [request.headers["host"] for request in named.asked] == ["one.example", "10.0.0.7:9200"]
            assert (len(rest.asked), len(direct.asked)) == (1, 1)

    run(scenario())


@pytest.mark.parametrize("base", ["127.0.0.1:80", "https://127.0.0.1:80", "http://127.0.0.1:80/path", "http://u@h", ""])
def test_connect_to_must_be_a_plain_server(base: str) -> None:
    with pytest.raises(ConfigError, match="connect_to"):
        Client(NetworkSettings(connect_to={"*": base}))


@pytest.mark.parametrize("headers", [
    {"X": "a\r\nY: b"}, {"X\n": "a"}, {"Host": "x"}, {"connection": "upgrade"}, {"If-None-Match": "x"},
    {"Transfer-Encoding": "chunked"}, {"X": "a\x00"},
])
def test_headers_that_must_not_be_given(headers: dict[str, str]) -> None:
    async def scenario() -> None:
        async with client() as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://x.example/", headers=headers)
        assert caught.value.reason == "request"

    run(scenario())


def test_a_secret_with_a_newline_at_its_end_is_forgiven() -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/", body=b"x")
        async with serving(site) as port, client() as fetcher:
            await fetcher.fetch(f"http://x.example:{port}/", headers={"X-Key": "secret\n"})
        assert site.asked[0].headers["x-key"] == "secret"

    run(scenario())


@pytest.mark.parametrize("contact", ["a\r\nb", "café", "a\x00"])
def test_a_contact_that_fits_no_header(contact: str) -> None:
    with pytest.raises(ConfigError, match=r"network\.contact"):
        user_agent(contact)


def test_connections_are_kept_only_where_others_wait() -> None:
    async def scenario() -> None:
        site = Site(think_s=0.02)
        site.add("/", body=b"x")
        async with serving(site) as port, client(per_host_concurrency=1) as fetcher:
            await asyncio.gather(*(fetcher.fetch(f"http://x.example:{port}/") for _ in range(10)))
            assert site.connections == 2  # the first request could not know of the others
            for _ in range(3):
                await fetcher.fetch(f"http://x.example:{port}/")
            assert site.connections == 5

    run(scenario())


def test_fetch_once_needs_no_loop() -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        settings = NetworkSettings(allow_loopback=True)
        assert fetch_once(settings, url, method="POST", data=b"ping").body == b"ping"
        with pytest.raises(FetchError):
            fetch_once(NetworkSettings(), url)
        server.shutdown()


def test_every_exchange_is_recorded() -> None:
    async def scenario() -> None:
        seen: list[Exchange] = []
        site = Site()
        site.add("/a", 302, Location="/b")
        site.add("/b", body=b"x", Content_Type="text/plain")
        async with serving(site) as port:
            settings = NetworkSettings(allow_loopback=True, per_host_delay_s=0)
            async with Client(settings, recorder=seen.append) as fetcher:
                await fetcher.fetch(f"http://127.0.0.1:{port}/a")
                with pytest.raises(FetchError):
                    await fetcher.fetch(f"http://127.0.0.1:{port}/c", method="POST", data=b"d")
        assert [(e.method, e.url.rpartition("/")[2], e.status, e.body, e.request_body) for e in seen] == [
            ("GET", "a", 302, b"", b""), ("GET", "b", 200, b"x", b""), ("POST", "c", 404, b"", b"d"),
        ]
        assert seen[1].headers["content-type"] == "text/plain"
        assert seen[1].request_headers["host"] == f"127.0.0.1:{port}"

    run(scenario())


def test_a_mapped_host_cannot_redirect_inside() -> None:
    async def scenario() -> None:
        async with (serving(redirects("https://169.254.169.254/")) as port,
                    client(connect_to={"a.example": f"http://127.0.0.1:{port}"}) as fetcher):
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("https://a.example/x/y")
        assert caught.value.reason == "forbidden-address"

    run(scenario())


def test_importing_the_door_does_not_open_it() -> None:
    """aiohttp and the decoders are loaded with the first client, not with the first import."""
    code = ("import sys, pipeline.net; "
            "print([m for m in ('aiohttp', 'yarl', 'brotli', 'zstandard', 'protego', 'warcio') if m in sys.modules])")
    root = Path(__file__).parents[2]
    done = run_process([executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
