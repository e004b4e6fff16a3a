"""The steps of the graph: Beam wiring around plain functions. Nothing is decided here.

No `from __future__ import annotations` in modules with Beam type hints: it would turn the hints into Any.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from pipeline.core.alerts.triggers import Trouble
from pipeline.core.story import Failure
from pipeline.core.urls import host_of
from pipeline.flow import storing
from pipeline.flow.articles import Outcome, fetch_stories
from pipeline.flow.detecting import detected
from pipeline.flow.health import Teller, note_articles, read_of
from pipeline.flow.plan import Plan, shard_of
from pipeline.flow.poll import poll_feeds
from pipeline.flow.reread import reread
from pipeline.flow.storing import Stored
from pipeline.flow.tally import so_far
from pipeline.stores import entries, failures
from pipeline.stores.base import Store
from pipeline.stores.entries import Ref

FAILURES: Final = "failures"
BATCH: Final = 100
REFRESH_S: Final = 5.0
"""How often stories become searchable while a pass goes on."""


def count(name: str, n: int = 1) -> None:
    """Add to a counter of the pass."""
    Metrics.counter("wirewatch", name).inc(n)
    so_far[name] += n


class _Step(beam.PTransform):
    """A composite that knows the plan."""

    def __init__(self, *, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class _PlanDoFn(beam.DoFn):
    """A step that needs the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan


class _StoreDoFn(_PlanDoFn):
    """A step that uses the store: opened once for each worker, closed with it."""

    store: Store

    def setup(self) -> None:
        self.store = self.plan.open_store()

    def teardown(self) -> None:
        self.store.close()


class Poll(_Step):
    """Feed ids -> refs of the entries that need work; tagged `failures`: Failure."""

    def expand(self, feed_ids: beam.PCollection) -> Any:
        return (
            feed_ids
            | "ByHost" >> beam.Map(_feed_by_host, self.plan)
            | beam.GroupByKey()
            | "FetchAndParse" >> beam.ParDo(_Poll(self.plan)).with_outputs(FAILURES, main="refs")
        )


def _feed_by_host(feed_id: str, plan: Plan) -> tuple[int, str]:
    return shard_of(host_of(plan.feeds[feed_id].url), plan.shards), feed_id


class _Poll(_StoreDoFn):
    def setup(self) -> None:
        super().setup()
        self.teller = Teller(self.store, self.plan.current_rules(self.store.ledger), self.plan.feeds)

    def process(self, shard: tuple[int, Iterable[str]]) -> Iterator[Any]:
        feeds = [self.plan.feeds[id] for id in shard[1]]
        count("feeds.due", len(feeds))
        recording = self.plan.recording(self.store.ledger)
        troubles: list[Trouble] = []
        for polled in poll_feeds(feeds, self.store.ledger, self.plan.settings, recording.client, self.plan.now):
            count(f"feeds.{polled.outcome}")
            count("entries.seen", polled.seen)
            count("entries.new", sum(task.why == "new" for task in polled.tasks))
            yield from (task.ref for task in polled.tasks)
            yield from _tagged(polled.failures)
            troubles += polled.troubles
        count("alerts.matched", self.teller.tell(troubles, self.plan.now()))
        yield from _tagged(recording.failures(self.plan.now()))


def _tagged(found: Iterable[Failure]) -> Iterator[TaggedOutput]:
    for failure in found:
        count(f"failures.{failure.stage}")
        yield TaggedOutput(FAILURES, failure)


class RereadFeeds(_Step):
    """Feed ids -> refs of all that their recordings show; tagged `failures`: Failure."""

    def expand(self, feed_ids: beam.PCollection) -> Any:
        return feed_ids | beam.Reshuffle() | beam.ParDo(_Reread(self.plan)).with_outputs(FAILURES, main="refs")


class _Reread(_StoreDoFn):
    def process(self, feed_id: str) -> Iterator[Any]:
        plan = self.plan
        assert plan.recordings is not None
        read = reread(plan.feeds[feed_id], plan.recordings, self.store, plan.settings.network.max_bytes, plan.now())
        count("feeds.due")
        count("feeds.failed" if read.failures else "feeds.ok")
        count("entries.seen", read.seen)
        count("entries.new", sum(task.why == "new" for task in read.tasks))
        yield from (task.ref for task in read.tasks)
        yield from _tagged(read.failures)


class Leftovers(_Step):
    """Begin -> refs of what earlier passes left over."""

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        return begin | beam.Create([self.plan.started.isoformat()]) | beam.ParDo(_Leftovers(self.plan))


class _Leftovers(_StoreDoFn):
    def process(self, before: str) -> Iterator[Ref]:
        yield from (task.ref for task in entries.due(self.store.ledger, datetime.fromisoformat(before)))


class FetchArticles(_Step):
    """Refs of tasks -> Outcomes; tagged `failures`: Failure. All pages of one host are fetched by one worker, so that
    its pace is kept."""

    def expand(self, tasks: beam.PCollection) -> Any:
        return (
            tasks
            | "ByHost" >> beam.Map(_by_host, self.plan.shards)
            | beam.GroupByKey()
            | "FetchAndExtract" >> beam.ParDo(_FetchArticles(self.plan)).with_outputs(FAILURES, main="outcomes")
        )


def _by_host(ref: Ref, shards: int) -> tuple[int, Ref]:
    return shard_of(host_of(ref[2]), shards), ref


class _FetchArticles(_StoreDoFn):
    def process(self, shard: tuple[int, Iterable[Ref]]) -> Iterator[Any]:
        plan, recording = self.plan, self.plan.recording(self.store.ledger)
        yield from fetch_stories(shard[1], plan.feeds, plan.settings, recording.client, plan.now, self.store)
        yield from _tagged(recording.failures(plan.now()))


class Detect(_Step):
    """Outcomes -> Outcomes whose stories have topics, events and countries."""

    def expand(self, outcomes: beam.PCollection) -> beam.PCollection:
        return outcomes | beam.ParDo(_Detect(self.plan))


class _Detect(_PlanDoFn):
    def process(self, outcome: Outcome) -> Iterator[Outcome]:
        yield detected(outcome, self.plan.topics, self.plan.now())


class Index(_Step):
    """Outcomes -> Stored batches, whose stories are joined to their clusters."""

    def expand(self, outcomes: beam.PCollection) -> beam.PCollection:
        batches = outcomes | beam.BatchElements(min_batch_size=BATCH, max_batch_size=BATCH)
        return batches | "Write" >> beam.ParDo(_Index(self.plan))


class _Index(_StoreDoFn):
    def setup(self) -> None:
        super().setup()
        self.refreshed = time.monotonic()

    def process(self, outcomes: list[Outcome]) -> Iterator[Stored]:
        stored = storing.index(self.store, outcomes, self.plan.settings.clusters, self.plan.now())
        for name, n in stored.counts.items():
            count(f"stories.{name}", n)
        yield stored
        if time.monotonic() - self.refreshed > REFRESH_S:
            self.store.archive.refresh()
            self.refreshed = time.monotonic()


class Alert(_Step):
    """Stored batches -> the same, once the alerts that their stories raise are claimed."""

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        return batches | beam.ParDo(_Alert(self.plan))


class _Alert(_StoreDoFn):
    def setup(self) -> None:
        super().setup()
        self.rules = storing.LiveRules(self.store.ledger, self.plan)

    def process(self, stored: Stored) -> Iterator[Stored]:
        claimed, failed = storing.alert(self.store, self.rules.index(), stored.stories, self.plan.now())
        count("alerts.matched", claimed)
        yield replace(stored, failures=(*stored.failures, *failed))


class Settle(_Step):
    """Stored batches -> nothing: their entries are marked as done or due again."""

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        return batches | beam.ParDo(_Settle(self.plan))


class _Settle(_StoreDoFn):
    def setup(self) -> None:
        super().setup()
        self.teller = Teller(self.store, self.plan.current_rules(self.store.ledger), self.plan.feeds)
        self.read: dict[str, tuple[int, int]] = {}

    def process(self, stored: Stored) -> None:
        storing.settle(self.store, stored, self.plan.now())
        for feed, (read, unread) in read_of(stored.outcomes).items():
            before = self.read.get(feed, (0, 0))
            self.read[feed] = (before[0] + read, before[1] + unread)

    def finish_bundle(self) -> None:
        if self.plan.recordings is not None:  # nothing was asked of the feeds
            return
        troubles = note_articles(self.store.ledger, self.read, self.plan.now())
        count("alerts.matched", self.teller.tell(troubles, self.plan.now()))
        self.read.clear()


class KeepFailures(_Step):
    """Failures -> nothing: kept in the ledger."""

    def expand(self, found: beam.PCollection) -> beam.PCollection:
        batches = found | beam.BatchElements(min_batch_size=BATCH, max_batch_size=BATCH)
        return batches | "Keep" >> beam.ParDo(_KeepFailures(self.plan))


class _KeepFailures(_StoreDoFn):
    def process(self, found: list[Failure]) -> None:
        failures.record(self.store.ledger, found)
