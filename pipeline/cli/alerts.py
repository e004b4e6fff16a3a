"""`wirewatch alerts | channels`: the rules, trying them on the past, and what became of what they found."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, inherit, print_json, say
from pipeline.core.errors import ConfigError, NoStore, WirewatchError

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.core.alerts import AlertRule, Trial
    from pipeline.stores.base import Store
    from pipeline.stores.outbox import Alert

alerts_app = typer.Typer(help="The alert rules and their log.", invoke_without_command=True)
channels_app = typer.Typer(help="The ways to reach people.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="RULE", help="The name of a rule.")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=3660, help="How far back to try.")]


def register(app: typer.Typer) -> None:
    app.add_typer(alerts_app, name="alerts")
    app.add_typer(channels_app, name="channels")


@alerts_app.callback()
def alerts(
    context: typer.Context, as_json: JsonOption = False, config: ConfigOption = None, store: StoreOption = None
) -> None:
    """List the alert rules, of files and made at run time."""
    if context.invoked_subcommand is not None:
        inherit(config, store)
        return
    from pipeline.core.alerts import rule_to_plain

    place = Place(config, store)
    loaded = place.load()
    try:
        with place.opened(loaded.settings) as opened:
            rules = _rules(loaded, opened)
    except NoStore:
        rules = loaded.rules
    if as_json:
        print_json([{**rule_to_plain(rule), "made": rule.made} for rule in rules])
        return
    from pipeline.cli.alert_lines import show_rules

    show_rules(rules, datetime.now(UTC))


def _rules(config: "Config", store: "Store") -> "tuple[AlertRule, ...]":
    from pipeline.stores import saved_rules

    return saved_rules.all_rules(store.ledger, config.rules, tuple(config.settings.channels))


ChannelOption = Annotated[list[str] | None, typer.Option("--channel", "-c", help="Who is told; may be repeated.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any key of a rule, as in its file: severity=high, cooldown=30m …"),
]


@alerts_app.command()
def add(
    name: NameArgument,
    query: Annotated[str, typer.Argument(help="What to look for.")],
    channel: ChannelOption = None,
    settings: SetOption = None,
    days: DaysOption = 30,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Make a rule, kept in the store, and show how it would have done so far."""
    from pipeline.cli.alert_lines import show_trial
    from pipeline.core.alerts import rule_from_plain
    from pipeline.stores import saved_rules

    place = Place(config, store)
    loaded = place.load()
    known = tuple(loaded.settings.channels)
    given = {"name": name, "query": query, "channels": channel or known[:1]} | _set(settings)
    rule = rule_from_plain(given, known)
    _check_topics(rule, loaded)
    with place.opened(loaded.settings, create=True) as opened:
        saved_rules.add(opened.ledger, rule, loaded.rules)
        if rule.when is None or not rule.when.health:
            show_trial(_try(opened, rule, _rules(loaded, opened), days), days)
    say(f"rule {name} tells {', '.join(rule.channels)} from the next pass on")


@alerts_app.command()
def edit(
    name: NameArgument,
    query: Annotated[str, typer.Option("--query")] = "",
    channel: ChannelOption = None,
    settings: SetOption = None,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Change a rule that was made at run time."""
    from pipeline.core.alerts import rule_from_plain, rule_to_plain
    from pipeline.core.yamltext import suggest
    from pipeline.stores import saved_rules

    place = Place(config, store)
    loaded = place.load()
    with place.opened(loaded.settings) as opened:
        rules = {rule.name: rule for rule in _rules(loaded, opened)}
        if name not in rules:
            raise WirewatchError(f"there is no rule {name}{suggest(name, rules)}")
        given = rule_to_plain(rules[name]) | _set(settings)
        given |= ({"query": query} if query else {}) | ({"channels": channel} if channel else {})
        rule = rule_from_plain(given, tuple(loaded.settings.channels))
        _check_topics(rule, loaded)
        saved_rules.edit(opened.ledger, rule, loaded.rules)
    say(f"rule {name} is changed")


def _check_topics(rule: "AlertRule", config: "Config") -> None:
    from pipeline.config import unknown_topics

    if wrong := unknown_topics(rule.query, config.topics.names):
        raise ConfigError([f"query: {said}" for said in wrong])


def _set(settings: Sequence[str] | None) -> dict[str, Any]:
    import yaml

    given: dict[str, Any] = {}
    for setting in settings or ():
        key, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError([f"--set {setting}: write it as KEY=VALUE, for example --set severity=high"])
        try:
            given[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            given[key.strip()] = value
    return given


@alerts_app.command()
def remove(name: NameArgument, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Forget a rule that was made at run time, and withdraw what waits of it."""
    from pipeline.stores import outbox, saved_rules

    place = Place(config, store)
    loaded = place.load()
    with place.opened(loaded.settings) as opened:
        saved_rules.remove(opened.ledger, name, loaded.rules)
        withdrawn = outbox.withdraw(opened.ledger, name, datetime.now(UTC))
    say(f"rule {name} is removed, {withdrawn} waiting alerts are withdrawn")


@alerts_app.command()
def enable(name: NameArgument, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Let a rule match again."""
    _enable(name, True, Place(config, store))


@alerts_app.command()
def disable(name: NameArgument, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Let a rule match nothing more; what it found before is still delivered."""
    _enable(name, False, Place(config, store))


def _enable(name: str, on: bool, place: Place) -> None:
    from pipeline.stores import saved_rules

    loaded = place.load()
    with place.opened(loaded.settings, create=True) as opened:
        saved_rules.enable(opened.ledger, name, on, loaded.rules)
    say(f"rule {name} is {'on' if on else 'off'}")


@alerts_app.command()
def silence(
    name: NameArgument,
    duration: Annotated[str, typer.Option("--for", metavar="DURATION", help="2h, 3d …; 0 ends a silence.")],
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Gather what a rule finds for a while instead of telling it; nothing is dropped."""
    from pipeline.core.alerts.rule import parse_duration
    from pipeline.stores import saved_rules

    try:
        length = timedelta() if duration == "0" else parse_duration(duration)
    except ValueError as error:
        raise ConfigError([f"--for {duration}: {error}"]) from None
    until = datetime.now(UTC) + length if length else None
    place = Place(config, store)
    loaded = place.load()
    with place.opened(loaded.settings, create=True) as opened:
        saved_rules.silence(opened.ledger, name, until, loaded.rules)
    say(f"rule {name} gathers until {until:%Y-%m-%d %H:%M} UTC" if until else f"rule {name} tells again")


@alerts_app.command("try")
def try_(
    rule: Annotated[str, typer.Argument(metavar="RULE|QUERY", help="The name of a rule, or a query.")],
    days: DaysOption = 30,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Try a rule on the stories of the past: how often, how many messages, with what, and which rules overlap."""
    from pipeline.cli.alert_lines import show_trial
    from pipeline.core.story import to_plain

    place = Place(config, store)
    loaded = place.load()
    with place.opened(loaded.settings) as opened:
        rules = _rules(loaded, opened)
        chosen = next((one for one in rules if one.name == rule), None) or _query(rule, rules, place)
        trial = _try(opened, chosen, rules, days)
    if as_json:
        plain = to_plain(trial)
        del plain["rule"]
        print_json(plain)
    else:
        show_trial(trial, days)


def _query(text: str, rules: "Sequence[AlertRule]", place: Place) -> "AlertRule":
    from pipeline.core.alerts import AlertRule
    from pipeline.core.query import parse
    from pipeline.core.yamltext import suggest

    made = AlertRule("tried", parse(text), ())
    if (near := suggest(text, [rule.name for rule in rules])).startswith("; did you mean"):
        say(f"there is no rule {text}{near}; tried as a query")
    place.say_unknown_topics(made.query)
    return made


def _try(store: "Store", rule: "AlertRule", rules: "Sequence[AlertRule]", days: int) -> "Trial":
    from pipeline.flow.trying import try_on

    return try_on(store, rule, rules, days, datetime.now(UTC))


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
        _show(outbox.log(opened.ledger, rule, limit), as_json, "nothing has fired")


@alerts_app.command()
def pending(as_json: JsonOption = False, config: ConfigOption = None, store: StoreOption = None) -> None:
    """What waits to be delivered, and what could not be."""
    from pipeline.stores import outbox

    with Place(config, store).opened() as opened:
        _show(outbox.pending(opened.ledger), as_json, "nothing is waiting")


@alerts_app.command()
def retry(config: ConfigOption = None, store: StoreOption = None) -> None:
    """Make everything that could not be delivered due again, for the next pass."""
    from pipeline.stores import outbox

    with Place(config, store).opened() as opened:
        say(f"{outbox.retry(opened.ledger, datetime.now(UTC))} alerts will be sent again in the next pass")


def _show(found: "Sequence[Alert]", as_json: bool, none: str) -> None:
    from pipeline.cli.alert_lines import show_log
    from pipeline.core.story import to_plain

    if as_json:
        print_json([{**to_plain(alert), "state": alert.state} for alert in found])
    else:
        show_log(found, datetime.now(UTC), none)


@channels_app.callback()
def channels(config: ConfigOption = None, store: StoreOption = None) -> None:
    """The ways to reach people."""
    inherit(config, store)


@channels_app.command("test")
def send_sample(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A channel of wirewatch.yaml.")],
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Send a sample message over one channel."""
    from pipeline.core.alerts.message import sample
    from pipeline.core.yamltext import suggest
    from pipeline.flow.channels import connect

    settings = Place(config, store).settings()
    if name not in settings.channels:
        raise WirewatchError(f"there is no channel {name}{suggest(name, settings.channels)}")
    one = settings.model_copy(update={"channels": {name: settings.channels[name]}})
    connect(one)[name].send(sample(datetime.now(UTC), name))
    say(f"a sample message went out over {name}")
