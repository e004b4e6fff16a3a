"""`wirewatch threads | thread`: what became of a matter, told across stories."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, console, print_json
from pipeline.core.errors import WirewatchError

if TYPE_CHECKING:
    from pipeline.core.threads import Claimed, Report, Standing, Thread

_HUES: Final[dict["Standing", str]] = {
    "alleged": "yellow", "denied": "red", "confirmed": "bold green", "reported": "green", "planned": "cyan",
    "hypothetical": "dim",
}
_SENTENCE: Final = 400
"""Characters of a sentence that are printed (JSON has all)."""


def register(app: typer.Typer) -> None:
    app.command()(threads)
    app.command()(thread)


def threads(
    query: Annotated[str, typer.Argument(help="Only threads with a story that this query finds.")] = "*",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000)] = 20,
    alone: Annotated[bool, typer.Option("--alone", help="Also matters that only one story tells.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """List matters that several stories tell, the one with the latest story first."""
    from pipeline.core.query import parse
    from pipeline.stores.threads import find_threads

    asked = parse(query)
    place = Place(config, store)
    with place.opened() as opened:
        found = find_threads(opened, asked, datetime.now(UTC), limit, alone)
    if not found:
        place.say_unknown_topics(asked)
    if as_json:
        print_json([_plain(one) for one in found])
        return
    from rich.text import Text as Line

    from pipeline.core.telling import clean

    out = console()
    for one in found:
        line = Line(f"{_span(one.first, one.last)}  ", "dim")
        line.append(f"{_count(len(one.outlets), 'outlet')}, {_count(len(one.origins), 'origin')}  ", "dim")
        for at, claim in enumerate({claim.standing: claim for claim in one.claims}.values()):
            line.append(", " if at else "").append(claim.standing, _HUES[claim.standing])
        line.append(f"  {clean(one.title)}", "bold").append(f"  {one.id}", "dim")
        out.print(line)
    out.print(_count(len(found), "thread"), style="dim")


def thread(
    id: Annotated[str, typer.Argument(help="The id of a thread, or of a story in it.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Tell a matter: who alleged, denied, confirmed it, when, in which outlets."""
    from pipeline.stores.threads import find_thread

    with Place(config, store).opened() as opened:
        found = find_thread(opened, id, datetime.now(UTC))
        known = found is not None or bool(opened.archive.get([id]))
    if found is None:
        raise WirewatchError(
            f"story {id} tells no event, so it belongs to no thread; `wirewatch show {id}` shows it" if known else
            f"no thread or story has the id {id}; `wirewatch threads` shows ids"
        )
    if as_json:
        print_json(_plain(found))
        return
    _tell(found)


def _plain(thread: "Thread") -> dict[str, Any]:
    from pipeline.core.story import to_plain

    return {**to_plain(thread), "what": thread.what, "stories": thread.stories}


def _tell(thread: "Thread") -> None:
    from rich.text import Text as Line

    from pipeline.core.telling import clean

    out = console()
    out.print(Line(clean(thread.title), "bold"))
    out.print(Line(clean(thread.what), "cyan") + Line(f"  {thread.topic} · thread {thread.id}", "dim"))
    out.print(Line(f"{_span(thread.first, thread.last)} · {_count(thread.stories, 'story')} in "
                   f"{_count(len(thread.outlets), 'outlet')}, {_count(len(thread.origins), 'independent origin')}",
                   "dim"))
    for claim in thread.claims:
        out.print()
        out.print(_claim(claim))
        out.print(Line(f"    “{clean(claim.first.sentence, _SENTENCE)}”"))
        out.print(Line(f"    {clean(_outlets(claim.first.source, claim.first.outlets))} · {claim.first.story}", "dim"))
        if claim.tellings[1:]:
            again = ", ".join(f"{clean(one.source)} {one.at:%d %b %H:%M}" for one in claim.tellings[1:])
            out.print(Line(f"    again in {again}", "dim"))
    out.print()
    for report in thread.reports:
        out.print(_report(report))


def _claim(claim: "Claimed") -> Any:
    from rich.text import Text as Line

    from pipeline.core.telling import clean

    head = Line(f"{claim.first.at:%Y-%m-%d %H:%M}  ").append(claim.standing, _HUES[claim.standing])
    return head + Line(f" by {clean(claim.holder)}" if claim.holder else "", "bold")


def _report(report: "Report") -> Any:
    from rich.text import Text as Line

    from pipeline.core.telling import clean

    first = report.first
    sources = [one.source for one in report.stories]
    outlets = _outlets(first.source, sources)
    wire = f" ({clean(report.origin)})" if report.origin not in sources else ""
    return (Line(f"{first.at:%Y-%m-%d %H:%M}  ", "dim") + Line(clean(first.title))
            + Line(f"  {clean(outlets)}{wire} · {first.id}", "dim"))


def _outlets(first: str, outlets: Sequence[str]) -> str:
    """`Meridian Wire, also in Harbour Times, New Herald`."""
    others = [outlet for outlet in dict.fromkeys(outlets) if outlet != first]
    return f"{first}, also in {', '.join(others)}" if others else first


def _span(first: datetime, last: datetime) -> str:
    """`2026-11-21 to 2026-11-24`, or the day where it is one."""
    return f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _count(n: int, thing: str) -> str:
    plural = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{n} {thing if n == 1 else plural}"
