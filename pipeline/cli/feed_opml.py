"""`wirewatch feeds import | export`: feeds as other readers keep them, in OPML."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.feed_lists import TagsOption, checked_tags, own_directory
from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, print_json, say
from pipeline.core.errors import WirewatchError
from pipeline.core.telling import clean

if TYPE_CHECKING:
    from pipeline.feeds.added import NewFeed


def register(app: typer.Typer) -> None:
    app.command("import")(import_feeds)
    app.command("export")(export_feeds)


def import_feeds(
    file: Annotated[str, typer.Argument(metavar="FILE.opml", help="- reads standard input.")],
    tag: TagsOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Add the feeds of an OPML file, as other readers export them; what is there already is skipped."""
    from pipeline.feeds.added import NewFeed, add
    from pipeline.feeds.opml import MAX_BYTES, read_opml

    directory = own_directory(Place(config, store).directory)
    tags = checked_tags(tag or [])
    try:
        if file == "-":
            body = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                body = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise WirewatchError(f"{file}: cannot be read: {error.strerror}") from None
    found, left_out = read_opml(body, file)
    feeds: list[NewFeed] = []
    for one in found:
        if wrong := _wrong(one.url):
            left_out.append(f"{file}:{one.line}: {clean(one.url, 200)} is left out: {wrong}")
        else:
            merged = tuple(dict.fromkeys((*one.tags, *tags)))
            feeds.append(NewFeed(one.url, title=clean(one.title, 300), tags=merged, group=clean(one.group, 200)))
    each, repeated = _merged(feeds)
    done = add(directory, each)
    for sentence in left_out:
        say(f"wirewatch: {clean(sentence)}")
    counts = {"added": len(done.added), "known": len(done.known), "repeated": repeated, "left_out": len(left_out)}
    if as_json:
        print_json({**counts, "feeds": [feed.id for feed in done.added]})
    else:
        typer.echo(f"{counts['added']} feeds added; skipped: {counts['known']} that are there already, "
                   f"{counts['repeated']} listed twice, {counts['left_out']} that are no feed")
    if not found:
        raise WirewatchError(f"{file}: names no feed (no outline with an xmlUrl)")


def _wrong(url: str) -> str:
    """Why an address cannot be polled, empty where it can."""
    from pipeline.net.address import parse_target
    from pipeline.net.refusal import Refusal

    try:
        parse_target(url)
    except Refusal as refusal:
        return refusal.sentence
    return ""


def _merged(feeds: "Sequence[NewFeed]") -> "tuple[list[NewFeed], int]":
    """Each address once, with the tags of all its places; and how many were repetitions."""
    from dataclasses import replace

    from pipeline.core.urls import canonical_url

    by_url: dict[str, NewFeed] = {}
    for feed in feeds:
        key = canonical_url(feed.url)
        known = by_url.get(key)
        by_url[key] = feed if known is None else replace(known, tags=tuple(dict.fromkeys(known.tags + feed.tags)))
    return list(by_url.values()), len(feeds) - len(by_url)


def export_feeds(
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="Standard output where missing.")] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Write all enabled feeds as OPML 2.0, with their groups and tags."""
    from pipeline.config import placed_feeds
    from pipeline.feeds.opml import Subscription, write_opml

    feeds = placed_feeds(Place(config, store).directory)
    told: list[Subscription] = []
    for one in feeds:
        if one.feed.enabled:
            url = one.feed.hidden(one.feed.url)
            if url != one.feed.url:
                say(f"feed {one.feed.id}: its address holds a secret, which is not written out: {url}")
            told.append(Subscription(url, one.feed.title, one.feed.tags, one.group))
    text = write_opml(told, title="Feeds of Wirewatch", now=datetime.now(UTC))
    if file is None:
        typer.echo(text, nl=False)
    else:
        try:
            Path(file).write_text(text, "utf-8")
        except OSError as error:
            raise WirewatchError(f"{file}: cannot be written: {error.strerror}") from None
    off = len(feeds) - len(told)
    say(f"{len(told)} feeds" + (f"; {off} disabled ones left out" if off else ""))
