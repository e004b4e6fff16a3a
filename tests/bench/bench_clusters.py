"""What it costs to join a story to its cluster and thread, by how many stories the embedded archive holds already.

    python -m tests.bench.bench_clusters [--sizes 10000,100000,1000000] [--stories 2000] [--write]

The stories held already are there as traces, which is all of them that joining looks at: random terms for the texts
(as those of texts that are no copies are), and for one in nine the terms and data of a matter that a made-up story
tells, spread over a hundred days. Then stories arrive in batches of 100, half of them copies, one in nine telling an
event. Joining is all that `clusters.keep` does beside `Archive.index`, the marks on other stories included; the
baseline is `Archive.index` of the same stories, and comparing each with every sketch by force (numpy).
CPU seconds are not longer where other programs run beside, unlike seconds.
"""

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy

from pipeline.config import ClusterSettings, StoreSettings
from pipeline.core.matters import matter_of
from pipeline.core.similarity import PERMUTATIONS, sketches
from pipeline.core.story import Story
from pipeline.stores import open_store
from pipeline.stores.base import Store, Trace, batched
from pipeline.stores.clusters import keep
from tests.bench.report import table, write_section
from tests.bench.synthetic import NOW, stories, with_copies

BATCH: Final = 100
SPREAD: Final = timedelta(days=100)
TERMS: Final = 20
TELLING: Final = 9
"""One story in so many tells an event."""


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and CPU seconds, by part."""

    index: tuple[float, float]
    join: tuple[float, float]
    forced: float
    candidates: int
    copied: int


def held(count: int, pool: Sequence[Story]) -> Iterator[Trace]:
    """The traces of so many stories."""
    random = numpy.random.default_rng(5)
    data = [one.pack() for one in sketches(pool)]
    matters = [matter for story in pool if (matter := matter_of(story)) is not None]
    told = [(matter.terms, matter.pack()) for matter in matters]
    for number in range(count):
        at = NOW - SPREAD * random.random()
        terms = tuple(random.integers(0, 2**47, TERMS).tolist())
        yield Trace(f"held{number}", at, terms, data[number % len(data)])
        if number % TELLING == 0:
            yield Trace(f"matter/held{number}", at, *told[number % len(told)])


def arriving(count: int, seed: int) -> list[Story]:
    """Stories of the last day, about half of them copies."""
    made = list(islice(with_copies(stories(count, seed=seed), share=0.5, largest=50, seed=seed), count))
    random = numpy.random.default_rng(seed)
    return [
        replace(story, published=at, seen=at, updated=at)
        for story in made for at in [NOW - timedelta(days=1) * random.random()]
    ]


def measured(store: Store, arrived: Sequence[Story], sketches: Any) -> Cost:
    """What joining costs for each story, beside indexing it."""
    spent = [0.0, 0.0]
    compared = [0]
    index, sharing = store.archive.index, store.traces.sharing

    def timed(some: Sequence[Story]) -> Any:
        begun, cpu = time.perf_counter(), time.process_time()
        result = index(some)
        spent[0] += time.perf_counter() - begun
        spent[1] += time.process_time() - cpu
        return result

    def counted(*asked: Any) -> list[tuple[str, ...]]:
        found = sharing(*asked)
        compared[0] += sum(map(len, found))
        return found

    store.archive.index, store.traces.sharing = timed, counted  # type: ignore[method-assign]
    begun, cpu = time.perf_counter(), time.process_time()
    for batch in batched(arrived, BATCH):
        keep(store, batch, ClusterSettings())
    whole = time.perf_counter() - begun, time.process_time() - cpu
    store.archive.index, store.traces.sharing = index, sharing  # type: ignore[method-assign]
    kept = store.archive.get([story.id for story in arrived])
    count = len(arrived)
    return Cost(
        index=(spent[0] / count, spent[1] / count),
        join=((whole[0] - spent[0]) / count, (whole[1] - spent[1]) / count),
        forced=by_force(sketches, arrived[:20]),
        candidates=compared[0],
        copied=sum(story.copied for story in kept.values()),
    )


def by_force(against: Any, some: Sequence[Story]) -> float:
    """CPU seconds to estimate the similarity of a story with every sketch."""
    rows = [numpy.frombuffer(one.body, numpy.uint8) for one in sketches(some)]
    begun = time.process_time()
    for row in rows:
        numpy.count_nonzero(against == row, axis=1).max()
    return (time.process_time() - begun) / len(rows)


def run(sizes: Sequence[int], count: int, say: Callable[[str], None] = print) -> dict[int, Cost]:
    """The costs by size of the archive."""
    pool = list(stories(9_000, seed=99))
    arrived = arriving(count, 10)
    costs: dict[int, Cost] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as place:
            store = open_store(str(Path(place) / "store"), StoreSettings())
            keep(store, arriving(BATCH, 1), ClusterSettings())  # the first of a process loads what it needs
            begun = time.perf_counter()
            for some in batched(held(size, pool), 5_000):
                store.traces.leave(some)
            store.traces.sharing([Trace("", NOW, (1,), b"")], SPREAD)  # the first after many makes runs of them
            say(f"{size:,} held, made in {time.perf_counter() - begun:.0f} s")
            sketches = numpy.random.default_rng(3).integers(0, 256, (size, PERMUTATIONS), numpy.uint8)
            gc.collect()
            gc.freeze()  # what this benchmark itself holds is not to be looked through again and again
            costs[size] = measured(store, arrived, sketches)
            say(f"  {costs[size]}")
            store.close()
    return costs


def report(costs: dict[int, Cost], count: int) -> str:
    rows = [
        (f"{size:,}", f"{cost.join[1] * 1000:.2f}", f"{cost.join[0] * 1000:.2f}", f"{cost.index[1] * 1000:.2f}",
         f"{cost.forced * 1000:.2f}")
        for size, cost in costs.items()
    ]
    last = list(costs.values())[-1]
    return (
        f"{count:,} stories arrive in batches of {BATCH} in an embedded archive that holds others already; about half "
        f"are copies, up to 50 of one text, one in nine tells an event ({last.copied:,} were found to be copies, "
        f"{last.candidates / count:.1f} candidates were looked at for each). Milliseconds for each story: joining it "
        "to its cluster and thread (sketch, candidates, comparison, groups, marks on the others), indexing it, and "
        "what comparing it with every sketch by force would cost. What is held already is there as traces "
        "(`python -m tests.bench.bench_clusters`).\n\n"
        + table(("stories held", "join, CPU ms", "join, ms", "index alone, CPU ms", "by force, CPU ms"), rows)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--stories", type=int, default=2_000)
    parser.add_argument("--write", action="store_true", help="write the section of docs/benchmarks.md")
    asked = parser.parse_args()
    text = report(run([int(size) for size in asked.sizes.split(",")], asked.stories), asked.stories)
    print(text)
    if asked.write:
        write_section("clusters", "Clusters and threads", text)


if __name__ == "__main__":
    main()
