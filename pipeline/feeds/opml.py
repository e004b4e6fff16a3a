"""OPML, in which feed readers exchange their subscriptions: read with suspicion, written as OPML 2.0."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import quoteattr

from pipeline.core.charsets import decode
from pipeline.core.errors import WirewatchError
from pipeline.core.markup import without_attribute_floods

MAX_BYTES: Final = 50_000_000
_DEPTH: Final = 50
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FEED_SCHEME: Final = re.compile(r"^feed:(?://)?(?=https?://)", re.IGNORECASE)
_ODD_TAG: Final = re.compile(r"[\x00-\x1f\x7f-\x9f,]+")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One feed of an OPML file, and the line on which it stands; `group` joins the outlines around it with ` / `."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    group: str = ""
    line: int = 0


class _Hostile(Exception):
    """Something that no subscription list needs."""


def read_opml(body: bytes, name: str) -> tuple[list[Subscription], list[str]]:
    """The feeds of an OPML 1 or 2 file, and a sentence for each outline that is left out.

    `name` is the file's, for messages. `category` says a feed's tags, separated by commas; without that attribute
    they are the names of the outlines around it, in lower case with hyphens. Entities are refused unread, outlines
    that include other files are not followed. Raises WirewatchError where it is not OPML.
    """
    if len(body) > MAX_BYTES:
        raise WirewatchError(f"{name}: is larger than {MAX_BYTES:,} bytes; split it")
    reader = _Reader(name)
    parser = ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = reader.entity
    reader.parser = parser
    text = without_attribute_floods(_DECLARATION.sub("", decode(body)))
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except _Hostile as refusal:
        raise WirewatchError(f"{name}:{parser.CurrentLineNumber}: {refusal}; nothing was taken from it") from None
    except ExpatError as error:
        what = str(error).partition(": line")[0]
        raise WirewatchError(
            f"{name}:{error.lineno}: is not well-formed XML ({what}); export it anew, or correct that line"
        ) from None
    return reader.found, reader.left_out


class _Reader:
    """What expat reports of one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parser: Any = None
        self.found: list[Subscription] = []
        self.left_out: list[str] = []
        self.names: list[str | None] = []
        """For each element that is open: the name of an outline that groups others."""

    def entity(self, entity: str, *_: Any) -> None:
        raise _Hostile(f"it declares an entity ({entity[:40]}), which no subscription list needs")

    def start(self, element: str, attributes: dict[str, str]) -> None:
        element = element.lower()
        if not self.names and element != "opml":
            raise _Hostile(f"it is no OPML: its first element is <{element[:40]}>, not <opml>")
        if len(self.names) >= _DEPTH:
            raise _Hostile(f"it is nested more than {_DEPTH} levels deep")
        name = None
        if element == "outline":
            values = {key.lower(): value.strip() for key, value in attributes.items()}
            if not self.feed(values):
                name = " ".join((values.get("text") or values.get("title") or "").split())
        self.names.append(name)

    def end(self, element: str) -> None:
        self.names.pop()

    def feed(self, values: dict[str, str]) -> bool:
        """Whether an outline is a feed or a link, rather than a group of others."""
        kind = values.get("type", "").lower()
        line = self.parser.CurrentLineNumber
        url = _FEED_SCHEME.sub("", values.get("xmlurl", ""))
        if kind == "include" or "+" in kind or (kind == "link" and not url):
            why = "another file is not followed" if kind == "include" else "it is no feed"
            self.left_out.append(f"{self.name}:{line}: an outline of type {kind} is left out: {why}")
            return True
        if not url:
            return False
        url = re.sub(r"^feed://", "http://", url, flags=re.IGNORECASE)
        title = values.get("title") or values.get("text") or ""
        above = [name for name in self.names if name]
        tags = _tags(values["category"].split(",")) if "category" in values else _tags(map(_slug, above))
        self.found.append(Subscription(url, "" if title == url else title, tags, " / ".join(above), line))
        return True


def _tags(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = (_ODD_TAG.sub(" ", name).strip().lstrip("/").strip()[:200].strip() for name in names)
    return tuple(dict.fromkeys(name for name in cleaned if name))


def _slug(name: str) -> str:
    return re.sub(r"[^\w.]+", "-", name.lower()).strip("-")


def write_opml(feeds: Iterable[Subscription], *, title: str, now: datetime) -> str:
    """OPML 2.0 with an outline for each group; `read_opml` gives the same urls, titles, tags and groups back."""
    return "\n".join(_lines(feeds, title, now)) + "\n"


def _lines(feeds: Iterable[Subscription], title: str, now: datetime) -> Iterator[str]:
    groups: dict[str, list[Subscription]] = {}
    for feed in feeds:
        groups.setdefault(feed.group, []).append(feed)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<opml version="2.0">'
    yield "  <head>"
    yield f"    <title>{_NOT_XML.sub('', title).replace('&', '&amp;').replace('<', '&lt;')}</title>"
    yield f"    <dateCreated>{format_datetime(now, usegmt=True)}</dateCreated>"
    yield "  </head>"
    yield "  <body>"
    for name, members in groups.items():
        inset = "      " if name else "    "
        if name:
            yield f"    <outline text={_attribute(name)} title={_attribute(name)}>"
        for feed in members:
            told = _attribute(feed.title or feed.url)
            yield (f'{inset}<outline type="rss" text={told} title={told} xmlUrl={_attribute(feed.url)} '
                   f"category={_attribute(','.join(feed.tags))}/>")
        if name:
            yield "    </outline>"
    yield "  </body>"
    yield "</opml>"


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", text))
