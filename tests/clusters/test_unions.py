"""Groups in the ledger: whatever the order, however many do it at once, wherever one of them stops."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import StoreSettings
from pipeline.stores import open_store
from pipeline.stores.base import Kind, Ledger, Record
from pipeline.stores.unions import Node, groups, unite

START = datetime(2026, 3, 1, tzinfo=UTC)


def node(number: int) -> Node:
    """Nodes of which every third is as old as the next."""
    return Node(f"n{number:03d}", START + timedelta(minutes=number - number % 3), {"source": f"s{number}"})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = open_store(str(tmp_path / "store"), StoreSettings())
    yield store.ledger
    store.close()


def test_alone(ledger: Ledger) -> None:
    assert groups(ledger, "cluster", [node(1)])["n001"].id == "n001"
    assert unite(ledger, "cluster", [(node(1), node(1))]).now["n001"].members == {"n001": {"source": "s1"}}
    assert list(ledger.scan("cluster")) == []


def test_the_oldest_gives_the_name(ledger: Ledger) -> None:
    met = unite(ledger, "cluster", [(node(5), node(9))]).now
    assert {group.id for group in met.values()} == {"n005"}
    united = unite(ledger, "cluster", [(node(9), node(4))], others=[node(5), node(20)])
    met = united.now
    assert {id: group.id for id, group in united.before.items()} == {
        "n004": "n004", "n005": "n005", "n009": "n005", "n020": "n020"}
    assert {id: group.id for id, group in met.items()} == dict.fromkeys(["n004", "n005", "n009"], "n004") | {
        "n020": "n020"}, "n003 to n005 are of one age"
    assert met["n009"].members == {f"n00{n}": {"source": f"s{n}"} for n in (4, 5, 9)}


def test_more_is_learnt_of_a_member(ledger: Ledger) -> None:
    unite(ledger, "cluster", [(node(1), node(2))])
    later = Node("n002", node(2).seen, {"origin": "AP"})
    assert unite(ledger, "cluster", [], others=[later]).now["n002"].members["n002"] == {"source": "s2", "origin": "AP"}
    assert unite(ledger, "cluster", [(node(1), later)]).now["n001"].members["n002"] == {"source": "s2", "origin": "AP"}


def test_a_forgotten_record_does_no_harm(ledger: Ledger) -> None:
    unite(ledger, "cluster", [(node(1), node(7))])
    ledger.delete("cluster", ["n001"])
    assert groups(ledger, "cluster", [node(7)])["n007"].id == "n001"
    assert unite(ledger, "cluster", [(node(7), node(9))]).now["n009"].id == "n001"


def components(edges: Sequence[tuple[int, int]]) -> dict[str, str]:
    """What the groups must be, worked out another way."""
    near: dict[int, set[int]] = {}
    for a, b in edges:
        near.setdefault(a, {a}).add(b)
        near.setdefault(b, {b}).add(a)
    out = {}
    for start in near:
        met, left = {start}, [start]
        while left:
            left += (new := near[left.pop()] - met)
            met |= new
        out[node(start).id] = min((node(n) for n in met), key=lambda n: n.age).id
    return out


@pytest.mark.parametrize("seed", range(8))
def test_any_order_gives_the_same_groups(ledger: Ledger, seed: int) -> None:
    rnd = random.Random(seed)
    edges = [(rnd.randrange(60), rnd.randrange(60)) for _ in range(45)]
    expected = components(edges)
    rnd.shuffle(edges)
    while edges:
        some = [edges.pop() for _ in range(min(len(edges), rnd.randint(1, 6)))]
        unite(ledger, "cluster", [(node(a), node(b)) for a, b in some])
    found = groups(ledger, "cluster", [node(n) for n in range(60)])
    assert {id: group.id for id, group in found.items() if id in expected} == expected
    check_members(found)


def check_members(found: Any) -> None:
    for id, group in found.items():
        assert id in group.members
        assert {other for other, its in found.items() if its.id == group.id} == set(group.members)


@pytest.mark.parametrize("seed", range(3))
def test_many_at_once(tmp_path: Path, seed: int) -> None:
    rnd = random.Random(seed)
    edges = [(rnd.randrange(40), rnd.randrange(40)) for _ in range(60)]

    def work(mine: Sequence[tuple[int, int]]) -> None:
        store = open_store(str(tmp_path / "store"), StoreSettings())
        for a, b in mine:
            unite(store.ledger, "cluster", [(node(a), node(b))])
        store.close()

    open_store(str(tmp_path / "store"), StoreSettings()).close()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, [edges[first::4] for first in range(4)]))
    store = open_store(str(tmp_path / "store"), StoreSettings())
    found = groups(store.ledger, "cluster", [node(n) for n in range(40)])
    store.close()
    expected = components(edges)
    assert {id: group.id for id, group in found.items() if id in expected} == expected
    check_members(found)


class Stopped(Exception):
    """The process ends here."""


class Stopping:
    """A ledger that ends its process after a number of writes."""

    def __init__(self, ledger: Ledger, writes: int) -> None:
        self._ledger, self._left = ledger, writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def _step(self) -> None:
        if self._left == 0:
            raise Stopped
        self._left -= 1

    def create(self, kind: Kind, records: Sequence[Record]) -> list[bool]:
        self._step()
        return self._ledger.create(kind, records)

    def replace_each(self, kind: Kind, records: Sequence[Record]) -> list[bool]:
        self._step()
        return self._ledger.replace_each(kind, records)


@pytest.mark.parametrize("writes", range(6))
def test_stopped_anywhere_and_done_again(ledger: Ledger, writes: int) -> None:
    edges = [(1, 7), (8, 9), (9, 7), (12, 13)]
    unite(ledger, "cluster", [(node(7), node(8)), (node(12), node(30))])
    stopping: Any = Stopping(ledger, writes)
    pairs = [(node(a), node(b)) for a, b in edges]
    try:
        for pair in pairs:
            unite(stopping, "cluster", [pair])
    except Stopped:
        unite(ledger, "cluster", [(node(30), node(31))])  # another one goes on meanwhile
    met = unite(ledger, "cluster", pairs, others=[node(31), node(30)]).now
    check_members(groups(ledger, "cluster", [node(n) for n in (1, 7, 8, 9)]))
    assert {met[node(n).id].id for n in (1, 7, 8, 9)} == {"n001"}
    assert met["n013"].id == "n012"
