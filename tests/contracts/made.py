"""Stories made for tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.core.story import Claim, Event, Evidence, Party, Story, TopicMatch
from pipeline.core.urls import story_id

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def story(number: int = 0, **changes: Any) -> Story:
    """A story of its own for each number, published `number` minutes before NOW."""
    url = f"https://news.example/{number}"
    published = NOW - timedelta(minutes=number)
    made = Story(
        id=story_id(url), url=url, title=f"Story number {number}", body="It was told by the wire.", source="Example",
        published=published, seen=published, updated=published, feeds=("example",), lang="en")
    return replace(made, **changes)


def transfer(*statuses: Any, topic: str = "arms-transfer", **roles: str) -> Event:
    """An event with these statuses and roles; two capitals are a state's code."""
    parties = {
        role: Party(value, value if len(value) == 2 and value.isupper() else None) for role, value in roles.items()
    }
    return Event(topic, parties, tuple(Claim(status) for status in statuses), ())


def topics(*names: str) -> tuple[TopicMatch, ...]:
    return tuple(TopicMatch(name, (Evidence("body", 0, 2, "It", "rule"),)) for name in names)
