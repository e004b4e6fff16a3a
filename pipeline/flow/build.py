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
    Settle,
)


def build(feed_ids: beam.PCollection, plan: Plan) -> None:
    """From the ids of due feeds to settled entries; whatever fails on the way ends in the ledger.

        feed ids ─► Poll ─┬─► tasks ─► FetchArticles ─► Detect ─► Index ─► Alert ─► Settle
        leftovers ────────┘
                    └─► failures ─► KeepFailures
    """
    polled = feed_ids | Poll(plan=plan)
    tasks = (polled.tasks, feed_ids.pipeline | Leftovers(plan=plan)) | beam.Flatten()
    (
        tasks
        | FetchArticles(plan=plan)
        | Detect(plan=plan)
        | Index(plan=plan)
        | Alert(plan=plan)
        | Settle(plan=plan)
    )
    polled[FAILURES] | KeepFailures(plan=plan)
