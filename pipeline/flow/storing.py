"""What happens to a batch of outcomes at the store: index, join clusters, match alert rules, and only then settle.

The order is what makes a crash harmless: an entry stays due until its story is stored and joined and the alerts that
it raises are claimed, and each of these can be done again without doing anything twice.
"""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pipeline.config import ClusterSettings
from pipeline.core.alerts import AlertRule, Found, RuleIndex
from pipeline.core.document import Document
from pipeline.core.errors import ConfigError
from pipeline.core.story import Failure, Story
from pipeline.flow.articles import Outcome
from pipeline.flow.mistakes import mistake
from pipeline.flow.plan import Plan
from pipeline.flow.unfolding import unfolding
from pipeline.stores import clusters, entries, failures, outbox
from pipeline.stores.base import Ledger, Store

RULES_S: Final = 20.0
"""How often a worker looks whether rules were made or changed while its pass goes on."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch after indexing: its outcomes, the stories as they are now, and how they fared."""

    outcomes: tuple[Outcome, ...]
    stories: tuple[Story, ...]
    counts: dict[str, int]
    failures: tuple[Failure, ...]


class LiveRules:
    """The plan's rules, read again within `RULES_S` when rules are made or changed while the pass goes on."""

    def __init__(self, ledger: Ledger, plan: Plan) -> None:
        self._ledger, self._plan = ledger, plan
        self._looked = time.monotonic()
        self._rules = plan.current_rules(ledger)
        self._index = RuleIndex(self._rules)

    def index(self) -> RuleIndex:
        if time.monotonic() - self._looked > RULES_S:
            self._looked = time.monotonic()
            with suppress(ConfigError):  # told at the start of the next pass; until then those before
                rules = self._plan.current_rules(self._ledger)
                if rules is not self._rules:
                    self._rules, self._index = rules, RuleIndex(rules)
        return self._index


def index(store: Store, outcomes: Sequence[Outcome], settings: ClusterSettings, now: datetime) -> Stored:
    """Write the stories of a batch, each with all the feeds that carry it, and join them to their clusters."""
    carriers = entries.carriers(store.ledger, [o.task.entry.id for o in outcomes])
    known = store.archive.get([o.task.story for o in outcomes if o.story is None])
    stories: list[Story] = []
    for outcome in outcomes:
        story = outcome.story or known.get(outcome.task.story)
        if story is not None:
            more = carriers.get(outcome.task.entry.id, ())
            stories.append(replace(story, feeds=tuple(sorted({*story.feeds, *more}))))
    kept = clusters.keep(store, stories, settings)
    failed = [
        Failure("index", story.id, "refused", result.error, now, feed=story.feeds[0], url=story.url)
        for story, result in zip(stories, kept.results, strict=True)
        if result.outcome == "failed"
    ]
    failed += unjoined(kept, now)
    return Stored(tuple(outcomes), kept.stories, dict(Counter(r.outcome for r in kept.results)), tuple(failed))


def unjoined(kept: clusters.Kept, now: datetime) -> list[Failure]:
    """The stories that could not be compared with others; each is stored all the same."""
    return [
        mistake("join", story.id, kept.mistakes[story.id], now, feed=next(iter(story.feeds), ""), url=story.url)
        for story in kept.stories if story.id in kept.mistakes
    ]


def alert(
    store: Store, rules: RuleIndex, stories: Sequence[Story], now: datetime
) -> tuple[int, tuple[Failure, ...]]:
    """Match stories against the rules and claim what is new; how many alerts were claimed, and what failed."""
    found: list[Found] = []
    asked: list[tuple[AlertRule, Story]] = []
    failed: list[Failure] = []
    for story in stories:
        try:
            told, wanting = rules.found(story, Document.of(story), now)
        except Exception as error:  # one story costs one story
            failed.append(mistake("alert", story.id, error, now, feed=story.feeds[0], url=story.url))
            continue
        found += told
        asked += [(rule, story) for rule in wanting]
    news, odd = unfolding(store, asked, now)
    return outbox.claim(store.ledger, [*found, *news], now), (*failed, *odd)


def settle(store: Store, stored: Stored, now: datetime) -> None:
    """Mark the entries of a batch done or due again, and forget or keep what failed."""
    refused = {failure.key for failure in stored.failures}
    tasks = {o.task.entry.id: o.task for o in stored.outcomes}
    stories = {o.task.entry.id: o.story.id if o.story is not None else o.task.story for o in stored.outcomes}
    again = {o.task.entry.id: o.again or stories[o.task.entry.id] in refused for o in stored.outcomes}
    entries.settle(store.ledger, tasks, again, now, stories)
    found = [*(failure for outcome in stored.outcomes for failure in outcome.failures), *stored.failures]
    failed = {(failure.stage, failure.key) for failure in found}
    tried = [id for id, task in tasks.items() if task.why not in ("new", "carried")]
    for stage in ("article", "extract", "detect", "index", "join", "alert"):
        keys = [stories[id] if stage in ("index", "join", "alert") else id for id in tried]
        failures.resolve(store.ledger, stage, [key for key in keys if (stage, key) not in failed])
    failures.record(store.ledger, found)
