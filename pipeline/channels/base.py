"""What every channel shares: the protocol, how a post is made, and a message as plain text."""

from collections.abc import Mapping
from typing import Final, Protocol

from pipeline.core.alerts.message import Channel, Item, Message, marked
from pipeline.core.telling import clean

__all__ = ["Channel", "Post", "item_text", "message_text", "tells"]

EVENTS: Final = 3
"""Events of a story that are shown, those asked for first; data for programs has all."""


class Post(Protocol):
    """Sends bytes over HTTP, through net/ and its limits; handed to channels by whoever opens them."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> int:
        """The status of a 2xx answer; raises FetchError for everything else. Called from several threads."""
        ...


def message_text(message: Message, mark: tuple[str, str] = ("*", "*")) -> str:
    """The whole message as text, matched words between `mark`; nothing in it can act on a terminal."""
    head = [clean(message.note)] if message.note else []
    if message.gathered:
        part = f", part {message.part} of {message.parts}" if message.parts > 1 else ""
        head.append(f"{message.counted}{part}, newest first:")
    owner = f" ({clean(message.owner, 100)})" if message.owner else ""
    asked = f", query {clean(message.query, 300)}" if message.query else ""
    why = f"Why: rule {message.rule}{owner}{asked}" + (f" ({message.when})" if message.when else "")
    return "\n\n".join([*head, *(item_text(item, mark) for item in message.items), why]) + "\n"


def item_text(item: Item, mark: tuple[str, str] = ("*", "*")) -> str:
    """One item as a few lines: title, outlets and time, topics, events, excerpt, link."""
    lines = [marked(item.title, item.title_spans, *mark), *(f"  {line}" for line in tells(item))]
    if item.excerpt:
        lines.append(f"  {marked(item.excerpt, item.excerpt_spans, *mark)}")
    if item.words:
        lines.append(f"  matched: {', '.join(item.words)}")
    if item.url:
        lines.append(f"  {item.url}")
    return "\n".join(lines)


def tells(item: Item) -> list[str]:
    """Who and when, then topics, then the first events; short lines of clean text."""
    who = item.source
    if len(item.outlets) > 1:
        who += f" (also in {', '.join(item.outlets[1:6])}{' …' if len(item.outlets) > 6 else ''})"
    when = f"{item.published or item.matched:%Y-%m-%d %H:%M} UTC"
    revised = f", revision {item.revision}" if item.revision > 1 else ""
    lines = [f"{who + ' · ' if who else ''}{when}{' (late)' if item.late else ''}{revised}"]
    if item.topics:
        lines.append(", ".join(item.topics))
    lines.extend(item.events[:EVENTS])
    if len(item.events) > EVENTS:
        lines.append(f"… and {len(item.events) - EVENTS} more")
    return lines
