"""What a rule tells once: the names of a cluster or thread, under any of which it may have been told already.

A match is claimed under the name that its cluster or thread has at that moment (`renamed`). Groups grow: two workers
may meet two copies at the same moment and claim each under a name of its own, and two clusters may turn out to be
one while a digest gathers. So before matches are sent, those of one group become one (`twins`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pipeline.core.alerts.message import THREAD, Found
from pipeline.core.alerts.rule import AlertRule
from pipeline.stores.base import Kind, Ledger, Record
from pipeline.stores.unions import Node, groups

_KINDS: Final[tuple[tuple[Kind, str], ...]] = (("cluster", ""), ("thread", THREAD))


def renamed(ledger: Ledger, found: Sequence[Found], now: datetime) -> Iterator[Found]:
    """What rules found, each under the name of now, with all others that its cluster and thread may have had."""
    folded = [one for one in found if one.item.story and one.rule.fold != "story"]
    names = _names(ledger, {key for one in folded for key in (one.fold, *one.also)}, now)
    for one in found:
        mine = names if one.rule.fold != "story" else {}
        fold, *also = dict.fromkeys(name for key in (one.fold, *one.also) for name in mine.get(key, (key,)))
        yield replace(one, fold=fold, also=tuple(also))


def twins(ledger: Ledger, claimed: Sequence[Record], rules: Mapping[str, AlertRule], now: datetime) -> list[str]:
    """The keys of claimed matches, not put into a message yet, whose cluster or thread the same rule tells anyway:
    under a match that is on its way, or else the first that was claimed."""
    fresh = [record for record in claimed if not record.data["batch"] and _folds(rules.get(record.data["rule"]))]
    names = _names(ledger, {record.data["fold"] for record in fresh if record.data["kind"] == "match"}, now)
    twice: dict[tuple[str, str], list[str]] = {}
    for record in fresh:
        called = names.get(record.data["fold"], [])
        if len(called) > 1:
            rule = record.data["rule"]
            twice[rule, called[0]] = [f"{rule}/{name}" for name in called]
    met = ledger.get("alert", [key for keys in twice.values() for key in keys]) if twice else {}
    over: list[str] = []
    for keys in twice.values():
        together = sorted((met[key] for key in keys if key in met),
                          key=lambda record: (not record.data["batch"], record.data["matched"], record.key))
        over += [record.key for record in together[1:] if not record.data["batch"]]
    return over


def _folds(rule: AlertRule | None) -> bool:
    return rule is not None and rule.fold != "story"


def _names(ledger: Ledger, keys: Collection[str], now: datetime) -> dict[str, list[str]]:
    """By fold key: what its cluster or thread is called now, then the ids of its stories; any may have been its name
    (unions.py)."""
    names: dict[str, list[str]] = {}
    for kind, mark in _KINDS:
        nodes = [Node(key.removeprefix(mark), now) for key in keys if key.startswith(THREAD) == bool(mark)]
        for id, group in groups(ledger, kind, nodes).items() if nodes else ():
            names[mark + id] = list(dict.fromkeys(mark + name for name in (group.id, *group.members)))
    return names
