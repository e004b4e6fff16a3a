"""Rules that no story fires: an agency that has fallen silent, a feed that is not well, unusually much of something.

Each decision gives a `Found` whose fold key names the occurrence (this silence, this breakdown), so that claiming
it twice tells it once, and the next occurrence is told again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from pipeline.core.alerts.message import Found, Item
from pipeline.core.alerts.rule import AlertRule, Health
from pipeline.core.bursts import Rise
from pipeline.core.telling import EXCERPT, clean

_SAID: Final[dict[Health, str]] = {
    "failing": "fails", "gone": "is gone for good", "silent": "has fallen silent", "flooding": "floods",
    "moved": "has moved for good", "recovered": "is well again",
}
HEADLINES: Final = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """A feed that is not well, or is well again: `since` when this began; `detail` is a sentence for a person."""

    feed: str
    state: Health
    since: datetime
    detail: str = ""
    url: str = ""


def absent(rule: AlertRule, last: datetime | None, began: datetime, now: datetime) -> Found | None:
    """A silence that `rule` (`when: {absent: …}`) shall tell.

    `last` is when the newest story that its query finds arrived (`Story.seen`), None where there is none; a rule
    that has just begun waits its whole time first.
    """
    if rule.when is None or rule.when.absent is None or not rule.active(now):
        return None
    since = max(last, began) if last is not None else began
    if now - since < rule.when.absent:
        return None
    told = f"the last one came {last:%Y-%m-%d %H:%M} UTC" if last is not None else "there never was one"
    item = Item(title=f"Nothing matched “{clean(str(rule.query), 120)}” for {_long(now - since)}: {told}", matched=now)
    return Found(rule, f"absent:{since.isoformat()}", item)


def unwell(rule: AlertRule, troubles: Iterable[Trouble], now: datetime) -> list[Found]:
    """The troubles that `rule` (`when: {health: […]}`) shall tell; a feed's trouble once, until it begins anew."""
    if rule.when is None or not rule.active(now):
        return []
    return [_trouble(rule, one, now) for one in troubles if one.state in rule.when.health]


def risen(
    rule: AlertRule, series: str, rise: Rise, since: datetime, headlines: Sequence[str], now: datetime
) -> Found:
    """What `rule` (`when: {burst: […]}`) tells of a series (named for people) that is unusual `since` then."""
    usual = f"{rise.usual:.0f}" if rise.usual >= 10 else f"{rise.usual:.1f}"
    title = f"Unusually much on {clean(series, 120)}: {rise.count} in {rise.hours} hours, where {usual} are usual"
    item = Item(title=title, matched=now, excerpt=clean(" · ".join(headlines[:HEADLINES]), EXCERPT))
    return Found(rule, f"burst:{mark(series)}:{since.isoformat()}", item)


def mark(text: str) -> str:
    """A short name for a key, of 24 hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _trouble(rule: AlertRule, one: Trouble, now: datetime) -> Found:
    told = f"{one.feed}\n{one.since.isoformat()}"
    since = f"since {one.since:%Y-%m-%d %H:%M} UTC"
    title = f"Feed {clean(one.feed, 100)} {_SAID[one.state]} {since}"
    return Found(rule, f"{one.state}:{mark(told)}", Item(title=title, matched=now, url=clean(one.url),
                                                   source=clean(one.feed, 100), excerpt=clean(one.detail, 280)))


def _long(duration: timedelta) -> str:
    hours = int(duration.total_seconds() // 3600)
    minutes = int(duration.total_seconds() // 60)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours >= 2 else "a minute" if minutes == 1 else f"{minutes} minutes"
