"""`wirewatch alerts`: the rules, and what became of what they found."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.feeds import ago
from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, console, inherit, print_json, say

alerts_app = typer.Typer(help="The alert rules and their log.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(alerts_app, name="alerts")


@alerts_app.callback()
def alerts(
    context: typer.Context, as_json: JsonOption = False, config: ConfigOption = None, store: StoreOption = None
) -> None:
    """List the alert rules."""
    if context.invoked_subcommand is not None:
        inherit(config, store)
        return
    from pipeline.core.alerts import rule_to_plain

    rules = Place(config, store).load().rules
    if as_json:
        print_json([rule_to_plain(rule) for rule in rules])
        return
    from rich.table import Table

    table = Table("rule", "severity", "channels", "query", box=None)
    for rule in rules:
        table.add_row(rule.name, rule.severity, ", ".join(rule.channels), "" if rule.when else str(rule.query))
    console().print(table)


@alerts_app.command()
def log(
    rule: Annotated[str, typer.Option("--rule", help="Only this rule.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1)] = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """What fired, when, to whom, delivered or not; newest first."""
    from pipeline.stores import outbox

    with Place(config, store).opened() as opened:
        _show(outbox.log(opened.ledger, rule, limit), as_json)


@alerts_app.command()
def pending(as_json: JsonOption = False, config: ConfigOption = None, store: StoreOption = None) -> None:
    """What waits to be delivered, and what could not be."""
    from pipeline.stores import outbox

    with Place(config, store).opened() as opened:
        _show(outbox.pending(opened.ledger), as_json)


@alerts_app.command()
def retry(config: ConfigOption = None, store: StoreOption = None) -> None:
    """Make everything that could not be delivered due again, for the next pass."""
    from pipeline.stores import outbox

    with Place(config, store).opened() as opened:
        say(f"{outbox.retry(opened.ledger, datetime.now(UTC))} alerts will be sent again in the next pass")


def _show(found: list, as_json: bool) -> None:  # type: ignore[type-arg]
    from pipeline.core.story import to_plain

    if as_json:
        print_json([{**to_plain(alert), "state": alert.state} for alert in found])
        return
    from rich.table import Table

    now = datetime.now(UTC)
    table = Table("rule", "when", "state", "what", box=None)
    for alert in found:
        table.add_row(alert.rule, ago(alert.matched, now), alert.state, alert.item.title)
    console().print(table)
