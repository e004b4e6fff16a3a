"""The stores beside each other on the same synthetic stories and questions: import and search with facets.

    python -m tests.bench.bench_stores [--stories 100000] [--stores embedded,fts5,elastic] [--keep DIR] [--write]

embedded: `Archive` on SQLite and tantivy. fts5: SQLite's own full-text search (fts5.py), the baseline. elastic: the
same `Archive` on Elasticsearch, where a server is (WIREWATCH_TEST_ELASTICSEARCH, or the one of tests/servers).
Each question is asked five times; the first of them, too, counts. Every store has a process of its own. Memory is that
of this process, at its largest until then, without mapped files; that of an Elasticsearch server (2 GB of heap) is
not in it. CPU seconds are those of the process and of a server that was started here: unlike seconds, they are not
longer where other programs run beside. With --keep, what a store did is kept too, and not measured there again.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.config import StoreSettings
from pipeline.core.query import Query, parse
from pipeline.stores import open_store
from pipeline.stores.base import Archive, Facet, batched
from tests.bench.fts5 import Fts5
from tests.bench.processes import family
from tests.bench.report import milliseconds, percentile, table, write_section
from tests.bench.synthetic import NOW, questions, stories

BATCH: Final = 1_000
REFRESH_EVERY: Final = 50_000
TIMES: Final = 5
FACETS: Final[tuple[Facet, ...]] = ("topic", "source", "country", "lang", "status")
LOOKS: Final = (0.1, 0.5, 1.0)
"""Shares of the import after which memory is told."""


@dataclass(frozen=True)
class Tested:
    """A store under test: how it takes stories, and how it answers; `cpu` is CPU seconds until now."""

    name: str
    index: Callable[[list[Any]], Any]
    refresh: Callable[[], Any]
    search: Callable[[Query], int]
    size: Callable[[], int]
    cpu: Callable[[], float] = time.process_time


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and CPU seconds."""

    seconds: float
    cpu_s: float

    def __truediv__(self, count: int) -> "Cost":
        return Cost(self.seconds / count, self.cpu_s / count)


@dataclass(frozen=True)
class Result:
    """What a store did: import, size in bytes, MB of memory by stories stored, answers by kind, totals by question."""

    name: str
    imported: Cost
    size: int
    memory: dict[int, int]
    answers: dict[str, list[Cost]]
    totals: dict[str, int]


def of_archive(name: str, archive: Archive, cpu: Callable[[], float] = time.process_time) -> Tested:
    def search(query: Query) -> int:
        return archive.search(query, now=NOW, limit=20, facets=FACETS, timeline="day").total

    return Tested(name, archive.index, archive.refresh, search, lambda: int(archive.status()["size_bytes"]), cpu)


@contextlib.contextmanager
def opened(name: str, folder: Path) -> Iterator[Tested]:
    if name == "embedded":
        store = open_store(str(folder / "embedded"), StoreSettings())
        yield of_archive("embedded (SQLite + tantivy)", store.archive)
        store.close()
    elif name == "fts5":
        fts5 = Fts5(folder / "fts5")
        yield Tested("SQLite FTS5", fts5.index, lambda: None, lambda query: fts5.search(query, NOW)[0],
                     lambda: sum(path.stat().st_size for path in (folder / "fts5").iterdir()))
    else:
        with server() as (url, cpu):
            store = open_store(url, StoreSettings(index_prefix="bench-stores", wait_s=600))
            yield of_archive("Elasticsearch", store.archive, cpu)
            store.close()


@contextlib.contextmanager
def server() -> Iterator[tuple[str, Callable[[], float]]]:
    """An Elasticsearch, and the CPU seconds of this process and of it."""
    if given := os.environ.get("WIREWATCH_TEST_ELASTICSEARCH"):
        yield given, time.process_time
        return
    from tests.servers import elasticsearch

    with elasticsearch.running(heap="2g") as started:
        assert started.process is not None
        pids = family(started.process.pid)
        yield started.url, lambda: time.process_time() + sum(map(_cpu_s, pids))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Clock:
    """Adds up what is done within `with`."""

    def __init__(self, cpu: Callable[[], float]) -> None:
        self._cpu = cpu
        self._began = (0.0, 0.0)
        self.cost = Cost(0.0, 0.0)

    def __enter__(self) -> None:
        self._began = time.perf_counter(), self._cpu()

    def __exit__(self, *_: object) -> None:
        began, cpu_began = self._began
        self.cost = Cost(self.cost.seconds + time.perf_counter() - began, self.cost.cpu_s + self._cpu() - cpu_began)


def fill(store: Tested, count: int) -> tuple[Cost, dict[int, int]]:
    """What importing took, without making the stories up; and by stories stored, MB at its largest until then."""
    clock, memory, over = Clock(store.cpu), dict[int, int](), threading.Event()
    most = 0

    def look() -> None:
        nonlocal most
        while not over.wait(0.1):
            most = max(most, resident())

    looking = threading.Thread(target=look)
    looking.start()
    for number, batch in enumerate(batched(stories(count), BATCH), 1):
        done = min(number * BATCH, count)
        with clock:
            store.index(batch)
            if done % REFRESH_EVERY == 0 or done == count:
                store.refresh()
        if done % REFRESH_EVERY == 0:
            cost = clock.cost
            print(f"  {done:,} stories, {done / cost.seconds:,.0f} a second, {done / cost.cpu_s:,.0f} a CPU second, "
                  f"{most} MB at most, {resident()} MB now", flush=True)
        if done in [int(share * count) for share in LOOKS]:
            memory[done] = most
    over.set()
    looking.join()
    return clock.cost, memory


def ask(store: Tested, asked: list[tuple[str, str]]) -> tuple[dict[str, list[Cost]], dict[str, int]]:
    """What each answer took by kind of question, and how many stories each question finds."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    totals = {}
    for kind, text in asked:
        query = parse(text)
        for _ in range(TIMES):
            clock = Clock(store.cpu)
            with clock:
                totals[text] = store.search(query)
            costs[kind].append(clock.cost)
    return dict(costs), totals


def measure(name: str, folder: Path, count: int) -> Result:
    """Everything about one store, in this process."""
    print(f"{name}: importing {count:,} stories", flush=True)
    with opened(name, folder) as store:
        imported, memory = fill(store, count)
        return Result(store.name, imported, store.size(), memory, *ask(store, questions()))


def measured(name: str, folder: Path, count: int) -> Result:
    """`measure` in a process of its own, or what it gave before in this folder."""
    kept = folder / f"{name}-{count}.json"
    if kept.exists():
        of = json.loads(kept.read_text())
        return Result(of["name"], Cost(**of["imported"]), of["size"], {int(at): mb for at, mb in of["memory"].items()},
                      {kind: [Cost(**cost) for cost in costs] for kind, costs in of["answers"].items()}, of["totals"])
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as own:
        result = own.submit(measure, name, folder, count).result()
    kept.write_text(json.dumps(asdict(result)))
    return result


def resident() -> int:
    """MB of memory that is this process's own: files mapped into it, which the system may drop, do not count."""
    if Path("/proc/self/status").exists():
        own = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
        if own:
            return int(own[1]) // 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10


def from_the_shell(folder: Path, times: int = 20) -> list[Cost]:
    """What `wirewatch search` takes as a command, all in."""
    out = []
    for number in range(times):
        query = questions()[number * 7][1]
        command = [sys.executable, "-m", "pipeline", "search", query, "--store", str(folder / "embedded"), "--json"]
        clock = Clock(_cpu_of_children)
        with clock:
            subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2])
        out.append(clock.cost)
    return out


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def overall(result: Result, count: int) -> list[object]:
    """A row of the table over all."""
    every = [cost for costs in result.answers.values() for cost in costs]
    seconds, cpu = [cost.seconds for cost in every], [cost.cpu_s for cost in every]
    return [result.name, f"{count / result.imported.seconds:,.0f}", f"{count / result.imported.cpu_s:,.0f}",
            f"{result.size / 2**20:,.0f}", *(result.memory.get(int(share * count), "") for share in LOOKS),
            *(milliseconds(figure) for figure in (statistics.median(seconds), percentile(seconds, 95), max(seconds),
                                                  statistics.median(cpu), percentile(cpu, 95)))]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--stories", type=int, default=int(os.environ.get("WIREWATCH_BENCH_STORIES", "100000")))
    arguments.add_argument("--stores", default="embedded,fts5,elastic")
    arguments.add_argument("--keep", type=Path, help="work in this folder and leave the stores there")
    arguments.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    given = arguments.parse_args()
    count = given.stories
    folder = given.keep or Path(tempfile.mkdtemp(prefix="wirewatch-bench-"))
    folder.mkdir(exist_ok=True)
    results, shell = list[Result](), ""
    try:
        for name in given.stores.split(","):
            results.append(measured(name, folder, count))
            print(f"  {overall(results[-1], count)}", flush=True)
            if name == "embedded":
                costs = from_the_shell(folder)
                median = [statistics.median(figures) for figures in zip(*((c.seconds, c.cpu_s) for c in costs),
                                                                        strict=True)]
                shell = (f"`wirewatch search` as a command on the embedded store, median of {len(costs)}: "
                         f"{median[0]:.2f} s, {median[1]:.2f} CPU seconds.")
                print(f"  {shell}", flush=True)
        for text in results[0].totals:
            assert len({result.totals[text] for result in results}) == 1, f"the stores disagree on {text}"
    finally:
        if not given.keep:
            shutil.rmtree(folder)
    kinds = dict(questions())
    by_kind = [(kind, *(f"{milliseconds(statistics.median(cost.seconds for cost in result.answers[kind]))} / "
                        f"{milliseconds(percentile([cost.seconds for cost in result.answers[kind]], 95))}"
                        for result in results)) for kind in kinds]
    text = "\n\n".join((
        f"{count:,} synthetic stories (190 words on average, `tests/bench/synthetic.py`); {len(questions())} "
        f"questions, each asked {TIMES} times: the 20 newest hits, the exact total, five facets and the days. All "
        f"stores found the same number of stories for every question. Import is `Archive.index` with a refresh every "
        f"{REFRESH_EVERY:,} stories; memory is the largest until then. CPU counts a server's, too.",
        table(("store", "stories a second", "stories a CPU second", "size, MB",
               *(f"memory at {int(share * count):,}, MB" for share in LOOKS), "median, ms", "p95, ms", "worst, ms",
               "median, CPU ms", "p95, CPU ms"), [overall(result, count) for result in results]),
        "Milliseconds by kind of question, median / 95th percentile:",
        table(("question", *(result.name for result in results)), by_kind),
        shell,
    ))
    print(text)
    if given.write:
        write_section(f"stores-{count}", f"Stores at {count:,} stories", text)


if __name__ == "__main__":
    main()
