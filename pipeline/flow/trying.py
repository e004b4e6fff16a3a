"""An alert rule tried on the stories that the archive has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pipeline.core.alerts import AlertRule, Found, Trial, try_rule
from pipeline.core.alerts.trial import Brings
from pipeline.core.query import Published
from pipeline.core.story import Story
from pipeline.flow.unfolding import unfolding
from pipeline.stores import bursts
from pipeline.stores.base import Store

_THREADS: Final = 200
"""Threads looked at at once."""


def try_on(store: Store, rule: AlertRule, others: Iterable[AlertRule], days: int, now: datetime) -> Trial:
    """What the rule, though it be disabled, would have done in the `days` before `now`, by what the archive holds now.

    Raises WirewatchError for a rule about feed health.
    """
    since = now - timedelta(days=days)
    stories = store.archive.stories(Published("after", since), now=now)
    return try_rule(rule, stories, days=days, now=now, others=others, brings=_brings(store, rule, since, now))


def _brings(store: Store, rule: AlertRule, since: datetime, now: datetime) -> Brings | None:
    if rule.when is not None and rule.when.thread:
        return lambda hits: _unfolded(store, rule, hits, now)
    if rule.when is not None and rule.when.burst:
        return lambda hits: bursts.tried(store, rule, since, now)
    return None


def _unfolded(store: Store, rule: AlertRule, hits: Sequence[Story], now: datetime) -> Iterator[Found]:
    asked = replace(rule, enabled=True, expires=None)
    threads = sorted({story.thread for story in hits if story.thread})
    for start in range(0, len(threads), _THREADS):
        some = set(threads[start : start + _THREADS])
        found, _ = unfolding(store, [(asked, story) for story in hits if story.thread in some], now)
        yield from found
