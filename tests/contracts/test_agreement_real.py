"""Queries written by hand, on real texts: memory and every store find the same stories."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline.core.document import Document
from pipeline.core.markup import plain_text
from pipeline.core.query import matches, parse
from pipeline.core.story import Story
from pipeline.core.urls import story_id
from pipeline.stores.base import Archive

WIRE = Path(__file__).parents[3] / "shared/eval/wire"
QUERIES = [line for line in (Path(__file__).parent / "real_queries.txt").read_text("utf-8").splitlines()
           if line and not line.startswith("#")]
NOW = datetime(2023, 2, 24, tzinfo=UTC)


def lines(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(WIRE / name, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def real_stories() -> Iterator[Story]:
    for item in lines("kcna/kcna_items.ndjson.gz"):
        if item.get("story_text"):
            published = datetime.fromisoformat(item["date"]).replace(tzinfo=UTC)
            yield Story(
                story_id(item["link"]), item["link"], item["headline"], item["story_text"], "kcna.kp", published,
                published, published, feeds=("kcna",), tags=(item["topic"].split()[-1],), authors=("KCNA",), lang="en")
    for name, step in (("rss2023/entries_window.ndjson.gz", 10), ("rss2023/entries_weapons_halfyear.ndjson.gz", 2)):
        for number, item in enumerate(lines(name)):
            if number % step == 0:
                published = datetime.fromisoformat(item["published"]).astimezone(UTC)
                yield Story(
                    story_id(item["link"]), item["link"], item["title"], plain_text(item["description"] or ""),
                    urlsplit(item["source"]).hostname or "", published, published, published, feeds=("rss2023",),
                    authors=tuple(item["title"].split()[:2]), lang=item["lang"] or "")


@cache
def expected(text: str) -> frozenset[str]:
    """What memory finds; worked out once for all stores."""
    query = parse(text)
    return frozenset(id for id, document in _documents().items() if matches(query, document, NOW))


@cache
def _documents() -> dict[str, Document]:
    return {story.id: Document.of(story) for story in real_stories()}


@pytest.fixture(scope="module")
def stories() -> dict[str, Story]:
    if not WIRE.exists():
        pytest.skip("the evaluation texts are not here")
    return {story.id: story for story in real_stories()}


@pytest.fixture(scope="module")
def archive(stories: dict[str, Story], fresh_archive: Callable[[], Archive]) -> Archive:
    made = fresh_archive()
    assert {i.outcome for i in made.index(list(stories.values()))} == {"new"}
    made.refresh()
    return made


def test_there_are_enough_queries() -> None:
    assert len(set(QUERIES)) == len(QUERIES) >= 200


@pytest.mark.parametrize("text", QUERIES)
def test_the_same_stories_are_found(text: str, archive: Archive) -> None:
    query = parse(text)
    found = [story.id for story in archive.stories(query, now=NOW)]
    assert len(found) == len(set(found))
    assert set(found) == expected(text)
    assert archive.search(query, now=NOW, limit=1).total == len(found)


def test_most_queries_tell_stories_apart(stories: dict[str, Story]) -> None:
    assert sum(0 < len(expected(text)) < len(stories) for text in QUERIES) > 0.8 * len(QUERIES)
