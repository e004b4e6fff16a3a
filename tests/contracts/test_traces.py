"""Every store's Traces, and `mark`, held to the promises of stores/base.py."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.core.story import Marks
from pipeline.stores.base import Archive, Ledger, Record, Store, Trace, Traces
from tests.contracts.conftest import Opener
from tests.contracts.made import NOW, story

WEEK = timedelta(days=7)


@pytest.fixture
def traces(store: Store) -> Traces:
    return store.traces


def trace(id: str, *terms: int, days: float = 0.0, data: bytes = b"d") -> Trace:
    return Trace(id, NOW - timedelta(days=days), terms, data)


def test_nothing_is_shared_in_an_empty_store(traces: Traces) -> None:
    assert traces.sharing([trace("a", 1, 2), trace("b")], WEEK) == [(), ()]
    assert traces.get(["a"]) == {}
    assert traces.forget(NOW) == 0


def test_those_who_share_most_come_first(traces: Traces) -> None:
    traces.leave([trace("a", 1, 2, 3), trace("b", 3, 9), trace("c", 2, 3, 9), trace("d", 10)])
    assert traces.sharing([trace("a", 1, 2, 3), trace("x", 10), trace("y", 11)], WEEK) == [("c", "b"), ("d",), ()]


def test_the_largest_term(traces: Traces) -> None:
    traces.leave([trace("a", 2**47 - 1, 0)])
    assert traces.sharing([trace("b", 2**47 - 1), trace("c", 0)], WEEK) == [("a",), ("a",)]


def test_only_near_in_time(traces: Traces) -> None:
    traces.leave([trace("old", 1, days=7.1), trace("just", 1, days=7), trace("ahead", 1, days=-6)])
    assert set(traces.sharing([trace("x", 1)], WEEK)[0]) == {"just", "ahead"}


def test_found_at_once_by_others_and_by_oneself(reopen: Opener) -> None:
    one, two = reopen().traces, reopen().traces
    one.leave([trace("a", 1)])
    assert two.sharing([trace("b", 1)], WEEK) == [("a",)]
    two.leave([trace("b", 1)])
    assert one.sharing([trace("a", 1)], WEEK) == [("b",)]


def test_overwritten(traces: Traces) -> None:
    traces.leave([trace("a", 1, data=b"first")])
    traces.leave([trace("a", 2, data=b"\x00\xff"), trace("b", 2)])
    assert traces.get(["a", "b", "none"]) == {"a": b"\x00\xff", "b": b"d"}
    assert traces.sharing([trace("x", 2)], WEEK)[0] in [("a", "b"), ("b", "a")]


def test_forgotten(traces: Traces) -> None:
    traces.leave([trace("a", 1, days=3), trace("b", 1, days=1)])
    assert traces.forget(NOW - timedelta(days=2)) == 1
    assert traces.get(["a", "b"]).keys() == {"b"}
    assert traces.sharing([trace("x", 1)], WEEK) == [("b",)]


def test_many_who_share_one_term(traces: Traces) -> None:
    traces.leave([trace(f"t{number}", 7, 1000 + number) for number in range(300)])
    (found,) = traces.sharing([trace("x", 7, 1005)], WEEK, most=10)
    assert found[0] == "t5"
    assert 10 <= len(found) < 300


def test_more_than_one_run(traces: Traces) -> None:
    for first in range(0, 10_000, 2_500):
        traces.leave([trace(f"t{n}", n, 1_000_000 + n // 2) for n in range(first, first + 2_500)])
        found = traces.sharing([trace(f"t{n}", n, 1_000_000 + n // 2) for n in range(first, first + 2_500, 2)], WEEK)
        assert found == [(f"t{n + 1}",) for n in range(first, first + 2_500, 2)]
    found = traces.sharing([trace("x", n) for n in range(0, 10_000, 97)], WEEK)
    assert found == [(f"t{n}",) for n in range(0, 10_000, 97)]


# ── marks ─────────────────────────────────────────────────────────────────────────────────────────────────

MARKS = Marks(cluster="c", origin="AP", copied=True, thread="t", outlets=4, origins=2)
ALL = {"cluster": "c", "origin": "AP", "copied": True, "thread": "t", "outlets": 4, "origins": 2}


def test_marks_change_a_story_and_nothing_else(archive: Archive) -> None:
    archive.index([story(1), story(2)])
    one, two = story(1), story(2)
    assert archive.mark({one.id: ALL, "nobody": ALL}) == 1
    marked = archive.get([one.id, two.id])
    assert marked[one.id] == replace(one, cluster="c", origin="AP", copied=True, thread="t", outlets=4, origins=2)
    assert marked[one.id].marks == MARKS
    assert marked[two.id] == two
    assert archive.mark({one.id: ALL}) == 0
    assert archive.mark({one.id: {"outlets": 5}, two.id: {"outlets": 1}}) == 1
    assert archive.get([one.id])[one.id].marks == replace(MARKS, outlets=5)
    assert [found.revision for found in archive.history(one.id)] == [1]


def test_marks_stay_when_a_story_arrives_again(archive: Archive) -> None:
    archive.index([story(1)])
    archive.mark({story(1).id: ALL})
    assert archive.index([story(1, feeds=("other",))])[0].outcome == "unchanged"
    assert archive.index([story(1, body="Another text.")])[0].outcome == "revised"
    (now,) = archive.get([story(1).id]).values()
    assert (now.body, now.marks) == ("Another text.", MARKS)


def test_marks_are_searched(archive: Archive) -> None:
    from pipeline.core.query import parse

    archive.index([story(1), story(2)])
    archive.refresh()
    archive.mark({story(2).id: ALL})
    archive.refresh()
    for query in ("cluster:c", "origin:ap"):
        assert [hit.story.id for hit in archive.search(parse(query), now=NOW).hits] == [story(2).id], query


def test_replace_each(ledger: Ledger) -> None:
    ledger.create("cluster", [Record("a", {"n": 1}), Record("b", {"n": 1})])
    known = ledger.get("cluster", ["a", "b"])
    stale = replace(known["b"], data={"n": 3})
    assert ledger.replace_each("cluster", [replace(known["a"], data={"n": 2}), stale, Record("c", {}, version="1")]) \
        == [True, True, False]
    assert ledger.replace_each("cluster", [stale, Record("a", {})]) == [False, False]
    assert {key: record.data["n"] for key, record in ledger.get("cluster", ["a", "b", "c"]).items()} == {"a": 2, "b": 3}
    assert ledger.replace_each("cluster", []) == []
