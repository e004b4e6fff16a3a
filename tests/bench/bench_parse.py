"""Feeds and pages read: beside bare feedparser and trafilatura on the same bytes, and those made to hang a reader.

    python -m tests.bench.bench_parse [--rounds 3] [--write]

The feeds and pages are the real ones of `../shared/eval/wire`. Computing time, best of some rounds for each body.
"""

import argparse
import gzip
import io
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import feedparser
import trafilatura

from pipeline.core.errors import ReadError
from pipeline.extract import extract_article
from pipeline.feeds.parse import parse_feed
from pipeline.flow import reading
from pipeline.flow.reading import apart
from tests.bench.report import milliseconds, percentile, table, write_section
from tests.extract.test_hostile_pages import PAGES
from tests.feeds.hostile import FEEDS

WIRE = Path(__file__).parents[3] / "shared" / "eval" / "wire"
URL = "https://outlet.example/a"
SLOWEST = 12


def seconds(read: Callable[[bytes], object], bodies: Sequence[bytes], rounds: int) -> list[float]:
    """Computing time for each body, the best of some rounds."""
    best = [float("inf")] * len(bodies)
    for _ in range(rounds):
        for place, body in enumerate(bodies):
            begun = time.thread_time()
            read(body)
            best[place] = min(best[place], time.thread_time() - begun)
    return best


def compared(rounds: int) -> list[tuple[object, ...]]:
    feeds = [path.read_bytes() for path in sorted(WIRE.glob("feeds/*")) if path.suffix != ".json"]
    pages = [gzip.decompress(path.read_bytes()) for path in sorted(WIRE.glob("articles/*.html.gz"))]
    rows: list[tuple[object, ...]] = []
    for what, bodies, ours, name, bare in (
        ("feeds", feeds, lambda body: parse_feed(body, feed="f", url=URL),
         "feedparser", lambda body: feedparser.parse(io.BytesIO(body))),
        ("pages", pages, lambda body: extract_article(body, url=URL),
         "trafilatura", lambda body: trafilatura.bare_extraction(body, url=URL)),
    ):
        for work in (ours, bare):  # what is imported and compiled at the first use
            work(bodies[0])
        theirs, own = seconds(bare, bodies, rounds), seconds(ours, bodies, rounds)
        for reader, took in ((f"bare {name}", theirs), ("wirewatch", own)):
            rows.append((f"{len(bodies)} {what}", reader, milliseconds(statistics.mean(took)),
                         milliseconds(statistics.median(took)), milliseconds(percentile(took, 99)),
                         milliseconds(max(took)), f"{sum(took) / sum(theirs):.2f}"))
    return rows


def overhead_s(calls: int = 2000) -> float:
    """What a call of the helper costs, with 100 kB to hand over; in real time, for two processes work."""
    body = b"x" * 100_000
    apart(len, body)
    took = []
    for _ in range(calls):
        begun = time.perf_counter()
        apart(len, body)
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def hostile() -> list[tuple[float, str, int, str]]:
    """Real seconds, name, bytes and outcome of each feed and page, the slowest first."""
    rows = []
    cases: list[tuple[str, Any, bytes, dict[str, str]]] = [
        *((f"feed: {name}", parse_feed, body, {"feed": "f"}) for name, body in FEEDS.items()),
        *((f"page: {name}", extract_article, page.encode(), {}) for name, page in PAGES.items()),
    ]
    for name, read, body, more in cases:
        begun = time.perf_counter()
        try:
            apart(read, body, url=URL, **more)
            outcome = "read"
        except ReadError as error:
            outcome = error.reason
        rows.append((time.perf_counter() - begun, name, len(body), outcome))
    return sorted(rows, reverse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    bench = table(("bodies", "reader", "ms, mean", "median", "99th percentile", "longest", "times bare"),
                  compared(chosen.rounds))
    cases = hostile()
    told = table(("made to hang", "kB", "outcome", "seconds"),
                 [(name, f"{size / 1000:,.0f}", outcome, f"{took:.1f}")
                  for took, name, size, outcome in cases[:SLOWEST]])
    hung = f"{cases[0][0]:.1f} s"
    text = (f"Real feeds and pages, computing time for each. Wirewatch decodes, bounds and dates what it hands to "
            f"feedparser {feedparser.__version__}, and cleans, checks and reads metadata around trafilatura "
            f"{trafilatura.__version__}; both bare with their defaults, on the same bytes in the same run.\n\n"
            f"{bench}\n\nBoth run in a helper process, ended after {reading.LIMIT_S:g} seconds of computing time, "
            f"{reading.REAL_S:g} in all, or at {reading.MEMORY_BYTES >> 30} GB; a call costs "
            f"{milliseconds(overhead_s())} ms more. {len(cases)} feeds and pages made to hang a parser were read, or "
            f"cut off, in {hung} of real time or less (goal: 10); the slowest:\n\n{told}")
    print(text)
    if chosen.write:
        write_section("parse", "Feeds and pages read", text)


if __name__ == "__main__":
    main()
