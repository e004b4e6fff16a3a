"""Every example of docs/queries.md is as it says, in memory and in the embedded store."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.config import StoreSettings
from pipeline.core.document import Document
from pipeline.core.errors import QueryError
from pipeline.core.query import matches, parse
from pipeline.core.story import Claim, Event, Party, Story
from pipeline.stores import open_store
from pipeline.stores.base import Archive
from tests.contracts.made import NOW, story, topics

PAGE = (Path(__file__).parents[2] / "docs" / "queries.md").read_text("utf-8")


def tables(*header: str) -> Iterator[list[str]]:
    """The cells of the rows of every table with this header."""
    within = False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" |")] if line.startswith("|") else []
        if not cells:
            within = False
        elif tuple(cells[: len(header)]) == header:
            within = True
        elif within and set(cells[0]) != {"-"}:
            yield cells


def told(number: str, title: str, body: str, tags: str) -> Story:
    facts: dict[str, list[str]] = {}
    events = []
    for name, value in re.findall(r"(\w+):(\([^)]*\)|\S+)", tags):
        if name == "event":
            named = [fact.partition(":") for fact in value.strip("()").split()]
            roles = {role: Party(text, text) for role, _, text in named[1:] if role != "status"}
            claims = tuple(Claim(text) for role, _, text in named if role == "status")  # type: ignore[arg-type]
            events.append(Event(named[0][0], roles, claims, ()))
        else:
            facts.setdefault(name, []).append(value)
    return story(
        int(number), title=title, body=body, source=facts["source"][0], countries=tuple(facts.get("country", ())),
        lang=facts["lang"][0], topics=topics(*facts.get("topic", ())), events=tuple(events),
        authors=tuple(name.replace("_", " ") for name in facts.get("author", ())),
        origin=facts.get("origin", [""])[0], thread=facts.get("thread", [""])[0],
        outlets=int(facts.get("outlets", ["1"])[0]), origins=int(facts.get("origins", ["1"])[0]),
        published=datetime.fromisoformat(facts["published"][0]))


STORIES = {cells[0]: told(*cells) for cells in tables("n", "title", "body", "tags")}
EXAMPLES = [(cells[0].strip("`"), cells[1].split()) for cells in tables("query", "finds")]
MISTAKES = [(cells[0].strip("`"), cells[1]) for cells in tables("query", "is told")]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    store = open_store(str(tmp_path_factory.mktemp("page") / "s"), StoreSettings())
    store.archive.index(list(STORIES.values()))
    store.archive.refresh()
    yield store.archive
    store.close()


def test_the_page_is_read_whole() -> None:
    assert len(STORIES) == 6
    assert len(EXAMPLES) == 58
    assert len(MISTAKES) > 10


@pytest.mark.parametrize(("text", "expected"), EXAMPLES)
def test_an_example_finds_what_the_page_says(text: str, expected: list[str], archive: Archive) -> None:
    query = parse(text)
    assert [n for n, made in STORIES.items() if matches(query, Document.of(made), NOW)] == expected
    found = {made.id for made in archive.stories(query, now=NOW)}
    assert found == {STORIES[n].id for n in expected}


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_told_as_the_page_says(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.message.startswith(message)


def test_every_other_query_on_the_page_can_be_parsed() -> None:
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^\$ wirewatch search '([^']+)'", PAGE, flags=re.MULTILINE)
    prose = re.sub(r"^\|.*$", "", prose, flags=re.MULTILINE)
    written = [text for text in re.findall(r"`([^`]+)`", prose) if re.search(r'[:"*]', text) and "…" not in text]
    written = [text for text in written if not text.endswith(":")]
    assert len(written) >= 4
    assert commands
    for text in (*written, *commands):
        parse(text)
