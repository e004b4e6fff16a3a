"""Search that folds near-copies beside search that does not, on an archive where outlets carry each other's texts.

    python -m tests.bench.bench_fold [--stories 100000] [--keep DIR] [--write]

30 % of the stories are in clusters of 2 to 200 (`synthetic.with_copies`). Each question is asked three times, for the
20 newest with the exact total, and with five facets and a timeline; folded, clusters are counted too. Times are the
processor's, so that what else the machine does counts less.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

from pipeline.config import StoreSettings
from pipeline.core.query import parse
from pipeline.stores import open_store
from pipeline.stores.base import Facet, batched
from tests.bench.report import milliseconds, percentile, table, write_section
from tests.bench.synthetic import NOW, questions, stories, with_copies

FACETS: Final[tuple[Facet, ...]] = ("topic", "source", "country", "lang", "status")
WAYS: Final[dict[str, dict[str, Any]]] = {
    "20 newest": {},
    "… folded": {"fold": True},
    "20 newest, facets, timeline": {"facets": FACETS, "timeline": "day"},
    "… folded ": {"facets": FACETS, "timeline": "day", "fold": True},
}


def timed(ask: Callable[[], Any], times: int = 3) -> list[float]:
    out = []
    for _ in range(times):
        started = time.process_time()
        ask()
        out.append(time.process_time() - started)
    return out


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--stories", type=int, default=100_000)
    arguments.add_argument("--keep", type=Path, help="a store made by an earlier run, or where to leave one")
    arguments.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    given = arguments.parse_args()
    place = given.keep or Path(tempfile.mkdtemp(prefix="wirewatch-fold-")) / "store"
    made = not place.exists()
    archive = open_store(str(place), StoreSettings()).archive
    if made:
        for number, batch in enumerate(batched(with_copies(stories(given.stories)), 1_000)):
            archive.index(batch)
            if number % 50 == 49:
                archive.refresh()
        archive.refresh()
    everything = archive.search(parse("*"), now=NOW, limit=0, fold=True)
    rows = []
    slow: dict[str, list[float]] = {}
    for name, how in WAYS.items():
        taken: list[float] = []
        for kind, text in questions():
            query = parse(text)
            times = timed(lambda query=query, how=how: archive.search(query, now=NOW, limit=20, **how))  # type: ignore[misc]
            taken += times
            slow.setdefault(f"{name}: {kind}", []).extend(times)
        rows.append((name.strip(), milliseconds(median(taken)), milliseconds(percentile(taken, 95)),
                     milliseconds(max(taken))))
        print(rows[-1], flush=True)
    for name, times in sorted(slow.items(), key=lambda item: -median(item[1]))[:8]:
        print(f"  {name}: {milliseconds(median(times))}")
    if given.write:
        write_section("fold", "Search that folds near-copies", (
            f"{everything.total:,} synthetic stories in {everything.clusters:,} clusters, embedded; "
            f"{len(questions())} questions, each asked three times; milliseconds of processor time.\n\n"
            + table(("search", "median, ms", "95th percentile, ms", "slowest, ms"), rows)))


if __name__ == "__main__":
    main()
