"""Stories of one matter: who charged whom, who denied it, and what copies made of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.core.story import Claim, ClaimStatus, Event, Evidence, Party, Story

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
NAMES = {"KP": "North Korea", "RU": "Moscow", "US": "Washington", "IR": "Tehran", "UA": "Kyiv"}


def party(name: str) -> Party:
    return Party(NAMES.get(name, name), name if name in NAMES else None)


def claim(status: ClaimStatus, holder: str = "", evidence: Evidence | None = None) -> Claim:
    return Claim(status, party(holder) if holder else None, evidence)


def act(*claims: Claim, supplier: str = "KP", recipient: str = "RU", topic: str = "arms-transfer",
        weapon: str = "shells", evidence: tuple[Evidence, ...] = ()) -> Event:
    filled = {"supplier": supplier, "recipient": recipient, "weapon": weapon}
    return Event(topic, {role: party(name) for role, name in filled.items() if name}, claims, evidence)


def story(number: int, hours: float, source: str, body: str, *events: Event, title: str = "", **changed: Any) -> Story:
    """A story of its own cluster in thread `t`; claims and events whose evidence is missing get the words that they
    stand for: the first of the body in which their status, or the weapon, is named."""
    at = START + timedelta(hours=hours)
    id = f"s{number:02d}"
    title = title or f"Report {number}"
    values = {"cluster": id, "thread": "t"} | changed
    made = Story(id, f"https://{source}.example/{number}", title, body, source, at, at, at, **values)
    return replace(made, events=tuple(_shown(made, event) for event in events))


def _shown(story: Story, event: Event) -> Event:
    told = event.evidence or (_words(story, event.roles["weapon"].text),)
    return replace(event, evidence=told, claims=tuple(
        one if one.evidence is not None or one.status[:4] not in story.body
        else replace(one, evidence=_words(story, one.status[:4])) for one in event.claims
    ))


def _words(story: Story, word: str) -> Evidence:
    at = story.body.index(word)
    return Evidence("body", at, at + len(word), word, "rule")
