"""What a story becomes when it arrives again: the same, or a new revision of itself."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from pipeline.core.story import Story, fields_of


def revise(stored: Story, arrived: Story) -> tuple[Literal["revised", "unchanged"], Story]:
    """The story to keep, given the stored revision and the one that arrived under the same id.

    Another title or body makes a revision: counted up from the stored one, at its place in time (`published`
    and `seen` stay). Otherwise text and dates stay as stored, and what is known about the text is taken from the
    arrival. Either way the story belongs to all feeds and tags it was ever met in, and what the arrival leaves
    empty is not lost. Its marks stay (stores/clusters.py sets them). Both stores use this, so that they agree.
    """
    changed = (arrived.title, arrived.body) != (stored.title, stored.body)
    story = replace(
        arrived,
        url=stored.url,
        seen=min(stored.seen, arrived.seen),
        updated=arrived.updated if changed else stored.updated,
        published=stored.published,
        published_from=stored.published_from,
        published_raw=stored.published_raw,
        feeds=_joined(stored.feeds, arrived.feeds),
        tags=_joined(stored.tags, arrived.tags),
        authors=arrived.authors or stored.authors,
        summary=arrived.summary or stored.summary,
        lang=arrived.lang or stored.lang,
        revision=stored.revision + changed,
    )
    marks = stored.marks if stored.cluster else arrived.marks
    story = replace(story, **{**fields_of(marks), "origin": stored.origin or arrived.origin})
    return ("revised" if changed else "unchanged"), story


def _joined(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
