"""A rule tried on the past: how often it would have fired, how many messages that makes, and with what."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from heapq import heappush, heappushpop
from itertools import groupby, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.core.alerts.index import RuleIndex
from pipeline.core.alerts.message import Found, Item, found_story
from pipeline.core.alerts.rule import AlertRule
from pipeline.core.alerts.times import held_until, send_time
from pipeline.core.bursts import NEEDED
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

    `stories` were looked at, `hits` of them matched, which makes `folded` things to be told, in `messages` messages;
    on average `rate` a day, of the days that have stories. `samples` are the newest of what is told. `warning` is empty
    where all is well.
    """

    rule: AlertRule
    stories: int
    hits: int
    folded: int
    messages: int
    rate: float
    days: tuple[Day, ...]
    samples: tuple[Item, ...]
    overlaps: tuple[Overlap, ...]
    warning: str


Brings = Callable[[Sequence[Story]], Iterable[Found]]
"""What the stories that answer a rule about threads (given without their texts) bring to these, or, for a rule about
bursts, which there were."""


def try_rule(
    rule: AlertRule, stories: Iterable[Story], *, days: int, now: datetime, others: Iterable[AlertRule] = (),
    busy: float = BUSY, brings: Brings | None = None,
) -> Trial:
    """Try `rule` on the stories published in the `days` before `now` (in any order; memory grows with hits only).

    For a rule that an absence fires, the messages are those of its silences; one that threads or bursts fire tells what
    its hits bring (`brings`). Raises WirewatchError for one that feed health fires: of that no past is kept.
    """
    if rule.when is not None and (rule.when.health or (rule.when.absent is None and brings is None)):
        raise WirewatchError(f"rule {rule.name} is fired by {rule.when}; of that no past is kept on which to try it")
    since = now - timedelta(days=days)
    zone = ZoneInfo(rule.timezone)
    asked = AlertRule(rule.name, rule.query, rule.channels, fold=rule.fold)
    index = RuleIndex([asked, *(other for other in others if other.name != rule.name)])
    on: Counter[date] = Counter()
    covered: set[date] = set()
    first: dict[str, datetime] = {}
    shared: Counter[str] = Counter()
    own: Counter[str] = Counter()
    newest = _Newest()
    hits: list[Story] = []
    looked = answered = 0
    for story in stories:
        if not since <= story.published <= now:
            continue
        looked += 1
        day = story.published.astimezone(zone).date()
        covered.add(day)
        document = Document.of(story)
        names = {answer.name for answer in index.answered(document, now)}
        own.update(names)
        if rule.name not in names:
            continue
        answered += 1
        shared.update(names)
        on[day] += 1
        if brings is not None:
            if rule.when is not None and rule.when.thread and story.thread:
                hits.append(replace(story, title="", body="", summary="", topics=(), events=()))
            continue
        [found] = [
            found_story(match.rule, story, match.title, match.body, story.published)
            for match in index.matches(document, now) if match.rule is asked
        ]
        known = first.get(found.fold)
        first[found.fold] = story.published if known is None else min(known, story.published)
        if known is None:
            newest.add(found.item, story.id)
    matched = list(first.values())
    if brings is not None:
        told = {found.fold: found for found in brings(hits)}
        for found in told.values():
            newest.add(replace(found.item, late=False), found.fold)
        first = {fold: found.item.published or found.item.matched for fold, found in told.items()}
        matched = list({found.item.story or fold: first[fold] for fold, found in told.items()}.values())
    sent = _messages(rule, sorted(matched), since, now)
    messages = Counter(moment.astimezone(zone).date() for moment in sent)
    span = [(since + timedelta(days=n)).astimezone(zone).date() for n in range(days + 1)]
    rate = len(sent) / max(1, min(days, len(covered)))
    return Trial(
        rule, looked, answered, len(first), len(sent), rate,
        tuple(Day(day, on[day], messages[day]) for day in dict.fromkeys([*span, *sorted(messages.keys() - {*span})])),
        newest.items(),
        tuple(Overlap(name, shared[name], own[name]) for name in sorted(shared, key=lambda n: (-shared[n], n))
              if name != rule.name),
        _warning(rule, answered, rate, days, looked, len(covered), busy),
    )


class _Newest:
    """The newest SAMPLES of the items added."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str, Item]] = []

    def add(self, item: Item, key: str) -> None:
        """`key` tells items of one moment apart."""
        entry = (item.published or item.matched, key, item)
        (heappush if len(self._heap) < SAMPLES else heappushpop)(self._heap, entry)

    def items(self) -> tuple[Item, ...]:
        """Newest first."""
        return tuple(item for _, _, item in sorted(self._heap, reverse=True))


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


def _warning(
    rule: AlertRule, hits: int, rate: float, days: int, looked: int, covered: int, busy: float
) -> str:
    if not looked:
        return f"there are no stories of the last {days} days to try it on"
    if not hits:
        seen = "its query finds nothing" if rule.when is not None else "it would never have fired"
        return f"{seen} in {days} days, on {looked:,} stories: is a word misspelt, or a tag wrong?"
    if rule.when is not None and rule.when.burst and covered < NEEDED.days <= days:
        return f"a burst needs {NEEDED.days} days of history; there are stories of {covered} of these {days} days"
    if rate > busy:
        return f"it would send {rate:.0f} messages a day; narrow the query, or set a cooldown or a digest"
    return ""


def chart(trial: Trial) -> list[str]:
    """One line of text a day, newest last: `2026-03-04 ██████▌ 13 hits, 2 messages`; days without any are one line."""
    most = max((day.hits for day in trial.days), default=0)
    lines = []
    for nothing, group in groupby(trial.days, lambda day: not (day.hits or day.messages)):
        days = list(group)
        if nothing:
            lines.append(" … ".join(dict.fromkeys(f"{day.day}" for day in (days[0], days[-1]))) + " -")
            continue
        for day in days:
            eighths = round(day.hits * _WIDTH * 8 / most) if most else 0
            bar = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
            count = f"{counted(day.hits, 'hit')}, {counted(day.messages, 'message')}"
            lines.append(" ".join(part for part in (f"{day.day}", bar, count) if part))
    return lines


def counted(number: int, thing: str) -> str:
    """`1 hit`, `2 hits`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
