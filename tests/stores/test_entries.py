"""Entries over a real ledger: what is new, what changed, what is left over after a crash."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.core.story import Entry
from pipeline.core.urls import story_id
from pipeline.stores import entries
from pipeline.stores.base import Ledger
from pipeline.stores.embedded import open_folder

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def entry(feed: str = "a", title: str = "Title", url: str = "https://x.example/1", summary: str = "") -> Entry:
    return Entry(id=story_id(url), feed=feed, url=url, title=title, summary=summary)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = open_folder(tmp_path / "store")
    yield store.ledger
    store.close()


def whys(tasks: list[entries.Task]) -> list[tuple[str, str]]:
    return [(task.why, task.entry.feed) for task in tasks]


def finish(ledger: Ledger, tasks: list[entries.Task], again: bool = False, now: datetime = NOW) -> None:
    entries.settle(ledger, {t.entry.id: t for t in tasks}, {t.entry.id: again for t in tasks}, now)


def test_an_entry_is_new_once(ledger: Ledger) -> None:
    assert whys(entries.claim(ledger, [entry()], NOW)) == [("new", "a")]
    assert entries.claim(ledger, [entry()], NOW) == []


def test_the_same_address_with_tracking_is_the_same_entry(ledger: Ledger) -> None:
    one = entry(url="https://x.example/1?utm_source=rss")
    assert whys(entries.claim(ledger, [one, entry()], NOW)) == [("new", "a")]


def test_two_feeds_that_show_it_at_once_make_one_task_and_both_carry_it(ledger: Ledger) -> None:
    tasks = entries.claim(ledger, [entry("a"), entry("b", title="Other words")], NOW)
    assert whys(tasks) == [("new", "a")]
    assert entries.carriers(ledger, [entry().id]) == {entry().id: ("a", "b")}


def test_a_feed_that_words_it_differently_has_not_changed_it(ledger: Ledger) -> None:
    finish(ledger, entries.claim(ledger, [entry("a")], NOW))
    assert whys(entries.claim(ledger, [entry("b", title="Other words")], NOW)) == [("carried", "b")]
    finish(ledger, [entries.Task(entry("b"), "carried", NOW)])
    assert entries.claim(ledger, [entry("a"), entry("b", title="Other words")], NOW) == []


def test_a_changed_title_or_text_is_work_again(ledger: Ledger) -> None:
    finish(ledger, entries.claim(ledger, [entry()], NOW))
    later = NOW + timedelta(hours=1)
    (task,) = entries.claim(ledger, [entry(title="Update: Title")], later)
    assert (task.why, task.seen, task.entry.title) == ("changed", NOW, "Update: Title")
    finish(ledger, [task])
    assert whys(entries.claim(ledger, [entry(title="Update: Title", summary="more")], later)) == [("changed", "a")]


def test_what_was_not_settled_is_due_in_the_next_pass(ledger: Ledger) -> None:
    entries.claim(ledger, [entry()], NOW)
    (task,) = entries.due(ledger, NOW + timedelta(seconds=1))
    assert (task.why, task.entry, task.attempts) == ("retry", entry(), 0)
    finish(ledger, [task])
    assert list(entries.due(ledger, NOW + timedelta(days=30))) == []


def test_an_article_that_may_come_back_is_tried_again_and_then_left(ledger: Ledger) -> None:
    now = NOW
    tasks = entries.claim(ledger, [entry()], now)
    waits = []
    while tasks:
        finish(ledger, tasks, again=True, now=now)
        due = ledger.due("entry", now + timedelta(days=9))
        if not due:
            break
        assert due[0].due is not None
        waits.append(due[0].due - now)
        assert list(entries.due(ledger, due[0].due - timedelta(seconds=1))) == []
        now = due[0].due
        tasks = list(entries.due(ledger, now))
    assert tuple(waits) == entries.RETRY_AFTER


def test_a_change_while_it_waits_takes_its_place(ledger: Ledger) -> None:
    entries.claim(ledger, [entry()], NOW)
    newer = replace(entry(), title="Corrected")
    assert whys(entries.claim(ledger, [newer], NOW)) == [("changed", "a")]
    (task,) = entries.due(ledger, NOW + timedelta(seconds=1))
    assert task.entry.title == "Corrected"


def test_what_is_left_over_is_read_in_parts(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_AT_ONCE", 2)
    entries.claim(ledger, [entry(url=f"https://x.example/{n}") for n in range(5)], NOW)
    found = [task.entry.url for task in entries.due(ledger, NOW)]
    assert sorted(found) == [f"https://x.example/{n}" for n in range(5)]


def test_a_ref_is_loaded_as_the_ledger_has_it_now(ledger: Ledger) -> None:
    (first,) = entries.claim(ledger, [entry()], NOW)
    (second,) = entries.claim(ledger, [entry(title="Update: Title")], NOW)
    assert entries.load(ledger, [first.ref, second.ref]) == [entries.Task(second.entry, "new", NOW), second]
    finish(ledger, [second])
    assert entries.load(ledger, [second.ref]) == []
    entries.keep(ledger, [first], NOW)
    assert entries.load(ledger, [second.ref])[0].entry == first.entry


def test_a_changed_article_is_tried_from_the_start(ledger: Ledger) -> None:
    tasks = entries.claim(ledger, [entry()], NOW)
    for _ in range(3):
        finish(ledger, tasks, again=True)
        tasks = entries.load(ledger, [tasks[0].ref])
    changed = entries.claim(ledger, [entry(title="Update: Title")], NOW)
    (task,) = entries.load(ledger, [changed[0].ref])
    finish(ledger, [task], again=True)
    assert [t.attempts for t in entries.due(ledger, NOW + entries.RETRY_AFTER[0])] == [1]
