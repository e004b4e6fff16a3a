"""A story as every interpreter of queries sees it: texts cut into words, tags as sets of values, counts, a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Final

from pipeline.core.places import CLASSES
from pipeline.core.query_nodes import CountField, TextFieldName, event_key, tag_value
from pipeline.core.story import Entry, Event, Story
from pipeline.core.text import Text

MAX_FACTS: Final = 8
"""Facts of one event that can be combined in a query: at most 255 keywords. Topic, statuses, then roles."""
DOCUMENT_VERSION: Final = 3
"""Goes up whenever the document made of some story changes: an index of another version is rebuilt."""
_NOTHING: Final[frozenset[str]] = frozenset()
_EMPTY: Final = frozenset({""})


@dataclass(frozen=True, slots=True)
class Document:
    """What a query is matched against.

    `texts` has `title`, `body` and `author` (all authors, in order, as one text); `tags` maps each tag field
    (`TAG_FIELDS` and "event") to its values as `tag_value` makes them; a field without values may be missing.
    `counts` has what `COUNT_FIELDS` names, for a story.
    """

    texts: Mapping[TextFieldName, Text]
    tags: Mapping[str, frozenset[str]]
    published: datetime | None
    counts: Mapping[CountField, int] = field(default_factory=dict)

    @property
    def title(self) -> Text:
        return self.texts["title"]

    @property
    def body(self) -> Text:
        return self.texts["body"]

    @property
    def author(self) -> Text:
        return self.texts["author"]

    def tag(self, field: str) -> frozenset[str]:
        """The values of a tag field, empty where it has none."""
        return self.tags.get(field, _NOTHING)

    @classmethod
    def of(cls, story: Story, title: Text | None = None, body: Text | None = None) -> "Document":
        """The document of a story; texts that were cut already can be handed in."""
        tags = {
            "topic": _values([match.topic for match in story.topics]),
            "status": _values([status for event in story.events for status in event.status]),
            "source": _values((story.source,)),
            "country": _values(story.countries),
            "lang": _languages(story.lang),
            "feed": _values(story.feeds),
            "tag": _values(story.tags),
            "cluster": _values((story.cluster,)),
            "origin": _values((story.origin,)),
            "thread": _values((story.thread,)),
            "event": frozenset(key for event in story.events for key in event_keys(event)),
        }
        title = Text.of(story.title) if title is None else title
        body = Text.of(story.body) if body is None else body
        return cls(_texts(title, body, story.authors),
                   {field: values for field, values in tags.items() if values}, story.published,
                   {"outlets": story.outlets, "origins": story.origins})

    @classmethod
    def of_entry(cls, entry: Entry) -> "Document":
        """What is known of an entry before it is a story: for a feed's `include` and `exclude` queries."""
        tags = {"feed": _values((entry.feed,)), "lang": _languages(entry.lang)}
        return cls(_texts(Text.of(entry.title), Text.of(entry.text), entry.authors),
                   {field: values for field, values in tags.items() if values}, entry.published)


def event_facts(event: Event) -> tuple[str, ...]:
    """The facts of an event as sorted `name:value` strings, at most MAX_FACTS.

    `topic:…`, `status:…` for each status, and for each role its code, or else its kind, or else its words; a group
    that is told with its state ("the Lebanese group Hezbollah") is found by both.
    """
    facts = [f"topic:{tag_value(event.topic)}", *(f"status:{status}" for status in event.status)]
    for role, party in sorted(event.roles.items()):
        is_group = party.code and party.kind not in CLASSES
        values = (party.code, party.kind) if is_group else (party.code or party.kind or party.text,)
        facts += [f"{tag_value(role)}:{value}" for value in map(tag_value, filter(None, values)) if value]
    return tuple(sorted(dict.fromkeys(facts[:MAX_FACTS])))


def event_keys(event: Event) -> tuple[str, ...]:
    """Every combination of the event's facts as one keyword: any `event:(…)` is then a single look-up."""
    facts = event_facts(event)
    return tuple(event_key(some) for size in range(1, len(facts) + 1) for some in combinations(facts, size))


def facet_values(story: Story) -> dict[str, tuple[str, ...]]:
    """The values that facets count, as shown to people: by facet, each once, without `day`."""
    return {
        "topic": _once(match.topic for match in story.topics),
        "source": _once((story.source,)),
        "country": _once(story.countries),
        "lang": _once((story.lang,)),
        "status": _once(status for event in story.events for status in event.status),
    }


def fold_key(story: Story) -> str:
    """What a story shares with those that search folds it with: its cluster, empty where it is alone."""
    return story.cluster if story.copied else ""


def _texts(title: Text, body: Text, authors: Iterable[str]) -> dict[TextFieldName, Text]:
    return {"title": title, "body": body, "author": Text.of("; ".join(authors))}


def _values(raw: Iterable[str]) -> frozenset[str]:
    return frozenset(map(tag_value, raw)) - _EMPTY


def _languages(lang: str) -> frozenset[str]:
    """`en-GB` is also `en`."""
    value = tag_value(lang).replace("_", "-")
    return frozenset({value, value.partition("-")[0]}) if value else _NOTHING


def _once(raw: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in raw if value))
