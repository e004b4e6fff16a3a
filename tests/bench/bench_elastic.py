"""Elasticsearch: what Wirewatch adds to the bare client, in the same run on the same server.

    python -m tests.bench.bench_elastic [--stories 20000] [--rounds 3] [--write]

Indexing: `Archive.index` (analysis, a home for each story, one copy guaranteed) beside `helpers.streaming_bulk` with
the very documents that it writes, ready-made. Searching: `Archive.search` beside the client's `search` with the same
body. Rounds alternate; the server is the one of the tests, or WIREWATCH_TEST_ELASTICSEARCH.
"""

import argparse
import json
import os
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from tests.bench.report import milliseconds, percentile, table, write_section
from tests.bench.synthetic import NOW, questions, stories
from tests.servers import elasticsearch

BATCH = 2_000
"""Stories that one call of `index` gets, as `wirewatch import` does it."""


@contextmanager
def server() -> Iterator[str]:
    if given := os.environ.get("WIREWATCH_TEST_ELASTICSEARCH"):
        yield given
        return
    with elasticsearch.running() as started:
        yield started.url


def index_bare(url: str, some: Sequence[Story]) -> float:
    """Stories a second of the bare helper; documents and indices are made beforehand."""
    prefix = f"bare-{uuid.uuid4().hex[:8]}"
    actions = [
        {"_op_type": "create", "_index": f"{prefix}-{month_of(story.seen)}", "_id": story.id,
         "_source": json.loads(source_of(story))}
        for story in some
    ]
    with Elasticsearch(url, request_timeout=60) as es:
        for name in {action["_index"] for action in actions}:
            es.indices.create(index=name, settings=STORY_SETTINGS, mappings=STORY_MAPPINGS)
        start = time.perf_counter()
        done = sum(ok for ok, _ in helpers.streaming_bulk(es, actions))
        took = time.perf_counter() - start
    assert done == len(some)
    elasticsearch.wipe(url, prefix)
    return len(some) / took


def index_ours(url: str, some: Sequence[Story]) -> float:
    """Stories a second of `Archive.index`; months are made beforehand, as above."""
    prefix = f"ours-{uuid.uuid4().hex[:8]}"
    store = open_store(url, StoreSettings(index_prefix=prefix))
    first = {month_of(story.seen): story for story in some}
    store.archive.index(list(first.values()))
    rest = [story for story in some if first[month_of(story.seen)].id != story.id]
    start = time.perf_counter()
    outcomes = [indexed.outcome for part in batched(rest, BATCH) for indexed in store.archive.index(part)]
    took = time.perf_counter() - start
    assert outcomes == ["new"] * len(rest)
    store.close()
    elasticsearch.wipe(url, prefix)
    return len(rest) / took


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the section of docs/benchmarks.md")
    asked = parser.parse_args()
    # Three years of news met within two months, as by an import.
    made = [replace(story, seen=NOW - (NOW - story.published) / 24) for story in stories(asked.stories)]
    with server() as url:
        index_bare(url, made[: len(made) // 4])  # warms the server up
        rates = [(index_bare(url, made), index_ours(url, made)) for _ in range(asked.rounds)]
        bare, ours = (statistics.median(rate) for rate in zip(*rates, strict=True))
        share = statistics.median(our / their for their, our in rates)
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
    months = len({month_of(story.seen) for story in made})
    text = f"""
{asked.stories:,} synthetic stories first seen in {months} months, {len(pairs)} questions; median of {asked.rounds}
rounds that alternate with the bare client on one server (Elasticsearch {elasticsearch.VERSION}) on the same cores.

{table(["indexing", "stories a second"], [["`helpers.streaming_bulk`, documents ready-made", f"{bare:,.0f}"],
                                          ["`Archive.index`", f"{ours:,.0f}"]])}

`Archive.index` runs at **{share:.0%}** of the bare helper (goal: 85 %).

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
