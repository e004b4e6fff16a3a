"""The graph, built once, for every runner."""

import apache_beam as beam

from pipeline.flow.plan import Plan
from pipeline.flow.transforms import (
    FAILURES,
    Alert,
    Detect,
    FetchArticles,
    Index,
    KeepFailures,
    Leftovers,
    Poll,
    RereadFeeds,
    Settle,
)


def build(feed_ids: beam.PCollection, plan: Plan) -> None:
    """From the ids of due feeds to settled entries; whatever fails on the way ends in the ledger.

        feed ids ─► Poll ─┬─► refs ──► FetchArticles ─► Detect ─► Index ─► Alert ─► Settle
        leftovers ────────┘
                    └─► failures, of fetching too ─► KeepFailures

    Between steps that Beam does not fuse, everything is held in memory; so refs go there, and texts are read from the
    ledger where they are used.
    """
    polled = feed_ids | Poll(plan=plan)
    refs = (polled.refs, feed_ids.pipeline | Leftovers(plan=plan)) | "Refs" >> beam.Flatten()
    _stories(refs, polled[FAILURES], plan, alerting=True)


def build_replay(feed_ids: beam.PCollection, plan: Plan, *, alerting: bool) -> None:
    """The same from the ids of recorded feeds on, whose answers and pages come from the plan's recordings."""
    read = feed_ids | RereadFeeds(plan=plan)
    _stories(read.refs, read[FAILURES], plan, alerting=alerting)


def _stories(refs: beam.PCollection, failures: beam.PCollection, plan: Plan, *, alerting: bool) -> None:
    fetched = refs | FetchArticles(plan=plan)
    stored = fetched.outcomes | Detect(plan=plan) | Index(plan=plan)
    if alerting:
        stored = stored | Alert(plan=plan)
    stored | Settle(plan=plan)
    (failures, fetched[FAILURES]) | "Failures" >> beam.Flatten() | KeepFailures(plan=plan)
