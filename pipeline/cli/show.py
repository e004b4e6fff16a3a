"""Search results and stories on a terminal; text of stories is printed as text, never as markup."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from pipeline.cli.place import console
from pipeline.core.render import also_in, snippet
from pipeline.core.telling import clean, event_line

if TYPE_CHECKING:
    from pipeline.core import changes
    from pipeline.core.explain import Explanation, Piece
    from pipeline.core.query import Query
    from pipeline.core.story import Story
    from pipeline.stores.base import Page

MATCHED = "bold yellow"
BARS = "▁▂▃▄▅▆▇█"


def show_page(page: "Page", query: "Query", now: datetime) -> None:
    """Hits with highlighted snippets, then the timeline and facets where they were asked for."""
    out = console()
    for hit in page.hits:
        story = hit.story
        title, text = snippet(story, query, now)
        out.print(_marked(title.text, title.spans, "bold"))
        topics = f" · {', '.join(match.topic for match in story.topics)}" if story.topics else ""
        facts = f"{story.published:%Y-%m-%d %H:%M} · {clean(story.source)}{topics} · {story.id}"
        out.print(Line(f"  {facts}", "dim"))
        if hit.outlets:
            out.print(Line(f"  {clean(also_in(hit.outlets, most=3))}", "dim"))
        if text.text:
            out.print(Line("  ") + _marked(text.text, text.spans))
    folded = f" in {page.clusters} cluster{'' if page.clusters == 1 else 's'}" if page.clusters else ""
    shown = f", {len(page.hits)} shown" if (page.clusters or page.total) > len(page.hits) else ""
    out.print(f"{page.total} {'story' if page.total == 1 else 'stories'}{folded}{shown}", style="dim")
    if page.cursor:
        out.print(f"next: --cursor {page.cursor}", style="dim", markup=False)
    if page.timeline:
        draw_timeline(out, page.timeline)
    show_facets(out, page)


def show_facets(out: Console, page: "Page") -> None:
    """One line for each facet, most first."""
    for name, counts in page.facets.items():
        if counts:
            out.print(Line(f"{name:<9}", "bold") + Line("  ".join(f"{clean(value)} {n}" for value, n in counts[:12])))


def draw_timeline(out: Console, timeline: Sequence[tuple[datetime, int]]) -> None:
    """One bar for each interval that has stories, between the first day and the last."""
    most = max(n for _, n in timeline)
    bars = "".join(BARS[max(0, -(-n * len(BARS) // most) - 1)] for _, n in timeline)
    out.print(f"{timeline[0][0]:%Y-%m-%d} {bars} {timeline[-1][0]:%Y-%m-%d}  (at most {most} a day)", markup=False)


def _marked(text: str, spans: Sequence[tuple[int, int]], style: str = "") -> Line:
    line = Line(clean(text), style)
    for start, end in spans:
        line.stylize(MATCHED, start, end)
    return line


def show_story(story: "Story") -> None:
    """A story whole: head, topics with their evidence, events, text."""
    out = console()
    out.print(Line(clean(story.title), "bold"))
    facts = [
        ("id", f"{story.id} (revision {story.revision})"),
        ("url", story.url),
        ("source", f"{story.source}, in {', '.join(story.feeds) or 'no feed'}"),
        ("by", ", ".join(story.authors)),
        ("published", f"{story.published:%Y-%m-%d %H:%M} UTC (from {story.published_from})"),
        ("seen", f"{story.seen:%Y-%m-%d %H:%M} UTC"),
        ("text from", story.body_source),
        ("countries", ", ".join(story.countries)),
    ]
    table = Table(box=None, show_header=False)
    for name, value in facts:
        if value:
            table.add_row(name, Line(clean(value)))
    out.print(table)
    for match in story.topics:
        out.print(Line(match.topic, "cyan") + Line(" (passing mention)" if match.secondary else "", "dim"))
        for evidence in match.evidence:
            out.print(Line(f"  “{clean(evidence.text)}”") + Line(f"  {evidence.rule}", "dim"))
    for event in story.events:
        out.print(Line(event.topic, "green") + Line(f": {event_line(event)}"))
    out.print()
    out.print(Line(clean(story.body)) if "\n" not in story.body else
              Line("\n".join(clean(line) for line in story.body.splitlines())))
    out.print()


def show_revision(story: "Story", changed: "changes.Changes") -> None:
    """What a later revision changed; without colours as [-gone-] and {+new+}."""
    from pipeline.core.changes import shortened

    out = console()
    out.print(Line(f"revision {story.revision}, {story.updated:%Y-%m-%d %H:%M} UTC", "bold"))
    plain = not out.is_terminal or out.no_color
    for name, pieces in (("title", changed.title), ("body", tuple(shortened(changed.body)))):
        if pieces:
            line = Line(f"{name}: ", "dim")
            for piece in pieces:
                line += _piece(piece, plain)
            out.print(line)
    for name, pieces in (("topic", changed.topics), ("event", changed.events)):
        for piece in pieces:
            out.print(Line(f"{name}: ", "dim") + _piece(piece, plain))
    out.print()


_CHANGED = {"same": ("", "", ""), "removed": ("[-", "-]", "strike red"), "added": ("{+", "+}", "green")}


def _piece(piece: "changes.Piece", plain: bool) -> Line:
    before, after, style = _CHANGED[piece.kind]
    text = "\n".join(map(clean, piece.text.split("\n")))
    space = text[: len(text) - len(text.lstrip())]
    return Line(space) + Line(f"{before}{text.lstrip()}{after}" if plain else text.lstrip(), "" if plain else style)


HUES = ("cyan", "yellow", "green", "magenta", "blue", "red", "bright_cyan")


def show_explanation(found: "Explanation") -> None:
    """A story with the evidence of each topic in a colour of its own, the rules that fired, the events as a table."""
    out = console()
    hues = {topic: HUES[n % len(HUES)] for n, (topic, _, _) in enumerate(found.topics)}
    out.print(_coloured(found.title, hues, "bold"))
    out.print()
    out.print(_coloured(found.body, hues))
    out.print()
    for topic, secondary, rules in found.topics:
        out.print(Line(topic, hues[topic]) + Line(" (passing mention)" if secondary else "", "dim")
                  + Line(f": {'; '.join(rules)}"))
    if found.events:
        table = Table("event", "roles", "claims", "when", "shown by", box=None)
        for row in found.events:
            table.add_row(*(Line(clean(cell)) for cell in (
                row.topic, ", ".join(row.roles), ", ".join(row.claims), row.when, row.evidence)))
        out.print(table)
    if found.countries:
        out.print(f"countries: {', '.join(found.countries)}", style="dim")


def _coloured(pieces: "Sequence[Piece]", hues: dict[str, str], style: str = "") -> Line:
    line = Line(style=style)
    for piece in pieces:
        text = "\n".join(clean(part) for part in piece.text.split("\n"))
        line.append(text, f"underline {hues[piece.topics[0]]}" if piece.topics else "")
    return line
