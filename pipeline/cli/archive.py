"""`wirewatch search | show | import | export | match | store`: stories in and out of an archive."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated

import typer

from pipeline.cli.place import (
    ConfigOption,
    JsonOption,
    Place,
    StoreOption,
    console,
    inherit,
    print_json,
    read_objects,
    say,
)
from pipeline.cli.progress import counted
from pipeline.core.errors import ConfigError, WirewatchError

SORTS = ("newest", "relevance")

store_app = typer.Typer(help="Look after the store itself.", no_args_is_help=True)


@store_app.callback()
def options(config: ConfigOption = None, store: StoreOption = None) -> None:
    """Look after the store itself."""
    inherit(config, store)


def register(app: typer.Typer) -> None:
    app.command()(search)
    app.command()(show)
    app.command("import")(import_)
    app.command()(export)
    app.command()(match)
    app.add_typer(store_app, name="store")


def search(
    query: Annotated[str, typer.Argument(help='What to find, for example: topic:arms-transfer "artillery shells"')],
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, max=10_000)] = 20,
    sort: Annotated[str, typer.Option("--sort", help="newest or relevance")] = "newest",
    cursor: Annotated[str, typer.Option("--cursor", help="Go on where an earlier search ended.")] = "",
    facets: Annotated[bool, typer.Option("--facets", help="Count by topic, source, country, status.")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="Count by day.")] = False,
    unfold: Annotated[bool, typer.Option("--unfold", help="Show all copies of a text, not one for all.")] = False,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_rss: Annotated[bool, typer.Option("--rss", help="Print an RSS feed.")] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Search the stories. docs/queries.md explains the language."""
    from pipeline.core.query import parse
    from pipeline.core.render import csv_lines, hit_plain, rss

    if sort not in SORTS:
        raise ConfigError([f"--sort {sort}: must be newest or relevance"])
    asked = parse(query)
    now = datetime.now(UTC)
    place = Place(config, store)
    with place.opened() as opened:
        page = opened.archive.search(
            asked, now=now, limit=limit, sort="newest" if sort == "newest" else "relevance", cursor=cursor,
            facets=("topic", "source", "country", "lang", "status") if facets else (),
            timeline="day" if timeline else None, fold=not unfold,
        )
    if not page.total:
        place.say_unknown_topics(asked)
    if as_json:
        print_json({
            "total": page.total,
            **({} if unfold else {"clusters": page.clusters}),
            "hits": [hit_plain(hit, asked, now) for hit in page.hits],
            "cursor": page.cursor,
            **({"facets": {name: dict(counts) for name, counts in page.facets.items()}} if facets else {}),
            **({"timeline": [[at.isoformat(), n] for at, n in page.timeline]} if timeline else {}),
        })
    elif as_csv:
        for line in csv_lines(page.hits, asked, now):
            typer.echo(line, nl=False)
    elif as_rss:
        typer.echo(rss(page.hits, asked, now), nl=False)
    else:
        from pipeline.cli.show import show_page

        show_page(page, asked, now)


def show(
    id: Annotated[str, typer.Argument(help="The id of a story, as search shows it.")],
    history: Annotated[bool, typer.Option("--history", help="All revisions, and what each changed.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Show one story with its topics and events."""
    from pipeline.core.changes import changes
    from pipeline.core.story import to_plain

    with Place(config, store).opened() as opened:
        stories = opened.archive.history(id) if history else list(opened.archive.get([id]).values())
    if not stories:
        raise WirewatchError(f"no story has the id {id}; `wirewatch search` shows ids")
    changed = [changes(before, after) for before, after in pairwise(stories)]
    if as_json:
        told = [{}, *({"changes": to_plain(one)} for one in changed)]
        print_json([{**to_plain(s), **more} for s, more in zip(stories, told, strict=True)] if history
                   else to_plain(stories[0]))
        return
    from pipeline.cli.show import show_revision, show_story

    show_story(stories[0])
    for story, one in zip(stories[1:], changed, strict=True):
        show_revision(story, one)


def export(
    query: Annotated[str, typer.Argument(help="Only stories that this query finds.")] = "*",
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Write stories as JSON lines, loss-free: `import` takes them back."""
    from pipeline.core.query import parse
    from pipeline.core.story import to_json

    asked = parse(query)
    with Place(config, store).opened() as opened:
        for story in opened.archive.stories(asked, now=datetime.now(UTC)):
            typer.echo(to_json(story).decode())


def import_(
    file: Annotated[str, typer.Argument(help="JSON lines of stories; - is standard input.")],
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=64, help="Worker processes (default: as many as help).",
                     show_default=False),
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Take stories from JSON lines; a line needs only url, title and body, what is missing is worked out."""
    from pipeline.flow.importing import Work, import_lines

    place = Place(config, store)
    loaded = place.load()
    settings, wrong = loaded.settings, list[str]()
    work = Work(place.store_at(settings), settings.store, settings.clusters, loaded.topics, datetime.now(UTC))
    with counted("stories") as told:
        done = import_lines(read_objects(file, mistakes=wrong), work, workers, told)
    said = ", ".join(f"{n} {outcome}" for outcome, n in sorted(done.counts.items())) or "nothing"
    say(f"imported: {said}")
    wrong += [f"{file}:{number}: {why}" if number else f"{file}: {why}" for number, why in done.mistakes]
    if wrong:
        raise ConfigError(wrong)


def match(
    query: Annotated[str, typer.Argument(help="A query.")],
    file: Annotated[str, typer.Argument(help="JSON lines of stories; - is standard input.")] = "-",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Say which stories of a JSON-lines file a query matches, in memory, with the matched words."""
    from pipeline.core.document import Document
    from pipeline.core.query import match as find
    from pipeline.core.query import parse
    from pipeline.flow.importing import complete_story

    asked = parse(query)
    now = datetime.now(UTC)
    mistakes: list[str] = []
    topics = Place(config, store).load().topics
    for number, line in read_objects(file, mistakes=mistakes):
        try:
            story = complete_story(line, topics, now)
        except ValueError as error:
            mistakes.append(f"{file}:{number}: {error}")
            continue
        found = find(asked, Document.of(story), now)
        if found is None:
            continue
        if as_json:
            print_json({"id": story.id, "url": story.url, "title": story.title,
                        "spans": {field: [list(span) for span in spans] for field, spans in found.spans.items()}})
        else:
            words = dict.fromkeys(
                getattr(story, field)[start:end] for field, spans in found.spans.items() if field in ("title", "body")
                for start, end in spans
            )
            console().print(f"{story.id}  {story.title}  [{', '.join(words)}]", markup=False)
    if mistakes:
        raise ConfigError(mistakes)


@store_app.command()
def status(as_json: JsonOption = False, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Say what the store holds."""
    with Place(config, store).opened() as opened:
        facts = opened.archive.status()
    if as_json:
        print_json(facts)
    else:
        for name, value in facts.items():
            console().print(f"{name:<16} {value}", markup=False)


@store_app.command()
def init(config: ConfigOption = None, store: StoreOption = None) -> None:
    """Make an empty store (harmless where there is one)."""
    place = Place(config, store)
    settings = place.settings()
    with place.opened(settings, create=True):
        say(f"{place.store_at(settings)}: ready")


@store_app.command()
def reindex(config: ConfigOption = None, store: StoreOption = None) -> None:
    """Build the search index anew from the stories; search goes on meanwhile."""
    with Place(config, store).opened() as opened:
        say(f"{opened.archive.reindex()} stories reindexed")


@store_app.command()
def prune(
    before: Annotated[str, typer.Option("--before", metavar="DATE", help="Remove stories published before this date.")],
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Remove old stories; who tells a matter is then counted of the stories that are left."""
    from pipeline.core.dates import parse_date
    from pipeline.stores.pruning import prune as remove

    date = parse_date(before)
    if date is None:
        raise ConfigError([f"--before {before}: is not a date; write it as 2026-01-31"])
    with Place(config, store).opened() as opened:
        removed = remove(opened, date)
        opened.archive.refresh()
    say(f"{removed} stories removed")
