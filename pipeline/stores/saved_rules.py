"""Alert rules made, changed or silenced at run time: kept in the ledger, listed together with those of files.

    kind "rule"   NAME: {"rule": its keys as in YAML}            a rule made at run time
                        {"changed": {"enabled", "silenced_until"}}   what was set for a rule of a file
    kind "meta"   rules: {"version": n}                          goes up with every change
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.core.alerts.rule import AlertRule
from pipeline.core.alerts.rules import rule_from_plain, rule_to_plain
from pipeline.core.errors import ConfigError, WirewatchError
from pipeline.core.yamltext import suggest
from pipeline.stores.base import Ledger, Record

_VERSION = "rules"


def all_rules(
    ledger: Ledger, of_files: Iterable[AlertRule], channels: Collection[str] | None = None
) -> tuple[AlertRule, ...]:
    """The rules of files as changed at run time, then those made at run time.

    A rule of a file wins over one of the same name made at run time. Raises ConfigError where a rule that was
    made at run time is no longer valid, such as after a channel was removed.
    """
    rules = {rule.name: rule for rule in of_files}
    mistakes: list[str] = []
    for record in ledger.scan("rule"):
        changed = record.data.get("changed")
        known = rules.get(record.key)
        if known is not None:
            rules[record.key] = _changed(known, changed or {})
        elif "rule" in record.data:
            try:
                rules[record.key] = rule_from_plain(record.data["rule"], channels)
            except ConfigError as error:
                mistakes.extend(f"rule {record.key}, made at run time: {mistake}" for mistake in error.mistakes)
    if mistakes:
        raise ConfigError([*mistakes, "correct it with `wirewatch alerts edit`, or `wirewatch alerts remove` it"])
    return tuple(rules.values())


def version(ledger: Ledger) -> int:
    """A number that is another one after every change: workers read the rules again when it moved."""
    record = ledger.get("meta", [_VERSION]).get(_VERSION)
    return int(record.data["version"]) if record is not None else 0


def add(ledger: Ledger, rule: AlertRule, of_files: Iterable[AlertRule]) -> None:
    """Keep a new rule; raises WirewatchError where its name is taken."""
    taken = rule.name in {known.name for known in of_files}
    if taken or not ledger.create("rule", [Record(rule.name, {"rule": rule_to_plain(rule)})])[0]:
        raise WirewatchError(f"there is a rule {rule.name} already; choose another name, or edit that one")
    _moved(ledger)


def edit(ledger: Ledger, rule: AlertRule, of_files: Iterable[AlertRule]) -> None:
    """Overwrite a rule made at run time; raises WirewatchError for one that does not exist or stands in a file."""
    _made(ledger, rule.name, of_files, "edit")
    ledger.put("rule", [Record(rule.name, {"rule": rule_to_plain(rule)})])
    _moved(ledger)


def remove(ledger: Ledger, name: str, of_files: Iterable[AlertRule]) -> None:
    """Forget a rule made at run time; raises WirewatchError for one that does not exist or stands in a file."""
    _made(ledger, name, of_files, "remove")
    ledger.delete("rule", [name])
    _moved(ledger)


def enable(ledger: Ledger, name: str, on: bool, of_files: Iterable[AlertRule]) -> None:
    """Let a rule, of a file too, match new stories or not; what it found before is still delivered."""
    _set(ledger, name, of_files, enabled=on)


def silence(ledger: Ledger, name: str, until: datetime | None, of_files: Iterable[AlertRule]) -> None:
    """Gather what a rule finds until then (None: no longer); raises WirewatchError where there is none."""
    _set(ledger, name, of_files, silenced_until=until)


def _set(ledger: Ledger, name: str, of_files: Iterable[AlertRule], **values: Any) -> None:
    files = {rule.name for rule in of_files}
    record = ledger.get("rule", [name]).get(name)
    data: dict[str, Any]
    if name in files:
        known = dict(record.data.get("changed", {})) if record is not None else {}
        data = {"changed": known | {key: _plain(value) for key, value in values.items()}}
    elif record is not None and "rule" in record.data:
        data = {"rule": rule_to_plain(replace(rule_from_plain(record.data["rule"]), **values))}
    else:
        raise _unknown(ledger, name, files)
    ledger.put("rule", [Record(name, data)])
    _moved(ledger)


def _changed(rule: AlertRule, changed: dict[str, Any]) -> AlertRule:
    until = changed.get("silenced_until", _plain(rule.silenced_until))
    return replace(rule, enabled=changed.get("enabled", rule.enabled),
                   silenced_until=datetime.fromisoformat(until) if until else None)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _made(ledger: Ledger, name: str, of_files: Iterable[AlertRule], act: str) -> None:
    files = {rule.name for rule in of_files}
    if name in files:
        raise WirewatchError(f"rule {name} stands in a file of configs/alerts; {act} it there")
    record = ledger.get("rule", [name]).get(name)
    if record is None or "rule" not in record.data:
        raise _unknown(ledger, name, files)


def _unknown(ledger: Ledger, name: str, files: Collection[str]) -> WirewatchError:
    known = {*files, *(record.key for record in ledger.scan("rule") if "rule" in record.data)}
    return WirewatchError(f"there is no rule {name}{suggest(name, known)}")


def _moved(ledger: Ledger) -> None:
    while True:
        record = ledger.get("meta", [_VERSION]).get(_VERSION)
        if record is None:
            if ledger.create("meta", [Record(_VERSION, {"version": 1})])[0]:
                return
        elif ledger.replace("meta", Record(_VERSION, {"version": record.data["version"] + 1}, None, record.version)):
            return
