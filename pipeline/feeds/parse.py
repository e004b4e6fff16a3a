"""Bytes of a feed to entries: the only place that knows feedparser, which is handed nothing but clean bytes."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from pipeline.core.charsets import decode
from pipeline.core.dates import OLDEST, parse_date, usual_date
from pipeline.core.markup import plain_line, plain_text, without_attribute_floods
from pipeline.core.story import Entry
from pipeline.core.urls import story_id
from pipeline.feeds.jsonfeed import read_json

_ROOT: Final = re.compile(r"<((?:\w{1,40}:)?(?:rss|feed|rdf|channel))\b", re.IGNORECASE)
_HTML: Final = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
                          re.IGNORECASE | re.DOTALL)
_ENTITY: Final = re.compile(r'<!ENTITY\s+\w{1,40}\s+(?:"[^"&%<]{0,32}"|"&#\w{1,6};")\s*>')
_TAG: Final = re.compile(r"<!\[CDATA\[.*?\]\]>|<", re.DOTALL)  # well-formed: every CDATA section ends
_BROKEN_TAG: Final = re.compile("<")
_ITEM_END: Final = re.compile(r"</(?:\w{1,40}:)?(?:item|entry)\s*>", re.IGNORECASE)
_UNUSED: Final = re.compile(
    r"<category\b[^<>]*+(?:(?<=/)>|>[^<]*+(?:<!\[CDATA\[[^<\]]*+\]\]>[^<]*+)*+</category>)", re.IGNORECASE
)
"""feedparser compares every category with all before it, and we read none."""
_REFERENCE: Final = re.compile(r"&#([xX]0*[1-9a-fA-F][0-9a-fA-F]{3,}|0*[1-9]\d{4,});?", re.ASCII)
_ITEM: Final = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_SKIP_HOURS: Final = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_SKIP_DAYS: Final = re.compile(r"<skipDays>(.{0,1000}?)</skipDays>", re.IGNORECASE | re.DOTALL)
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DAYS: Final = {name: number for number, name in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])}
_PERIODS: Final = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_SUMMARY_CHARS: Final = 50_000
_CONTENT_CHARS: Final = 1_000_000
_TAGS: Final = 60_000
_CHARS: Final = 10_000_000
_BROKEN_TAGS: Final = 20_000
_BROKEN_CHARS: Final = 1_500_000
"""What is read of one feed, and of one that is not well-formed (the largest of 73 real ones: 8,400, 320,000)."""
_RESCUES: Final = 20
"""How many unusual dates of one feed are looked into, at up to 80 ms each."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed says of its own pace: `skip_hours` in GMT, `skip_days` with Monday 0, the rest in seconds."""

    ttl_s: int | None = None
    period_s: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed as parsed; `problem` is a sentence where something is wrong, entries may exist all the same.

    `dropped` counts the items that gave no entry by reason; `site` is the page that the feed belongs to;
    `format` is feedparser's name for it (`rss20`, `atom10`, `rss10` …, `json`), empty where it is none.
    """

    title: str = ""
    lang: str = ""
    entries: tuple[Entry, ...] = ()
    problem: str = ""
    hints: Hints = Hints()
    dropped: dict[str, int] = field(default_factory=dict)
    site: str = ""
    format: str = ""

    @property
    def undated(self) -> int:
        """How many entries carry no date that can be read."""
        return sum(entry.published is None for entry in self.entries)


def parse_feed(
    body: bytes, *, feed: str, url: str, content_type: str = "", fallback_lang: str = ""
) -> ParsedFeed:
    """The entries of one feed in the order of the feed; never raises for what the bytes hold.

    `feed` is the feed's id, which entries carry; `url` is where the bytes came from, the base of relative links;
    `fallback_lang` counts where the feed names no language. Entries of which no http(s) link is known are
    dropped and counted.
    """
    text = _NOT_XML.sub("", decode(body, content_type))
    if not text.strip():
        return ParsedFeed(problem="The feed is empty.")
    if (json := read_json(text)) is not None:
        return _Reader(feed, url, fallback_lang).read(json, "", json.cut)
    root = _ROOT.search(text)
    if root is None or (_HTML.match(text[:4000]) and root.start() > 2000):
        return ParsedFeed(problem=_not_a_feed(text, url))
    xml, cut = _bounded(text[root.start() :], root[1])
    entities = "".join(found[0] for found in islice(_ENTITY.finditer(text, 0, min(root.start(), 65_536)), 300))
    try:
        parsed = _feedparser(xml, entities, url)
    except Exception as error:  # some broken feeds break feedparser too
        return ParsedFeed(problem=f"The feed is too broken to be read ({type(error).__name__}: {error}).")
    return _Reader(feed, url, fallback_lang).read(parsed, xml, cut)


def how_to_find(url: str) -> str:
    """What a problem says of a page in place of a feed; whoever has just looked for its feeds leaves it out."""
    return f"; `wirewatch feeds add {url}` finds the feeds that it names"


def _not_a_feed(text: str, url: str) -> str:
    head = text.lstrip()[:4000]
    if _HTML.match(head) or "<html" in head.lower():
        return f"{url} is a web page, not a feed{how_to_find(url)}."
    if head.startswith(("{", "[")):
        return f"{url} is JSON, but no JSON Feed (jsonfeed.org); look for the site's RSS or Atom feed."
    return f"{url} is not RSS, Atom or JSON Feed: no <rss>, <feed> or <rdf> element found."


def _bounded(xml: str, root: str) -> tuple[str, bool]:
    """`xml` cut after the last whole item where it is too much for feedparser, and whether it was cut.

    feedparser takes some 50 µs for a tag, 300 where the XML is broken.
    """
    from xml.parsers.expat import ExpatError, ParserCreate

    xml = _REFERENCE.sub(_possible, without_attribute_floods(_UNUSED.sub("", xml)))
    most_chars, most_tags, tag = _CHARS, _TAGS, _TAG
    try:
        ParserCreate().Parse(xml.encode("utf-8", "replace"), True)
    except ExpatError:
        most_chars, most_tags, tag = _BROKEN_CHARS, _BROKEN_TAGS, _BROKEN_TAG
    beyond = next(islice(tag.finditer(xml, 0, most_chars), most_tags, None), None)
    if beyond is None and len(xml) <= most_chars:
        return xml, False
    kept = xml[: beyond.start() if beyond else most_chars]
    last = max(_ITEM_END.finditer(kept), key=re.Match.end, default=None)
    closing = f"</{root}>" if root.lower().endswith(("feed", "rdf")) else "</channel></rss>"
    return kept[: last.end() if last else None] + closing, True


def _possible(reference: re.Match[str]) -> str:
    """A numeric reference, or U+FFFD where there is no such character (feedparser fails then)."""
    digits = reference[1].lower()
    number = int(digits[1:25], 16) if digits.startswith("x") else int(digits[:25])
    return reference[0] if number < 0xD800 or 0xDFFF < number < 0x110000 else "\N{REPLACEMENT CHARACTER}"


def _feedparser(xml: str, entities: str, url: str) -> Any:
    import feedparser

    # The prolog is left out: it holds nothing that is needed but short entities, and all that is dangerous.
    doctype = f"<!DOCTYPE feed [{entities}]>" if entities else ""
    data = f'<?xml version="1.0" encoding="utf-8"?>{doctype}\n{xml}'.encode("utf-8", "replace")
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    # A file object, because feedparser takes plain bytes for a file name first.
    return feedparser.parse(
        io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


class _Reader:
    """Turns what feedparser found into our values, for one feed."""

    def __init__(self, feed: str, url: str, fallback_lang: str) -> None:
        self.feed, self.url, self.lang = feed, url, fallback_lang
        self.dropped: dict[str, int] = {}
        self.rescues = _RESCUES

    def read(self, parsed: Any, text: str, cut: bool) -> ParsedFeed:
        head = parsed.feed
        self.lang = _language(_text(head, "language")) or _language(self.lang)
        entries = tuple(entry for item in parsed.entries if (entry := self.entry(item)) is not None)
        return ParsedFeed(
            title=plain_line(_text(head, "title")),
            lang=self.lang,
            entries=entries,
            problem=self.problem(parsed, len(entries), cut),
            hints=_hints(head, text),
            dropped=self.dropped,
            site=_http(_text(head, "link"), self.url),
            format=parsed.get("version") or "",
        )

    def problem(self, parsed: Any, entries: int, cut: bool) -> str:
        if cut:
            return f"The feed is too large to be read whole; its first {entries} entries are kept."
        error = parsed.get("bozo_exception") if parsed.get("bozo") else None
        if error is None:
            return ""
        what = str(getattr(error, "getMessage", lambda: error)())
        line = getattr(error, "getLineNumber", lambda: None)()
        where = f" at line {line}" if line else ""
        kept = "the entries that could be read are kept" if entries else "no entry could be read"
        return f"The feed is not well-formed XML{where} ({what}); {kept}."

    def entry(self, item: Any) -> Entry | None:
        link = self.link(item)
        if not link:
            return None
        published, raw = self.date(item, ("published", "updated", "created"))
        updated, _ = self.date(item, ("updated",))
        title = plain_line(_text(item, "title"))
        contents = [_text(part, "value") for part in item.get("content") or () if isinstance(part, dict)]
        content = plain_text(max(contents, key=len, default=""), _CONTENT_CHARS)
        summary = plain_text(_text(item, "summary"), _SUMMARY_CHARS)
        return Entry(
            id=story_id(link),
            feed=self.feed,
            url=link,
            title=title,
            summary=summary,
            content=content if content != summary else "",
            guid=_text(item, "id"),
            authors=_authors(item),
            published=published,
            published_raw=raw,
            updated=updated,
            lang=_language(_text(item.get("title_detail") or {}, "language")) or self.lang,
        )

    def link(self, item: Any) -> str:
        raw = _text(item, "link")
        if not raw:
            raw = next((_text(a, "href") for a in item.get("links") or () if a.get("rel") == "alternate"), "")
        guid = _text(item, "id")
        if not raw and guid.startswith(("http://", "https://")) and item.get("guidislink", True):
            raw = guid
        if not raw:
            return self.drop("no link and no permalink")
        return _http(raw, self.url) or self.drop("link is not http or https")

    def drop(self, reason: str) -> str:
        self.dropped[reason] = self.dropped.get(reason, 0) + 1
        return ""

    def date(self, item: Any, names: Iterable[str]) -> tuple[datetime | None, str]:
        first_raw = ""
        for name in names:
            raw = _text(item, name)
            first_raw = first_raw or raw
            moment = self.moment(raw) or _from_tuple(dict.get(item, f"{name}_parsed"))
            if moment is not None:
                return moment, raw
        return None, first_raw

    def moment(self, raw: str) -> datetime | None:
        """The date, asking dateparser only as often as one feed may cost."""
        found = usual_date(raw, self.lang)
        if found is None and raw and self.rescues:
            self.rescues -= 1
            found = parse_date(raw, self.lang)
        return found if found is not None and found >= OLDEST else None


def _text(values: Any, name: str) -> str:
    value = dict.get(values, name)  # not FeedParserDict.get, whose fallbacks confuse updated with published
    return value.strip() if isinstance(value, str) else ""


def _http(link: str, base: str) -> str:
    link = "".join(link.split("\n")).strip().replace("\t", "")
    try:
        absolute = urljoin(base, link)
        parts = urlsplit(absolute)
        good = parts.scheme in ("http", "https") and parts.hostname
        return parts.scheme + absolute[len(parts.scheme) :] if good else ""
    except ValueError:
        return ""


def _language(tag: str) -> str:
    primary = tag.strip().lower().replace("_", "-").partition("-")[0]
    return primary if primary.isascii() and primary.isalpha() and len(primary) in (2, 3) else ""


def _authors(item: Any) -> tuple[str, ...]:
    names = [_text(author, "name") for author in dict.get(item, "authors") or () if isinstance(author, dict)]
    lines = (plain_line(name, 200) for name in names or [_text(item, "author")])
    return tuple(dict.fromkeys(line for line in lines if line and "@" not in line))


def _from_tuple(parsed: Any) -> datetime | None:
    try:
        year, month, day, hour, minute, second = parsed[:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) if year >= 1990 else None
    except (TypeError, ValueError):
        return None


def _hints(head: Any, text: str) -> Hints:
    first = _ITEM.search(text, 0, 1_000_000)
    before = text[: min(first.start() if first else 65_536, 65_536)]
    hours = _SKIP_HOURS.search(before)
    days = _SKIP_DAYS.search(before)
    ttl = _text(head, "ttl")
    period = _PERIODS.get(_text(head, "sy_updateperiod").lower())
    times = _text(head, "sy_updatefrequency")
    return Hints(
        ttl_s=int(ttl) * 60 if ttl.isdecimal() and 0 < int(ttl[:9]) <= 525_600 else None,
        period_s=period // max(1, int(times[:6]) if times.isdecimal() else 1) if period else None,
        skip_hours=tuple(sorted({int(h) % 24 for h in re.findall(r">\s*(\d{1,2})\s*<", hours[1])} if hours else ())),
        skip_days=tuple(sorted(
            {_DAYS[d.lower()] for d in re.findall(r">\s*([a-zA-Z]{3})", days[1]) if d.lower() in _DAYS} if days else ()
        )),
    )
