"""A query means the same in memory and in every store: the same stories, whatever the words.

Generated: some hundred strange stories are indexed once, then thousands of strange queries are asked of them;
WIREWATCH_LONG=N asks N. Written by hand: see test_agreement_real.py.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.core.document import Document
from pipeline.core.query import match, matches
from pipeline.core.story import Story
from pipeline.stores.base import Archive
from tests.contracts.made import NOW
from tests.contracts.strange import about, collections, queries

CASES = int(os.environ.get("WIREWATCH_LONG", "5000"))
ROUNDS = max(5, CASES // 5_000)
STORIES = 60


def gathered(strategy: Any, count: int, seed: int) -> list[Any]:
    """`count` examples of a strategy, the same for each seed."""
    from hypothesis import seed as seeded

    out: list[Any] = []

    @seeded(seed)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(strategy)
    def take(example: Any) -> None:
        out.append(example)

    take()
    return out


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_generated_queries_find_the_same_stories(fresh_archive: Callable[[], Archive], seed: int) -> None:
    rows: list[tuple[Story, ...]] = gathered(collections(5), STORIES // 5, seed)
    stories = [
        # each collection numbers its stories alike: give every story its own address
        renumbered(story, 100 * place + number)
        for place, row in enumerate(rows) for number, story in enumerate(row)
    ]
    documents = {story.id: Document.of(story) for story in stories}
    archive = fresh_archive()
    assert {i.outcome for i in archive.index(stories)} == {"new"}
    archive.refresh()
    found_something = 0
    for query in gathered(st.one_of(about(tuple(stories)), queries), CASES // ROUNDS, seed + 1000):
        expected = {id for id, document in documents.items() if matches(query, document, NOW)}
        assert {id for id, document in documents.items() if match(query, document, NOW) is not None} == expected
        found = archive.search(query, now=NOW, limit=len(stories))
        ids = [hit.story.id for hit in found.hits]
        assert set(ids) == expected, f"{query}\n{query!r}\nnot found: {shown(stories, expected - set(ids))}\n" \
                                     f"wrongly found: {shown(stories, set(ids) - expected)}"
        assert found.total == len(ids) == len(expected), query
        found_something += 0 < len(ids) < len(stories)
    assert found_something > CASES // ROUNDS // 4, "too many queries that find nothing or everything prove little"


def renumbered(story: Story, number: int) -> Story:
    from dataclasses import replace

    from tests.contracts.made import story as made

    return replace(story, id=made(number).id, url=made(number).url)


def shown(stories: list[Story], ids: set[str]) -> list[Story]:
    return [story for story in stories if story.id in ids][:2]
