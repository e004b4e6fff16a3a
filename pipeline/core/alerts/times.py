"""When a gathered match may go out: cool-down, quiet hours and digests, true over changes to summer time."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from pipeline.core.alerts.rule import MINUTES_A_DAY, AlertRule, Quiet

MINUTES_A_WEEK: Final = 7 * MINUTES_A_DAY


def minutes_covered(quiet: Collection[Quiet]) -> int:
    """How many minutes of a week are quiet."""
    covered: set[int] = set()
    for hours in quiet:
        for day in hours.days or range(7):
            begin = day * MINUTES_A_DAY + hours.start
            covered.update(minute % MINUTES_A_WEEK for minute in range(begin, begin + hours.length))
    return len(covered)


def check_cron(expression: str) -> str:
    """The expression, if it has five fields and ever fires; raises ValueError that says what is wrong."""
    try:
        if len(expression.split()) != 5:
            raise CronSimError("Wrong number of fields")
        next(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(
            f'"{expression}" is not a time table ({str(error).lower()}); write minute, hour, day, month and '
            'weekday, such as "0 7 * * mon-fri"'
        ) from None
    except StopIteration:
        raise ValueError(f'"{expression}" never comes; there is no such date') from None
    return expression


def next_digest(rule: AlertRule, after: datetime) -> datetime:
    """The first time of the rule's digest later than `after`.

    As Debian's cron does: a time that a change of the clock skips comes right after the change, one that it
    repeats comes once.
    """
    return next(CronSim(rule.digest, after.astimezone(ZoneInfo(rule.timezone)))).astimezone(UTC)


def quiet_until(rule: AlertRule, at: datetime) -> datetime | None:
    """The end of the quiet hours that hold `at`, or None where there are none (later ones may follow on)."""
    zone = ZoneInfo(rule.timezone)
    local = at.astimezone(zone)
    wall = local.replace(tzinfo=None, fold=0)
    latest: datetime | None = None
    for hours in rule.quiet:
        for back in (0, 1):
            midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
            if hours.days and midnight.weekday() not in hours.days:
                continue
            begin = midnight + timedelta(minutes=hours.start)
            end = begin + timedelta(minutes=hours.length)
            if begin <= wall < end:
                ends = _instant(end, zone)
                if ends <= at:  # the clock goes back over the end: it comes a second time
                    ends = _instant(end.replace(fold=1), zone)
                if ends > at and (latest is None or ends > latest):
                    latest = ends
    return latest


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def held_until(rule: AlertRule, now: datetime, last_sent: datetime | None) -> datetime:
    """The first moment from `now` on that is outside the silence, the cool-down and the quiet hours."""
    moment = now
    if rule.silenced_until is not None:
        moment = max(moment, rule.silenced_until)
    if last_sent is not None:
        moment = max(moment, last_sent + rule.cooldown)
    for _ in range(100):  # hours that follow on each other; they never cover the week
        ends = quiet_until(rule, moment)
        if ends is None:
            break
        moment = ends
    return moment


def send_time(rule: AlertRule, matched: datetime, last_sent: datetime | None = None) -> datetime:
    """When a match of `matched` goes out at the earliest: at once, at the next digest, or when it is let go."""
    return held_until(rule, next_digest(rule, matched) if rule.digest else matched, last_sent)
