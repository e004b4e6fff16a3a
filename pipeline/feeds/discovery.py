"""Which feeds a web page names, and where feeds usually are; pure."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from pipeline.core.markup import plain_line
from pipeline.core.urls import canonical_url

_FEED_TYPES: Final = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/rss",
    "application/atom", "text/rss+xml", "text/rss", "application/x-rss+xml",
})
_OPEN_TYPES: Final = frozenset({"application/xml", "text/xml", "application/json"})
"""Types of feeds and of much else: the rest of the link must say that it is one."""
_SEGMENT: Final = re.compile(
    r"(?:[^\W_]+[_-])?(?:rss\d*|atom|rdf|feeds?)(?:[_-]?(?:rss\d*|feeds?|full|all|news)|[_-][a-z]{2})*"
    r"(?:\.(?:xml|php\d?|aspx?|ashx|jsp|cgi|json|rss|atom|rdf|html?))?|.+\.(?:rss|atom|rdf)",
    re.IGNORECASE,
)
"""A part of a path that says that something is a feed, or a list of them."""
_PARAMETER: Final = re.compile(
    r"(?:^|&)(?:feed|format|type|output|outputtype|view|alt|mode|_format)=(?:rss\d*|atom|rdf|feed|xml)(?:&|$)",
    re.IGNORECASE,
)
_SAYS_FEED: Final = re.compile(r"\b(?:rss|atom|feeds?)\b", re.IGNORECASE)
_SAYING: Final = 40
"""A link with longer text is a headline that happens to have the word."""
_NO_FEED: Final = re.compile(r"\.(?:png|jpe?g|gif|svg|ico|css|js|pdf|mp3)$", re.IGNORECASE)
_ABOUT: Final = re.compile(
    r"(?:^|\.)(?:facebook|twitter|feedly|netvibes|inoreader|newsblur|wikipedia|w3|feedvalidator)\.\w+$"
)
"""Sites that links about feeds lead to, which have no feed of this site."""
_FEED_SCHEME: Final = re.compile(r"^feed:(?://(?=https?://))?(?=/|https?:)", re.IGNORECASE)
_LINKS: Final = 20_000
_PIECES: Final = 20
"""What is looked at of one page, and of one link's text."""
_USUAL: Final = ("feed", "rss", "atom.xml", "feed.xml", "index.xml", "rss.xml")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed; `why` is where it was found: `link`, `anchor` or `usual`."""

    url: str
    why: str
    title: str = ""


def named(root: Any, url: str) -> tuple[Candidate, ...]:
    """What the page with lxml tree `root` from `url` names: `<link rel=alternate>` first, then links that look alike.

    Each address once.
    """
    base = url
    for element in root.iter("base"):
        base = _absolute(element.get("href") or "", url) or url
        break
    found = [
        Candidate(_absolute(element.get("href") or "", base), "link", plain_line(element.get("title") or "", 300))
        for element in islice(root.iter("link"), _LINKS) if _is_feed_link(element)
    ]
    found += [
        Candidate(_absolute(element.get("href") or "", base), "anchor", _title(element))
        for element in islice(root.iter("a"), _LINKS) if _is_feed_anchor(element, base)
    ]
    return _once(found, url)


def usual(url: str) -> tuple[Candidate, ...]:
    """Where the site of a page usually has its feed: below the page's folder, then at the root."""
    folders = dict.fromkeys((urljoin(url, urlsplit(url).path.rsplit("/", 1)[0] + "/"), urljoin(url, "/")))
    return _once([Candidate(urljoin(folder, name), "usual") for folder in folders for name in _USUAL], url)


def _is_feed_link(element: Any) -> bool:
    rel = (element.get("rel") or "").lower().split()
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    if "stylesheet" in rel or not {"alternate", "feed"} & set(rel):
        return False
    if kind in _FEED_TYPES or "feed" in rel:
        return True
    href, title = element.get("href") or "", element.get("title") or ""
    return kind in _OPEN_TYPES and (_looks_like_feed(href) or bool(_SAYS_FEED.search(title)))


def _is_feed_anchor(element: Any, base: str) -> bool:
    href = element.get("href") or ""
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    target = _absolute(href, base)
    if not target or _NO_FEED.search(urlsplit(target).path) or _ABOUT.search(urlsplit(target).hostname or ""):
        return False
    if kind in _FEED_TYPES or _FEED_SCHEME.match(href.strip()) or _looks_like_feed(target):
        return True
    title = _title(element)
    return len(title) <= _SAYING and bool(_SAYS_FEED.search(title))


def _looks_like_feed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return any(map(_SEGMENT.fullmatch, parts.path.split("/"))) or bool(_PARAMETER.search(parts.query))


def _title(element: Any) -> str:
    text = element.get("title") or "".join(islice(element.itertext(), _PIECES))
    return plain_line(text[:300].replace("<", " "), 300)


def _absolute(href: str, base: str) -> str:
    href = _FEED_SCHEME.sub("", href.strip())
    try:
        url = urljoin(base, href) if href else ""
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return parts._replace(fragment="").geturl() if good else ""


def _once(found: list[Candidate], url: str) -> tuple[Candidate, ...]:
    """Each address once, never the page itself."""
    seen = {canonical_url(url)}
    kept = []
    for candidate in found:
        key = canonical_url(candidate.url)
        if candidate.url and key not in seen:
            seen.add(key)
            kept.append(candidate)
    return tuple(kept)
