"""What a page says of itself: title, date, authors, language, canonical address, publisher.

Publishers fill JSON-LD for search engines with care, Open Graph for sharing with less, and headings for readers;
so that is the order of trust (checked on 136 news pages: date right on all but those that give no date at all).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from pipeline.core.dates import parse_date
from pipeline.core.markup import plain_line
from pipeline.core.urls import host_of

_ARTICLE: Final = re.compile(r"Article|Posting|Report|Review|WebPage", re.IGNORECASE)
_DATE_NAMES: Final = (
    "article:published_time", "article:published", "datepublished", "og:article:published_time", "og:published_time",
    "parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created",
    "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "publicationdate", "pub_date",
    "article.published", "published_at", "published-date", "bt:pubdate", "cxenseparse:recs:publishtime",
    "citation_online_date", "citation_publication_date", "dc.date", "dcterms.date", "date", "displaydate",
    "originalpublicationdate", "rnews:datepublished", "ptime", "created", "timestamp",
)  # fmt: skip
_AUTHOR_NAMES: Final = ("author", "article:author", "byl", "parsely-author", "sailthru.author", "dc.creator",
                        "dcterms.creator", "og:article:author", "citation_author")
_SEPARATOR: Final = re.compile(r"\s+[|–—\-·•»«:/]\s+|\s*[|｜ㅣ»]\s*|\s+[-–—](?=\S)|：")
_AND: Final = re.compile(r"\s*[;|•]\s*|,\s+(?=[^\W\d_]+[ -])|\s+(?:and|und|et|y|og|och|en|&)\s+")
_NO_NAME: Final = re.compile(r"@|://|^www\.|\d{3}|\b(?:image|photo|getty)\b", re.IGNORECASE)
_BY: Final = re.compile(r"^(?:by|von|par|por|di|door|af|av|od|oleh|от)\s+(?=[^\W\d_])", re.IGNORECASE)
_URL_DATE: Final = re.compile(r"/((?:19|20)\d\d)[/-]?([01]\d)[/-]?([0-3]\d)(?=[/_.-]|$)")
_SHOWN: Final = re.compile(
    r"(?<!\d)(?:(?P<d>\d{1,2})(?P<sep>[./-])(?P<m>\d{1,2})(?P=sep)(?P<y>(?:19|20)?\d\d)"
    r"|(?P<Y>(?:19|20)\d\d)\s?[./年-]\s?(?P<M>\d{1,2})\s?[./月-]\s?(?P<D>\d{1,2})日?"
    r"|(?P<words>\d{1,2}\.?(?: de| d')?\s[^\W\d]{3,12}\.?,?(?: de)?\s(?:19|20)\d\d"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}, (?:19|20)\d\d))"
    r"(?!\d)(?:\s*[,|–•·-]?\s*(?:um |at |a las |à )?(?P<time>\d{1,2}[:.h]\d\d)(?!\d))?"
)
_AMP_CACHES: Final = ("ampproject.org", "google.com", "bing-amp.com")
_SCRIPT_CHARS: Final = 2_000_000
_SCRIPTS: Final = 50
_NODES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Metadata:
    """`published_raw` is the date as written; `titles` are all that the page gives, for spotting repeats."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_raw: str = ""
    lang: str = ""
    canonical_url: str = ""
    publisher: str = ""
    description: str = ""
    titles: tuple[str, ...] = ()


def read_metadata(tree: Any, url: str) -> Metadata:
    """The metadata of a parsed page that came from `url`; whatever is missing or not believable stays empty."""
    page = _Page(tree, url)
    title = page.title()
    published, raw = page.date()
    return Metadata(
        title=title,
        authors=page.authors(),
        published=published,
        published_raw=raw,
        lang=page.lang(),
        canonical_url=page.canonical(),
        publisher=page.publisher(),
        description=page.meta("og:description", "description", "twitter:description"),
        titles=tuple(dict.fromkeys(filter(None, (title, page.meta("og:title"), *page.headings)))),
    )


class _Page:
    """One page's sources of metadata, read once."""

    def __init__(self, tree: Any, url: str) -> None:
        self.tree, self.url = tree, url
        self.metas: dict[str, list[str]] = {}
        for tag in tree.iter("meta"):
            name, content = tag.get("property") or tag.get("name") or tag.get("itemprop") or "", tag.get("content")
            if name and content and content.strip():
                self.metas.setdefault(name.strip().lower(), []).append(content.strip()[:5000])
        self.headings = [line for h in tree.iter("h1") if (line := plain_line(" ".join(h.itertext())))][:10]
        self.article = self._article()

    def meta(self, *names: str) -> str:
        return next((self.metas[name][0] for name in names if name in self.metas), "")

    def _article(self) -> dict[str, Any]:
        """The JSON-LD object that describes this page's article; empty where there is none."""
        found = [node for node in _json_ld(self.tree) if _ARTICLE.search(str(node.get("@type", "")))]
        named = {_key(line) for line in (*self.headings, self.meta("og:title")) if line}

        def trust(node: dict[str, Any]) -> tuple[bool, bool, bool]:
            headline = _key(_string(node.get("headline")))
            return "WebPage" not in str(node.get("@type")), bool(headline) and headline in named, bool(headline)

        return max(found, key=trust, default={})  # the first of equals

    def title(self) -> str:
        """The headline: JSON-LD and og:title first, headings and <title> to settle between them.

        Where those two differ, one was rewritten for search engines, most likely the one which <title> repeats.
        JSON-LD then counts only where something else repeats it, or where its maker cares for several headlines.
        """
        element = self.tree.find(".//title")
        named = self._without_site(plain_line(" ".join(element.itertext()))) if element is not None else ""
        headline = plain_line(_string(self.article.get("headline")))
        headline = self._whole(self._without_site(headline, cut=False), named)
        shared = self._whole(self._without_site(plain_line(self.meta("og:title"))), named)
        if not headline or not shared:
            tweeted = self._without_site(plain_line(self.meta("twitter:title")))
            return headline or shared or tweeted or self._plain(named)
        one, other = _key(headline), _key(shared)
        if one == other:
            return headline
        for end in _SEPARATOR.finditer(shared):  # "Headline | Section"
            if _key(shared[: end.start()]) == one:
                return shared[: end.start()]
        if shared.startswith(headline) and shared[len(headline) :].lstrip()[:1] in "-–—·|ㅣ":  # "Headline-Section"
            return headline
        second = plain_line(_string(self.article.get("alternativeHeadline")))
        again = {_key(second), _key(plain_line(self.meta("twitter:title")))}
        if one in again and other not in again:
            return headline
        if _key(named) == other and (second or one in map(_key, self.headings)):
            return headline
        return shared

    def _whole(self, line: str, named: str) -> str:
        """`line`, or where it was cut off the heading that it starts."""
        start = _key(line)
        for whole in (*self.headings, named):
            # "…" or an attribute that ended at a quote of the headline's own
            cut = line.endswith(("...", "…")) or whole[len(line) :].lstrip()[:1] in ('"', "'")
            if start and cut and len(_key(whole)) > len(start) and _key(whole).startswith(start):
                return whole
        return line

    def _plain(self, named: str) -> str:
        """The heading that <title> repeats (others are the site's name or a section's), else <title>."""
        key = _key(named)
        heading = next((line for line in self.headings if len(line) > 10 and _key(line) in key), "")
        return heading or named or (self.headings[0] if self.headings else "")

    def _without_site(self, line: str, *, cut: bool = True) -> str:
        """`line` without the site's name at its end or start; with `cut`, without all that follows a heading."""
        key = _key(line)
        if cut:
            for heading in self.headings:
                if 10 < len(heading) < len(line) and key.startswith(_key(heading) + " "):
                    return heading
        elif any(_key(line.rpartition("|")[0]) == _key(heading) for heading in self.headings):
            line = line.rpartition("|")[0].strip()
        for _ in range(3):
            parts = list(_SEPARATOR.finditer(line))
            if not parts:
                break
            first, last = parts[0], parts[-1]
            if self._names_site(line[last.end() :]) and line[: last.start()].strip():
                line = line[: last.start()].strip()
            elif self._names_site(line[: first.start()]) and line[first.end() :].strip():
                line = line[first.end() :].strip()
            else:
                break
        return line

    def _names_site(self, part: str) -> bool:
        name = _key(part).replace(" ", "")
        if not name:
            return False
        sites = {_key(site).replace(" ", "") for site in (self.publisher(), self.meta("application-name"))}
        host = re.sub(r"\W", "", host_of(self.url))
        return name in sites or name == host or (len(name) > 3 and name in host)

    def date(self) -> tuple[datetime | None, str]:
        raws = [_string(self.article.get("datePublished"))]
        raws += [self.meta(name) for name in _DATE_NAMES[:5]]
        raws.append(_string(self.article.get("dateCreated")))
        raws += [self.meta(name) for name in _DATE_NAMES[5:]]
        raws += self._times()
        lang = self.lang()
        for raw in filter(None, raws):
            moment = parse_date(raw, lang)
            if moment is not None:
                return moment, raw
        if found := _URL_DATE.search(urlsplit(self.url).path):
            raw = "-".join(found.groups())
            if moment := parse_date(raw):
                return moment, raw
        for raw in self._visible():
            if moment := parse_date(raw, lang):
                return moment, raw
        return None, next(filter(None, raws), "")

    def _visible(self) -> Iterator[str]:
        """What reads like a date in the short texts around the headline."""
        title = _key(self.title())
        same = (h for h in self.tree.iter("h1", "h2", "h3") if title and _key(" ".join(h.itertext())).endswith(title))
        heading = next(same, None)
        if heading is None:
            heading = next(self.tree.iter("h1", "h2"), None)
        if heading is None:
            return
        for node in _around(heading):
            for text in (node.text if node.tag not in ("script", "style") else "", node.tail):
                if text and 5 < len(text.strip()) < 120 and (found := _SHOWN.search(text)):
                    yield _iso(found)

    def _times(self) -> list[str]:
        """Dates of <time>: those marked as publication first, never those of updates."""
        marked: list[str] = []
        plain: list[str] = []
        for tag in islice(self.tree.iter("time"), 50):
            raw = tag.get("datetime") or " ".join(tag.itertext())
            hints = " ".join((tag.get("class") or "", tag.get("itemprop") or "", tag.get("pubdate") or "")).lower()
            if not raw.strip() or "modif" in hints or "updat" in hints:
                continue
            (marked if "publish" in hints or "pubdate" in hints or "created" in hints else plain).append(raw.strip())
        return marked[:1] + plain[:1]

    def authors(self) -> tuple[str, ...]:
        """People first; the site itself only where nobody else is named."""
        sources = [list(_names(self.article.get("author")))]
        sources += [self.metas.get(name, []) for name in _AUTHOR_NAMES]
        sources.append([" ".join(tag.itertext()) for tag in islice(self.tree.iterfind(".//*[@rel='author']"), 10)])
        sources.append([" ".join(tag.itertext()) for tag in islice(self.tree.iterfind(".//*[@itemprop='author']"), 10)])
        site: tuple[str, ...] = ()
        for names in sources:
            people = tuple(dict.fromkeys(line for name in names[:30] for line in _people(name)))[:20]
            named = tuple(line for line in people if not self._names_site(line))
            if named:
                return named
            site = site or people
        return site

    def lang(self) -> str:
        header = self.tree.find(".//meta[@http-equiv='content-language']")
        for raw in (
            self.tree.get("lang"),
            self.tree.get("{http://www.w3.org/XML/1998/namespace}lang") or self.tree.get("xml:lang"),
            _string(self.article.get("inLanguage")),
            self.meta("og:locale", "language", "dc.language"),
            header.get("content") if header is not None else "",
        ):
            primary = re.split(r"[-_,\s]", (raw or "").strip().lower())[0]
            if primary.isascii() and primary.isalpha() and len(primary) in (2, 3):
                return primary
        return ""

    def publisher(self) -> str:
        return plain_line(self.meta("og:site_name") or next(_names(self.article.get("publisher")), ""), 200)

    def canonical(self) -> str:
        links = [tag.get("href") or "" for tag in self.tree.iterfind(".//link[@rel='canonical']")]
        for link in (*links[:1], self.meta("og:url")):
            try:
                absolute = urljoin(self.url, link.strip()) if link.strip() else ""
                parts = urlsplit(absolute)
            except ValueError:
                continue
            if parts.scheme not in ("http", "https") or not parts.hostname:
                continue
            front = parts.path in ("", "/") and not parts.query
            if front and urlsplit(self.url).path not in ("", "/"):
                continue
            if same_site(absolute, self.url) or host_of(self.url).endswith(_AMP_CACHES):
                return absolute
        return self.url


def _around(heading: Any) -> Iterator[Any]:
    """The elements after and then before a heading, nearest first, some 150 each way."""
    for sideways in (False, True):
        left = 150
        for near in (heading, *heading.iterancestors()):
            for sibling in near.itersiblings(preceding=sideways):
                for node in islice(sibling.iter(), left):
                    left -= 1
                    yield node
            if left <= 0 or near.tag == "body":
                break


def _iso(found: re.Match[str]) -> str:
    time = (found["time"] or "").replace(".", ":").replace("h", ":")
    if found["words"]:
        return f"{found['words']} {time}".strip()
    if found["Y"]:
        return f"{found['Y']}-{found['M']}-{found['D']} {time}".strip()
    year = found["y"] if len(found["y"]) == 4 else "20" + found["y"]
    day, month = found["d"], found["m"]
    if found["sep"] != "." and int(day) <= 12:  # day or month first: the page's language settles it
        return f"{day}/{month}/{year} {time}".strip()
    return f"{year}-{month}-{day} {time}".strip()


def same_site(one: str, other: str) -> bool:
    """Whether two URLs belong to one publisher's domain (`www.`, `m.` and `amp.` hosts count as the same)."""
    return _domain(host_of(one)) == _domain(host_of(other)) != ""


def _domain(host: str) -> str:
    labels = host.split(".")
    # "co.uk", "com.au", "or.jp": a short second level below a country is shared by many owners
    shared = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if shared else labels[-2:])


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the page's JSON-LD in document order, broken scripts skipped."""
    budget = _NODES
    scripts = [s for s in tree.iter("script") if "ld+json" in (s.get("type") or "").lower()][:_SCRIPTS]
    for script in scripts:
        text = (script.text or "").strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
        text = re.sub(r"^//\s*<!\[CDATA\[|//\s*\]\]>$|^<!\[CDATA\[|\]\]>$", "", text[:_SCRIPT_CHARS])
        try:
            pending: list[Any] = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            if (broken := _salvage(text)):
                yield broken
            continue
        while pending and budget > 0:
            budget -= 1
            node = pending.pop(0)
            if isinstance(node, list):
                pending[:0] = node[:1000]
            elif isinstance(node, dict):
                yield node
                pending[:0] = [value for value in node.values() if isinstance(value, dict | list)]


def _salvage(text: str) -> dict[str, Any]:
    """The few fields that matter of JSON-LD that does not parse (a stray quote or line break is enough)."""
    if not _ARTICLE.search(text[:100_000]):
        return {}
    node: dict[str, Any] = {"@type": "Article"}
    for name in ("headline", "datePublished"):
        if found := re.search(rf'"{name}"\s*:\s*"((?:[^"\\]|\\.){{1,500}})"', text[:100_000]):
            try:
                node[name] = json.loads(f'"{found[1]}"', strict=False)
            except ValueError:
                node[name] = found[1]
    return node if len(node) > 1 else {}


def _string(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    return value.strip()[:5000] if isinstance(value, str) else ""


def _names(value: Any) -> Iterator[str]:
    for one in value[:50] if isinstance(value, list) else [value]:
        name = one.get("name") if isinstance(one, dict) else one
        for line in name if isinstance(name, list) else [name]:
            if isinstance(line, str) and line.strip() and "://" not in line:
                yield line.strip()[:300]


def _people(byline: str) -> Iterator[str]:
    """The names in a byline such as `By Ann Lee and Bob Ray`."""
    for part in _AND.split(plain_line(byline, 300)):
        line = re.sub(r"\s*\([^()]{1,8}\)$", "", _BY.sub("", part)).strip(" ,/-–|")
        if 1 < len(line) < 80 and not _NO_NAME.search(line):
            yield line


def _key(line: str) -> str:
    """Only the words, for comparing headings that differ in quotes, dashes and case."""
    return " ".join(re.findall(r"\w+", line.lower()))
