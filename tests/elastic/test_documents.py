"""How stories become documents, and queries DSL, without a server."""

import json
from dataclasses import fields
from typing import Any, get_args

import pytest

from pipeline.core.query import All, Not, Or, Word, parse
from pipeline.core.story import Claim, Event, Story, TopicMatch
from pipeline.stores.elastic.documents import source_of, story_of
from pipeline.stores.elastic.indices import STORY_MAPPINGS
from pipeline.stores.elastic.searching import Cursor
from pipeline.stores.elastic.translate import translate
from tests.contracts.made import NOW, story, topics, transfer

PROPERTIES = STORY_MAPPINGS["properties"]


@pytest.mark.parametrize(("kind", "mapping"), [
    (Story, PROPERTIES),
    (TopicMatch, PROPERTIES["topics"]["properties"]),
    (Event, PROPERTIES["events"]["properties"]),
    (Claim, PROPERTIES["events"]["properties"]["claims"]["properties"]),
])
def test_every_field_of_a_story_has_a_mapping(kind: type, mapping: dict[str, Any]) -> None:
    # Mappings are strict: a field added to the story and not here would make every story fail.
    assert {f.name for f in fields(kind)} <= set(mapping)


def test_a_document_is_the_story_and_what_queries_look_at() -> None:
    made = story(1, title="Missiles", authors=("A. Writer",), topics=topics("sanctions"),
                 events=(transfer("denied", supplier="KP"),))
    source = json.loads(source_of(made))
    find = source.pop("find")
    assert story_of(source) == made
    assert find["stems"] == {"title": "missil", "body": "it was told by the wire", "author": "a writer"}
    assert find["words"]["title"] == "missiles"
    assert find["tags"]["topic"] == ["sanctions"]
    assert "status:denied\nsupplier:kp" in find["tags"]["event"]
    assert set(find["tags"]) <= set(PROPERTIES["find"]["properties"]["tags"]["properties"])


def nested(depth: int) -> Any:
    text = "x"
    for level in range(depth):
        text = f"(y{level} {text})" if level % 2 else f"(z{level} OR {text})"
    return parse(text)


def clauses(dsl: Any, level: int = 0) -> int:
    """How deep the clauses of one JSON text lie within each other."""
    if isinstance(dsl, dict):
        return max((clauses(v, level + (k in ("bool", "wrapper", "term"))) for k, v in dsl.items()), default=level)
    return max((clauses(v, level) for v in dsl), default=level) if isinstance(dsl, list) else level


def test_no_query_is_nested_deeper_than_elasticsearch_takes() -> None:
    assert clauses(translate(nested(5), NOW)) == 8
    assert clauses(translate(nested(40), NOW)) <= 16


def test_nothing_but_words_counts_for_relevance() -> None:
    assert translate(All(), NOW) == {"bool": {"filter": [{"match_all": {}}]}}
    assert translate(Or((Not(Word("a")), Word("b"))), NOW)["bool"]["minimum_should_match"] == 1
    both = translate(parse("missile topic:sanctions -drone"), NOW)["bool"]
    assert set(both) == {"must", "filter", "must_not"}


def test_a_cursor_reads_back() -> None:
    cursor = Cursor([1.5, 7, "id"], "2026-11-20T12:00:00+00:00", "snapshot")
    assert Cursor.of(cursor.text("mark"), "mark") == cursor


def test_tags_have_a_field_each() -> None:
    from pipeline.core.query import TagField

    assert {*get_args(TagField), "event"} == set(PROPERTIES["find"]["properties"]["tags"]["properties"])
