"""Each story once, whatever crashes or meets."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from elasticsearch import Elasticsearch

from pipeline.core.errors import StoreError
from pipeline.core.query import parse
from pipeline.stores.base import Record, Store
from pipeline.stores.elastic.indices import STORY_MAPPINGS, STORY_SETTINGS
from tests.contracts.made import NOW, story
from tests.elastic.conftest import Open
from tests.servers.misbehaving import GOOD, Act, proxy

OCTOBER, NOVEMBER = datetime(2026, 10, 31, 23, 59, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def es(elasticsearch_url: str) -> Elasticsearch:
    with Elasticsearch(elasticsearch_url) as client:
        yield client  # type: ignore[misc]


def copies(es: Elasticsearch, prefix: str) -> dict[str, int]:
    """Stories by index."""
    es.indices.refresh(index=f"{prefix}-*")
    return {index: es.count(index=index)["count"] for index in es.indices.get_alias(name=f"{prefix}-stories").body}


def test_the_month_first_seen_decides(store: Store, es: Elasticsearch, elastic_prefix: str) -> None:
    first = story(1, seen=OCTOBER)
    assert store.archive.index([first])[0].outcome == "new"
    later = [replace(first, seen=NOVEMBER), replace(first, seen=NOVEMBER, body="Corrected.", published=NOW)]
    assert [store.archive.index([s])[0].outcome for s in later] == ["unchanged", "revised"]
    assert store.archive.index([replace(first, seen=datetime(2020, 1, 1, tzinfo=UTC))])[0].outcome == "revised"
    assert copies(es, elastic_prefix) == {f"{elastic_prefix}-stories-2026.10-000001": 1}


def test_writers_who_saw_it_in_different_months_make_one_copy(
    open_at: Open, elasticsearch_url: str, es: Elasticsearch, elastic_prefix: str
) -> None:
    stores = [open_at(elasticsearch_url) for _ in range(4)]
    start = threading.Barrier(4)

    def work(number: int) -> list[str]:
        mine = [story(i, seen=datetime(2026, number + 1, 1, tzinfo=UTC)) for i in range(100)]
        start.wait()
        return [indexed.outcome for indexed in stores[number].archive.index(mine)]

    with ThreadPoolExecutor(4) as pool:
        outcomes = [outcome for done in pool.map(work, range(4)) for outcome in done]
    assert sum(copies(es, elastic_prefix).values()) == 100
    assert outcomes.count("new") == 100
    assert "failed" not in outcomes


def test_a_home_without_a_story_is_filled(
    store: Store, es: Elasticsearch, elastic_prefix: str
) -> None:
    store.archive.index([story(0)])
    es.index(index=f"{elastic_prefix}-homes", id=story(1).id, document={"month": "2026.10", "by": "a crash"})
    assert store.archive.get([story(1).id]) == {}
    assert store.archive.index([story(1)])[0].outcome == "new"
    assert store.archive.get([story(1).id]) == {story(1).id: story(1)}
    assert copies(es, elastic_prefix)[f"{elastic_prefix}-stories-2026.10-000001"] == 1


def test_of_many_those_that_cannot_be_written_fail_alone_and_can_come_again(
    store: Store, es: Elasticsearch, elastic_prefix: str
) -> None:
    many = [story(i, seen=(OCTOBER, NOVEMBER)[i % 2]) for i in range(1_300)]
    broken = {3: replace(many[3], id="no id: \ud800"), 700: replace(many[700], body="\ud800")}
    outcomes = store.archive.index([broken.get(i, one) for i, one in enumerate(many)])
    assert {i for i, indexed in enumerate(outcomes) if indexed.outcome == "failed"} == {3, 700}
    assert [i.id for i in outcomes] == [broken.get(i, one).id for i, one in enumerate(many)]
    # Homes are claimed before stories are read, so one stands empty now; the story moves in when it can be written.
    again = store.archive.index([replace(one, seen=NOVEMBER) for one in many])
    assert {i for i, indexed in enumerate(again) if indexed.outcome == "new"} == {3, 700}
    assert copies(es, elastic_prefix) == {f"{elastic_prefix}-stories-2026.10-000001": 650,
                                          f"{elastic_prefix}-stories-2026.11-000001": 650}


def test_an_answer_that_was_lost_is_found_out(
    open_at: Open, elasticsearch_url: str, es: Elasticsearch, elastic_prefix: str
) -> None:
    turn = {"n": 0}

    def lose_every_other(method: str, path: str) -> Act:
        if path != "/_bulk":
            return GOOD
        turn["n"] += 1
        return Act(lose=turn["n"] % 2 == 1)

    with proxy(elasticsearch_url, lose_every_other) as between:
        store = open_at(between.url, wait_s=30)
        assert [i.outcome for i in store.archive.index([story(1), story(2)])] == ["new", "new"]
        assert store.archive.index([story(1, body="other")])[0].outcome == "revised"
        assert [s.revision for s in store.archive.history(story(1).id)] == [1, 2]
        ledger = store.ledger
        assert ledger.create("alert", [Record("a", {}), Record("a", {}), Record("b", {})]) == [True, False, True]
        assert ledger.create("alert", [Record("a", {})]) == [False]
        read = ledger.get("alert", ["a"])["a"]
        assert ledger.replace("alert", replace(read, data={"n": 1}))
        assert not ledger.replace("alert", replace(read, data={"n": 2}))
        assert ledger.delete("alert", ["a"]) == 1
    assert sum(copies(es, elastic_prefix).values()) == 2


def test_one_story_with_a_mapping_conflict_fails_alone(
    store: Store, es: Elasticsearch, elastic_prefix: str
) -> None:
    mappings = {**STORY_MAPPINGS, "properties": {**STORY_MAPPINGS["properties"], "lang": {"type": "integer"}}}
    alias = f"{elastic_prefix}-stories"
    es.indices.create(index=f"{alias}-2026.11-000001", settings=STORY_SETTINGS, mappings=mappings,
                      aliases={alias: {}, f"{alias}-2026.11": {}})
    out = store.archive.index([story(1, lang="1"), story(2, lang="en"), story(3, lang="3")])
    assert [i.outcome for i in out] == ["new", "failed", "new"]
    assert "lang" in out[1].error
    assert set(store.archive.get([story(i).id for i in (1, 2, 3)])) == {story(1).id, story(3).id}


def test_nothing_is_cut(store: Store) -> None:
    long = story(1, body="word " * 400_000 + "lastword", summary="s" * 50_000, authors=("a" * 40_000,),
                 url="https://news.example/" + "u" * 40_000)
    odd = story(2, body="\ufdfa" * 100 + " end", tags=("t" * 9_000,))  # one word of 1,500 letters, normalised
    assert [i.outcome for i in store.archive.index([long, odd])] == ["new", "new"]
    store.archive.refresh()
    assert store.archive.get([long.id, odd.id]) == {long.id: long, odd.id: odd}
    assert store.archive.search(parse("lastword"), now=NOW).total == 1
    assert store.archive.search(parse('"word lastword"'), now=NOW).total == 1
    assert store.archive.search(parse("end"), now=NOW).total == 1


def test_an_empty_month_goes_and_may_come_back(store: Store, es: Elasticsearch, elastic_prefix: str) -> None:
    old, new = story(1, seen=OCTOBER, published=OCTOBER), story(2)
    store.archive.index([old, new])
    assert store.archive.delete_before(NOVEMBER) == 1
    assert list(copies(es, elastic_prefix)) == [f"{elastic_prefix}-stories-2026.11-000001"]
    es.indices.refresh(index=f"{elastic_prefix}-homes")
    assert es.count(index=f"{elastic_prefix}-homes")["count"] == 1
    assert store.archive.index([old])[0].outcome == "new"
    assert set(copies(es, elastic_prefix).values()) == {1}


def test_nobody_makes_an_index_by_guessing(store: Store, es: Elasticsearch, elastic_prefix: str) -> None:
    store.archive.index([story(1)])
    store.ledger.put("feed", [Record("a", {})])
    for name in list(es.indices.get(index=f"{elastic_prefix}-*").body):
        es.indices.delete(index=name)  # behind the back of the open store
    assert store.archive.index([story(1)])[0].outcome == "new"
    assert store.archive.index([story(1, body="other")])[0].outcome == "revised"
    store.ledger.put("feed", [Record("a", {})])
    found = es.indices.get_mapping(index=f"{elastic_prefix}-*").body
    assert len(found) == 4
    assert {mapping["mappings"]["dynamic"] for mapping in found.values()} == {"strict"}


def test_init_makes_everything_and_again_nothing(store: Store, es: Elasticsearch, elastic_prefix: str) -> None:
    assert store.archive.init() is True  # type: ignore[attr-defined]
    assert store.archive.init() is True  # type: ignore[attr-defined]
    template = es.indices.get_index_template(name=f"{elastic_prefix}-stories")["index_templates"][0]["index_template"]
    assert template["template"]["mappings"]["dynamic"] == "strict"
    assert store.archive.status()["stories"] == 0


def test_a_store_that_is_not_there(open_at: Open, elasticsearch_url: str, elastic_prefix: str) -> None:
    from pipeline.config import StoreSettings
    from pipeline.stores import open_store

    with pytest.raises(StoreError, match=f"no store under the prefix {elastic_prefix}"):
        open_store(elasticsearch_url, StoreSettings(index_prefix=elastic_prefix), create=False)
