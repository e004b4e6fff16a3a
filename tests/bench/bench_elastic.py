"""Elasticsearch: what Wirewatch adds to the bare client, in the same run on the same server.

    python -m tests.bench.bench_elastic [--stories 20000] [--rounds 3] [--write]

Indexing: `Archive.index` (analysis, a home for each story, one copy guaranteed) beside `helpers.streaming_bulk` with
the very documents that it writes, ready-made. Searching: `Archive.search` beside the client's `search` with the same
body. Rounds alternate; the server is the one of the tests, or WIREWATCH_TEST_ELASTICSEARCH. CPU seconds are those of
the client's process and of a server that was started here: unlike seconds, they are not longer where other programs
run beside, and two threads of `Archive.index` then get more of the machine than the one of the bare helper.
"""

import argparse
import json
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from elasticsearch import Elasticsearch, helpers

from pipeline.config import StoreSettings
from pipeline.core.query import parse
from pipeline.core.story import Story
from pipeline.stores import open_store
from pipeline.stores.base import Archive, batched
from pipeline.stores.elastic.documents import source_of
from pipeline.stores.elastic.indices import STORY_MAPPINGS, STORY_SETTINGS, month_of
from pipeline.stores.elastic.translate import translate
from tests.bench.bench_stores import Clock, Cost, server
from tests.bench.report import milliseconds, percentile, table, write_section
from tests.bench.synthetic import NOW, questions, stories
from tests.servers import elasticsearch

BATCH = 2_000
"""Stories that one call of `index` gets, as `wirewatch import` does it."""


def index_bare(url: str, cpu: Callable[[], float], some: Sequence[Story]) -> Cost:
    """A story's cost with the bare helper; documents and indices are made beforehand."""
    prefix = f"bare-{uuid.uuid4().hex[:8]}"
    actions = [
        {"_op_type": "create", "_index": f"{prefix}-{month_of(story.seen)}", "_id": story.id,
         "_source": json.loads(source_of(story))}
        for story in some
    ]
    with Elasticsearch(url, request_timeout=60) as es:
        for name in {action["_index"] for action in actions}:
            es.indices.create(index=name, settings=STORY_SETTINGS, mappings=STORY_MAPPINGS)
        clock = Clock(cpu)
        with clock:
            done = sum(ok for ok, _ in helpers.streaming_bulk(es, actions))
    assert done == len(some)
    elasticsearch.wipe(url, prefix)
    return clock.cost / len(some)


def index_ours(url: str, cpu: Callable[[], float], some: Sequence[Story]) -> Cost:
    """A story's cost with `Archive.index`; months are made beforehand, as above."""
    prefix = f"ours-{uuid.uuid4().hex[:8]}"
    store = open_store(url, StoreSettings(index_prefix=prefix))
    first = {month_of(story.seen): story for story in some}
    store.archive.index(list(first.values()))
    rest = [story for story in some if first[month_of(story.seen)].id != story.id]
    clock = Clock(cpu)
    with clock:
        outcomes = [indexed.outcome for part in batched(rest, BATCH) for indexed in store.archive.index(part)]
    assert outcomes == ["new"] * len(rest)
    store.close()
    elasticsearch.wipe(url, prefix)
    return clock.cost / len(rest)


def search_both(es: Elasticsearch, index: str, archive: Archive, text: str) -> tuple[float, float]:
    """Seconds of the client's search and of ours, the best of three each."""
    query = parse(text)
    body = translate(query, NOW)
    order = [{"find.published_us": "desc"}, {"id": "asc"}]
    bare, ours = [], []
    for _ in range(3):
        start = time.perf_counter()
        es.search(index=index, query=body, sort=order, size=21, track_total_hits=True)
        bare.append(time.perf_counter() - start)
        start = time.perf_counter()
        archive.search(query, now=NOW, limit=20)
        ours.append(time.perf_counter() - start)
    return min(bare), min(ours)


def seconds(cost: Cost) -> float:
    return cost.seconds


def cpu_seconds(cost: Cost) -> float:
    return cost.cpu_s


def figures(costs: Sequence[Cost]) -> tuple[str, str]:
    """Stories a second and CPU microseconds a story, the median of each."""
    return (f"{1 / statistics.median(map(seconds, costs)):,.0f}",
            f"{statistics.median(map(cpu_seconds, costs)) * 1e6:,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the section of docs/benchmarks.md")
    asked = parser.parse_args()
    # Three years of news met within two months, as by an import.
    made = [replace(story, seen=NOW - (NOW - story.published) / 24) for story in stories(asked.stories)]
    with server() as (url, cpu):
        for index in (index_bare, index_ours):  # warms the server up
            index(url, cpu, made[: len(made) // 2])
        rounds = [(index_bare(url, cpu, made), index_ours(url, cpu, made)) for _ in range(asked.rounds)]
        bare, ours = zip(*rounds, strict=True)
        prefix = f"search-{uuid.uuid4().hex[:8]}"
        store = open_store(url, StoreSettings(index_prefix=prefix))
        for part in batched(made, BATCH):
            store.archive.index(part)
        store.archive.refresh()
        with Elasticsearch(url) as es:
            es.indices.forcemerge(index=f"{prefix}-stories", max_num_segments=1)
            pairs = [search_both(es, f"{prefix}-stories", store.archive, text) for _, text in questions()]
        store.close()
        elasticsearch.wipe(url, prefix)
    added = [our - their for their, our in pairs]

    def share(of: Callable[[Cost], float]) -> float:
        return statistics.median(of(their) / of(our) for their, our in rounds)

    months = len({month_of(story.seen) for story in made})
    text = f"""
{asked.stories:,} synthetic stories first seen in {months} months, {len(pairs)} questions; median of {asked.rounds}
rounds that alternate with the bare client on one server (Elasticsearch {elasticsearch.VERSION}) on the same cores.

{table(["indexing", "stories a second", "CPU µs a story"],
       [["`helpers.streaming_bulk`, documents ready-made", *figures(bare)], ["`Archive.index`", *figures(ours)]])}

`Archive.index` runs at **{share(seconds):.0%}** of the bare helper's rate in seconds, and at
**{share(cpu_seconds):.0%}** in CPU seconds of client and server (goal: 85 %).

{table(["search, 20 newest with exact total", "median, ms", "95th percentile, ms"],
       [["client's `search`", *(milliseconds(percentile([b for b, _ in pairs], p)) for p in (50, 95))],
        ["`Archive.search`", *(milliseconds(percentile([o for _, o in pairs], p)) for p in (50, 95))],
        ["added", *(milliseconds(percentile(added, p)) for p in (50, 95))]])}
"""
    print(text)
    if asked.write:
        write_section("elastic", "Elasticsearch beside its bare client", text)


if __name__ == "__main__":
    main()
