"""Stories, rules and a real ledger for the tests of alerts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.alerts import AlertRule, Found, RuleIndex, rule_from_plain
from pipeline.core.alerts.message import Message
from pipeline.core.document import Document
from pipeline.core.errors import WirewatchError
from pipeline.core.story import Claim, Event, Evidence, Party, Story, TopicMatch
from pipeline.stores.base import Ledger
from pipeline.stores.embedded.database import Database
from pipeline.stores.embedded.ledger import EmbeddedLedger

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def story(number: int = 1, **changed: Any) -> Story:
    """A story about an arms transfer; each number has its own id and title."""
    title = f"North Korea ships artillery shells to Russia, report {number} says"
    body = "Washington said crates left Rason by sea. Pyongyang denied that any shells were sent."
    evidence = Evidence("title", 0, 11, title[:11], "rule")
    values: dict[str, Any] = {
        "id": f"s{number:04}", "url": f"https://news.example/{number}", "title": title, "body": body,
        "source": "example-news", "published": NOW - timedelta(hours=1), "seen": NOW, "updated": NOW,
        "topics": (TopicMatch("arms-transfer", (evidence,)),),
        "events": (Event("arms-transfer",
                         {"supplier": Party("North Korea", "KP"), "recipient": Party("Russia", "RU"),
                          "weapon": Party("artillery shells", None, "shell")},
                         (Claim("alleged", Party("US", "US")), Claim("denied")), (evidence,)),),
        "countries": ("KP", "RU"),
    }
    return Story(**(values | changed))


def rule(name: str = "shells", query: str | None = "shells russia", channels: tuple[str, ...] = ("hook",),
         **keys: Any) -> AlertRule:
    return rule_from_plain({"name": name, "query": query, "channels": list(channels), **keys})


def found(rules: list[AlertRule], *stories: Story, now: datetime = NOW) -> list[Found]:
    index = RuleIndex(rules)
    return [one for s in stories for one in index.found(s, Document.of(s), now)[0]]


class Inbox:
    """A channel that keeps what it gets, and refuses as often as it is told to."""

    def __init__(self, *refusals: WirewatchError) -> None:
        self.messages: list[Message] = []
        self.refusals = list(refusals)

    def send(self, message: Message) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.messages.append(message)

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.messages]

    @property
    def stories(self) -> list[list[str]]:
        return [[item.story for item in message.items] for message in self.messages]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = EmbeddedLedger(Database(tmp_path, create=True))
    yield opened
    opened.close()
