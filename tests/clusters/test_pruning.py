"""After old stories went, searches, threads and "also in" all tell of the stories that are left, on both stores."""

from datetime import timedelta

import pytest

from pipeline.config import ClusterSettings
from pipeline.core.query import parse
from pipeline.core.story import Story
from pipeline.stores.base import Store
from pipeline.stores.clusters import keep
from pipeline.stores.pruning import prune
from pipeline.stores.threads import find_thread
from tests.clusters.made import CHARGE, DENIAL, NOW, story, text, told, transfer

DAY = 24 * 60
FIRST = told(1, CHARGE, transfer("KP", "RU", "alleged"), source="ap", minutes=1)
COPY = told(2, CHARGE, transfer("KP", "RU", "alleged"), source="herald", minutes=2 * DAY)
DENIED = told(3, DENIAL, transfer("KP", "RU", "denied"), source="kcna", minutes=3 * DAY)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def store(any_store: Store) -> Store:
    keep(any_store, [FIRST, COPY, DENIED], ClusterSettings())
    assert told_by(any_store, COPY) == (FIRST.id, True, FIRST.id, 3, 2)
    return any_store


def told_by(store: Store, one: Story) -> tuple[str, bool, str, int, int]:
    kept = store.archive.get([one.id])[one.id]
    return kept.cluster, kept.copied, kept.thread, kept.outlets, kept.origins


def agree(store: Store, *outlets: str) -> None:
    """What searches find by counts, what the thread lists and what a hit is also in."""
    now = NOW + timedelta(days=9)
    store.archive.refresh()
    thread = find_thread(store, FIRST.id, now)
    assert thread is not None
    assert set(thread.outlets) == set(outlets)
    asked = parse(f"thread:{FIRST.id} outlets:{len(outlets)} origins:{len(thread.origins)}")
    assert store.archive.search(asked, now=now).total == thread.stories
    assert store.archive.search(parse(f"outlets:>{len(outlets)}"), now=now).total == 0
    for hit in store.archive.search(parse(f"cluster:{FIRST.id}"), now=now, fold=True).hits:
        [report] = [one for one in thread.reports if one.cluster == FIRST.id]
        assert {hit.story.source, *hit.outlets} == {one.source for one in report.stories}


def test_what_is_left_is_counted(store: Store) -> None:
    agree(store, "ap", "herald", "kcna")
    assert prune(store, LATER) == 1
    assert told_by(store, COPY) == (FIRST.id, False, FIRST.id, 2, 2)
    assert told_by(store, DENIED) == (DENIED.id, False, FIRST.id, 2, 2)
    agree(store, "herald", "kcna")


def test_who_comes_later_joins_what_is_left(store: Store) -> None:
    prune(store, LATER)
    keep(store, [told(4, CHARGE, transfer("KP", "RU", "alleged"), source="sun", minutes=4 * DAY)], ClusterSettings())
    assert told_by(store, COPY) == (FIRST.id, True, FIRST.id, 3, 2)
    agree(store, "herald", "kcna", "sun")


def test_one_that_comes_again_is_counted_again(store: Store) -> None:
    prune(store, LATER)
    keep(store, [FIRST], ClusterSettings())
    assert told_by(store, COPY) == (FIRST.id, True, FIRST.id, 3, 2)
    agree(store, "ap", "herald", "kcna")


def test_copies_without_an_event(any_store: Store) -> None:
    stories = [story(n, text(1), minutes=n * DAY) for n in (1, 2, 3)]
    keep(any_store, stories, ClusterSettings())
    prune(any_store, NOW + timedelta(days=1, hours=1))
    assert told_by(any_store, stories[1]) == (stories[0].id, True, "", 2, 1)


def test_stopped_and_done_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(changes: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store.archive, "mark", stop)
        with pytest.raises(KeyboardInterrupt):
            prune(store, LATER)
    assert told_by(store, COPY)[3] == 3
    assert prune(store, LATER) == 0
    agree(store, "herald", "kcna")


def test_a_pass_that_changes_the_same_groups(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose record changed meanwhile is looked at again."""
    replace_each, refused = store.ledger.replace_each, list[bool]()

    def refuse(kind: object, records: list[object]) -> list[bool]:
        if records and len(refused) < 2:
            refused.append(True)
            return [False] * len(records)
        return replace_each(kind, records)  # type: ignore[arg-type]

    monkeypatch.setattr(store.ledger, "replace_each", refuse)
    prune(store, LATER)
    assert len(refused) == 2
    agree(store, "herald", "kcna")


def test_nothing_is_left(store: Store) -> None:
    assert prune(store, NOW + timedelta(days=9)) == 3
    assert [*store.ledger.scan("cluster"), *store.ledger.scan("thread")] == []
