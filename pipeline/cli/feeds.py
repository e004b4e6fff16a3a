"""`wirewatch feeds | failures`: the senses of the pipeline, and what went wrong."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, console, inherit, print_json, say

feeds_app = typer.Typer(help="The feeds and how they do.", invoke_without_command=True)
failures_app = typer.Typer(help="What could not be done.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(feeds_app, name="feeds")
    app.add_typer(failures_app, name="failures")


@feeds_app.callback()
def feeds(
    context: typer.Context, as_json: JsonOption = False, config: ConfigOption = None, store: StoreOption = None
) -> None:
    """List the feeds with their last success, next poll and errors."""
    if context.invoked_subcommand is not None:
        inherit(config, store)
        return
    from pipeline.core.errors import NoStore
    from pipeline.core.story import to_plain
    from pipeline.feeds.schedule import FeedState
    from pipeline.flow.poll import load_states

    place = Place(config, store)
    loaded = place.load()
    states: dict[str, FeedState] = {}
    with suppress(NoStore), place.opened(loaded.settings) as opened:
        states = load_states(opened.ledger, loaded.feeds)
    if as_json:
        print_json([
            {"id": feed.id, "url": feed.url, "title": feed.title, "source": feed.source, "tags": feed.tags,
             "enabled": feed.enabled, "state": to_plain(states[feed.id]) if feed.id in states else None}
            for feed in loaded.feeds
        ])
        return
    from rich.table import Table

    now = datetime.now(UTC)
    table = Table("feed", "last success", "next poll", "state", box=None)
    for feed in loaded.feeds:
        state = states.get(feed.id)
        told = "never polled" if state is None else "gone (410)" if state.gone else ""
        if state is not None and state.errors:
            told = f"{state.errors} errors: {state.error}"
        table.add_row(
            feed.id,
            ago(state.last_success, now) if state else "",
            ago(state.due, now) if state else "now",
            told or ("ok" if feed.enabled else "disabled"),
        )
    console().print(table)


def ago(at: datetime | None, now: datetime) -> str:
    """A time as a person says it: `5 min ago`, `in 2 h`."""
    if at is None:
        return "never"
    seconds = (now - at).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if size >= length or unit == "s":
            amount = f"{size / length:.0f} {unit}"
            return f"{amount} ago" if seconds >= 0 else f"in {amount}"
    return ""


StageOption = Annotated[str, typer.Option("--stage", help="feed, parse, article, extract, index …")]
HostOption = Annotated[str, typer.Option("--host")]
ReasonOption = Annotated[str, typer.Option("--reason")]


@failures_app.callback()
def failures(
    context: typer.Context,
    stage: StageOption = "",
    host: HostOption = "",
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """List what failed and has not succeeded since."""
    if context.invoked_subcommand is not None:
        inherit(config, store)
        return
    from pipeline.core.story import to_plain
    from pipeline.stores.failures import listing

    with Place(config, store).opened() as opened:
        found = list(listing(opened.ledger, stage=stage, host=host, reason=reason))
    if as_json:
        print_json([to_plain(failure) for failure in found])
        return
    if not found:
        say("no failures")
        return
    from rich.table import Table

    now = datetime.now(UTC)
    table = Table("stage", "reason", "when", "times", "what", box=None)
    for failure in found:
        table.add_row(failure.stage, failure.reason, ago(failure.at, now), str(failure.attempts), failure.message)
    console().print(table)
