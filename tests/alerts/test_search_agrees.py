"""An alert fires exactly for what a search would find."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import ClusterSettings, StoreSettings
from pipeline.core.alerts import AlertRule, RuleIndex
from pipeline.core.document import Document
from pipeline.core.query import parse
from pipeline.stores import open_store
from pipeline.stores.clusters import keep
from tests.bench.alert_rules import NOW, rules, stories


@pytest.mark.parametrize(("engine", "count"), [("embedded", 400), pytest.param("elastic", 100, marks=pytest.mark.skipif(
    "WIREWATCH_LONG" not in os.environ,
    reason="WIREWATCH_LONG=1 asks Elasticsearch too; tests/bench/bench_alerts.py does for 100,000 rules"))])
def test_the_rule_index_and_search_give_the_same(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, count: int
) -> None:
    corpus = stories(60)
    asked = rules(count, corpus)
    index = RuleIndex(asked)
    answered: dict[str, set[str]] = {rule.name: set() for rule in asked}
    for story in corpus:
        for rule in index.answered(Document.of(story), NOW):
            answered[rule.name].add(story.id)
    if engine == "elastic":
        prefix, url = request.getfixturevalue("elastic_prefix"), request.getfixturevalue("elasticsearch_url")
        store = open_store(url, StoreSettings.model_validate({"index_prefix": prefix}))
    else:
        store = open_store(str(tmp_path / "store"), StoreSettings())
    store.archive.index(corpus)
    store.archive.refresh()
    for rule in asked:
        page = store.archive.search(rule.query, now=NOW, limit=100)
        assert {hit.story.id for hit in page.hits} == answered[rule.name], str(rule.query)
    store.close()
    assert sum(map(bool, answered.values())) > count / 2, "rules that find nothing prove little"


def test_counts_and_clusters_are_asked_alike(tmp_path: Path) -> None:
    """A rule about outlets is answered by the story that brings one more, with what search then says of all."""
    first, other = stories(2)
    copies = [replace(first, id=f"copy-{n}", url=f"{first.url}/{n}", source=f"Outlet {n}") for n in range(5)]
    asked = [AlertRule(text, parse(text), ("console",)) for text in (
        "outlets:>3", "outlets:>=5 lang:en", "outlets:(=2 OR =4)", "origins:<2", "-outlets:1", "cluster:copy-0",
        "thread:*", "-thread:*", "outlets:>3 OR title:nothing")]
    index = RuleIndex(asked)
    store = open_store(str(tmp_path / "store"), StoreSettings())
    met: dict[str, list[str]] = {one.name: [] for one in asked}
    for story in [other, *copies]:
        for kept in keep(store, [story], ClusterSettings()).stories:
            for one in index.answered(Document.of(kept), NOW):
                met[one.name].append(kept.id)
    store.archive.refresh()
    assert met["outlets:>3"] == ["copy-3", "copy-4"]
    assert met["-outlets:1"] == ["copy-1", "copy-2", "copy-3", "copy-4"]
    for one in asked:
        found = {hit.story.id for hit in store.archive.search(one.query, now=NOW, limit=100).hits}
        now = store.archive.get([other.id, *(copy.id for copy in copies)]).values()
        assert found == {story.id for story in now if one in index.answered(Document.of(story), NOW)}, one.name
    assert store.archive.search(asked[0].query, now=NOW, fold=True).clusters == 1
    store.close()
