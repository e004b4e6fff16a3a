"""The stores beside each other on the same synthetic stories and questions: import and search with facets.

    python -m tests.bench.bench_stores [--stories 100000] [--stores embedded,fts5,elastic] [--keep DIR] [--write]

embedded: `Archive` on SQLite and tantivy. fts5: SQLite's own full-text search (fts5.py), the baseline. elastic: the
same `Archive` on Elasticsearch, where a server is (WIREWATCH_TEST_ELASTICSEARCH, or the one of tests/servers).
Each question is asked five times; the first of them, too, counts. Memory is that of this process, at its largest,
without mapped files; that of an Elasticsearch server is not in it.
"""

import argparse
import contextlib
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from pipeline.config import StoreSettings
from pipeline.core.query import Query, parse
from pipeline.stores import open_store
from pipeline.stores.base import Archive, Facet, batched
from tests.bench.fts5 import Fts5
from tests.bench.report import milliseconds, percentile, table, write_section
from tests.bench.synthetic import NOW, questions, stories

BATCH: Final = 1_000
REFRESH_EVERY: Final = 50_000
TIMES: Final = 5
FACETS: Final[tuple[Facet, ...]] = ("topic", "source", "country", "lang", "status")


class Measured:
    """A store under test: how it takes stories, and how it answers."""

    def __init__(self, name: str, index: Callable[[list[Any]], Any], refresh: Callable[[], Any],
                 search: Callable[[Query], int], size: Callable[[], int]) -> None:
        self.name, self.index, self.refresh, self.search, self.size = name, index, refresh, search, size


def of_archive(name: str, archive: Archive) -> Measured:
    def search(query: Query) -> int:
        return archive.search(query, now=NOW, limit=20, facets=FACETS, timeline="day").total

    return Measured(name, archive.index, archive.refresh, search, lambda: int(archive.status()["size_bytes"]))


@contextlib.contextmanager
def opened(name: str, folder: Path) -> Iterator[Measured]:
    if name == "embedded":
        store = open_store(str(folder / "embedded"), StoreSettings())
        yield of_archive("embedded (SQLite + tantivy)", store.archive)
        store.close()
    elif name == "fts5":
        fts5 = Fts5(folder / "fts5")
        yield Measured("SQLite FTS5", fts5.index, lambda: None, lambda query: fts5.search(query, NOW)[0],
                       lambda: sum(path.stat().st_size for path in (folder / "fts5").iterdir()))
    else:
        with elastic_url() as url:
            store = open_store(url, StoreSettings(index_prefix="bench-stores", wait_s=600))
            yield of_archive("Elasticsearch", store.archive)
            store.close()


@contextlib.contextmanager
def elastic_url() -> Iterator[str]:
    if given := os.environ.get("WIREWATCH_TEST_ELASTICSEARCH"):
        yield given
        return
    from tests.servers import elasticsearch

    with elasticsearch.running() as server:
        yield server.url


def fill(store: Measured, count: int) -> tuple[float, list[int]]:
    """Seconds that importing took, without making the stories up; and memory in MB as it went."""
    seconds, memory = 0.0, []
    for number, batch in enumerate(batched(stories(count), BATCH), 1):
        started = time.perf_counter()
        store.index(batch)
        if number * BATCH % REFRESH_EVERY == 0:
            store.refresh()
        seconds += time.perf_counter() - started
        if number * BATCH % REFRESH_EVERY == 0:
            memory.append(resident())
            done = number * BATCH
            print(f"  {done:,} stories, {done / seconds:,.0f} a second, {memory[-1]} MB", flush=True)
    started = time.perf_counter()
    store.refresh()
    return seconds + time.perf_counter() - started, memory or [resident()]


def ask(store: Measured, asked: list[tuple[str, str]]) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Seconds of each answer by kind of question, and how many stories each question finds."""
    times: dict[str, list[float]] = defaultdict(list)
    totals = {}
    for kind, text in asked:
        query = parse(text)
        for _ in range(TIMES):
            started = time.perf_counter()
            totals[text] = store.search(query)
            times[kind].append(time.perf_counter() - started)
    return times, totals


def resident() -> int:
    """MB of memory that is this process's own: files mapped into it, which the system may drop, do not count."""
    if Path("/proc/self/status").exists():
        own = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
        if own:
            return int(own[1]) // 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10


def from_the_shell(folder: Path, times: int = 20) -> list[float]:
    """Seconds that `wirewatch search` takes as a command, all in."""
    out = []
    for number in range(times):
        query = questions()[number * 7][1]
        command = [sys.executable, "-m", "pipeline", "search", query, "--store", str(folder / "embedded"), "--json"]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2])
        out.append(time.perf_counter() - started)
    return out


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--stories", type=int, default=int(os.environ.get("WIREWATCH_BENCH_STORIES", "100000")))
    arguments.add_argument("--stores", default="embedded,fts5,elastic")
    arguments.add_argument("--keep", type=Path, help="work in this folder and leave the stores there")
    arguments.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="wirewatch-bench-"))
    folder.mkdir(exist_ok=True)
    asked = questions()
    overall, kinds, found, shell = [], {}, {}, ""
    try:
        for name in given.stores.split(","):
            print(f"{name}: importing {given.stories:,} stories", flush=True)
            with opened(name, folder) as store:
                seconds, memory = fill(store, given.stories)
                size = store.size()
                kinds[store.name], found[store.name] = ask(store, asked)
            every = sorted(second for seconds_ in kinds[store.name].values() for second in seconds_)
            overall.append((store.name, f"{given.stories / seconds:,.0f}", f"{size / 2**20:,.0f}", max(memory),
                            milliseconds(statistics.median(every)), milliseconds(percentile(every, 95)),
                            milliseconds(every[-1])))
            print(f"  {overall[-1]}", flush=True)
            if name == "embedded":
                median = statistics.median(from_the_shell(folder))
                shell = f"`wirewatch search` as a command, median of 20: {median:.2f} s."
                print(f"  {shell}", flush=True)
        for text in {text for totals in found.values() for text in totals}:
            assert len({totals[text] for totals in found.values()}) == 1, f"the stores disagree on {text}"
    finally:
        if not given.keep:
            shutil.rmtree(folder)
    by_kind = [(kind, *(f"{milliseconds(statistics.median(times[kind]))} / {milliseconds(percentile(times[kind], 95))}"
                        for times in kinds.values())) for kind in dict(asked)]
    text = "\n\n".join((
        f"{given.stories:,} synthetic stories (190 words on average, `tests/bench/synthetic.py`); {len(asked)} "
        f"questions, each asked {TIMES} times: the 20 newest hits, the exact total, five facets and the days. All "
        f"stores found the same number of stories for every question.",
        table(("store", "stories imported a second", "size, MB", "memory, MB", "median, ms", "p95, ms", "worst, ms"),
              overall),
        "Milliseconds by kind of question, median / 95th percentile:",
        table(("question", *kinds), by_kind),
        shell,
    ))
    print(text)
    if given.write:
        write_section(f"stores-{given.stories}", f"Stores at {given.stories:,} stories", text)


if __name__ == "__main__":
    main()
