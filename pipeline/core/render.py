"""Search results as values to print: snippets with the matched words, JSON objects, CSV and RSS."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any, Final, Protocol

from pipeline.core.document import Document
from pipeline.core.query import Query, match
from pipeline.core.story import Story
from pipeline.core.telling import clean, event_line, excerpt_of

Span = tuple[int, int]
COLUMNS: Final = ("id", "published", "source", "title", "url", "topics", "countries", "statuses", "snippet",
                  "cluster", "outlets")


class Hit(Protocol):
    """What is needed of a search result (stores/base.py)."""

    @property
    def story(self) -> Story: ...
    @property
    def score(self) -> float: ...
    @property
    def outlets(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and the character spans of its matched words, ascending."""

    text: str
    spans: tuple[Span, ...]


def snippet(story: Story, query: Query, now: datetime) -> tuple[Marked, Marked]:
    """The title, and the part of the body that holds most of the matched words; control characters blanked."""
    found = match(query, Document.of(story), now)
    spans = found.spans if found is not None else {}
    body, within = excerpt_of(clean(story.body), spans.get("body", ()))
    return Marked(clean(story.title), spans.get("title", ())), Marked(body, within)


def also_in(outlets: Sequence[str], most: int = 10_000) -> str:
    """Where else a story is told: `also in 14 outlets: a, b, c, …`, naming at most `most`; empty for nowhere."""
    if not outlets:
        return ""
    named = ", ".join((*outlets[:most], *(("…",) if len(outlets) > most else ())))
    return f"also in {len(outlets)} outlet{'' if len(outlets) == 1 else 's'}: {named}"


def hit_plain(hit: Hit, query: Query, now: datetime) -> dict[str, Any]:
    """A hit as `search --json` prints it; `spans` are character offsets of matched words in title and snippet.

    `cluster` is the id to search for all its near-copies, `outlets` who else carries it.
    """
    story = hit.story
    title, text = snippet(story, query, now)
    return {
        "id": story.id,
        "title": story.title,
        "url": story.url,
        "source": story.source,
        "published": story.published.isoformat(),
        "published_from": story.published_from,
        "topics": [found.topic for found in story.topics],
        "events": [event_line(event) for event in story.events],
        "countries": list(story.countries),
        "lang": story.lang,
        "snippet": text.text,
        "spans": {"title": title.spans, "snippet": text.spans},
        "score": hit.score,
        "cluster": story.cluster or story.id,
        "outlets": list(hit.outlets),
    }


def csv_lines(hits: Iterable[Hit], query: Query, now: datetime) -> Iterator[str]:
    """A header and one CSV row for each hit; cells that a spreadsheet would take for a formula are quoted by `'`."""
    yield _row(COLUMNS)
    for hit in hits:
        story = hit.story
        statuses = sorted({status for event in story.events for status in event.status})
        yield _row((
            story.id, story.published.isoformat(), story.source, story.title, story.url,
            " ".join(found.topic for found in story.topics), " ".join(story.countries), " ".join(statuses),
            snippet(story, query, now)[1].text, story.cluster or story.id, "; ".join(hit.outlets),
        ))


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow("'" + c if c[:1] in "=+-@\t\r" and c[:1] else c for c in cells)
    return line.getvalue()


def rss(hits: Iterable[Hit], query: Query, now: datetime) -> str:
    """An RSS 2.0 feed of hits: the query is its title, the matched words are bold."""
    items = "".join(_item(hit, query, now) for hit in hits)
    name = _escaped(clean(str(query)))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>Wirewatch: {name}</title><link>about:blank</link><description>Stories that match {name}</description>"
        f"<lastBuildDate>{format_datetime(now)}</lastBuildDate>\n{items}</channel></rss>\n"
    )


def _item(hit: Hit, query: Query, now: datetime) -> str:
    story = hit.story
    title, text = snippet(story, query, now)
    categories = "".join(f"<category>{_escaped(found.topic)}</category>" for found in story.topics)
    also = f"<br>({_escaped(clean(also_in(hit.outlets)))})" if hit.outlets else ""
    return (
        f"<item><title>{_escaped(title.text)}</title><link>{_escaped(clean(story.url))}</link>"
        f'<guid isPermaLink="false">{_escaped(story.id)}</guid><pubDate>{format_datetime(story.published)}</pubDate>'
        f"<source url={_quoted(story.url)}>{_escaped(clean(story.source))}</source>{categories}"
        f"<description>{_escaped(_bold(text) + also)}</description></item>\n"
    )


def _escaped(text: str) -> str:
    """`text` with &, < and > as XML and HTML write them."""
    return escape(text, quote=False)


def _quoted(value: str) -> str:
    return f'"{escape(clean(value))}"'


def _bold(marked: Marked) -> str:
    out, at = "", 0
    for start, end in marked.spans:
        out += f"{_escaped(marked.text[at:start])}<b>{_escaped(marked.text[start:end])}</b>"
        at = end
    return out + _escaped(marked.text[at:])
