"""When messages go out: digests, quiet hours and cool-downs, over changes to and from summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.alerts.times import held_until, next_digest, quiet_until, send_time
from tests.alerts.conftest import NOW, rule


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Berlin: clocks go 02:00 -> 03:00 on 2026-03-29 at 01:00 UTC, and 03:00 -> 02:00 on 2026-10-25 at 01:00 UTC.
# New York: 02:00 -> 03:00 on 2026-03-08 at 07:00 UTC, 02:00 -> 01:00 on 2026-11-01 at 06:00 UTC.
@pytest.mark.parametrize(("cron", "zone", "after", "comes"), [
    ("0 7 * * *", "UTC", "2026-03-04T06:59:59", "2026-03-04T07:00"),
    ("0 7 * * *", "UTC", "2026-03-04T07:00", "2026-03-05T07:00"),
    ("0 7 * * *", "Europe/Berlin", "2026-03-28T05:00", "2026-03-28T06:00"),
    ("0 7 * * *", "Europe/Berlin", "2026-03-28T06:00", "2026-03-29T05:00"),
    ("0 7 * * *", "Europe/Berlin", "2026-10-24T06:00", "2026-10-25T06:00"),
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00"),   # skipped: right after the change
    ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00", "2026-03-30T00:30"),
    ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:30"),   # repeated: the first one only
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30", "2026-10-26T01:30"),
    ("30 1 * * *", "America/New_York", "2026-10-31T12:00", "2026-11-01T05:30"),
    ("30 1 * * *", "America/New_York", "2026-11-01T05:30", "2026-11-02T06:30"),
    ("0 8 * * mon-fri", "Asia/Seoul", "2026-03-06T00:00", "2026-03-08T23:00"),
    ("*/15 * * * *", "Asia/Kathmandu", "2026-03-04T12:01", "2026-03-04T12:15"),
    ("0 9 29 2 *", "UTC", "2026-03-04T00:00", "2028-02-29T09:00"),
    ("0 9 L * *", "UTC", "2026-03-04T00:00", "2026-03-31T09:00"),
])
def test_digests(cron: str, zone: str, after: str, comes: str) -> None:
    assert next_digest(rule(digest=cron, timezone=zone), utc(after)) == utc(comes)


@pytest.mark.parametrize(("hours", "zone", "at", "until"), [
    ("22:00-06:30", "UTC", "2026-03-04T21:59:59", None),
    ("22:00-06:30", "UTC", "2026-03-04T22:00", "2026-03-05T06:30"),
    ("22:00-06:30", "UTC", "2026-03-05T06:29:59", "2026-03-05T06:30"),
    ("22:00-06:30", "UTC", "2026-03-05T06:30", None),
    ("22:00-06:30", "Asia/Seoul", "2026-03-04T13:00", "2026-03-04T21:30"),
    ("22:00-07:00", "Europe/Berlin", "2026-03-28T22:00", "2026-03-29T05:00"),   # a short night
    ("22:00-07:00", "Europe/Berlin", "2026-10-24T21:00", "2026-10-25T06:00"),   # a long one
    ("23:00-02:30", "Europe/Berlin", "2026-03-29T00:30", "2026-03-29T01:30"),   # 02:30 is skipped: 03:30 it is
    ("23:00-02:30", "Europe/Berlin", "2026-10-25T00:10", "2026-10-25T00:30"),   # 02:10 for the first time
    ("23:00-02:30", "Europe/Berlin", "2026-10-25T00:40", None),
    ("23:00-02:30", "Europe/Berlin", "2026-10-25T01:10", "2026-10-25T01:30"),   # 02:10 for the second time
    ("sat,sun 00:00-24:00", "UTC", "2026-03-07T12:00", "2026-03-08T00:00"),
    ("sat,sun 00:00-24:00", "UTC", "2026-03-06T12:00", None),
    ("fri 22:00-08:00", "UTC", "2026-03-07T07:00", "2026-03-07T08:00"),
    ("fri 22:00-08:00", "UTC", "2026-03-06T07:00", None),
])
def test_quiet_hours(hours: str, zone: str, at: str, until: str | None) -> None:
    assert quiet_until(rule(quiet=hours, timezone=zone), utc(at)) == (utc(until) if until else None)


def test_hours_that_follow_on_each_other_are_waited_out() -> None:
    weekend = rule(quiet=["20:00-07:00", "sat,sun 00:00-24:00"])
    assert held_until(weekend, utc("2026-03-06T21:00"), None) == utc("2026-03-09T07:00")


def test_silence_cool_down_and_quiet_hours_together() -> None:
    one = rule(quiet="22:00-06:00", cooldown="2h", silenced_until="2026-03-04T21:00Z")
    assert held_until(one, NOW, None) == utc("2026-03-04T21:00")
    assert held_until(one, NOW, utc("2026-03-04T20:30")) == utc("2026-03-05T06:00")


def test_a_digest_in_quiet_hours_comes_at_their_end() -> None:
    assert send_time(rule(digest="0 5 * * *", quiet="22:00-06:00"), NOW) == utc("2026-03-05T06:00")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Seoul", "UTC"]),
    st.integers(0, 1439), st.integers(1, 1440),
)
def test_what_is_held_is_let_go_outside_quiet_hours_within_a_day(
    at: datetime, zone: str, start: int, end: int
) -> None:
    if start == end or (end - start) % 1440 == 0:
        return
    one = rule(quiet=f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}", timezone=zone)
    until = held_until(one, at, None)
    assert at <= until <= at + timedelta(hours=26)
    assert quiet_until(one, until) is None
    local = until.astimezone(ZoneInfo(zone))
    if until != at and local.utcoffset() == at.astimezone(ZoneInfo(zone)).utcoffset():
        assert (local.hour * 60 + local.minute) % 1440 == end % 1440


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
       st.sampled_from(["0 7 * * *", "30 2 * * *", "15 1,13 * * mon-fri", "*/20 3 * * *"]),
       st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]))
def test_a_digest_always_comes_later_and_in_order(at: datetime, cron: str, zone: str) -> None:
    one = rule(digest=cron, timezone=zone)
    first = next_digest(one, at)
    assert at < first < at + timedelta(days=4)
    assert first <= next_digest(one, first)
