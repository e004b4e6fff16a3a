"""What a thread tells when a story has come into it: a new claim, a denial, a third independent outlet.

The fold key names the thread and what is told of it, so that it is told once, whichever story brings it and however
often it is claimed.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from pipeline.core.alerts.message import LATE, Found, Item
from pipeline.core.alerts.rule import AlertRule
from pipeline.core.alerts.triggers import mark
from pipeline.core.telling import EXCERPT, clean, link
from pipeline.core.threads import Claimed, Report, Thread

INDEPENDENT: Final = 3
"""Origins that a thread must have so that `thread: [outlets]` tells it."""
_CLAIMS: Final = 8


def unfolds(
    rule: AlertRule, thread: Thread, members: Iterable[str], fresh: Collection[str], now: datetime
) -> list[Found]:
    """What `rule` (`when: {thread: […]}`) tells of a thread into which the stories `fresh` have come.

    A claim is told once for each thread: `claim` those of somebody that its first report had not, `denial` all that
    deny. `members` are all stories of the thread: it may have gone by the id of any of them.
    """
    if rule.when is None or not rule.active(now):
        return []
    names = dict.fromkeys((thread.id, *members))
    found: list[Found] = []
    for claim in thread.claims:
        if claim.first.story in fresh and _wanted(rule, thread, claim):
            found.append(_unfolding(rule, names, f"{claim.standing}:{claim.who}", _claim(thread, claim, now)))
    if "outlets" in rule.when.thread and (report := _third(thread, fresh)) is not None:
        found.append(_unfolding(rule, names, "outlets", _spread(thread, report, now)))
    return found


def _wanted(rule: AlertRule, thread: Thread, claim: Claimed) -> bool:
    news = rule.when.thread if rule.when is not None else ()
    if claim.standing == "denied" and "denial" in news:
        return True
    opening = {story.id for story in thread.reports[0].stories}
    return "claim" in news and bool(claim.who) and claim.first.story not in opening


def _third(thread: Thread, fresh: Collection[str]) -> Report | None:
    """The report that gives a thread its third independent origin, if that has just come."""
    known = {report.origin for report in thread.reports if any(story.id not in fresh for story in report.stories)}
    if len(known) >= INDEPENDENT or len(thread.origins) < INDEPENDENT:
        return None
    return next(report for report in thread.reports if report.origin == thread.origins[INDEPENDENT - 1])


def _unfolding(rule: AlertRule, names: Iterable[str], what: str, item: Item) -> Found:
    fold, *also = (f"unfolds:{name}:{mark(what)}" for name in names)
    return Found(rule, fold, item, tuple(also))


def _claim(thread: Thread, claim: Claimed, now: datetime) -> Item:
    first = claim.first
    why = f"{clean(thread.what, 200)} — {clean(str(claim), 100)} in {clean(first.source, 60)}"
    return _told(thread, first.story, why, first.sentence, first.outlets, now)


def _spread(thread: Thread, report: Report, now: datetime) -> Item:
    origins = ", ".join(clean(name, 60) for name in thread.origins[:INDEPENDENT])
    why = f"{clean(thread.what, 200)} — now told by {INDEPENDENT} independent outlets: {origins}"
    return _told(thread, report.first.id, why, report.first.title, [story.source for story in report.stories], now)


def _told(
    thread: Thread, story: str, why: str, sentence: str, outlets: Iterable[str], now: datetime
) -> Item:
    report, carried = next((r, one) for r in thread.reports for one in r.stories if one.id == story)
    return Item(
        title=why, matched=now, url=link(carried.url), story=story,
        cluster=report.cluster, source=clean(carried.source, 100),
        outlets=tuple(dict.fromkeys(clean(name, 100) for name in (carried.source, *outlets))),
        published=carried.at, late=now - carried.at > LATE, topics=(thread.topic,) if thread.topic else (),
        events=(_standing(thread),) if thread.claims else (), excerpt=clean(sentence, EXCERPT),
    )


def _standing(thread: Thread) -> str:
    """The whole matter in a line: `2026-11-21 alleged by US; 2026-11-22 denied by North Korea`."""
    return "; ".join(f"{claim.first.at:%Y-%m-%d} {clean(str(claim), 80)}" for claim in thread.claims[:_CLAIMS])
