"""Dates as feeds and pages write them, to aware UTC datetimes."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ISO: Final = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d*)?)?\s*(.{0,20}))?$", re.IGNORECASE
)
_RFC822: Final = re.compile(
    r"(?:[^\W\d]{2,12}\.?\s*,?\s+)?"
    r"(?:(\d{1,2})[ .-]+([a-z]{3,9})\.?,?|([a-z]{3,9})\.? (\d{1,2}),?)[ -](\d{4}|\d\d),?"
    r"(?:\s+(?:at )?(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?: ?([ap]m))?\s*(.{0,30}))?$",
    re.IGNORECASE,
)
_MONTHS: Final = {
    "jan": 1, "january": 1, "feb": 2, "february": 2, "mar": 3, "march": 3, "apr": 4, "april": 4, "may": 5,
    "jun": 6, "june": 6, "jul": 7, "july": 7, "aug": 8, "august": 8, "sep": 9, "sept": 9, "september": 9,
    "oct": 10, "october": 10, "nov": 11, "november": 11, "dec": 12, "december": 12,
}  # fmt: skip
_OFFSET: Final = re.compile(
    r"(?:gmt|utc|ut|z)?\s*([+-])(\d\d?)(?::?(\d\d))?(?:\s*[(\[].*[)\]]|\s+[a-z]{2,5})?$", re.IGNORECASE
)
_PLACE: Final = re.compile(r"\[?([A-Z][A-Za-z]+/[A-Z][A-Za-z_]+)\]?$")
_COMPACT: Final = re.compile(r"\d{8}(?:T\d{4}|$)")
# Hours east of Greenwich of abbreviations that news feeds use. Where one name means several zones, the meaning of
# RFC 822 stands (EST, CST and the like are American); IST is Indian, BST British.
_ZONES: Final = {
    "": 0, "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "zulu": 0,
    "edt": -4, "est": -5, "et": -5, "cdt": -5, "cst": -6, "ct": -6, "mdt": -6, "mst": -7, "mt": -7, "pdt": -7,
    "pst": -8, "pt": -8, "akdt": -8, "akst": -9, "hst": -10, "adt": -3, "ast": -4, "nst": -3.5, "ndt": -2.5,
    "brt": -3, "art": -3, "clt": -4, "cot": -5, "pet": -5, "bst": 1, "west": 1, "wat": 1, "cet": 1, "met": 1,
    "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "sast": 2, "cat": 2, "eet": 2, "eest": 3, "msk": 3, "eat": 3,
    "trt": 3, "idt": 3, "irst": 3.5, "gst": 4, "pkt": 5, "ist": 5.5, "npt": 5.75, "wib": 7, "ict": 7, "hkt": 8,
    "sgt": 8, "pht": 8, "myt": 8, "awst": 8, "jst": 9, "kst": 9, "acst": 9.5, "aest": 10, "aedt": 11, "nzst": 12,
    "nzdt": 13,
}  # fmt: skip
_OLDEST: Final = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: 0001-01-01 and 1970-01-01 mean "none"
_LONGEST: Final = 100


def parse_date(raw: str, lang: str = "") -> datetime | None:
    """The moment that `raw` names, or None where it names none or one before the web.

    ISO 8601 and RFC 822 with their usual faults (`GMT+9`, zone names, missing time or zone) are read here;
    other forms, such as foreign day and month names, by dateparser, which is told `lang` (an ISO 639 code) to
    settle day and month order. No zone means UTC; a missing time midnight.
    """
    raw = " ".join(raw.split())
    if not raw or len(raw) > _LONGEST:
        return None
    try:
        moment = standard_date(raw) or _foreign(raw, lang)
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and moment >= _OLDEST else None


def standard_date(raw: str) -> datetime | None:
    """ISO 8601 and RFC 822 dates only; raises ValueError on impossible ones such as 31 February."""
    if found := _ISO.match(raw):
        year, month, day, hour, minute, second, zone = found.groups()
    elif found := _RFC822.match(raw):
        day1, name1, name2, day2, year, hour, minute, second, half, zone = found.groups()
        day, month = day1 or day2, _MONTHS.get((name1 or name2).lower())
        if month is None:
            return None
        if len(year) == 2:
            year = ("19" if year >= "90" else "20") + year
        if half:
            hour = str(int(hour) % 12 + (12 if half.lower() == "pm" else 0))
    elif _COMPACT.match(raw):
        compact = datetime.fromisoformat(raw)
        return compact.replace(tzinfo=compact.tzinfo or UTC).astimezone(UTC)
    else:
        return None
    where = _zone(zone or "")
    if where is None:
        return None
    carry = timedelta(0)
    if hour == "24":
        hour, carry = "0", timedelta(days=1)
    leap = min(int(second or 0), 59)
    local = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), leap, tzinfo=where)
    return (local + carry).astimezone(UTC)


def _zone(text: str) -> tzinfo | None:
    text = text.strip()
    hours = _ZONES.get(text.lower().strip("()"))
    if hours is not None:
        return timezone(timedelta(hours=hours))
    if found := _OFFSET.match(text):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes <= 15 * 60:
            return timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes))
    elif found := _PLACE.match(text):
        try:
            return ZoneInfo(found[1])
        except (ZoneInfoNotFoundError, OSError, ValueError):
            return None
    return None


@lru_cache(maxsize=4096)
def _foreign(raw: str, lang: str) -> datetime | None:
    if not any(c.isdigit() for c in raw):
        return None
    import dateparser

    dotted = re.match(r"\d\d?\.\d\d?\.\d", raw) is not None
    settings: dict[str, Any] = {
        **({"DATE_ORDER": "DMY"} if dotted else {}),  # nobody writes month first with dots
        "PARSERS": ["timestamp", "absolute-time"],  # never "2 hours ago", which depends on the clock
        "REQUIRE_PARTS": ["day", "month", "year"],
        "RETURN_AS_TIMEZONE_AWARE": True,
        "TIMEZONE": "UTC",
    }
    for languages in ([lang], None) if lang else (None,):
        try:
            found = dateparser.parse(raw, languages=languages, settings=settings)
        except ValueError:  # a language that dateparser does not know
            continue
        if found is not None:
            moment: datetime = found.astimezone(UTC)
            return moment
    return None
