"""Run recorded feeds and pages through the graph again, without network: back-fill, or today's extraction anew."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from pipeline.config import Config
from pipeline.flow.plan import Plan
from pipeline.flow.recordings import read_recordings
from pipeline.flow.run import Summary, current_rules, deliver, shift_of
from pipeline.flow.runner import run_graph
from pipeline.stores import delivery, lease, open_store, outbox


def run_replay(
    config: Config,
    store_at: str,
    files: Sequence[Path],
    *,
    clock: Callable[[], datetime],
    workers: int = 1,
    alerting: bool = False,
    stream: TextIO | None = None,
) -> Summary:
    """Make stories of everything in WARC files, into a store that may have some of them already.

    Stories keep the time at which they were recorded; what a later fetch has changed since is left as it is. How
    feeds do, and when they are due, is not touched. Unless `alerting`, no rule is matched. Raises as `run_pass`.
    """
    begun = time.monotonic()
    warnings: list[str] = []
    recordings = read_recordings(files, config.feeds, warnings.append)
    network = config.settings.network.model_copy(update={"per_host_delay_s": 0.0, "per_host_concurrency": 8})
    store = open_store(store_at, config.settings.store)
    try:
        with lease.hold(store.ledger):
            started = clock()
            plan = Plan(
                settings=config.settings.model_copy(update={"network": network}),
                feeds=dict(recordings.settings),
                topics=config.topics,
                rules=config.rules,
                store_at=store_at,
                started=started,
                shards=workers,
                shift=shift_of(started),
                recordings=recordings,
            )
            rules = current_rules(config, store.ledger) if alerting else ()
            outbox.begin(store.ledger, rules, started)
            with plan.shared():
                counts = run_graph(lambda graph: _build(graph, plan, alerting), workers)
            store.archive.refresh()
            sent = deliver(config, rules, store, clock(), stream) if alerting else delivery.Outcome()
        return Summary(counts, sent.delivered, sent.pending, time.monotonic() - begun, tuple(warnings))
    finally:
        store.close()


def _build(graph: Any, plan: Plan, alerting: bool) -> None:
    import apache_beam as beam

    from pipeline.flow.build import build_replay

    build_replay(graph | "Recorded" >> beam.Create(list(plan.feeds)), plan, alerting=alerting)
