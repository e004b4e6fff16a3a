"""A rule tried on the past: how often it would have fired, how many messages that makes, and with what."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import heappush, heapreplace
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.core.alerts.index import RuleIndex
from pipeline.core.alerts.message import Item, found_story
from pipeline.core.alerts.rule import AlertRule
from pipeline.core.alerts.times import held_until, send_time
from pipeline.core.document import Document
from pipeline.core.errors import WirewatchError
from pipeline.core.story import Story

SAMPLES: Final = 20
BUSY: Final = 25.0
"""Messages a day above which a warning is given."""
_WIDTH: Final = 40


@dataclass(frozen=True, slots=True)
class Day:
    """One day in the rule's time zone: stories that match, and messages that would have been sent."""

    day: date
    hits: int
    messages: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another rule that matched `shared` of the same stories, of `own` that it matched in all."""

    rule: str
    shared: int
    own: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done in the last days.

    `stories` were looked at, `hits` of them matched, which makes `folded` matches to be told, in `messages`
    messages. `samples` are the newest of them. `warning` is empty where all is well.
    """

    rule: AlertRule
    stories: int
    hits: int
    folded: int
    messages: int
    days: tuple[Day, ...]
    samples: tuple[Item, ...]
    overlaps: tuple[Overlap, ...]
    warning: str


def try_rule(
    rule: AlertRule, stories: Iterable[Story], *, days: int, now: datetime, others: Iterable[AlertRule] = (),
    busy: float = BUSY,
) -> Trial:
    """Try `rule` on the stories published in the `days` before `now` (in any order; memory grows with hits only).

    For a rule that an absence fires, the messages are those of its silences. Raises WirewatchError for a rule that
    something else fires: feed health, bursts, threads.
    """
    if rule.when is not None and rule.when.absent is None:
        raise WirewatchError(f"rule {rule.name} is fired by {rule.when} and cannot be tried on stories one by one")
    since = now - timedelta(days=days)
    zone = ZoneInfo(rule.timezone)
    asked = AlertRule(rule.name, rule.query, rule.channels, fold=rule.fold)
    index = RuleIndex([asked, *(other for other in others if other.name != rule.name)])
    looked = hits = 0
    on: Counter[date] = Counter()
    first: dict[str, datetime] = {}
    shared: Counter[str] = Counter()
    own: Counter[str] = Counter()
    newest: list[tuple[datetime, str, Item]] = []
    for story in stories:
        if not since <= story.published <= now:
            continue
        looked += 1
        document = Document.of(story)
        names = {answered.name for answered in index.answered(document, now)}
        own.update(names)
        if rule.name not in names:
            continue
        hits += 1
        shared.update(names)
        on[story.published.astimezone(zone).date()] += 1
        [found] = [
            found_story(match.rule, story, match.title, match.body, story.published)
            for match in index.matches(document, now) if match.rule is asked
        ]
        known = first.get(found.fold)
        first[found.fold] = story.published if known is None else min(known, story.published)
        if known is None:
            (heappush if len(newest) < SAMPLES else heapreplace)(newest, (story.published, story.id, found.item))
    sent = _messages(rule, sorted(first.values()), since, now)
    messages = Counter(moment.astimezone(zone).date() for moment in sent)
    span = [(since + timedelta(days=n)).astimezone(zone).date() for n in range(days + 1)]
    return Trial(
        rule, looked, hits, len(first), len(sent),
        tuple(Day(day, on[day], messages[day]) for day in dict.fromkeys([*span, *sorted(messages.keys() - {*span})])),
        tuple(item for _, _, item in sorted(newest, reverse=True)),
        tuple(Overlap(name, shared[name], own[name]) for name in sorted(shared, key=lambda n: (-shared[n], n))
              if name != rule.name),
        _warning(hits, len(sent), days, looked, busy),
    )


def _messages(rule: AlertRule, matched: Sequence[datetime], since: datetime, now: datetime) -> list[datetime]:
    """When messages would have gone out for matches that came at these times."""
    if rule.when is not None and rule.when.absent is not None:
        absent = rule.when.absent
        matched = [before + absent for before, after in pairwise([since, *matched, now]) if after - before >= absent]
    due = sorted((send_time(rule, moment), moment) for moment in matched)
    if not (rule.cooldown or rule.digest):
        held = {moment for moment, came in due if moment > came}
        return sorted([*held, *(moment for moment, came in due if moment == came)])
    sent: list[datetime] = []
    for moment, _ in due:
        if not sent or moment > sent[-1]:
            sent.append(held_until(rule, moment, sent[-1] if sent else None))
    return sent


def _warning(hits: int, messages: int, days: int, looked: int, busy: float) -> str:
    if not looked:
        return f"there are no stories of the last {days} days to try it on"
    if not hits:
        return f"it would never have fired in {days} days, on {looked:,} stories: is a word misspelt, or a tag wrong?"
    if messages / days > busy:
        return (f"it would send {messages / days:.0f} messages a day; narrow the query, or set a cooldown or a digest")
    return ""


def chart(trial: Trial) -> list[str]:
    """One line of text a day, newest last: `2026-03-04 ██████▌ 13 hits, 2 messages`."""
    most = max((day.hits for day in trial.days), default=0)
    lines = []
    for day in trial.days:
        eighths = round(day.hits * _WIDTH * 8 / most) if most else 0
        bar = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
        count = f"{_counted(day.hits, 'hit')}, {_counted(day.messages, 'message')}" if day.hits or day.messages else "-"
        lines.append(" ".join(part for part in (day.day.isoformat(), bar, count) if part))
    return lines


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
