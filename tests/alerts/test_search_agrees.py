"""An alert fires exactly for what a search would find."""

from pathlib import Path

from pipeline.config import StoreSettings
from pipeline.core.alerts import RuleIndex
from pipeline.core.document import Document
from pipeline.stores import open_store
from tests.bench.alert_rules import NOW, rules, stories


def test_the_rule_index_and_search_give_the_same(tmp_path: Path) -> None:
    corpus = stories(60)
    asked = rules(400, corpus)
    index = RuleIndex(asked)
    answered: dict[str, set[str]] = {rule.name: set() for rule in asked}
    for story in corpus:
        for rule in index.answered(Document.of(story), NOW):
            answered[rule.name].add(story.id)
    store = open_store(str(tmp_path / "store"), StoreSettings())
    store.archive.index(corpus)
    store.archive.refresh()
    for rule in asked:
        page = store.archive.search(rule.query, now=NOW, limit=100)
        assert {hit.story.id for hit in page.hits} == answered[rule.name], str(rule.query)
    store.close()
    assert sum(map(bool, answered.values())) > 200, "rules that find nothing prove little"
