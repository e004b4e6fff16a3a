"""Many feeds on loopback of which nine in ten have nothing new: one pass, beside the library `reader`; cost per feed.

    python -m tests.bench.bench_feeds [--feeds 10000] [--entries 20] [--scale 1000,5000,10000,50000] [--write]

`reader` is installed into an environment of its own for the length of the run. What is measured is a whole process
from its start to its end, with all processes that it starts; memory is the largest sum at one moment.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.bench.feed_server import HOSTS, feed_url
from tests.bench.processes import Cost, measured
from tests.bench.report import table, write_section
from tests.e2e.workspace import REPOSITORY, Workspace

READER = ("reader==3.26", "sgmllib3k")  # feedparser needs the second one, which it does not bring there
UPDATE = """
import logging, sys
from reader import make_reader
reader = make_reader("reader.sqlite")
if sys.argv[1] == "add":
    for url in open("urls.txt"):
        reader.add_feed(url.strip(), allow_invalid_url=True)
    sys.exit()
new = failed = 0
for result in reader.update_feeds_iter(scheduled=False, workers=int(sys.argv[2])):
    if isinstance(result.value, Exception):
        failed += 1
    elif result.value is not None:
        new += result.value.new
print(f'{{"new": {new}, "failed": {failed}}}')
"""


class Server:
    """`feed_server` in a process of its own."""

    def __init__(self, entries: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.feed_server", str(entries)], cwd=REPOSITORY, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self._port}"

    def round(self, number: int) -> None:
        connection = HTTPConnection("127.0.0.1", self._port)
        connection.request("POST", f"/round/{number}")
        assert connection.getresponse().status == 200
        connection.close()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextmanager
def serving(entries: int) -> Iterator[Server]:
    server = Server(entries)
    try:
        yield server
    finally:
        server.close()


def passes(root: Path, server: Server, feeds: int, workers: int) -> list[tuple[Cost, int]]:
    """A first pass and one in which nine of ten feeds are unchanged: what each cost, and its new entries."""
    chosen = [{"url": feed_url(number), "id": f"f{number}", "full_text": "feed"} for number in range(feeds)]
    workspace = Workspace.make(root, server=server.url, feeds=chosen)
    done = []
    for number in (0, 1):
        server.round(number)
        cost = measured(workspace.command("run", "--json", "--workers", str(workers)), root, workspace.environment)
        summary = json.loads(cost.output)
        if number:
            changed = feeds // 10
            assert summary["feeds"] == {"due": feeds, "ok": changed, "not_modified": feeds - changed, "failed": 0}
        done.append((cost, summary["entries"]["new"]))
    return done


def updates(root: Path, server: Server, feeds: int, workers: int) -> list[tuple[Cost, int]]:
    """The same by `reader`, which is sent to the server as to a proxy."""
    venv.create(root / "venv", with_pip=True)
    python = str(root / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *READER], check=True)
    (root / "urls.txt").write_text("\n".join(map(feed_url, range(feeds))))
    environment = {**os.environ, "http_proxy": server.url, "no_proxy": ""}
    measured([python, "-c", UPDATE, "add"], root, environment)
    done = []
    for number in (0, 1):
        server.round(number)
        cost = measured([python, "-c", UPDATE, "update", str(workers)], root, environment)
        counted = json.loads(cost.output)
        assert counted["failed"] == 0
        done.append((cost, counted["new"]))
    return done


def row(name: str, cost: Cost, new: int) -> tuple[str, str, str, str, str]:
    return name, f"{new:,}", f"{cost.seconds:.1f}", f"{cost.cpu_s:.1f}", f"{cost.memory_mb:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scale", default="1000,5000,10000,50000")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(chosen.entries) as server:
        root = Path(folder)
        ours = passes(root / "ours", server, chosen.feeds, chosen.workers)
        for name, (cost, new) in zip(("first", "second"), ours, strict=True):
            print("wirewatch", row(name, cost, new), flush=True)
        (root / "reader").mkdir()
        theirs = updates(root / "reader", server, chosen.feeds, chosen.workers)
    both = table(("pass", "new entries", "seconds", "CPU seconds", "memory, MB"), [
        row(f"wirewatch, {chosen.workers} workers: 90 % unchanged", *ours[1]),
        row(f"reader, {chosen.workers} threads: 90 % unchanged", *theirs[1]),
        row("wirewatch: all new, indexed, clustered, topics found", *ours[0]),
        row("reader: all new", *theirs[0]),
    ])
    print(both, flush=True)
    rows = []
    for feeds in filter(None, chosen.scale.split(",")):
        with tempfile.TemporaryDirectory() as folder, serving(1) as server:
            _, (cost, _) = passes(Path(folder) / "ours", server, int(feeds), chosen.workers)
        each = (f"{cost.seconds / int(feeds) * 1000:.2f}", f"{cost.cpu_s / int(feeds) * 1000:.2f}")
        rows.append((f"{int(feeds):,}", f"{cost.seconds:.1f}", *each, f"{cost.memory_mb:.0f}"))
        print(rows[-1], flush=True)
    flat = table(("feeds", "seconds", "ms a feed", "CPU ms a feed", "memory, MB"), rows)
    text = (
        f"{chosen.feeds:,} feeds of {chosen.entries} entries on {HOSTS:,} host names, served on loopback. Of ten feeds "
        "one has a new entry; of the others half answer 304, half the same body again. Whole processes, their start "
        f"included; memory of all processes together (goals: 60 s, 1,000 MB). {READER[0].replace('==', ' ')} polls the "
        "same feeds of the same server in the same run; it keeps entries, and does not index, cluster or look for "
        f"topics.\n\n{both}\n\nCost of a feed by their number, feeds of one entry, 90 % unchanged:\n\n{flat}"
    )
    if chosen.write:
        write_section("feeds", "Ten thousand feeds", text)


if __name__ == "__main__":
    main()
