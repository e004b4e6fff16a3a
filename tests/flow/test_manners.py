"""No host sees more requests at once, or sooner after one another, than it may: measured at the server."""

import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.workspace import Workspace
from tests.faults.passes import feeds_of, wire

DELAY_S, AT_ONCE = 0.2, 2


class Watching(ThreadingHTTPServer):
    """Serves the wire slowly, and notes when each host was asked and how many of its requests were under way."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, think_s: float, feeds: int, items: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
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
        answer = self.server.pages.get(host + self.path)
        body = answer.body if answer else b""
        with self.server.lock:
            self.server.open[host] -= 1
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", answer.content_type if answer else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize(("delay_s", "think_s"), [(DELAY_S, 0.0), (0.0, 0.15)])
def test_four_workers_keep_each_hosts_pace(tmp_path: Path, delay_s: float, think_s: float) -> None:
    server = Watching(think_s, feeds=8, items=6)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        workspace = Workspace.make(
            tmp_path, server=f"http://127.0.0.1:{server.server_address[1]}", feeds=feeds_of(8),
            network={"per_host_delay_s": delay_s, "per_host_concurrency": AT_ONCE, "robots": "articles"},
        )
        assert workspace.json("run", "--workers", "4")["stories"]["indexed"] == 48
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert len(server.asked) == 8
    assert all(len(times) == 1 + 1 + 6 for times in server.asked.values())  # feed, robots.txt, pages
    assert max(server.most.values()) <= AT_ONCE
    closest = min(later - earlier for times in server.asked.values() for earlier, later in pairwise(times))
    assert closest >= delay_s - 0.01
