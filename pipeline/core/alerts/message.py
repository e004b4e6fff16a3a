"""What an alert says: items gathered into one message, cleaned of anything that could act on its reader (telling)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal, Protocol

from pipeline.core.alerts.asked import evidence, told_first
from pipeline.core.alerts.rule import AlertRule, Severity
from pipeline.core.query import Query
from pipeline.core.story import Story, to_plain
from pipeline.core.telling import Span, clean, event_line, excerpt_of, link

LATE: Final = timedelta(hours=24)
"""A story published longer than this before it arrived is flagged late, and gathered with other late ones."""
THREAD: Final = "thread:"
"""How a fold key that is a thread's begins; others are ids of clusters and stories."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a message tells: a story that matched, or (no `story`) a notice such as a silent feed.

    Spans are character offsets, in `title` and `excerpt`, of matched words and of what says the topics and events that
    were asked for; `words` are those as written, each once. What was asked for comes first in `topics` and `events`.
    `outlets` begins with the story's own source; `late`: it was published long before it arrived.
    """

    title: str
    matched: datetime
    url: str = ""
    story: str = ""
    cluster: str = ""
    source: str = ""
    outlets: tuple[str, ...] = ()
    published: datetime | None = None
    late: bool = False
    revision: int = 1
    topics: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    excerpt: str = ""
    title_spans: tuple[Span, ...] = ()
    excerpt_spans: tuple[Span, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel sends: one or more items of one rule, newest first.

    `key` is the idempotency key: the same for every attempt to send this message over this channel, different
    for every other message. What is gathered may come in several `parts`, of which this is number `part`.
    `query` and `when` (its other trigger) are those of the rule.
    """

    key: str
    rule: str
    at: datetime
    items: tuple[Item, ...]
    severity: Severity = "normal"
    note: str = ""
    query: str = ""
    when: str = ""
    owner: str = ""
    kind: Literal["match", "notice", "test"] = "match"
    part: int = 1
    parts: int = 1

    @property
    def gathered(self) -> bool:
        """Whether it carries more than one item."""
        return len(self.items) > 1 or self.parts > 1

    @property
    def subject(self) -> str:
        """One line that names the rule and what happened."""
        mark = {"low": "", "normal": "", "high": "! ", "critical": "!! "}[self.severity]
        part = f" ({self.part}/{self.parts})" if self.parts > 1 else ""
        count = f"{self.counted}{part}: " if self.gathered else ""
        return clean(f"{mark}[{self.rule}] {count}{self.items[0].title}", 200)

    @property
    def counted(self) -> str:
        """`1 match`, `12 matches` or `3 notices`."""
        thing = "notice" if self.kind == "notice" else "match"
        number = len(self.items)
        return f"{number} {thing}" if number == 1 else f"{number} {thing}{'s' if thing == 'notice' else 'es'}"

    def plain(self) -> dict[str, Any]:
        """As JSON values, for channels that send data; `count` and `subject` are added for convenience."""
        return {**to_plain(self), "count": len(self.items), "subject": self.subject}


def sample(now: datetime, channel: str = "") -> Message:
    """A message that shows every part of one, for `channels test` and for checking templates."""
    item = Item(
        title="Test: North Korea ships artillery shells to Russia, a sample story says",
        matched=now, url="https://example.org/sample", story="sample", cluster="sample", source="example.org",
        outlets=("example.org", "example.net"), published=now, topics=("arms-transfer",),
        events=("North Korea → Russia: artillery shells — alleged by US, denied",),
        excerpt="This is no news but a test of a channel; artillery shells are named as an example.",
        title_spans=((24, 40),), excerpt_spans=((41, 57),), words=("artillery shells",),
    )
    return Message(message_key("test", now.isoformat(), channel), "test", now, (item,), note="A test of this channel.",
                   query='"artillery shells"', kind="test")


class Channel(Protocol):
    """A way to reach somebody. Implementations are in `pipeline/channels/`; the outbox delivers over them."""

    def send(self, message: Message) -> None:
        """Hand the message over; returns only when the other side has taken it.

        Raises WirewatchError, or FetchError whose `reason`, `status` and `retry_after_s` guide the retry. May be
        called again with the same message (same `key`) after a crash or an error.
        """
        ...


# ── from a story that matched ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Found:
    """A rule fired: what to tell, and the `fold` key under which the rule tells it only once.

    `also` are other keys under which it may have been told already (a story that joined a cluster later).
    """

    rule: AlertRule
    fold: str
    item: Item
    also: tuple[str, ...] = ()


def found_story(
    rule: AlertRule, story: Story, title_spans: Sequence[Span], body_spans: Sequence[Span], now: datetime
) -> Found:
    """What `rule` tells about `story`; a story without a thread is folded by its cluster."""
    keys = [story.id]
    if rule.fold != "story":
        keys.insert(0, story.cluster or story.id)
    if rule.fold == "thread" and story.thread:
        keys.insert(0, f"{THREAD}{story.thread}")
    fold, *also = dict.fromkeys(keys)
    return Found(rule, fold, _item(rule.query, story, title_spans, body_spans, now), tuple(also))


def _item(
    query: Query, story: Story, title_spans: Sequence[Span], body_spans: Sequence[Span], now: datetime
) -> Item:
    """The story as an item: cleaned, with the part of its body that shows best why the query finds it."""
    said_in_title, said_in_body = evidence(query, story)
    topics, events = told_first(query, story)
    title = clean(story.title)
    shown = [(start, end) for start, end in merged((*title_spans, *said_in_title)) if end <= len(title)]
    body = clean(story.body)
    within = merged((*body_spans, *said_in_body))
    excerpt, excerpt_spans = excerpt_of(body, within)
    words = [title[start:end] for start, end in shown] + [body[start:end] for start, end in within[:500]]
    if len(title) > 400:
        shown = [span for span in shown if span[1] < 400]
        title = clean(title, 400)
    source = clean(story.source, 100)
    return Item(
        title=title or "(no title)",
        matched=now,
        url=link(story.url),
        story=story.id,
        cluster=story.cluster or story.id,
        source=source,
        outlets=(source,),
        published=story.published,
        late=now - story.published > LATE,
        revision=story.revision,
        topics=tuple(topics),
        events=tuple(dict.fromkeys(map(event_line, events)))[:10],
        excerpt=excerpt,
        title_spans=tuple(shown),
        excerpt_spans=excerpt_spans,
        words=_short_list(words),
    )


def _short_list(words: Sequence[str]) -> tuple[str, ...]:
    """At most 20 words, those that differ only in case once."""
    seen: dict[str, str] = {}
    for word in words:
        seen.setdefault(word.lower(), word[:100])
    return tuple(seen.values())[:20]


def message_key(rule: str, batch: str, channel: str) -> str:
    """The idempotency key of a message: 64 hex digits of SHA-256."""
    return sha256("\n".join((rule, batch, channel)).encode("utf-8", "surrogatepass")).hexdigest()


def marked(text: str, spans: Sequence[Span], before: str, after: str, escape: Any = str) -> str:
    """`text` with `before` and `after` around each span; every piece goes through `escape`."""
    out, at = [], 0
    for start, end in merged(spans):
        if start < at or end > len(text):
            continue
        out += [escape(text[at:start]), before, escape(text[start:end]), after]
        at = end
    return "".join([*out, escape(text[at:])])


def merged(spans: Sequence[Span]) -> list[Span]:
    """Ascending, overlapping ones joined."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
