"""One bounded pass: due feeds in, stories and alerts out, a summary at the end."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

from pipeline.config import Config, FeedSettings
from pipeline.core.alerts import AlertRule
from pipeline.feeds import schedule
from pipeline.feeds.schedule import FeedState
from pipeline.flow import recording
from pipeline.flow.channels import connect
from pipeline.flow.plan import Plan
from pipeline.flow.poll import load_states
from pipeline.flow.robots import forget as forget_robots
from pipeline.flow.runner import run_graph
from pipeline.stores import bursts, delivery, failures, lease, open_store, outbox, saved_rules
from pipeline.stores.base import Ledger, Store


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a pass; `warnings` are sentences for whoever runs it."""

    counts: dict[str, int]
    delivered: int
    pending: int
    seconds: float
    warnings: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The JSON object that `wirewatch run --json` prints."""
        n = self.counts.get
        return {
            "feeds": {k: n(f"feeds.{k}", 0) for k in ("due", "ok", "not_modified", "failed")},
            "entries": {k: n(f"entries.{k}", 0) for k in ("seen", "new")},
            "stories": {
                "indexed": n("stories.new", 0),
                "revised": n("stories.revised", 0),
                "failed": n("stories.failed", 0),
            },
            "alerts": {"matched": n("alerts.matched", 0), "delivered": self.delivered, "pending": self.pending},
            "seconds": round(self.seconds, 3),
        }


def run_pass(
    config: Config,
    store_at: str,
    *,
    feeds: Iterable[FeedSettings],
    clock: Callable[[], datetime],
    workers: int = 1,
    only_due: bool = False,
    stream: TextIO | None = None,
) -> Summary:
    """Run one pass over `feeds`, or over those of them whose own pace says that it is time.

    Feeds that are gone (410) are left out, and so are those whose server asked to be left alone for longer.
    The console channel prints to `stream`. Raises PassRunning where another holds the lease, and
    StoreUnavailable where the store went away."""
    begun = time.monotonic()
    store = open_store(store_at, config.settings.store)
    try:
        with lease.hold(store.ledger):
            started = clock()
            rules = current_rules(config, store.ledger)
            outbox.begin(store.ledger, rules, started)
            forget_robots(store.ledger, started)
            plan = Plan(
                settings=config.settings,
                feeds={feed.id: feed for feed in _ready(feeds, store.ledger, started, only_due)},
                topics=config.topics,
                rules=config.rules,
                store_at=store_at,
                started=started,
                shards=workers,
                shift=shift_of(started),
            )
            with plan.shared():
                counts = run_graph(lambda graph: _build(graph, plan), workers)
            store.archive.refresh()
            told = outbox.notice(store, rules, (), clock())
            sent = deliver(config, rules, store, clock(), stream)
            if risen := bursts.tell(store, rules, clock()):  # stories do not wait for this
                sent = sent.then(deliver(config, rules, store, clock(), stream))
            counts["alerts.matched"] = counts.get("alerts.matched", 0) + told + risen
            warnings = _warnings(store.ledger, config.settings.archive, counts)
        return Summary(counts, sent.delivered, sent.pending, time.monotonic() - begun, warnings)
    finally:
        store.close()


def current_rules(config: Config, ledger: Ledger) -> tuple[AlertRule, ...]:
    """The rules of files and those made at run time; ConfigError where one of these is no longer valid."""
    return saved_rules.all_rules(ledger, config.rules, tuple(config.settings.channels))


def _warnings(ledger: Ledger, archive: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    """What went wrong with the raw archive, if it did in this pass; an older failure is over."""
    if not archive:
        return ()
    if not counts.get(f"failures.{recording.STAGE}"):
        failures.resolve(ledger, recording.STAGE, [archive])
        return ()
    return tuple(failure.message for failure in failures.listing(ledger, stage=recording.STAGE))


def shift_of(started: datetime) -> timedelta:
    """How far the clock of a pass is from the wall clock."""
    shift = started - datetime.now(UTC)
    return shift if abs(shift) > timedelta(seconds=1) else timedelta()


def _build(graph: Any, plan: Plan) -> None:
    import apache_beam as beam

    from pipeline.flow.build import build

    build(graph | "DueFeeds" >> beam.Create(list(plan.feeds), reshuffle=False), plan)


def _ready(
    feeds: Iterable[FeedSettings], ledger: Ledger, now: datetime, only_due: bool
) -> Iterator[FeedSettings]:
    wanted = list(feeds)
    states = load_states(ledger, wanted)
    for feed in wanted:
        state = states.get(feed.id, FeedState())
        if schedule.is_due(state, now) if only_due else schedule.may_poll(state, now):
            yield feed


def deliver(
    config: Config, rules: Iterable[AlertRule], store: Store, now: datetime, stream: TextIO | None = None
) -> delivery.Outcome:
    """Deliver what is due in the outbox over the configured channels."""
    return delivery.deliver(store.ledger, rules, connect(config.settings, stream), now)
