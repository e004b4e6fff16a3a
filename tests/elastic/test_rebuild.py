"""`reindex`: new mappings behind the alias, without a gap in search and without losing what is written meanwhile."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.core.errors import StoreError
from pipeline.core.query import parse
from pipeline.stores.base import Store
from pipeline.stores.elastic import rebuild
from pipeline.stores.elastic.indices import STORY_MAPPINGS, STORY_SETTINGS, VERSIONS
from tests.contracts.made import NOW, story
from tests.elastic.conftest import Open

OCTOBER = datetime(2026, 10, 5, tzinfo=UTC)


@pytest.fixture
def es(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_url) as client:
        yield client


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for searches that are under way: there are none."""
    monkeypatch.setattr(rebuild, "GRACE_S", 0)


def make_month(es: Elasticsearch, prefix: str, month: str, versions: dict[str, int]) -> None:
    """An index of stories as another version of Wirewatch would have made it."""
    es.indices.create(index=f"{prefix}-stories-{month}-000001", settings=STORY_SETTINGS,
                      mappings={**STORY_MAPPINGS, "_meta": versions},
                      aliases={f"{prefix}-stories": {}, f"{prefix}-stories-{month}": {}})


def age(es: Elasticsearch, prefix: str) -> None:
    """Make every month look as if an older version had made it."""
    es.indices.put_mapping(index=f"{prefix}-stories", meta={**VERSIONS, "schema": 0})


def total(store: Store) -> int:
    return store.archive.search(parse("story"), now=NOW).total


def months(es: Elasticsearch, prefix: str) -> list[str]:
    return sorted(name.removeprefix(f"{prefix}-stories-") for name in es.indices.get_alias(name=f"{prefix}-stories"))


@pytest.mark.usefixtures("hasty")
def test_an_older_mapping_is_not_written_to_but_migrated(
    open_at: Open, elasticsearch_url: str, es: Elasticsearch, elastic_prefix: str
) -> None:
    store = open_at(elasticsearch_url)
    store.archive.index([story(1), story(2, seen=OCTOBER)])
    store.archive.refresh()
    age(es, elastic_prefix)
    store = open_at(elasticsearch_url)
    assert store.archive.status()["needs_reindex"] is True
    assert total(store) == 2
    with pytest.raises(StoreError, match="older Wirewatch: run `wirewatch store reindex`"):
        store.archive.index([story(3)])
    assert store.archive.reindex() == 2
    assert store.archive.status()["needs_reindex"] is False
    assert months(es, elastic_prefix) == ["2026.10-000002", "2026.11-000002"]
    assert total(store) == 2
    assert [i.outcome for i in store.archive.index([story(1), story(3)])] == ["unchanged", "new"]
    assert store.archive.reindex() == 3
    assert months(es, elastic_prefix) == ["2026.10-000003", "2026.11-000003"]


def test_a_newer_mapping_is_left_alone(store: Store, es: Elasticsearch, elastic_prefix: str) -> None:
    make_month(es, elastic_prefix, "2026.11", {**VERSIONS, "schema": VERSIONS["schema"] + 1})
    for use in (lambda: store.archive.index([story(1)]), store.archive.reindex):
        with pytest.raises(StoreError, match="newer Wirewatch"):
            use()


@pytest.mark.usefixtures("hasty")
def test_a_run_that_was_cut_off_is_made_good(
    store: Store, es: Elasticsearch, elastic_prefix: str
) -> None:
    store.archive.index([story(i) for i in range(5)])
    name = f"{elastic_prefix}-stories-2026.11"
    es.indices.create(index=f"{name}-000002", aliases={f"{elastic_prefix}-building-gone": {}})
    es.indices.add_block(index=f"{name}-000001", block="write")
    with pytest.raises(StoreError, match="if no `wirewatch store reindex` is running"):
        store.archive.index([story(9)])
    assert store.archive.reindex() == 5
    assert months(es, elastic_prefix) == ["2026.11-000002"]
    assert store.archive.index([story(9)])[0].outcome == "new"


def test_searching_and_writing_go_on_meanwhile(
    open_at: Open, elasticsearch_url: str, es: Elasticsearch, elastic_prefix: str
) -> None:
    store = open_at(elasticsearch_url, wait_s=60)
    store.archive.index([story(i) for i in range(600)])
    store.archive.refresh()
    over = threading.Event()
    seen: list[int] = []
    outcomes: list[str] = []
    problems: list[Exception] = []

    def guarded(work: Any) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Exception as error:
                problems.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def look() -> None:
        reader = open_at(elasticsearch_url)
        while not over.is_set():
            seen.append(total(reader))
            over.wait(0.02)

    def write() -> None:
        writer, number = open_at(elasticsearch_url, wait_s=60), 0
        while not over.is_set():
            some = [story(2000 + number), story(number % 300, body=f"Told again {number}.")]
            outcomes.extend(i.error or i.outcome for i in writer.archive.index(some))
            number += 1
            over.wait(0.05)

    threads = [guarded(look), guarded(write)]
    deleted = store.archive.delete_before(NOW - timedelta(minutes=499))  # 100 of the first, and none of the new
    rebuilt = [store.archive.reindex(), store.archive.reindex()]
    over.set()
    for thread in threads:
        thread.join()
    assert problems == []
    store.archive.refresh()
    written = len(outcomes) // 2
    assert written > 0
    assert outcomes == ["new", "revised"] * written
    assert 500 <= rebuilt[0] <= rebuilt[1] <= 500 + written
    assert deleted >= 100
    assert min(seen) >= 500
    assert months(es, elastic_prefix) == ["2026.11-000003"]
    assert store.archive.status()["stories"] == total(store) == 500 + written - (deleted - 100)
    kept = store.archive.get([story(2000 + i).id for i in range(written)])
    assert len(kept) + deleted - 100 == written
