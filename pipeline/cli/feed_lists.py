"""`wirewatch feeds add | remove`: which feeds there are."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, print_json, say
from pipeline.cli.progress import progress
from pipeline.core.errors import ConfigError, FetchError, StoreError, WirewatchError
from pipeline.core.telling import clean

if TYPE_CHECKING:
    from pipeline.config import FeedSettings, PlacedFeed
    from pipeline.feeds.added import NewFeed
    from pipeline.flow.discovering import FoundFeed, Looked

TagsOption = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="A tag; may be repeated.")]
_NEXT = "the next pass polls it; `wirewatch feeds check {id}` explains it"


def register(app: typer.Typer) -> None:
    app.command("add")(add_feed)
    app.command("remove")(remove_feed)


def add_feed(
    url: Annotated[str, typer.Argument(help="A feed, or a page that names feeds.")],
    tag: TagsOption = None,
    id: Annotated[str, typer.Option("--id", help="A short name; made of the address where missing.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Add every feed that the page names.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Add a feed; of a page, find its feeds first. Several are listed, for you to choose one (or --all)."""
    from pipeline.config import load_settings, placed_feeds
    from pipeline.core.urls import canonical_url
    from pipeline.feeds.added import add
    from pipeline.feeds.advice import advice
    from pipeline.flow.discovering import look

    directory = own_directory(Place(config, store).directory)
    settings = load_settings(directory)
    url = url if "://" in url else f"https://{url}"
    tags = checked_tags(tag or [])
    configured = {canonical_url(one.feed.url): one for one in placed_feeds(directory)}
    if (same := configured.get(canonical_url(url))) is not None:
        raise WirewatchError(_there(url, same))
    try:
        with progress(f"looking for feeds at {clean(url, 60)}"):
            looked = look(url, settings)
    except FetchError as error:
        raise WirewatchError(f"{error}: {advice(error.reason)}") from None
    chosen = _choose(url, looked, configured, everything)
    if looked.unasked:
        say(f"{looked.unasked} more addresses look like feeds and were not asked; add them by their own addresses")
    if id and len(chosen) > 1:
        raise ConfigError([f"--id {id}: one name cannot stand for {len(chosen)} feeds; add them one by one"])
    if not chosen:
        if as_json:
            print_json({"added": [], "found": [_plain(found, configured) for found in looked.feeds]})
        else:
            _list(url, looked, configured)
        raise typer.Exit(1)
    done = add(directory, [_new(found, id, tags) for found in chosen])
    if as_json:
        print_json({"added": [{"id": feed.id, "url": feed.url, "title": feed.title, "tags": feed.tags}
                              for feed in done.added],
                    "found": [_plain(found, configured) for found in looked.feeds]})
        return
    by_url = {found.url: found for found in chosen}
    for feed in done.added:
        found = by_url[feed.url]
        typer.echo(f"added {feed.id}: {clean(found.title) or 'without a title'}, {found.entries} entries, "
                   f"{clean(feed.url)}")
        if found.problem:
            say(clean(found.problem))
    for new, known in done.known:
        say(_there(new.url, known))
    if len(done.added) == 1:
        say(_NEXT.format(id=done.added[0].id))


def _choose(
    url: str, looked: "Looked", configured: "dict[str, PlacedFeed]", everything: bool
) -> "list[FoundFeed]":
    """The feeds to add: the only one, or all that are new where the person said so; none where they must choose."""
    from pipeline.core.urls import canonical_url

    if not looked.feeds:
        tried = "".join(f"\n  {clean(address, 300)}: {reason}" for address, reason in looked.tried)
        raise WirewatchError(f"no feed was found: {clean(looked.problem)}"
                             + (f" These addresses were tried in vain:{tried}" if tried else ""))
    fresh = [found for found in looked.feeds if canonical_url(found.url) not in configured]
    if not fresh:
        found = looked.feeds[0]
        raise WirewatchError(_there(found.url, configured[canonical_url(found.url)]))
    return fresh if everything or len(looked.feeds) == 1 else []


def _list(url: str, looked: "Looked", configured: "dict[str, PlacedFeed]") -> None:
    for found in looked.feeds:
        plain = _plain(found, configured)
        there = f" (there already: {plain['known']})" if plain["known"] else ""
        typer.echo(f"{clean(found.url)}\n    {clean(found.title) or 'without a title'}, {found.entries} entries{there}")
    say(f"{url} names {len(looked.feeds)} feeds, and none was added: "
        "`wirewatch feeds add ADDRESS` adds one, --all every one of them")


def _plain(found: "FoundFeed", configured: "dict[str, PlacedFeed]") -> dict[str, object]:
    from pipeline.core.urls import canonical_url

    known = configured.get(canonical_url(found.url))
    return {"url": found.url, "title": found.title, "format": found.format, "entries": found.entries,
            "found": found.why, "problem": found.problem, "known": known.feed.id if known else ""}


def _new(found: "FoundFeed", id: str, tags: tuple[str, ...]) -> "NewFeed":
    from pipeline.feeds.added import NewFeed

    return NewFeed(found.url, id, clean(found.title, 200).strip(), tags)


def remove_feed(
    name: Annotated[str, typer.Argument(metavar="ID_OR_URL")],
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Take out a feed that was added; its stories stay. One of feeds.yaml you take out there."""
    from pipeline.config import placed_feeds
    from pipeline.core.urls import canonical_url
    from pipeline.core.yamltext import suggest
    from pipeline.feeds.added import remove

    place = Place(config, store)
    directory = own_directory(place.directory)
    removed = remove(directory, name)
    if removed is None:
        feeds = placed_feeds(directory)
        for one in feeds:
            if name in (one.feed.id, one.feed.url) or canonical_url(name) == canonical_url(one.feed.url):
                raise WirewatchError(
                    f"feed {one.feed.id} stands in {one.at}, which you wrote: delete it there, or give it "
                    "`enabled: false` to keep it in the list without polling it"
                )
        raise WirewatchError(f"no feed has the id or address {name}{suggest(name, [one.feed.id for one in feeds])}")
    _forget(place, removed)
    typer.echo(f"removed {removed.id}, {removed.url}; its stories stay")


def _forget(place: Place, feed: "FeedSettings") -> None:
    """What is remembered of a feed that is no more; a store that is not there, or does not answer, keeps it."""
    from pipeline.stores import failures

    with suppress(StoreError), place.opened() as opened:
        opened.ledger.delete("feed", [feed.id])
        for stage in ("feed", "parse"):
            failures.resolve(opened.ledger, stage, [feed.id])


def checked_tags(given: Sequence[str]) -> tuple[str, ...]:
    """Tags of the command line, each once; ConfigError where one cannot be a tag."""
    from pydantic import TypeAdapter, ValidationError

    from pipeline.config import Tag

    check = TypeAdapter(Tag)
    mistakes = []
    for tag in given:
        try:
            check.validate_python(tag)
        except ValidationError:
            mistakes.append(f"--tag {tag!r}: a tag has no comma, no line break, no space at its ends and no slash "
                            "in front; give --tag twice for two tags")
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(dict.fromkeys(given))


def own_directory(directory: Path) -> Path:
    """The directory, unless it is the one that comes with the package, where additions would be lost."""
    import pipeline

    package = Path(pipeline.__file__).parent.resolve()
    if directory.resolve().is_relative_to(package):
        raise ConfigError([f"{directory} comes with the package and is not written to; copy it first: "
                           f"cp -r {directory} configs"])
    return directory


def _there(url: str, same: "PlacedFeed") -> str:
    return f"{url} is there already: feed {same.feed.id}, {same.at}"
