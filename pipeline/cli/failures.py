"""`wirewatch failures`: what went wrong, and what to do with it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, console, inherit, print_json, say
from pipeline.cli.times import ago
from pipeline.core.errors import ConfigError
from pipeline.core.story import Failure
from pipeline.core.telling import clean

if TYPE_CHECKING:
    from pipeline.stores.base import Ledger

failures_app = typer.Typer(help="What could not be done.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(failures_app, name="failures")


StageOption = Annotated[str, typer.Option("--stage", help="feed, parse, article, extract, index …")]
HostOption = Annotated[str, typer.Option("--host")]
ReasonOption = Annotated[str, typer.Option("--reason")]


KeysArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY…]", help="As `failures list` shows them: stage:item, or item.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All failures.")]


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
    """What failed and has not succeeded since; list, show, retry or drop it."""
    inherit(config, store)
    if context.invoked_subcommand is None:
        list_failures(stage, host, reason, as_json)


@failures_app.command("list")
def list_failures(
    stage: StageOption = "",
    host: HostOption = "",
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """List what failed, by stage and key."""
    from pipeline.core.story import to_plain
    from pipeline.stores.failures import key, listing

    place = Place(config, store)
    with place.opened() as opened:
        found = _shown(place, listing(opened.ledger, stage=stage, host=host, reason=reason))
    if as_json:
        print_json([to_plain(failure) for failure in found])
        return
    if not found:
        say("no failures")
        return
    from rich.table import Table

    now = datetime.now(UTC)
    table = Table("key", "reason", "when", "times", "what", box=None)
    for failure in found:
        name = key(failure.stage, failure.key)
        table.add_row(name, failure.reason, ago(failure.at, now), str(failure.attempts), clean(failure.message))
    console().print(table)


@failures_app.command("show")
def show_failure(
    key: Annotated[str, typer.Argument(help="stage:item, or item, as `failures list` shows them.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Show everything that is known of a failure."""
    from pipeline.core.story import to_plain

    place = Place(config, store)
    with place.opened() as opened:
        found = _shown(place, _selected(opened.ledger, [key]))
    if as_json:
        print_json([to_plain(failure) for failure in found])
        return
    out = console()
    now = datetime.now(UTC)
    for failure in found:
        out.print(f"{failure.stage}:{failure.key}", style="bold", markup=False)
        facts = {"reason": failure.reason, "when": f"{failure.at:%Y-%m-%d %H:%M} UTC ({ago(failure.at, now)})",
                 "times": str(failure.attempts), "feed": failure.feed, "url": failure.url, "what": failure.message,
                 **failure.detail}
        for name, value in facts.items():
            if value and "\n" in value:
                out.print(f"{name}:", markup=False)
                for line in value.splitlines():
                    out.print(f"  {clean(line)}", markup=False)
            elif value:
                out.print(f"{name:<10} {clean(value)}", markup=False)


@failures_app.command("retry")
def retry_failures(
    keys: KeysArgument = None,
    stage: StageOption = "",
    host: HostOption = "",
    reason: ReasonOption = "",
    everything: AllOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Make what failed due for the next pass."""
    from pipeline.flow.retrying import retry

    _some(keys, stage, host, reason, everything)
    with Place(config, store).opened() as opened:
        found = _selected(opened.ledger, keys, stage, host, reason)
        lost = retry(opened, found, datetime.now(UTC))
    say(f"{len(found) - len(lost)} will be tried again in the next pass")
    for failure in lost:
        say(f"{failure.stage}:{failure.key} cannot be tried again, since nothing else is known of it; drop it")


@failures_app.command("drop")
def drop_failures(
    keys: KeysArgument = None,
    stage: StageOption = "",
    host: HostOption = "",
    reason: ReasonOption = "",
    everything: AllOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Forget failures, without trying again."""
    from pipeline.stores.failures import drop

    _some(keys, stage, host, reason, everything)
    with Place(config, store).opened() as opened:
        found = _selected(opened.ledger, keys, stage, host, reason)
        say(f"{drop(opened.ledger, found)} failures dropped")


def _some(keys: list[str] | None, stage: str, host: str, reason: str, everything: bool) -> None:
    if not (keys or stage or host or reason or everything):
        raise ConfigError(["say which failures: their keys, --stage, --host or --reason, or --all"])


def _shown(place: Place, found: Iterable[Failure]) -> list[Failure]:
    """Failures as they may be shown: without what feeds take from the environment."""
    from pipeline.config import feed_secrets

    secrets = feed_secrets(place.directory)
    return [
        replace(failure, message=secrets.hidden(failure.message), url=secrets.hidden(failure.url),
                detail=secrets.hidden_in(failure.detail))
        for failure in found
    ]


def _selected(
    ledger: "Ledger", keys: list[str] | None, stage: str = "", host: str = "", reason: str = ""
) -> list[Failure]:
    from pipeline.stores.failures import select

    found, missing = select(ledger, keys or (), stage=stage, host=host, reason=reason)
    if missing:
        raise ConfigError([f"no failure has the key {key}; `wirewatch failures list` shows them" for key in missing])
    return found
