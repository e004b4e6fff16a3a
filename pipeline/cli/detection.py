"""`wirewatch topics | detect | extract | check`: what the rules find, without a store."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from pipeline.core.errors import ConfigError, WirewatchError

if TYPE_CHECKING:
    from pipeline.core.topics import Detection

topics_app = typer.Typer(help="The topics that stories are tagged with.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(topics_app, name="topics")
    app.command()(detect)
    app.command()(extract)
    app.command()(check)


@topics_app.callback()
def topics(
    context: typer.Context, as_json: JsonOption = False, config: ConfigOption = None, store: StoreOption = None
) -> None:
    """List the topics, their titles and how many examples test them."""
    if context.invoked_subcommand is not None:
        inherit(config, store)
        return
    listed = Place(config, store).load().topics.topics
    if as_json:
        print_json([{"topic": t.name, "title": t.title, "examples": len(t.examples)} for t in listed])
        return
    from rich.table import Table

    table = Table("topic", "title", "examples", box=None)
    for topic in listed:
        table.add_row(topic.name, topic.title, str(len(topic.examples)))
    console().print(table)


def detect(
    file: Annotated[str, typer.Argument(help="JSON lines {id, title, text} or plain text; - is standard input.")] = "-",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Find topics and events in texts, with the evidence for each."""
    from pipeline.core.text import Text
    from pipeline.core.topics import detect as find

    rules = Place(config, store).load().topics
    for id, title, text in _texts(file):
        found = find(Text.of(title), Text.of(text), rules)
        if as_json:
            print_json({"id": id, **detection_plain(found)})
        else:
            _show_detection(id, title, found)


def _texts(file: str) -> Iterator[tuple[str, str, str]]:
    """(id, title, text) of each line of a JSON-lines file, or of a plain text as a whole."""
    try:
        whole = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WirewatchError(f"{file}: cannot be read as UTF-8 text: {error}") from None
    if not whole.lstrip().startswith("{"):
        yield ("-" if file == "-" else Path(file).name), "", whole
        return
    import io

    for number, line in read_objects(file, io.StringIO(whole)):
        missing = [key for key in ("text",) if not isinstance(line.get(key), str)]
        if missing:
            raise ConfigError([f'{file}:{number}: text: is missing; a line is {{"id", "title", "text"}}'])
        yield str(line.get("id", number)), str(line.get("title") or ""), line["text"]


def detection_plain(found: "Detection") -> dict[str, Any]:
    """A detection as `detect --json` prints it."""
    from pipeline.core.story import to_plain

    return {
        "topics": [to_plain(match) for match in found.topics],
        "events": [event_plain(event) for event in found.events],
        "countries": list(found.countries),
    }


def event_plain(event: Any) -> dict[str, Any]:
    """An event with its set of statuses in front of the claims that make it."""
    from pipeline.core.story import to_plain

    plain = to_plain(event)
    return {"topic": plain.pop("topic"), "status": list(event.status), **plain}


def _show_detection(id: str, title: str, found: "Detection") -> None:
    from rich.markup import escape

    out = console()
    out.print(f"[bold]{escape(id)}[/] {escape(title)}")
    for match in found.topics:
        out.print(f"  [cyan]{escape(match.topic)}[/]{' (secondary)' if match.secondary else ''}")
        for evidence in match.evidence:
            out.print(f"    {escape(evidence.text)}  [dim]{escape(evidence.rule)}[/]")
    for event in found.events:
        roles = ", ".join(f"{name} {p.text}{f' ({p.code})' if p.code else ''}" for name, p in event.roles.items())
        out.print(f"  [green]{escape(event.topic)}[/] {escape('/'.join(event.status))}: {escape(roles)}")
    if not found.topics:
        out.print("  no topic", style="dim")


def extract(
    source: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="A page: a file or an http(s) address.")],
    url: Annotated[str, typer.Option("--url", help="The address that a file was saved from.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Take title, authors, date and body out of one page."""
    from pipeline.core.story import to_plain
    from pipeline.extract import extract_article

    content_type = ""
    if source.startswith(("http://", "https://")):
        from pipeline.net.client import fetch_once

        response = fetch_once(Place(config, store).settings().network, source)
        body, url, content_type = response.body, url or response.url, response.headers.get("content-type", "")
    else:
        try:
            body = Path(source).read_bytes()
        except OSError as error:
            raise WirewatchError(f"{source}: cannot be read: {error.strerror}") from None
        if source.endswith(".gz"):
            import gzip

            body = gzip.decompress(body)
    article = extract_article(body, url=url, content_type=content_type)
    if as_json:
        print_json(to_plain(article))
        return
    from rich.markup import escape

    out = console()
    out.print(f"[bold]{escape(article.title)}[/]")
    facts = (", ".join(article.authors), str(article.published or ""), article.lang)
    out.print(escape(" · ".join(filter(None, facts))), style="dim")
    out.print(escape(article.body))


def check(config: ConfigOption = None, store: StoreOption = None) -> None:
    """Load the whole configuration, run every example of every topic, print every mistake."""
    from pipeline.core.examples import mistakes as wrong_examples

    place = Place(config, store)
    loaded = place.load()
    if wrong := wrong_examples(loaded.topics):
        raise ConfigError(wrong)
    examples = sum(len(t.examples) for t in loaded.topics.topics)
    say(f"{place.directory}: {len(loaded.feeds)} feeds, {len(loaded.topics.topics)} topics with {examples} examples, "
        f"{len(loaded.rules)} alert rules: no mistakes")
