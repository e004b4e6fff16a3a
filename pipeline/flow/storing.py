"""What happens to a batch of outcomes at the store: index, match alert rules, and only then settle.

The order is what makes a crash harmless: an entry stays due until its story is stored and the alerts that it
raises are claimed, and each of the three can be done again without doing anything twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.core.alerts import RuleIndex
from pipeline.core.document import Document
from pipeline.core.story import Failure, Story
from pipeline.flow.articles import Outcome
from pipeline.stores import entries, failures, outbox
from pipeline.stores.base import Store


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch after indexing: its outcomes, the stories as handed to the archive, and how each fared."""

    outcomes: tuple[Outcome, ...]
    stories: tuple[Story, ...]
    counts: dict[str, int]
    failures: tuple[Failure, ...]


def index(store: Store, outcomes: Sequence[Outcome], now: datetime) -> Stored:
    """Write the stories of a batch, each with all the feeds that carry it."""
    carriers = entries.carriers(store.ledger, [o.task.entry.id for o in outcomes])
    known = store.archive.get([o.task.entry.id for o in outcomes if o.story is None])
    stories: list[Story] = []
    for outcome in outcomes:
        id = outcome.task.entry.id
        story = outcome.story or known.get(id)
        if story is not None:
            stories.append(replace(story, feeds=tuple(sorted({*story.feeds, *carriers.get(id, ())}))))
    results = store.archive.index(stories)
    failed = tuple(
        Failure("index", story.id, "refused", result.error, now, feed=story.feeds[0], url=story.url)
        for story, result in zip(stories, results, strict=True)
        if result.outcome == "failed"
    )
    return Stored(tuple(outcomes), tuple(stories), dict(Counter(r.outcome for r in results)), failed)


def alert(store: Store, rules: RuleIndex, stories: Sequence[Story], now: datetime) -> int:
    """Match stories against the rules and claim what is new; returns how many alerts were claimed."""
    found = [one for story in stories for one in rules.found(story, Document.of(story), now)]
    return outbox.claim(store.ledger, found, now)


def settle(store: Store, stored: Stored, now: datetime) -> None:
    """Mark the entries of a batch done or due again, and forget or keep what failed."""
    refused = {failure.key for failure in stored.failures}
    tasks = {o.task.entry.id: o.task for o in stored.outcomes}
    again = {o.task.entry.id: o.again or o.task.entry.id in refused for o in stored.outcomes}
    entries.settle(store.ledger, tasks, again, now)
    kept = [o.failure for o in stored.outcomes if o.failure is not None]
    well = [o.task.entry.id for o in stored.outcomes if o.failure is None and o.task.why != "new"]
    for stage in ("article", "extract"):
        failures.resolve(store.ledger, stage, well)
    failures.record(store.ledger, [*kept, *stored.failures])
