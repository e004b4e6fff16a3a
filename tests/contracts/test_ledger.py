"""What a Ledger promises."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from pipeline.stores.base import Ledger, Record, Store
from tests.contracts.made import NOW


def keys(records: Any) -> list[str]:
    return [record.key for record in records]


def test_a_record_comes_back_as_it_was_put(ledger: Ledger) -> None:
    data = {"text": "Müller “says” 北京 \x00 \udc80", "n": 1.5, "big": 2**53, "none": None, "list": [1, {"a": True}]}
    due = NOW + timedelta(microseconds=1)
    ledger.put("feed", [Record("a/b c:ü", data, due)])
    found = ledger.get("feed", ["a/b c:ü", "missing"])
    assert keys(found.values()) == ["a/b c:ü"]
    record = found["a/b c:ü"]
    assert dict(record.data) == data
    assert record.due == due
    assert record.version


def test_create_has_one_winner_per_key(ledger: Ledger) -> None:
    assert ledger.create("alert", [Record("a", {"by": 1}), Record("b", {"by": 1})]) == [True, True]
    assert ledger.create("alert", [Record("b", {"by": 2}), Record("c", {"by": 2})]) == [False, True]
    assert ledger.get("alert", ["b"])["b"].data == {"by": 1}
    assert ledger.create("alert", [Record("d", {"by": 1}), Record("d", {"by": 2})]) == [True, False]
    assert ledger.create("alert", []) == []


def test_one_winner_among_many_writers(reopen: Callable[[], Store]) -> None:
    ledgers = [reopen().ledger for _ in range(4)]
    names = [f"k{i}" for i in range(20)]
    with ThreadPoolExecutor(4) as pool:
        wins = list(pool.map(lambda one: [one.create("alert", [Record(name, {})])[0] for name in names], ledgers))
    assert [sum(row) for row in zip(*wins, strict=True)] == [1] * len(names)


def test_put_overwrites_and_the_last_of_one_key_stays(ledger: Ledger) -> None:
    ledger.put("feed", [Record("a", {"n": 1}, NOW)])
    ledger.put("feed", [Record("a", {"n": 2}), Record("a", {"n": 3})])
    assert ledger.get("feed", ["a"])["a"].data == {"n": 3}
    assert ledger.get("feed", ["a"])["a"].due is None


def test_kinds_are_apart(ledger: Ledger) -> None:
    ledger.put("feed", [Record("a", {"kind": "feed"}, NOW)])
    assert ledger.get("entry", ["a"]) == {}
    assert ledger.due("entry", NOW) == []
    assert list(ledger.scan("entry")) == []
    assert ledger.delete("entry", ["a"]) == 0
    assert ledger.create("entry", [Record("a", {})]) == [True]


def test_replace_only_what_was_read(ledger: Ledger) -> None:
    ledger.put("lease", [Record("pass", {"by": "a"})])
    read = ledger.get("lease", ["pass"])["pass"]
    assert ledger.replace("lease", Record("pass", {"by": "b"}, NOW, read.version))
    assert not ledger.replace("lease", Record("pass", {"by": "c"}, NOW, read.version))
    assert ledger.get("lease", ["pass"])["pass"].data == {"by": "b"}
    assert ledger.get("lease", ["pass"])["pass"].due == NOW


def test_replace_of_nothing_or_of_something_new(ledger: Ledger) -> None:
    assert not ledger.replace("lease", Record("pass", {}, None, "1"))
    assert not ledger.replace("lease", Record("pass", {}))
    ledger.put("lease", [Record("pass", {"by": "a"})])
    read = ledger.get("lease", ["pass"])["pass"]
    ledger.delete("lease", ["pass"])
    assert not ledger.replace("lease", read)
    ledger.put("lease", [Record("pass", {"by": "b"})])
    assert not ledger.replace("lease", read), "a record made anew is not the one that was read"


def test_one_replacer_wins(reopen: Callable[[], Store]) -> None:
    first, second = reopen().ledger, reopen().ledger
    first.put("lease", [Record("pass", {})])
    for _ in range(5):
        mine = Record("pass", {}, None, first.get("lease", ["pass"])["pass"].version)
        with ThreadPoolExecutor(2) as pool:
            won = list(pool.map(lambda ledger, mine=mine: ledger.replace("lease", mine), (first, second)))  # type: ignore[misc]
        assert sorted(won) == [False, True]


def test_due_is_what_needs_attention_earliest_first(ledger: Ledger) -> None:
    later = timedelta(minutes=1)
    ledger.put("entry", [Record("never", {}), Record("now", {}, NOW), Record("past", {}, NOW - later),
                         Record("future", {}, NOW + later), Record("long past", {}, NOW - 9 * later)])
    assert keys(ledger.due("entry", NOW)) == ["long past", "past", "now"]
    assert keys(ledger.due("entry", NOW, limit=2)) == ["long past", "past"]
    assert keys(ledger.due("entry", NOW - 10 * later)) == []
    ledger.put("entry", [Record("past", {})])
    assert keys(ledger.due("entry", NOW)) == ["long past", "now"]


def test_due_goes_on_after_the_last_one_seen(ledger: Ledger) -> None:
    ledger.put("entry", [Record(name, {}, NOW - timedelta(minutes=minutes))
                         for name, minutes in [("b", 1), ("a", 1), ("c", 1), ("z", 2), ("d", 0), ("never", -1)]])
    seen: list[Record] = []
    while some := ledger.due("entry", NOW, limit=2, after=seen[-1] if seen else None):
        seen += some
    assert keys(seen) == ["z", "a", "b", "c", "d"]


def test_scan_by_prefix_in_order(ledger: Ledger) -> None:
    names = [f"rule/{i:04d}" for i in range(1203)]
    ledger.put("alert", [Record(name, {"n": i}) for i, name in enumerate(names)])
    ledger.put("alert", [Record("other", {}), Record("rule", {}), Record("rule0", {})])
    assert keys(ledger.scan("alert", "rule/")) == names
    assert keys(ledger.scan("alert", "rule/000")) == names[:10]
    assert keys(ledger.scan("alert", "x")) == []
    assert len(list(ledger.scan("alert"))) == 1206


def test_delete_says_how_many(ledger: Ledger) -> None:
    ledger.put("failure", [Record("a", {}), Record("b", {})])
    assert ledger.delete("failure", ["a", "b", "c"]) == 2
    assert ledger.get("failure", ["a", "b"]) == {}
    assert ledger.delete("failure", []) == 0


def test_written_is_there_for_others(reopen: Callable[[], Store]) -> None:
    reopen().ledger.put("feed", [Record("a", {"n": 1}, NOW)])
    other = reopen().ledger
    assert other.get("feed", ["a"])["a"].data == {"n": 1}
    assert keys(other.due("feed", NOW)) == ["a"]
    assert keys(other.scan("feed")) == ["a"]


@pytest.mark.parametrize("many", [0, 1, 2500])
def test_many_at_once(ledger: Ledger, many: int) -> None:
    records = [Record(f"{i:05d}", {"n": i}, NOW) for i in range(many)]
    ledger.put("entry", records)
    assert len(ledger.get("entry", [record.key for record in records])) == many
    assert len(ledger.due("entry", NOW, limit=10_000)) == many
