"""`wirewatch topics | detect | explain | extract | check`: what the rules find, and why."""

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
    from pipeline.extract import Article

topics_app = typer.Typer(help="The topics that stories are tagged with.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(topics_app, name="topics")
    app.command()(detect)
    app.command()(explain)
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


TopicNames = Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Only these topics.")]


@topics_app.command()
def new(
    name: Annotated[str, typer.Argument(help="Letters, digits and hyphens.")],
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Write a commented skeleton of a topic into configs/topics/."""
    from pipeline.core.skeleton import skeleton

    text = skeleton(name)
    path = Place(config, store).directory / "topics" / f"{name}.yaml"
    if path.exists():
        raise WirewatchError(f"{path}: exists already; choose another name")
    path.write_text(text, "utf-8")
    say(f"{path}: written; edit it, then `wirewatch topics test {name}`")


@topics_app.command("test")
def run_tests(names: TopicNames = None, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Run the examples of topics: what matched, and why what should have did not."""
    from rich.text import Text as Line

    from pipeline.core.examples import run_examples
    from pipeline.core.explain import why_not
    from pipeline.core.yamltext import suggest

    topics = Place(config, store).load().topics
    for name in names or ():
        if name not in topics.names:
            raise ConfigError([f"there is no topic {name}{suggest(name, topics.names)}"])
    out = console()
    wrong = 0
    for result in run_examples(topics, names or ()):
        mark = Line("✓ ", "green") if result.right else Line("✗ ", "bold red")
        wanted = "yes" if result.example.wanted else "no "
        out.print(mark + Line(f"{result.topic} {wanted} ", "dim") + Line(result.example.text))
        if result.found is not None:
            for evidence in result.found.evidence:
                out.print(Line(f"        {evidence.rule}: “{evidence.text}”", "cyan"))
        elif not result.right:
            for line in why_not(result.example.text, result.topic, topics)[:5]:
                out.print(Line(f"        {line}", "yellow"))
        wrong += not result.right
    if wrong:
        raise WirewatchError(f"{wrong} examples come out wrong")


@topics_app.command("score")
def score_file(
    file: Annotated[Path, typer.Argument(help="Labelled texts: JSON lines {id, title, text, topics[, events]}.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Precision, recall and F1 on labelled texts, with the misses and false alarms."""
    from rich.table import Table
    from rich.text import Text as Line

    from pipeline.core.scoring import read_labelled, score
    from pipeline.core.story import to_plain

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WirewatchError(f"{file}: cannot be read as UTF-8 text: {error}") from None
    report = score(read_labelled(text, str(file)), Place(config, store).load().topics)
    if as_json:
        print_json(to_plain(report))
        return
    out = console()
    table = Table(f"{report.texts} texts", "precision", "95 %", "recall", "95 %", "F1", box=None)
    for name, one in (*report.topics.items(), *report.statuses.items()):
        table.add_row(
            name, f"{one.precision:.3f}", "{:.2f}–{:.2f}".format(*one.precision_range),
            f"{one.recall:.3f}", "{:.2f}–{:.2f}".format(*one.recall_range), f"{one.f1:.3f}",
        )
    out.print(table)
    if any(one.right + one.false + one.missed for one in report.statuses.values()):
        out.print(f"claim status, macro F1: {report.status_macro_f1:.3f}")
    for role, (right, asked) in report.roles.items():
        out.print(f"{role}: {right} of {asked} right" + (f" ({right / asked:.2f})" if asked else ""))
    for status, (right, asked) in report.holders.items():
        out.print(f"{status} by whom: {right} of {asked} right" + (f" ({right / asked:.2f})" if asked else ""))
    for mistake in report.mistakes:
        out.print(Line(f"{mistake.kind:<12} {mistake.topic:<24} {mistake.id}  ", "dim") + Line(mistake.what)
                  + Line(f"  {mistake.evidence}", "cyan"))


def explain(
    source: Annotated[str, typer.Argument(metavar="ID|FILE|URL", help="A stored story, a text or page, an address.")],
    as_html: Annotated[bool, typer.Option("--html", help="Print a page of HTML.")] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Show a story with its evidence coloured, the rules that fired, and its events."""
    from pipeline.core.explain import explain as why
    from pipeline.core.explain import explain_html
    from pipeline.core.text import Text
    from pipeline.core.topics import detect as find

    place = Place(config, store)
    title, body = _told(source, place)
    found = why(title, body, find(Text.of(title), Text.of(body), place.load().topics))
    if as_html:
        typer.echo(explain_html(found))
        return
    from pipeline.cli.show import show_explanation

    show_explanation(found)


def _told(source: str, place: Place) -> tuple[str, str]:
    """Title and body of what a person names."""
    path = Path(source)
    if source.startswith(("http://", "https://")) or path.suffix in (".html", ".htm", ".gz"):
        article = _article(source, "", place)
        return article.title, article.body
    if path.is_file():
        ((_, title, text),) = list(_texts(source))[:1]
        return title, text
    with place.opened() as opened:
        story = opened.archive.get([source]).get(source)
    if story is None:
        raise WirewatchError(f"{source}: is neither the id of a story, nor a file, nor an address")
    return story.title, story.body


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

    article = _article(source, url, Place(config, store))
    if as_json:
        print_json(to_plain(article))
        return
    from rich.markup import escape

    out = console()
    out.print(f"[bold]{escape(article.title)}[/]")
    facts = (", ".join(article.authors), str(article.published or ""), article.lang)
    out.print(escape(" · ".join(filter(None, facts))), style="dim")
    out.print(escape(article.body))


def _article(source: str, url: str, place: Place) -> "Article":
    """The article of a page that is fetched, or read from a file."""
    from pipeline.extract import extract_article
    from pipeline.flow.reading import apart

    content_type = ""
    if source.startswith(("http://", "https://")):
        from pipeline.net.client import fetch_once

        response = fetch_once(place.settings().network, source)
        body, url, content_type = response.body, url or response.url, response.headers.get("content-type", "")
    else:
        try:
            body = Path(source).read_bytes()
        except OSError as error:
            raise WirewatchError(f"{source}: cannot be read: {error.strerror}") from None
        if source.endswith(".gz"):
            import gzip

            body = gzip.decompress(body)
    return apart(extract_article, body, url=url, content_type=content_type)


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
