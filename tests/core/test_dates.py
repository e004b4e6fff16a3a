"""Dates as feeds and pages write them."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.dates import parse_date, usual_date

TEN = datetime(2022, 11, 7, 10, tzinfo=UTC)
DAY = datetime(2022, 11, 7, tzinfo=UTC)

DATES = [
    # RFC 822 and its faults
    ("Mon, 07 Nov 2022 10:00:00 GMT", "", TEN),
    ("Mon, 07 Nov 2022 10:00:00 +0000 (UTC)", "", TEN),
    ("Mon,07 Nov 2022 10:00:00 Z", "", TEN),
    ("07 Nov 22 10:00 UT", "", TEN),
    ("Mon, 7 Nov 2022 19:00:00 GMT+9", "", TEN),
    ("Mon, 7 Nov 2022 05:00:00 GMT-05:00", "", TEN),
    ("Mon, 7 Nov 2022 05:00:00 EST", "", TEN),
    ("Mon, 7 Nov 2022 19:00:00 KST", "", TEN),
    ("Mon, 7 Nov 2022 15:30:00 +0530 IST", "", TEN),
    ("Mon, 7 Nov 2022 11:00:00 Europe/Paris", "", TEN),
    ("Sun, 6 Nov 2022 24:00:00 GMT", "", DAY),
    ("Mon, 7 Nov 2022 09:59:60 GMT", "", datetime(2022, 11, 7, 9, 59, 59, tzinfo=UTC)),
    ("Mon, 7 November 2022", "", DAY),
    ("Mon, 07 Nov 2022", "", DAY),
    ("November 7, 2022 5:00 AM EST", "", TEN),
    ("Nov. 7, 2022", "", DAY),
    ("Mon Nov  7 10:00:00 2022", "", TEN),
    ("Mon Nov 07 05:00:00 EST 2022", "", TEN),
    # ISO 8601
    ("2022-11-07T10:00:00Z", "", TEN),
    ("2022-11-07T10:00:00.123456Z", "", TEN),
    ("2022-11-07T19:00:00+09:00", "", TEN),
    ("2022-11-07T19:00+0900", "", TEN),
    ("2022-11-07 10:00:00", "", TEN),
    ("2022-11-07", "", DAY),
    ("2022-11-7 10:00:00", "", TEN),
    ("2022/11/07 10:00", "", TEN),
    ("20221107T100000Z", "", TEN),
    ("20221107", "", DAY),
    # names of other languages
    ("Seg, 07 Nov 2022 07:00:00 -0300", "", TEN),
    ("segunda-feira, 7 de novembro de 2022", "pt", DAY),
    ("lun., 7 nov. 2022 11:00:00 +0100", "", TEN),
    ("7 février 2022", "", datetime(2022, 2, 7, tzinfo=UTC)),
    ("Mo, 07 Okt 2024 12:00:00 +0200", "", datetime(2024, 10, 7, 10, tzinfo=UTC)),
    ("Пн, 07 ноя 2022 13:00:00 +0300", "", TEN),
    ("7 листопада 2022", "uk", DAY),
    ("7 listopada 2022", "pl", DAY),
    ("7 listopada 2022", "hr", datetime(2022, 10, 7, tzinfo=UTC)),
    ("Δευ, 7 Νοε 2022 10:00", "", TEN),
    ("7 Kasım 2022 10:00", "", TEN),
    ("الاثنين 7 نوفمبر 2022 10:00", "", TEN),
    ("2022年11月7日 10:00", "", TEN),
    ("2022년 11월 7일 10:00", "", TEN),
    # numbers
    ("07.11.2022 10:00", "", TEN),
    ("07/11/2022 10:00", "fr", TEN),
    ("11/07/2022 10:00", "en", TEN),
    ("25/11/2022", "en", datetime(2022, 11, 25, tzinfo=UTC)),
    ("1667815200", "", TEN),
    ("1667815200000", "", TEN),
    # none
    ("", "", None),
    ("soon", "", None),
    ("yesterday", "", None),
    ("2 hours ago", "", None),
    ("10 Nov", "", None),
    ("31 Feb 2022", "", None),
    ("0001-01-01T00:00:00", "", None),
    ("1970-01-01", "", None),
    ("Mon, 7 Nov 2022 10:00:00 +9999", "", None),
    ("x" * 100_000, "", None),
    ("1" * 100_000, "", None),
]


@pytest.mark.parametrize(("raw", "lang", "moment"), DATES)
def test_date(raw: str, lang: str, moment: datetime | None) -> None:
    assert parse_date(raw, lang) == moment


def test_odd_form_goes_to_dateparser() -> None:
    assert usual_date("10:00 on the 7th of November, 2022") is None
    assert parse_date("10:00 on the 7th of November, 2022", "en") == TEN


moments = st.datetimes(datetime(1990, 1, 2), datetime(2090, 1, 1), timezones=st.sampled_from(  # noqa: DTZ001
    [UTC, *(timezone(timedelta(minutes=m)) for m in (-720, -300, -210, 60, 330, 345, 540, 840))]
)).map(lambda moment: moment.replace(microsecond=0))  # fmt: skip


@given(moments)
def test_standard_forms_are_read_exactly(moment: datetime) -> None:
    assert usual_date(moment.isoformat()) == moment
    assert usual_date(format_datetime(moment)) == moment


@given(st.text(max_size=60), st.sampled_from(["", "en", "fr", "xx"]))
def test_any_text_passes(raw: str, lang: str) -> None:
    moment = usual_date(raw, lang)
    assert moment is None or moment.tzinfo is UTC
