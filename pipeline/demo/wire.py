"""The sample wire as data: invented outlets, their feeds and articles written for this project, and the truth.

A file in `stories/` holds one text and, in front of it, who carries it (`Carrier`: the same text with another
headline, dateline, a cut tail, an added paragraph) and what a reader would say that it tells (`Truth`). The wire
has two states: 1, what stands at `now`, and 2, a little later: new articles, an update, a correction.
"""

import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pipeline.demo.forms import Carrier, Outlet, Page, Second, State, Text, Truth, outlets, texts


@dataclass(frozen=True, slots=True)
class Version:
    """An article as it stands in one state: title, paragraphs, and when it was last changed."""

    title: str
    paragraphs: tuple[str, ...]
    updated: datetime
    note: str = ""

    @property
    def body(self) -> str:
        """The paragraphs, a blank line between them."""
        return "\n\n".join(self.paragraphs)

    @property
    def summary(self) -> str:
        """What a feed says: the first paragraph."""
        return self.paragraphs[0]


@dataclass(frozen=True, slots=True)
class Article:
    """One article of one outlet, and the truth about it.

    `copy` names the text: articles with the same one are near-copies. `first` is None for an article that only
    state 2 has. `url` is the address its page calls canonical.
    """

    outlet: Outlet
    feeds: tuple[str, ...]
    url: str
    path: str
    published: datetime
    authors: tuple[str, ...]
    section: str
    copy: str
    truth: Truth
    page: Page
    first: Version | None
    second: Version

    def version(self, state: State) -> Version | None:
        """The article in a state, None while it does not exist."""
        return self.first if state == 1 else self.second

    @property
    def change(self) -> Literal["new", "changed", ""]:
        """What state 2 brings."""
        return "new" if self.first is None else "changed" if self.first != self.second else ""


@dataclass(frozen=True, slots=True)
class Wire:
    """The outlets by short name, and every article, newest first."""

    outlets: dict[str, Outlet]
    articles: tuple[Article, ...]

    def of_feed(self, feed: str, state: State) -> list[Article]:
        """What a feed lists in a state, newest first."""
        return [a for a in self.articles if feed in a.feeds and a.version(state) is not None]


def sample_wire(now: datetime) -> Wire:
    """The wire with its dates counted back from `now` (aware, cut to the minute); the same for the same `now`.

    Raises ValueError where a file under `pipeline/demo/` contradicts itself.
    """
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    articles = [
        _article(name, text, body, carrier, minute) for name, text, body in texts() for carrier in text.carried
    ]
    return Wire(outlets(), tuple(sorted(articles, key=lambda a: (a.published, a.url), reverse=True)))


def ago(text: str) -> timedelta:
    """`2d 3h`, `75m` as a duration; raises ValueError on anything else."""
    parts = re.fullmatch(r"(?:(\d+)d)? ?(?:(\d+)h)? ?(?:(\d+)m)?", text)
    if not text or parts is None:
        raise ValueError(f"not a duration such as `2d 3h` or `75m`: {text!r}")
    days, hours, minutes = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _article(name: str, text: Text, body: tuple[str, ...], carrier: Carrier, now: datetime) -> Article:
    outlet = outlets()[carrier.by]
    for feed in carrier.feeds:
        if feed not in outlet.feeds:
            raise ValueError(f"stories/{name}.md: {outlet.name} has no feed {feed!r}")
    slug = carrier.slug or name
    number = 10_000 + zlib.crc32(slug.encode()) % 90_000
    path = outlet.path.format(section=carrier.section, slug=slug, number=number)
    if carrier.page == "disallowed":
        path = "/members" + path
    version = _told(name, carrier, outlet, carrier.title or text.title, body, now)
    second = carrier.second and _retold(name, carrier.second, outlet, version, now)
    truth = Truth(topics=text.topics, maybe=text.maybe, events=text.events, matter=text.matter)
    return Article(
        outlet=outlet, feeds=carrier.feeds, url=f"https://{outlet.host}{path}", path=path, published=version.updated,
        authors=carrier.authors, section=carrier.section, copy=name, truth=truth, page=carrier.page,
        first=version if carrier.state == 1 else None, second=second or version,
    )


def _told(name: str, carrier: Carrier, outlet: Outlet, title: str, body: tuple[str, ...],
          now: datetime) -> Version:
    published = now - ago(carrier.ago)
    paragraphs = list(_changed(name, body, carrier.change))[: carrier.keep or None]
    for at, added in sorted(carrier.insert.items(), reverse=True):
        paragraphs.insert(at, added)
    if carrier.dateline:
        paragraphs[0] = f"{carrier.dateline} {paragraphs[0]}"
    return _styled(Version(title, (*paragraphs, *carrier.end), published), outlet, now)


def _retold(name: str, second: Second, outlet: Outlet, before: Version, now: datetime) -> Version:
    updated = now - ago(second.ago)
    paragraphs = list(_changed(name, before.paragraphs, second.change))
    for at, added in sorted(second.insert.items(), reverse=True):
        paragraphs.insert(at, added)
    title = second.title or before.title
    return _styled(Version(title, (*paragraphs, *second.end), updated, second.kind), outlet, now)


def _changed(name: str, paragraphs: tuple[str, ...], change: dict[str, str]) -> tuple[str, ...]:
    for old, new in change.items():
        if not any(old in paragraph for paragraph in paragraphs):
            raise ValueError(f"stories/{name}.md: nothing to change, the text lacks {old!r}")
        paragraphs = tuple(paragraph.replace(old, new) for paragraph in paragraphs)
    return paragraphs


def _styled(version: Version, outlet: Outlet, now: datetime) -> Version:
    """Weekdays filled in (`{2d 3h}` is the day it was that long before `now`), quotation marks of the house."""
    def style(text: str) -> str:
        text = re.sub(r"\{([\ddhm ]+)\}", lambda m: f"{now - ago(m[1]):%A}", text)
        return curly(text) if outlet.quotes == "curly" else text

    return Version(style(version.title), tuple(map(style, version.paragraphs)), version.updated, version.note)


def curly(text: str) -> str:
    """Straight quotation marks and apostrophes made typographic."""
    text = re.sub(r"""(^|[\s(\[—-])(["'])""", lambda m: m[1] + {'"': "“", "'": "‘"}[m[2]], text)
    return text.replace('"', "”").replace("'", "’")
