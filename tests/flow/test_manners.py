"""No host sees more requests at once, or sooner after one another, than it may: measured at the server."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.workspace import Workspace
from tests.faults.passes import Passes, feeds_of, wire
from tests.servers.site import Answer, Site

DELAY_S, AT_ONCE = 0.2, 2


class Watching(ThreadingHTTPServer):
    """Serves the wire slowly, and notes when each host was asked and how many of its requests were under way."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, think_s: float, feeds: int, items: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.moved: dict[str, str] = {}
        """Path behind its host -> where it redirects."""
        self.pages = {url.removeprefix("http://"): answer for url, answer in wire(feeds, items).items()}
        self.think_s = think_s
        self.lock = threading.Lock()
        self.asked: dict[str, list[float]] = defaultdict(list)
        self.open: dict[str, int] = defaultdict(int)
        self.most: dict[str, int] = defaultdict(int)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Watching

    def do_GET(self) -> None:
        host = self.headers["Host"]
        with self.server.lock:
            self.server.asked[host].append(time.monotonic())
            self.server.open[host] += 1
            self.server.most[host] = max(self.server.most[host], self.server.open[host])
        time.sleep(self.server.think_s)
        moved = self.server.moved.get(host + self.path)
        answer = self.server.pages.get(host + self.path)
        body = answer.body if answer else b""
        with self.server.lock:
            self.server.open[host] -= 1
        self.send_response(302 if moved else 200 if answer else 404)
        if moved:
            self.send_header("Location", moved)
        self.send_header("Content-Type", answer.content_type if answer else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def watching(think_s: float, feeds: int, items: int) -> Iterator[Watching]:
    server = Watching(think_s, feeds, items)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def workspace_of(root: Path, server: Watching, delay_s: float, robots: str) -> Workspace:
    network = {"per_host_delay_s": delay_s, "per_host_concurrency": AT_ONCE, "robots": robots}
    url = f"http://127.0.0.1:{server.server_address[1]}"
    return Workspace.make(root, server=url, feeds=feeds_of(8), network=network)


def closest(times: list[float]) -> float:
    return min(later - earlier for earlier, later in pairwise(times))


@pytest.mark.parametrize(("delay_s", "think_s"), [(DELAY_S, 0.0), (0.0, 0.15)])
def test_four_workers_keep_each_hosts_pace(tmp_path: Path, delay_s: float, think_s: float) -> None:
    with watching(think_s, feeds=8, items=6) as server:
        workspace = workspace_of(tmp_path, server, delay_s, "articles")
        assert workspace.json("run", "--workers", "4")["stories"]["indexed"] == 48
    assert len(server.asked) == 8
    assert all(len(times) == 1 + 1 + 6 for times in server.asked.values())  # feed, robots.txt, pages
    assert max(server.most.values()) <= AT_ONCE
    assert min(map(closest, server.asked.values())) >= delay_s - 0.01


@pytest.mark.parametrize(("delay_s", "think_s"), [(DELAY_S, 0.0), (0.0, 0.1)])
def test_four_workers_keep_the_pace_of_a_host_to_which_all_redirect(
    tmp_path: Path, delay_s: float, think_s: float
) -> None:
    with watching(think_s, feeds=8, items=2) as server:
        for key in [key for key in server.pages if not key.endswith("/feed")]:
            host, _, path = key.partition("/")
            server.moved[key] = f"http://hub.example/{host}/{path}"
            server.pages[f"hub.example/{host}/{path}"] = server.pages.pop(key)
        workspace = workspace_of(tmp_path, server, delay_s, "ignore")
        assert workspace.json("run", "--workers", "4")["stories"]["indexed"] == 16
    assert len(server.asked["hub.example"]) == 16
    assert server.most["hub.example"] <= AT_ONCE
    assert closest(server.asked["hub.example"]) >= delay_s - 0.01


def test_what_a_host_allows_is_asked_once_a_day(tmp_path: Path) -> None:
    with Site(wire(feeds=1, items=1)) as site:
        passes = Passes.make(tmp_path, site, feeds=feeds_of(1), network={"robots": "all"})
        for hours, asked in ((0, 1), (1, 1), (25, 2)):
            passes.now += timedelta(hours=hours)
            passes.run()
            assert site.requests["outlet0.example/robots.txt"] == asked
        assert site.requests["outlet0.example/feed"] == 3
        site.put("http://outlet0.example/robots.txt", Answer(b"User-agent: *\nDisallow: /", "text/plain"))
        for hours, failed in ((1, 0), (25, 1), (1, 1)):
            passes.now += timedelta(hours=hours)
            assert passes.run().counts.get("feeds.failed", 0) == failed
