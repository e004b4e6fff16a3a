"""One bounded pass: due feeds in, stories and alerts out, a summary at the end."""

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

from pipeline.config import Config, FeedSettings
from pipeline.core.errors import StoreError, StoreUnavailable, WirewatchError
from pipeline.feeds import schedule
from pipeline.feeds.schedule import FeedState
from pipeline.flow.plan import Plan
from pipeline.flow.poll import load_states
from pipeline.stores import lease, open_store, outbox
from pipeline.stores.base import Ledger, Store


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a pass."""

    counts: dict[str, int]
    delivered: int
    pending: int
    seconds: float

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
            outbox.begin(store.ledger, config.rules, started)
            plan = Plan(
                settings=config.settings,
                feeds={feed.id: feed for feed in _ready(feeds, store.ledger, started, only_due)},
                topics=config.topics,
                rules=config.rules,
                store_at=store_at,
                started=started,
                shards=workers,
                shift=_shift(started),
            )
            counts = _run_graph(plan, list(plan.feeds), workers)
            store.archive.refresh()
            sent = deliver(config, store, clock(), stream)
        return Summary(counts, sent.delivered, sent.pending, time.monotonic() - begun)
    finally:
        store.close()


def _shift(started: datetime) -> timedelta:
    shift = started - datetime.now(UTC)
    return shift if abs(shift) > timedelta(seconds=1) else timedelta()


def _ready(
    feeds: Iterable[FeedSettings], ledger: Ledger, now: datetime, only_due: bool
) -> Iterator[FeedSettings]:
    wanted = list(feeds)
    states = load_states(ledger, [feed.id for feed in wanted])
    for feed in wanted:
        state = states.get(feed.id, FeedState())
        if schedule.is_due(state, now) if only_due else schedule.may_poll(state, now):
            yield feed


def _run_graph(plan: Plan, feed_ids: Sequence[str], workers: int) -> dict[str, int]:
    """Run the graph on Beam's in-process runner; returns its counters."""
    quiet_beam()
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    from pipeline.flow.build import build

    mode = "in_memory" if workers == 1 else "multi_processing"
    options = PipelineOptions([f"--direct_num_workers={workers}", f"--direct_running_mode={mode}"])
    # Named: "DirectRunner" would first try to download Prism.
    graph = beam.Pipeline(runner=FnApiRunner(), options=options)
    build(graph | "DueFeeds" >> beam.Create(feed_ids, reshuffle=False), plan)
    try:
        with _silent_workers(workers):
            result = graph.run()
            result.wait_until_finish()
    except Exception as error:
        raise _translated(error) from error
    return {c.key.metric.name: int(c.committed) for c in result.metrics().query()["counters"]}


@contextmanager
def _silent_workers(workers: int) -> Iterator[None]:
    """Worker processes log to the standard error that they inherit: give them none, and keep ours."""
    if workers == 1:
        yield
        return
    sys.stderr.flush()
    kept, ours = os.dup(2), sys.stderr
    with open(os.devnull, "wb") as nowhere, open(kept, "w", buffering=1, encoding="utf-8") as sys.stderr:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            sys.stderr = ours


def _translated(error: BaseException) -> BaseException:
    """What a worker raised, as it was: Beam adds to its message, and makes it text when it comes from a process."""
    text = str(error)
    for kind in (StoreUnavailable, StoreError, WirewatchError):
        if isinstance(error, kind) or f".{kind.__name__}: " in text:
            said = text.rpartition(f".{kind.__name__}: ")[2]
            return kind(said.partition(" [while running")[0].strip())
    return error


def quiet_beam() -> None:
    """Keep Beam's own log lines off the user's terminal; errors still come through as exceptions."""
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apache_beam  # noqa: F401  (warns of optional parts that are missing)
    root.setLevel(level)


def deliver(config: Config, store: Store, now: datetime, stream: TextIO | None = None) -> outbox.Outcome:
    """Deliver what is due in the outbox over the configured channels."""
    from pipeline.channels import open_channels
    from pipeline.net.client import fetch_once

    def post(url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> int:
        network = config.settings.network
        return fetch_once(network, url, method="POST", headers=headers, data=body, timeout_s=timeout_s).status

    channels = open_channels(config.settings.channels, post=post, stream=stream)
    return outbox.deliver(store.ledger, config.rules, channels, now)
