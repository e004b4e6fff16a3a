"""What no story fires: silences and feeds that are not well."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import StoreSettings
from pipeline.core.alerts.triggers import Trouble, absent, unwell
from pipeline.stores import delivery, open_store, outbox
from pipeline.stores.base import Store
from tests.alerts.conftest import NOW, Inbox, rule, story

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "store"), StoreSettings())
    yield opened
    opened.close()


@pytest.mark.parametrize(("last", "began", "now", "fires"), [
    (0, -99, 23, False),
    (0, -99, 24, True),
    (None, 0, 23, False),
    (None, 0, 24, True),
    (-99, 0, 23, False),   # the rule has just begun
    (-99, 0, 24, True),
])
def test_absence(last: int | None, began: int, now: int, fires: bool) -> None:
    one = rule("kcna", "source:kcna", when={"absent": "24h"})
    found = absent(one, NOW + last * HOUR if last is not None else None, NOW + began * HOUR, NOW + now * HOUR)
    assert (found is not None) == fires


def test_a_silence_is_told_once_until_it_is_broken() -> None:
    one = rule("kcna", "source:kcna", when={"absent": "24h"})
    first, again, next_ = (absent(one, NOW + last * HOUR, NOW, NOW + now * HOUR)
                           for last, now in ((0, 24), (0, 50), (60, 84)))
    assert first is not None
    assert again is not None
    assert next_ is not None
    assert first.fold == again.fold != next_.fold
    assert again.item.title == "Nothing matched “source:kcna” for 2 days: the last one came 2026-03-04 12:00 UTC"


def test_rules_that_match_stories_see_no_silence() -> None:
    assert absent(rule(), None, NOW, NOW + 99 * HOUR) is None
    assert absent(rule(when={"absent": "2h"}, enabled=False), None, NOW, NOW + 99 * HOUR) is None
    assert unwell(rule(), [Trouble("a", "gone", NOW)], NOW) == []


def test_feed_health() -> None:
    one = rule("feeds", when={"health": ["gone", "silent"]}, query=None)
    troubles = [Trouble("ap", "gone", NOW, "410 Gone", "https://ap.example/rss"), Trouble("bbc", "failing", NOW),
                Trouble("kcna\x1b[2J", "silent", NOW - HOUR)]
    found = unwell(one, troubles, NOW)
    assert [f.item.title for f in found] == [
        "Feed ap is gone for good since 2026-03-04 12:00 UTC",
        "Feed kcna [2J has fallen silent since 2026-03-04 11:00 UTC",
    ]
    assert len({f.fold for f in found}) == 2
    assert [f.fold for f in unwell(one, troubles, NOW + HOUR)] == [f.fold for f in found]


def test_notices_are_claimed_and_delivered(store: Store) -> None:
    rules = [rule("kcna", "source:kcna", when={"absent": "24h"}, channels=("hook",)),
             rule("feeds", when={"health": "any"}, query=None)]
    outbox.begin(store.ledger, rules, NOW)
    store.archive.index([story(1, source="kcna", seen=NOW)])
    store.archive.refresh()
    trouble = [Trouble("ap", "failing", NOW, "answers 500")]
    assert outbox.notice(store, rules, trouble, NOW) == 1
    assert outbox.notice(store, rules, trouble, NOW + HOUR) == 0
    assert outbox.notice(store, rules, [], NOW + 25 * HOUR) == 1
    assert outbox.notice(store, rules, [], NOW + 30 * HOUR) == 0
    hook = Inbox()
    delivery.deliver(store.ledger, rules, {"hook": hook}, NOW + 30 * HOUR)
    assert sorted((m.rule, m.kind, m.when.partition(",")[0]) for m in hook.messages) == [
        ("feeds", "notice", "health: failing"), ("kcna", "notice", "absent: 1d")]
    store.archive.index([story(2, source="kcna", seen=NOW + 31 * HOUR)])
    store.archive.refresh()
    assert outbox.notice(store, rules, [], NOW + 32 * HOUR) == 0
    assert outbox.notice(store, rules, [], NOW + 56 * HOUR) == 1
