"""How alert rules, their trials and their log are shown on a terminal: a line for each, what belongs to it below."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from pipeline.channels.base import item_text
from pipeline.cli.place import console
from pipeline.cli.times import ago
from pipeline.core.alerts.rule import show_duration
from pipeline.core.alerts.trial import chart, counted
from pipeline.core.telling import clean

if TYPE_CHECKING:
    from pipeline.core.alerts import AlertRule, Trial
    from pipeline.stores.outbox import Alert, Delivery

_COLOURS = {"on": "green", "off": "dim", "delivered": "green", "failing": "yellow", "dead": "red"}


def show_rules(rules: "Iterable[AlertRule]", now: datetime) -> None:
    """Name, state and channels; then the query; then what is not as usual."""
    out = console()
    for rule in rules:
        state = "on" if rule.active(now) else "off" if not rule.enabled else "expired"
        line = Text.assemble((rule.name, "bold"), "  ", (state, _COLOURS.get(state, "dim")))
        if rule.silenced_until is not None and rule.silenced_until > now:
            line.append(f", silent until {rule.silenced_until:%Y-%m-%d %H:%M} UTC", "yellow")
        line.append(f" · {rule.severity} · {', '.join(rule.channels)}")
        out.print(line)
        out.print(Text(f"    {_asked(rule)}"))
        out.print(Text(f"    {' · '.join(_manner(rule))}", "dim"))


def _asked(rule: "AlertRule") -> str:
    health = rule.when is not None and bool(rule.when.health)
    asked = [] if health else [str(rule.query)]
    return " ".join([*asked, f"({rule.when})"] if rule.when is not None else asked)


def _manner(rule: "AlertRule") -> list[str]:
    """When and how it tells, whose it is, where it is made."""
    said = [] if rule.when is not None else [f"once a {rule.fold}"]
    said += [f"cooldown {show_duration(rule.cooldown)}"] if rule.cooldown else []
    said += [f"digest {rule.digest}"] if rule.digest else []
    said += [f"quiet {', '.join(map(str, rule.quiet))}"] if rule.quiet else []
    said += [rule.timezone] if rule.timezone != "UTC" else []
    said += [f"start {rule.start}"] if rule.start != "all" else []
    said += [f"expires {rule.expires:%Y-%m-%d %H:%M} UTC"] if rule.expires is not None else []
    said += [f"owner {rule.owner}"] if rule.owner else []
    said += [rule.note] if rule.note else []
    return [*said, "made at run time" if rule.made == "ledger" else "in a file"]


def show_trial(trial: "Trial", days: int) -> None:
    """Numbers, warning, chart, overlaps, samples."""
    out = console()
    when = trial.rule.when
    folded = f", {trial.folded} after folding"
    if when is not None:
        folded = "" if when.absent else f", {trial.folded} new in threads" if when.thread else (
            f", {counted(trial.folded, 'burst')}")
    out.print(f"in {days} days: {counted(trial.hits, 'hit')} among {trial.stories} stories{folded}, "
              f"{counted(trial.messages, 'message')} ({trial.rate:.1f} a day that has stories)", markup=False)
    if trial.warning:
        out.print(trial.warning, style="yellow", markup=False)
    for line in chart(trial):
        out.print(line, markup=False)
    for overlap in trial.overlaps:
        out.print(f"{overlap.shared} of {trial.hits} are also found by {overlap.rule} (which finds {overlap.own})",
                  style="dim", markup=False)
    for item in trial.samples:
        out.print()
        out.print(item_text(item), markup=False)


def show_log(alerts: "Sequence[Alert]", now: datetime, none: str) -> None:
    """What fired and when; to whom it went, and what became of that which did not; `none` where there is nothing."""
    out = console()
    for alert in alerts:
        out.print(Text.assemble(f"{ago(alert.matched, now):>10}  ", (alert.rule, "bold"), "  ",
                                (alert.state, _COLOURS.get(alert.state, ""))))
        out.print(Text(f"            {alert.item.title}"))
        for (said, state), names in _by_state(alert, now).items():
            style = "dim" if state == "delivered" else _COLOURS.get(state, "")
            out.print(Text(f"            {said.format(', '.join(names))}", style))
    if not alerts:
        out.print(none)


def _by_state(alert: "Alert", now: datetime) -> dict[tuple[str, str], list[str]]:
    """Channels by what became of the alert over them: a sentence with `{}` for the channels, and the state."""
    out: dict[tuple[str, str], list[str]] = {}
    for one in alert.deliveries:
        out.setdefault((_became(one, alert.due, now), one.state), []).append(one.channel)
    return out


def _became(one: "Delivery", due: datetime | None, now: datetime) -> str:
    if one.state == "delivered":
        return "delivered to {}"
    tried = f"{counted(one.attempts, 'attempt')}: {clean(one.error, 300)}".replace("{", "{{").replace("}", "}}")
    if one.state in ("dead", "withdrawn"):
        return f"{{}}: {one.state} {ago(one.at, now)}" + (f" after {tried}" if one.error else "")
    at = one.at or due
    soon = at is None or at <= now
    if one.state == "failing":
        return f"{{}}: next try {'in the next pass' if soon else ago(at, now)}, after {tried}"
    return "to {} in the next pass" if soon or at is None else f"to {{}} {ago(at, now)} ({at:%Y-%m-%d %H:%M} UTC)"
