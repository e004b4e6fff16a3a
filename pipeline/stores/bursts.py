"""Unusual volume, told to the rules that ask for it (`when: {burst: […]}`): one alert for each burst.

    query     everything that the rule's query finds
    topic     each topic among it
    pair      each pair of states of which one does something to the other, in the roles of events

Counted in clusters (forty copies of a wire are one), by hour of publication, from the archive itself. A series is
looked at when it has at least as many in the last day as a burst needs. A look counts one day; what is usual is learnt
anew once a day, for as many series as there is time for, so that no pass waits long however large the archive is.

    kind "burst"   RULE/: {"looked"}                                   when the rule was looked at last
                   RULE/SERIES: {"series", "since", "last"}            a burst: since when, and when it last was one
                   /QUERY: {"learnt", "first", "usual"}                what is usual, and the first hour that it knows
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pipeline.core import bursts
from pipeline.core.alerts.message import Found
from pipeline.core.alerts.rule import AlertRule
from pipeline.core.alerts.triggers import mark, risen
from pipeline.core.bursts import Rise, Usual, hour_of, moment_of
from pipeline.core.matters import DOERS, DONE_TO, act_of
from pipeline.core.query import All, Event, Published, Query, Tag, all_of, any_of, tag_value
from pipeline.core.states import NAMES
from pipeline.core.story import from_plain, to_plain
from pipeline.stores import outbox
from pipeline.stores.base import Ledger, Record, Store

EVERY: Final = timedelta(minutes=10)
"""How often a rule is looked at."""
ANEW: Final = timedelta(hours=24)
"""What is usual is learnt again when it is older than this."""
LEARNING_S: Final = 3.0
"""Seconds of learning after which one call learns no further series; those left are learnt in the next."""
PAIRS: Final = 50
"""Pairs of states looked at, those told most first."""


@dataclass(frozen=True, slots=True)
class Series:
    """Something that can burst: what people call it, and what counts."""

    name: str
    query: Query


def tell(store: Store, rules: Iterable[AlertRule], now: datetime) -> int:
    """Claim the bursts of now; returns how many are new to a rule."""
    claimed = 0
    history = _History(store, now)
    for rule in rules:
        if rule.when is None or not rule.when.burst or not rule.active(now) or _fresh(store.ledger, rule, now):
            continue
        found = []
        for series in _series(store, rule, now - bursts.GAP, now):
            counts = _today(store, series.query, now)
            usual = history.usual(series.query) if sum(counts.values()) >= bursts.LEAST else None
            rise = bursts.rise(usual, counts, now, history.growth(series.query)) if usual is not None else None
            if rise is not None:
                since = _since(store.ledger, rule, series, now)
                found.append(risen(rule, series.name, rise, since, _headlines(store, series, rise, now), now))
        claimed += outbox.claim(store.ledger, found, now) if found else 0
        store.ledger.put("burst", [Record(f"{rule.name}/", {"looked": now.isoformat()})])
    return claimed


class _History:
    """What is usual as of `now`: as it was learnt within the last day, else learnt now while there is time, else as it
    was learnt before."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store, self._now = store, now
        self._spent_s = 0.0
        self._grown: float | None = None

    def usual(self, query: Query) -> Usual | None:
        """None where the archive is too young, or nothing was learnt yet."""
        everything = self._learnt(All())
        if query == All() or everything is None:
            return everything[1] if everything is not None else None
        learnt = self._learnt(query, everything[0])
        return learnt[1] if learnt is not None else None

    def growth(self, query: Query) -> float:
        """By how much everything has grown, for a part of it."""
        if query == All():
            return 1.0
        if self._grown is None:
            self._grown = bursts.grown(self.usual(All()), _today(self._store, All(), self._now), self._now)
        return self._grown

    def _learnt(self, query: Query, first: int | None = None) -> tuple[int, Usual | None] | None:
        """The first hour of the history, and what is usual in it; a whole archive knows its first hour itself."""
        key = f"/{mark(str(query))}"
        record = self._store.ledger.get("burst", [key]).get(key)
        known = record is not None and record.data["usual"] is not None
        fresh = known and record is not None and self._now - datetime.fromisoformat(record.data["learnt"]) < ANEW
        if not fresh and self._spent_s < LEARNING_S:
            begun = time.monotonic()
            counts = _counts(self._store, query, self._now - bursts.HISTORY, self._now)
            first = min(counts, default=hour_of(self._now)) if first is None else first
            usual = _usual(counts, first, self._now)
            record = Record(key, {"learnt": self._now.isoformat(), "first": first,
                                  "usual": to_plain(usual) if usual is not None else None})
            self._store.ledger.put("burst", [record])
            self._spent_s += time.monotonic() - begun
            return first, usual
        if record is None:
            return None
        return record.data["first"], from_plain(Usual, record.data["usual"]) if known else None


def tried(store: Store, rule: AlertRule, since: datetime, now: datetime) -> list[Found]:
    """What a rule would have told from `since` to `now`, looked at at the end of every hour; newest last.

    By what the archive holds now: stories that came late count at the hour at which they were published.
    """
    begin = since - bursts.HISTORY
    whole = _counts(store, All(), begin, now)
    first = min(whole, default=hour_of(now))
    hours = range(hour_of(since), hour_of(now))
    growth: dict[int, float] = {}
    usual: Usual | None = None
    for hour in hours:
        at = moment_of(hour + 1)
        if (hour - hours.start) % 24 == 0:
            usual = _usual(whole, max(first, hour_of(at - bursts.HISTORY)), at)
        growth[hour] = bursts.grown(usual, whole, at)
    found: list[Found] = []
    for series in _series(store, rule, since, now):
        everything = series.query == All()
        counts = whole if everything else _counts(store, series.query, begin, now)
        for at, rise in bursts.rises(counts, first, hours, None if everything else growth):
            found.append(risen(rule, series.name, rise, at, _headlines(store, series, rise, at), at))
    return sorted(found, key=lambda one: one.item.matched)


def _fresh(ledger: Ledger, rule: AlertRule, now: datetime) -> bool:
    """Whether it was looked at just now."""
    record = ledger.get("burst", [f"{rule.name}/"]).get(f"{rule.name}/")
    return record is not None and now - datetime.fromisoformat(record.data["looked"]) < EVERY


def _since(ledger: Ledger, rule: AlertRule, series: Series, now: datetime) -> datetime:
    """Since when the series is unusual; on record before the burst is claimed, so that a crash repeats nothing."""
    key = f"{rule.name}/{mark(series.name)}"
    record = ledger.get("burst", [key]).get(key)
    since = now
    if record is not None and now - datetime.fromisoformat(record.data["last"]) < bursts.OVER:
        since = datetime.fromisoformat(record.data["since"])
    ledger.put("burst", [Record(key, {"series": series.name, "since": since.isoformat(), "last": now.isoformat()})])
    return since


# ── what can burst ────────────────────────────────────────────────────────────────────────────────────────


def _series(store: Store, rule: AlertRule, since: datetime, now: datetime) -> Iterator[Series]:
    wanted = rule.when.burst if rule.when is not None else ()
    today = _narrowed(rule.query, Published("after", since), _until(now))
    if "query" in wanted:
        yield Series(str(rule.query), rule.query)
    if "topic" in wanted:
        page = store.archive.search(today, now=now, limit=0, facets=("topic",), fold=True)
        for topic, count in page.facets["topic"]:
            if count >= bursts.LEAST:
                yield Series(f"topic {topic}", _narrowed(rule.query, Tag("topic", tag_value(topic))))
    if "pair" in wanted:
        yield from (Series(f"{NAMES.get(a, a)} → {NAMES.get(b, b)}", _narrowed(rule.query, acting(a, b)))
                    for a, b in _pairs(store, today, now))


def _pairs(store: Store, today: Query, now: datetime) -> list[tuple[str, str]]:
    """Who does something to whom in the stories of today, told by enough clusters, most first."""
    told: dict[tuple[str, str], set[str]] = {}
    for story in store.archive.stories(_narrowed(today, Tag("status", "", prefix=True)), now=now):
        for act in map(act_of, story.events):
            for pair in ((a, b) for a in act.doers for b in act.done_to if a in NAMES and b in NAMES and a != b):
                told.setdefault(pair, set()).add(story.cluster or story.id)
    enough = [pair for pair, clusters in told.items() if len(clusters) >= bursts.LEAST]
    return sorted(enough, key=lambda pair: (-len(told[pair]), pair))[:PAIRS]


def acting(doer: str, done_to: str) -> Query:
    """Stories of an event in which one state (by its code) does something to another."""
    return any_of(Event((f"{a}:{doer.lower()}", f"{b}:{done_to.lower()}")) for a in DOERS for b in DONE_TO)


# ── counts ────────────────────────────────────────────────────────────────────────────────────────────────


def _usual(counts: Mapping[int, int], first: int, now: datetime) -> Usual | None:
    return bursts.usual_of(counts, first, hour_of(now - bursts.GAP) + 1)


def _today(store: Store, query: Query, now: datetime) -> dict[int, int]:
    """All that `bursts.rise` and `bursts.grown` look at."""
    return _counts(store, query, moment_of(hour_of(now - bursts.GAP)), now)


def _counts(store: Store, query: Query, after: datetime, now: datetime) -> dict[int, int]:
    some = _narrowed(query, Published("after", after), _until(now))
    page = store.archive.search(some, now=now, limit=0, timeline="hour", fold=True)
    return {hour_of(at): count for at, count in page.timeline}


def _headlines(store: Store, series: Series, rise: Rise, now: datetime) -> list[str]:
    recent = _narrowed(series.query, Published("after", now - timedelta(hours=rise.hours)), _until(now))
    page = store.archive.search(recent, now=now, limit=3, fold=True)
    return [hit.story.title for hit in page.hits]


def _until(now: datetime) -> Published:
    """Some feeds date a story in the future."""
    return Published("before", now)


def _narrowed(query: Query, *parts: Query) -> Query:
    return all_of([part for part in (query, *parts) if part != All()])
