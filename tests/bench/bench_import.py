"""What `wirewatch import` costs, as a command, beside `Archive.index` with the same stories: embedded store.

    python -m tests.bench.bench_import [--stories 100000] [--write]

The command reads JSON lines, completes the stories, stores them, joins them to their clusters and threads, and makes
them searchable. Lines as `export` writes them have their topics; of lines with no more than an address, a title, a
body and a date, topics and events are detected. Three in ten stories are copies of others. The words of synthetic
stories are made up, so that detection finds nothing: on news it costs more (bench_detect.py).
CPU seconds are not longer where other programs run beside, unlike seconds.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from pipeline.config import StoreSettings
from pipeline.core.story import Story, to_json
from pipeline.stores import open_store
from pipeline.stores.base import batched
from tests.bench.processes import measured
from tests.bench.report import table, write_section
from tests.bench.synthetic import stories, with_copies

ROOT: Final = Path(__file__).parents[2]
BATCH: Final = 1_000
GIVEN: Final = ("url", "title", "body", "published")


def made(count: int) -> Iterator[Story]:
    return islice(with_copies(stories(count)), count)


def index_alone(folder: Path, file: Path) -> None:
    """`Archive.index` and one refresh, of the stories in a file."""
    from pipeline.core.story import from_json

    store = open_store(str(folder), StoreSettings())
    with file.open("rb") as lines:
        for some in batched((from_json(Story, line) for line in lines), BATCH):
            store.archive.index(some)
    store.archive.refresh()
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--index", nargs=2, type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.index:
        index_alone(*asked.index)
        return
    rows = []
    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as root:
        whole, short = Path(root) / "whole.jsonl", Path(root) / "short.jsonl"
        with whole.open("wb") as all_of_it, short.open("w") as some_of_it:
            for story in made(asked.stories):
                line = to_json(story)
                all_of_it.write(line + b"\n")
                plain = json.loads(line)
                some_of_it.write(json.dumps({name: plain[name] for name in GIVEN}) + "\n")
        ours = [sys.executable, "-m", "pipeline", "import"]
        for number, (name, command) in enumerate({
            "`Archive.index`, reading the lines included": [
                sys.executable, "-m", "tests.bench.bench_import", "--index", f"{root}/0", str(whole)],
            "`wirewatch import`, lines as exported": [*ours, str(whole), "--store", f"{root}/1"],
            "… `--workers 1`": [*ours, str(whole), "--store", f"{root}/2", "--workers", "1"],
            "`wirewatch import`, with detection": [*ours, str(short), "--store", f"{root}/3"],
        }.items()):
            cost = measured(command, ROOT, dict(os.environ))
            rows.append((name, f"{asked.stories / cost.seconds:,.0f}", f"{asked.stories / cost.cpu_s:,.0f}",
                         f"{cost.cpu_s / asked.stories * 1e6:,.0f}", f"{cost.memory_mb:,.0f}"))
            print(number, rows[-1], flush=True)
    told = table(("way", "stories a second", "stories a CPU second", "CPU µs a story", "memory, MB"), rows)
    print(told)
    if asked.write:
        text = (f"{asked.stories:,} synthetic stories of 190 words on average, three in ten copies of others, into an "
                f"empty embedded store. `wirewatch import` completes the stories, joins them to clusters and threads "
                f"and marks them, which `Archive.index` alone does not; detection finds nothing in made-up words, "
                f"and costs more on news.\n\n{told}")
        write_section("import", f"Import of {asked.stories:,} stories", text)


if __name__ == "__main__":
    main()
