"""Clusters and threads when stories go: what is left is counted, and every store says the same of it.

A group keeps its id and the ids of stories that are gone, so that what went by them is still found; but it forgets
their outlets, and so no longer counts them. What searches (`outlets:>3`), `wirewatch thread` and "also in" say is of
the stories that are there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pipeline.stores.base import Kind, Record, Store, batched
from pipeline.stores.clusters import bearing_of, cluster_facts, left_of, thread_facts
from pipeline.stores.unions import Group

_GROUPS: Final = 200
"""Groups looked at at once."""


def prune(store: Store, before: datetime) -> int:
    """Remove stories published before, with their traces, and count anew who tells what is left; returns how many
    stories were removed. May be done again, whatever stopped it."""
    removed = store.archive.delete_before(before)
    origins: dict[str, str] = {}
    for records in batched(store.ledger.scan("cluster"), _GROUPS):
        for cluster in _smaller(store, "cluster", records, {}):
            origins |= dict.fromkeys(left_of(cluster), bearing_of(cluster)[1])
            store.archive.mark(dict.fromkeys(left_of(cluster), cluster_facts(cluster)))
    for records in batched(store.ledger.scan("thread"), _GROUPS):
        for thread in _smaller(store, "thread", records, origins):
            store.archive.mark(dict.fromkeys(left_of(thread), thread_facts(thread)))
    store.traces.forget(before)
    return removed


def _smaller(store: Store, kind: Kind, records: Sequence[Record], origins: Mapping[str, str]) -> list[Group]:
    """The groups of which some stories are gone and some are left, now that they know it; others with no story left
    are removed. `origins` are the new ones of stories whose cluster lost its first."""
    out: dict[str, Group] = {}
    keys = [record.key for record in records if "into" not in record.data]
    while keys:
        found = {key: record for key, record in store.ledger.get(kind, keys).items() if "into" not in record.data}
        there = store.archive.get(list({id for record in found.values() for id in record.data["members"]})).keys()
        changed: list[Record] = []
        for key, record in found.items():
            before = record.data["members"]
            members = {id: _about(about, id in there, origins.get(id, "")) for id, about in before.items()}
            if there.isdisjoint(members):
                store.ledger.delete(kind, list(members))
            elif not there >= members.keys():
                out[key] = Group(key, record.data["seen"], members)
            if members != before and not there.isdisjoint(members):
                changed.append(replace(record, data={**record.data, "members": members}))
        done = store.ledger.replace_each(kind, changed)
        keys = [record.key for record, replaced in zip(changed, done, strict=True) if not replaced]
    return list(out.values())


def _about(about: Mapping[str, Any], there: bool, origin: str) -> dict[str, Any]:
    """What a group knows of a member now."""
    if not there:
        return {name: value for name, value in about.items() if name != "source"}
    return {**about, "origin": origin} if origin else dict(about)
