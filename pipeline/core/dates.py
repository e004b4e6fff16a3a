"""Dates as feeds and pages write them, to aware UTC datetimes."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

OLDEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the web: 0001-01-01 and 1970-01-01 mean "none"."""

_TIME: Final = r"(?P<hour>\d\d?)[:.h](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?(?: ?(?P<half>[ap])\.?m\.?)?"
_REST: Final = rf"(?:(?:,? |T|,? (?:at|um|às|a las|à|-|–|\|) ){_TIME}(?:Z| ?Uhr| ?uur)?)? ?(?P<zone>.{{0,30}})$"
_DAY_NAME: Final = r"(?:[^\W\d]{2,15}(?:-feira)?\.?,? ?)?"
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?){_REST}",
        rf"{_DAY_NAME}(?P<day>\d\d?)(?:[ -]+|\.|st |nd |rd |th |º )(?:de |d['’])?(?P<name>[^\W\d]{{2,15}})\.?,?(?: de)?"
        rf"[ -](?P<year>\d{{4}}|\d\d),?{_REST}",
        rf"{_DAY_NAME}(?P<name>[^\W\d]{{2,15}})\.? (?P<day>\d\d?)(?:st|nd|rd|th)?,? (?P<year>\d{{4}}),?{_REST}",
        rf"{_DAY_NAME}(?P<name>[a-z]{{3,9}}) (?P<day>\d\d?) {_TIME} (?P<zone>[a-z]{{1,5}} )?(?P<year>\d{{4}})$",
        rf"{_DAY_NAME}(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>\d{{4}}|\d\d){_REST}",
        rf"{_DAY_NAME}(?P<first>\d\d?)[/-](?P<other>\d\d?)[/-](?P<year>\d{{4}}){_REST}",
        rf"(?P<year>\d{{4}}) ?[年년] ?(?P<month>\d\d?) ?[月월] ?(?P<day>\d\d?) ?[日일]?(?:\([^()]\))?{_REST}",
    )
)
_COMPACT: Final = re.compile(r"\d{8}(?:T\d{4}|$)")
_EPOCH: Final = re.compile(r"(\d{10})(?:\d{3})?$")
_OFFSET: Final = re.compile(
    r"(?:gmt|utc|ut|z)?\s*([+-])(\d\d?)(?::?(\d\d))?(?:\s*[(\[].*[)\]]|\s+[a-z]{2,5})?$", re.IGNORECASE
)
_PLACE: Final = re.compile(r"\[?([A-Z][A-Za-z]+/[A-Z][A-Za-z_]+)\]?$")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ENGLISH: Final = {name[:cut]: number for number, name in enumerate(_MONTHS, 1) for cut in (3, 20)} | {"sept": 9}
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
_LONGEST: Final = 100
_LANGUAGES: Final = 60  # of dateparser's 205, by how many speak them


def parse_date(raw: str, lang: str = "") -> datetime | None:
    """The moment that `raw` names, or None where it names none or one before the web.

    `usual_date` first, which takes microseconds; other forms by dateparser, which takes 2 ms where it understands
    `lang`, up to 80 elsewhere.
    """
    moment = usual_date(raw, lang) or _unusual(raw[: _LONGEST + 1].strip(), lang)
    return moment if moment is not None and moment >= OLDEST else None


def usual_date(raw: str, lang: str = "") -> datetime | None:
    """Dates in the forms that feeds and pages use, of any time; None for other forms and impossible days.

    ISO 8601 and RFC 822 with their usual faults (`GMT+9`, zone names, missing time or zone), day and month names
    of 60 languages, numbers in their usual orders, seconds since 1970. `lang` (an ISO 639 code) settles what a
    month name means in several languages, and that 3/5 is 5 March in English only. No zone means UTC; a missing
    time midnight.
    """
    raw = " ".join(raw[: _LONGEST + 1].split())
    if not raw or len(raw) > _LONGEST:
        return None
    try:
        return next(filter(None, (_read(found, lang) for form in _FORMS if (found := form.match(raw)))), None) or (
            _compact(raw)
        )
    except (ValueError, OverflowError):
        return None


def _read(found: re.Match[str], lang: str) -> datetime | None:
    parts = found.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= 90 else 2000
    if parts.get("name"):
        day, month = int(parts["day"]), _month(parts["name"].lower(), lang)
    elif parts.get("first"):
        first, other = int(parts["first"]), int(parts["other"])
        day, month = (other, first) if other > 12 or (lang in ("en", "") and first <= 12) else (first, other)
    else:
        day, month = int(parts["day"]), int(parts["month"])
    where = _zone(parts["zone"] or "")
    if where is None or not month:
        return None
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"].lower() == "p" else 0)
    carry = timedelta(days=1) if hour == 24 else timedelta(0)
    second = min(int(parts["second"] or 0), 59)  # a leap second is the one before
    local = datetime(year, month, day, hour % 24 if carry else hour, int(parts["minute"] or 0), second, tzinfo=where)
    return (local + carry).astimezone(UTC)


def _compact(raw: str) -> datetime | None:
    if _COMPACT.match(raw):
        moment = datetime.fromisoformat(raw)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    found = _EPOCH.match(raw)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def _month(name: str, lang: str) -> int:
    """The number of a month's name; 0 where it is none, or means several in languages other than `lang`."""
    if name in _ENGLISH and lang in ("en", ""):
        return _ENGLISH[name]
    names = _foreign_months()
    return names.get((lang, name)) or _ENGLISH.get(name) or names.get(("", name), 0)


@cache
def _foreign_months() -> dict[tuple[str, str], int]:
    """(language, name) -> month, and ("", name) where all languages agree; from the data of dateparser (CLDR)."""
    from importlib import import_module

    from dateparser.data.languages_info import language_order

    names: dict[tuple[str, str], int] = {}
    disputed = set()
    for language in language_order[:_LANGUAGES]:
        info = import_module(f"dateparser.data.date_translation_data.{language}").info
        for number, month in enumerate(_MONTHS, 1):
            for name in (form.lower().rstrip(".") for form in info[month]):
                names[language, name] = number
                if names.setdefault(("", name), number) != number:
                    disputed.add(("", name))
    return {key: number for key, number in names.items() if key not in disputed}


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
def _unusual(raw: str, lang: str) -> datetime | None:
    if len(raw) > _LONGEST or not any(map(str.isdigit, raw)):
        return None
    import dateparser
    from dateparser.data.languages_info import language_order

    settings: dict[str, Any] = {
        "PARSERS": ["absolute-time"],  # never "2 hours ago", which depends on the clock
        "REQUIRE_PARTS": ["day", "month", "year"],
        "RETURN_AS_TIMEZONE_AWARE": True,
        "TIMEZONE": "UTC",
    }
    for languages in filter(None, ([lang] if lang else [], language_order[:_LANGUAGES])):
        try:
            found = dateparser.parse(raw, languages=languages, settings=settings)
            moment: datetime | None = found.astimezone(UTC) if found is not None else None
        except (ValueError, OverflowError):  # a language that dateparser does not know, or the year 0
            continue
        if moment is not None:
            return moment
    return None
