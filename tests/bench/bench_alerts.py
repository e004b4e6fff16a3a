"""Which rules a story answers: the rule index beside asking every rule, tantivy and Elasticsearch; same run.

    python -m tests.bench.bench_alerts [--write] [stories] [rules …]    500 stories, 10,000 and 100,000 rules
    WIREWATCH_TEST_ELASTICSEARCH=http://…                               … and named queries on a real server

Rules take their words from other stories than those that are measured. CPU milliseconds a story, one core:

    rule index       RuleIndex.answered: from a document (words cut) to the rules that it answers
    with spans       RuleIndex.matches: and where each of them matched
    every rule       core.query.matches for each rule, on a sample of the stories
    tantivy          the stories as one batch in memory, indexed, then every rule asked of it; wall time of one thread
    Elasticsearch    the same batch, rules as named queries, a thousand at a time; wall time

All of them must give the same answers; the bench fails where they do not.
"""

import gc
import os
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tantivy

from pipeline.config import StoreSettings
from pipeline.core.alerts import AlertRule, RuleIndex
from pipeline.core.document import Document
from pipeline.core.query import matches
from pipeline.core.story import Story
from pipeline.stores.embedded.fields import schema, story_fields
from pipeline.stores.embedded.translate import translate
from tests.bench.alert_rules import NOW, rules, stories
from tests.bench.report import table, write_section

Answers = set[tuple[str, str]]
"""(rule, story)"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    way: str
    rules: int
    ms: float
    note: str = ""


def main() -> None:
    numbers = [int(argument) for argument in sys.argv[1:] if argument != "--write"]
    count, sizes = (numbers[0] if numbers else 500), numbers[1:] or [10_000, 100_000]
    everything = stories(2 * count)
    asked, corpus = everything[0::2], everything[1::2]
    rows = [row for size in sizes for row in measure(size, asked, corpus)]
    words = sum(len(Document.of(story).body) for story in corpus) // len(corpus)
    text = (
        f"{count} stories of {words} words. Rules: 70 % two to four words, 20 % phrases, 10 % long booleans with tags; "
        "their words come from other stories. Milliseconds a story, one core; all ways gave the same answers.\n\n"
        + table(("way", "rules", "ms a story", ""), [(r.way, f"{r.rules:,}", f"{r.ms:.3f}", r.note) for r in rows])
    )
    print(text)
    if "--write" in sys.argv:
        write_section("alerts", "Alert matching", text)


def measure(size: int, source: Sequence[Story], corpus: Sequence[Story]) -> list[Row]:
    """The lines for so many rules with words from `source`; raises AssertionError where two ways disagree."""
    before = resident()
    asked = rules(size, source)
    begun = time.process_time()
    index = RuleIndex(asked)
    built = time.process_time() - begun
    grown = resident() - before
    first = least(corpus, lambda document: index.answered(document, NOW))
    spans = least(corpus, lambda document: index.matches(document, NOW))
    expected = {(rule.name, story.id) for story in corpus for rule in index.answered(Document.of(story), NOW)}
    rows = [
        Row("rule index", size, first, f"{len(expected) / len(corpus):.1f} rules answered a story; built in "
                                       f"{built:.1f} s; rules and index {grown} MB, whole process {resident()} MB"),
        Row("… with spans", size, spans),
    ]
    sample = corpus[:: max(1, len(corpus) * size // 1_000_000)]
    begun = time.process_time()
    brute = {(rule.name, story.id) for story in sample for document in [Document.of(story)] for rule in asked
             if matches(rule.query, document, NOW)}
    each = 1000 * (time.process_time() - begun) / len(sample)
    rows.append(Row("every rule", size, each, f"on {len(sample)} stories"))
    ids = {story.id for story in sample}
    assert brute == {answer for answer in expected if answer[1] in ids}, "the rule index is wrong"
    begun = time.perf_counter()
    found = by_tantivy(asked, corpus)
    rows.append(Row("tantivy", size, 1000 * (time.perf_counter() - begun) / len(corpus), f"a batch of {len(corpus)}"))
    assert found == expected, "tantivy disagrees"
    if url := os.environ.get("WIREWATCH_TEST_ELASTICSEARCH"):
        begun = time.perf_counter()
        found = by_elasticsearch(url, asked, corpus)
        rows.append(Row("Elasticsearch", size, 1000 * (time.perf_counter() - begun) / len(corpus),
                        f"a batch of {len(corpus)}, named queries"))
        assert found == expected, "Elasticsearch disagrees"
    return rows


def least(corpus: Sequence[Story], act: Callable[[Document], object], times: int = 3) -> float:
    """Mean over stories of the least CPU time in milliseconds of `times` runs, each on a document cut anew."""
    total = 0.0
    for story in corpus:
        best = float("inf")
        for _ in range(times):
            document = Document.of(story)
            begun = time.thread_time()
            act(document)
            best = min(best, time.thread_time() - begun)
        total += best
    return 1000 * total / len(corpus)


def resident() -> int:
    """Memory of this process, MB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def by_tantivy(asked: Sequence[AlertRule], corpus: Sequence[Story]) -> Answers:
    made = schema()
    index = tantivy.Index(made)
    writer = index.writer(num_threads=1)
    for row, story in enumerate(corpus):
        writer.add_document(story_fields(story, row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    answers: Answers = set()
    for rule in asked:
        hits = searcher.search(translate(rule.query, made, NOW), len(corpus), order_by_field="row").hits
        answers.update((rule.name, corpus[int(row)].id) for row, _ in hits)
    return answers


def by_elasticsearch(url: str, asked: Sequence[AlertRule], corpus: Sequence[Story]) -> Answers:
    from elasticsearch import Elasticsearch

    from pipeline.stores import open_store
    from pipeline.stores.elastic.translate import translate as dsl

    prefix = f"bench-{uuid.uuid4().hex[:8]}"
    store = open_store(url, StoreSettings.model_validate({"index_prefix": prefix}))
    client = Elasticsearch(url, request_timeout=120)
    answers: Answers = set()
    try:
        store.archive.index(corpus)
        store.archive.refresh()
        for start in range(0, len(asked), 1000):
            named = [{"bool": {"filter": [dsl(rule.query, NOW)], "_name": rule.name}}
                     for rule in asked[start : start + 1000]]
            page = client.search(index=f"{prefix}-stories", query={"bool": {"should": named}}, size=len(corpus),
                                 source=False, fields=["id"])
            for hit in page["hits"]["hits"]:
                answers.update((name, hit["_id"]) for name in hit.get("matched_queries", ()))
    finally:
        for name in client.indices.get(index=f"{prefix}-*", expand_wildcards="all"):
            client.indices.delete(index=name)
        store.close()
    return answers


if __name__ == "__main__":
    main()
