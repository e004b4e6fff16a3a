"""Groups that only ever grow together, whoever adds to them at the same time: union-find in ledger records.

A node belongs to a group by itself until an edge joins its group with another. The group goes by the id of its
oldest node (earliest `seen`, then smallest id), so what the groups are in the end, and their names, depend on the
edges alone and not on the order or the process in which they were met. A node without a record is a group of its own.

    {"seen", "members": {node: what is known of it}}     the record of a group's oldest node
    {"seen", "into": node}                               ... of one that has joined another group

An older node takes over the members first, and only then does the younger one point to it, on condition that it did
not change meanwhile. So a pointer never leads to a group that does not know the members, and a crash in between
leaves two groups that the next attempt joins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pipeline.core.errors import StoreError
from pipeline.stores.base import Kind, Ledger, Record, batched

_ROUNDS: Final = 200


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that can be grouped; `about` is a JSON object that its group shall know of it."""

    id: str
    seen: datetime
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def age(self) -> tuple[str, str]:
        return self.seen.isoformat(), self.id


@dataclass(frozen=True, slots=True)
class Group:
    """A group as it stands: the id it goes by, and what is known of each member by id (itself included)."""

    id: str
    seen: str
    members: Mapping[str, Mapping[str, Any]]


def groups(ledger: Ledger, kind: Kind, nodes: Iterable[Node]) -> dict[str, Group]:
    """The group of each node, by the node's id."""
    found = _roots(ledger, kind, {node.id: node for node in nodes})
    return {id: root.group for id, root in found.items()}


@dataclass(frozen=True, slots=True)
class United:
    """The group of each node, now and before, by the node's id."""

    now: Mapping[str, Group]
    before: Mapping[str, Group]


def unite(
    ledger: Ledger, kind: Kind, edges: Sequence[tuple[Node, Node]], others: Iterable[Node] = ()
) -> United:
    """Join the groups of the nodes of each edge; the groups of all nodes, also of `others`.

    What the nodes are about is noted in groups of more than one. An edge of a node with itself does nothing.

    Raises StoreError where other processes keep changing the same groups for very long.
    """
    nodes = {node.id: node for node in others}
    nodes |= {node.id: node for edge in edges for node in edge}
    before: dict[str, Group] | None = None
    for _ in range(_ROUNDS):
        roots = _roots(ledger, kind, nodes)
        now = {id: root.group for id, root in roots.items()}
        before = before or now
        wanted = [
            (part, *change) for part in _parts(roots, edges) if (change := _change(part, roots, nodes)) is not None
        ]
        taken = _write(ledger, kind, [record for _, record, _ in wanted])
        followers = [one for (_, _, ones), done in zip(wanted, taken, strict=True) if done for one in ones]
        if all(taken) and all(_write(ledger, kind, followers)):
            changed: dict[str, Group] = {}
            for part, record, _ in wanted:
                group = Group(record.key, record.data["seen"], record.data["members"])
                changed |= dict.fromkeys(part, group)
            return United({**now, **changed}, before)
    raise StoreError("other processes kept changing the same clusters; try again")


def scatter(ledger: Ledger, kind: Kind) -> None:
    """Forget all groups: every node is one of its own again."""
    for records in batched(ledger.scan(kind), 1_000):
        ledger.delete(kind, [record.key for record in records])


@dataclass(frozen=True, slots=True)
class _Root:
    """The oldest node of a group, and the version of its record ("" where it has none yet)."""

    group: Group
    version: str = ""

    @property
    def age(self) -> tuple[str, str]:
        return self.group.seen, self.group.id


def _roots(ledger: Ledger, kind: Kind, nodes: Mapping[str, Node]) -> dict[str, _Root]:
    """The root of each node."""
    at = {id: id for id in nodes}
    known: dict[str, Record] = {}
    new = set(at.values())
    while new:
        known |= ledger.get(kind, sorted(new))
        new = set()
        for id, place in at.items():
            while place in known and "into" in known[place].data:
                place = known[place].data["into"]
                if place not in known:
                    new.add(place)
            at[id] = place
    roots = {place: _root(place, known.get(place), nodes.get(place)) for place in set(at.values())}
    return {id: roots[place] for id, place in at.items()}


def _root(id: str, record: Record | None, node: Node | None) -> _Root:
    if record is not None:
        return _Root(Group(id, record.data["seen"], record.data["members"]), record.version)
    if node is None:  # its record was forgotten: it was the oldest, and still is
        return _Root(Group(id, "", {id: {}}))
    return _Root(Group(id, node.seen.isoformat(), {id: dict(node.about)}))


def _parts(roots: Mapping[str, _Root], edges: Sequence[tuple[Node, Node]]) -> list[set[str]]:
    """The nodes, those together that shall be in one group."""
    leader: dict[str, str] = {}

    def lead(id: str) -> str:
        while (next := leader.get(id, id)) != id:
            leader[id] = leader.get(next, next)
            id = next
        return id

    for a, b in edges:
        one, other = lead(roots[a.id].group.id), lead(roots[b.id].group.id)
        if one != other:
            leader[one] = other
    parts: dict[str, set[str]] = {}
    for id, root in roots.items():
        parts.setdefault(lead(root.group.id), set()).add(id)
    return list(parts.values())


def _change(
    part: set[str], roots: Mapping[str, _Root], nodes: Mapping[str, Node]
) -> tuple[Record, list[Record]] | None:
    """What to write so that a part is one group: the oldest root with all members, then the others' pointers."""
    mine = {roots[id].group.id: roots[id] for id in part}
    oldest = min(mine.values(), key=lambda root: root.age)
    members: dict[str, Mapping[str, Any]] = dict(oldest.group.members)
    for root in mine.values():
        members = {**root.group.members, **members}
    members |= {id: {**members.get(id, {}), **nodes[id].about} for id in part}
    if len(mine) == 1 and (len(members) == 1 or members == oldest.group.members):
        return None
    followers = [
        Record(root.group.id, {"seen": root.group.seen, "into": oldest.group.id}, version=root.version)
        for root in mine.values() if root is not oldest
    ]
    record = Record(oldest.group.id, {"seen": oldest.group.seen, "members": members}, version=oldest.version)
    return record, followers


def _write(ledger: Ledger, kind: Kind, records: Sequence[Record]) -> list[bool]:
    """Create those without a version, replace the others; for each, whether it did."""
    done: dict[str, bool] = {}
    fresh = [record for record in records if not record.version]
    kept = [record for record in records if record.version]
    if fresh:
        done |= zip((r.key for r in fresh), ledger.create(kind, fresh), strict=True)
    if kept:
        done |= zip((r.key for r in kept), ledger.replace_each(kind, kept), strict=True)
    return [done[record.key] for record in records]
