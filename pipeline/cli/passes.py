"""`wirewatch run | demo`: passes over the feeds."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, console, print_json, say
from pipeline.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config, FeedSettings
    from pipeline.flow.run import Summary

WorkersOption = Annotated[int, typer.Option("--workers", min=1, max=64, help="Worker processes.")]


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(demo)


def run(
    feed: Annotated[
        list[str] | None,
        typer.Option("--feed", metavar="ID_OR_URL", help="Only this feed (may be repeated); a URL need not be configured."),
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Only feeds whose own pace says that it is time: for cron.")] = False,
    workers: WorkersOption = 1,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Make one pass: poll feeds, fetch new articles, detect, index, alert; then end."""
    from pipeline.flow.run import run_pass

    place = Place(config, store)
    loaded = place.load()
    at = place.store_at(loaded.settings)
    feeds = choose_feeds(loaded, feed or [])
    with progress(f"a pass over {len(feeds)} feeds"):
        summary = run_pass(loaded, at, feeds=feeds, only_due=due and not feed, clock=lambda: datetime.now(UTC),
                           workers=workers)
    if as_json:
        print_json(summary.plain())
    else:
        show_summary(summary, loaded)


def choose_feeds(config: "Config", wanted: "Sequence[str]") -> "list[FeedSettings]":
    """The enabled feeds, or those named by id or URL; a URL that is not configured makes a feed of its own."""
    from pipeline.config import FeedSettings, feed_id
    from pipeline.core.urls import canonical_url
    from pipeline.core.yamltext import suggest

    if not wanted:
        return [feed for feed in config.feeds if feed.enabled]
    by_name = {feed.id: feed for feed in config.feeds} | {canonical_url(feed.url): feed for feed in config.feeds}
    chosen: dict[str, FeedSettings] = {}
    for name in wanted:
        feed = by_name.get(name) or by_name.get(canonical_url(name))
        if feed is None:
            if not name.startswith(("http://", "https://")):
                ids = [feed.id for feed in config.feeds]
                raise ConfigError([f'--feed {name}: no feed has this id{suggest(name, ids) if ids else ""}'])
            feed = FeedSettings(url=name, id=feed_id(name))
        chosen[feed.id] = feed
    return list(chosen.values())


def show_summary(summary: "Summary", config: "Config") -> None:
    """What a pass did, in a few lines."""
    n = summary.plain()
    feeds, entries, stories, alerts = n["feeds"], n["entries"], n["stories"], n["alerts"]
    out = console()
    out.print(f"feeds    {feeds['due']} due: {feeds['ok']} read, {feeds['not_modified']} not modified, "
              f"{feeds['failed']} failed")
    out.print(f"entries  {entries['seen']} seen, {entries['new']} new")
    out.print(f"stories  {stories['indexed']} indexed, {stories['revised']} revised, {stories['failed']} failed")
    out.print(f"alerts   {alerts['matched']} matched, {alerts['delivered']} delivered, {alerts['pending']} pending")
    out.print(f"in {n['seconds']:.1f} s")
    if config.settings.network.connect_to:
        hosts = ", ".join(config.settings.network.connect_to)
        out.print(f"requests for {hosts} went to the servers named in network.connect_to, not to the real ones",
                  style="yellow")
    if feeds["failed"]:
        out.print("`wirewatch failures` says what failed", style="dim")
