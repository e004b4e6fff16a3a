"""Which topics and events of a story a query asks for: they are told first, and their evidence is marked like words."""

from collections.abc import Iterator
from typing import Final

from pipeline.core.document import event_facts
from pipeline.core.query import And, Event, Or, Query, Tag, tag_value
from pipeline.core.story import Event as Act
from pipeline.core.story import Evidence, Story
from pipeline.core.telling import Span

_SAID_BY: Final = ("topic", "status")
"""Tags for which a story has evidence."""
MARKED: Final = 40
"""Places of evidence that are marked."""


def told_first(query: Query, story: Story) -> tuple[list[str], list[Act]]:
    """The story's topics and events, those that the query asks for first."""
    leaves = list(_leaves(query))
    topics = list(dict.fromkeys(match.topic for match in story.topics))
    asked = {topic for topic in topics if any(_names(leaf, "topic", topic) for leaf in leaves)}
    return (
        sorted(topics, key=lambda topic: topic not in asked),
        sorted(story.events, key=lambda event: (not _is_asked(event, leaves), event.topic not in asked)),
    )


def evidence(query: Query, story: Story) -> tuple[list[Span], list[Span]]:
    """Where title and body say what the query asks for by topics, statuses and events; empty for words alone."""
    leaves = list(_leaves(query))
    found: list[Evidence] = []
    for event in story.events:
        if _is_asked(event, leaves):
            found += event.evidence
            found += [claim.evidence for claim in event.claims if claim.evidence is not None
                      and any(_names(leaf, "status", claim.status) for leaf in leaves)]
    for match in story.topics:
        if any(_asks(leaf, "topic", match.topic) for leaf in leaves):
            found += match.evidence
    spans: dict[str, list[Span]] = {"title": [], "body": []}
    for one in found[:MARKED]:
        spans[one.field].append((one.start, one.end))
    return spans["title"], spans["body"]


def _leaves(query: Query) -> Iterator[Tag | Event]:
    """The tags and events that a query asks for; what it excludes is left out."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from _leaves(part)
    elif isinstance(query, Event) or (isinstance(query, Tag) and query.field in _SAID_BY):
        yield query


def _is_asked(event: Act, leaves: list[Tag | Event]) -> bool:
    facts = set(event_facts(event))
    return any(
        facts.issuperset(leaf.facts) if isinstance(leaf, Event)
        else leaf.field == "status" and any(_asks(leaf, "status", status) for status in event.status)
        for leaf in leaves
    )


def _names(leaf: Tag | Event, field: str, value: str) -> bool:
    return f"{field}:{tag_value(value)}" in leaf.facts if isinstance(leaf, Event) else _asks(leaf, field, value)


def _asks(leaf: Tag | Event, field: str, value: str) -> bool:
    if isinstance(leaf, Event) or leaf.field != field:
        return False
    value = tag_value(value)
    return value.startswith(leaf.value) if leaf.prefix else value == leaf.value
