"""Clusters and threads in a real store: joined, marked, done again, forgotten."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import ClusterSettings, StoreSettings
from pipeline.core.story import Story
from pipeline.stores import open_store
from pipeline.stores.base import Store
from pipeline.stores.clusters import Kept, keep
from pipeline.stores.pruning import prune
from tests.clusters.made import CHARGE, DENIAL, NOW, story, text, told, transfer

SETTINGS = ClusterSettings()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "store"), StoreSettings())
    yield opened
    opened.close()


def add(store: Store, *stories: Story) -> Kept:
    """What a pass does with stories that arrive."""
    return keep(store, stories, SETTINGS)


def cut(body: str, words: int) -> str:
    return " ".join(body.split()[:words])


def found(store: Store, *stories: Story) -> list[tuple[str, bool, int, int]]:
    kept = store.archive.get([story.id for story in stories])
    return [(kept[s.id].cluster, kept[s.id].copied, kept[s.id].outlets, kept[s.id].origins) for s in stories]


def test_alone(store: Store) -> None:
    one = story(1, text(1))
    joined = add(store, one)
    assert joined.stories[0].cluster == one.id
    assert found(store, one) == [(one.id, False, 1, 1)]
    assert list(store.ledger.scan("cluster")) == []


def test_copies_in_one_batch_and_in_several(store: Store) -> None:
    wire = text(1)
    one, two, three = story(1, wire), story(2, cut(wire, 120)), story(3, f"Local paragraph. {wire}")
    other = story(4, text(2))
    joined = add(store, one, two, other)
    assert [s.cluster for s in joined.stories] == [one.id, one.id, other.id]
    assert found(store, one, two, other) == [(one.id, True, 2, 1), (one.id, True, 2, 1), (other.id, False, 1, 1)]
    add(store, three)
    assert found(store, one, two, three) == [(one.id, True, 3, 1)] * 3


def test_two_copies_of_one_outlet_are_one_outlet(store: Store) -> None:
    wire = text(1)
    one, two = (story(n, wire, source="same", title="One and the same headline of this outlet") for n in (1, 2))
    add(store, one, two)
    assert found(store, one, two) == [(one.id, True, 1, 1)] * 2


def test_clusters_that_meet_become_the_older_one(store: Store) -> None:
    left, right = text(1, 120), text(2, 120)
    one, two = story(10, left), story(11, left + " and more")
    three, four = story(5, right), story(6, right + " or less")
    add(store, one, two)
    add(store, three, four)
    assert {c for c, *_ in found(store, one, two, three, four)} == {one.id, three.id}
    both = story(20, f"{left} {right}")
    joined = add(store, both)
    assert joined.stories[0].cluster == three.id
    assert found(store, one, two, three, four, both) == [(three.id, True, 5, 1)] * 5


def test_the_agency_is_learnt_by_all_copies(store: Store) -> None:
    wire = text(1)
    plain, named = story(1, wire), story(2, wire, origin="AP")
    add(store, plain)
    add(store, named)
    assert {s.origin for s in store.archive.get([plain.id, named.id]).values()} == {"AP"}


def test_far_apart_in_time_is_not_a_copy(store: Store) -> None:
    wire = text(1)
    one, two = story(1, wire), story(2, wire, minutes=8 * 24 * 60)
    add(store, one, two)
    assert [cluster for cluster, *_ in found(store, one, two)] == [one.id, two.id]


def test_a_revision_keeps_its_cluster(store: Store) -> None:
    wire = text(1)
    one, two = story(1, wire), story(2, wire)
    add(store, one, two)
    add(store, replace(two, body=text(9)))
    assert store.archive.get([two.id])[two.id].revision == 2
    assert found(store, one, two) == [(one.id, True, 2, 1)] * 2


def test_a_copy_of_the_revision_joins_too(store: Store) -> None:
    one = story(1, text(1))
    add(store, one)
    add(store, replace(one, body=text(9)))
    copy = story(3, text(9))
    add(store, copy)
    assert found(store, one, copy) == [(one.id, True, 2, 1)] * 2


def test_done_again_nothing_changes(store: Store) -> None:
    wire = text(1)
    stories = [story(1, wire), story(2, wire), story(3, text(3))]
    first = add(store, *stories)
    numbers = store.archive.get([s.id for s in stories])
    assert add(store, *stories).stories == first.stories
    assert store.archive.get([s.id for s in stories]) == numbers


def test_half_marked_is_marked_when_done_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = text(1)
    one, two, three = (story(n, wire) for n in (1, 2, 3))
    add(store, one, two)

    def stop(changes: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store.archive, "mark", stop)
        with pytest.raises(KeyboardInterrupt):
            add(store, three)
    assert found(store, one)[0][2] == 2
    add(store, three)
    assert found(store, one, two, three) == [(one.id, True, 3, 1)] * 3


def test_one_that_cannot_be_compared_costs_itself_only(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.stores import clusters

    def odd(story: Story) -> None:
        if story.title == "odd":
            raise ValueError("odd")

    monkeypatch.setattr(clusters, "matter_of", odd)
    wire = text(1)
    joined = add(store, story(1, wire), story(2, wire, title="odd"), story(3, wire))
    assert [type(error) for error in joined.mistakes.values()] == [ValueError]
    assert len({s.cluster for s in joined.stories}) == 2


def test_very_many_copies(store: Store) -> None:
    wire = text(1)
    stories = [story(n, f"{wire} {text(n, 10)}") for n in range(1, 301)]
    for first in range(0, 300, 50):
        add(store, *stories[first : first + 50])
    assert set(found(store, *stories)) == {(stories[0].id, True, 300, 1)}


# ── threads ───────────────────────────────────────────────────────────────────────────────────────────────

def test_reports_of_one_matter_are_a_thread(store: Store) -> None:
    charge = told(1, CHARGE, transfer("KP", "RU", "alleged"))
    copy = story(2, CHARGE, source="paper", title=charge.title)
    denial = told(3, DENIAL, transfer("KP", "RU", "denied"), origin="Yonhap")
    other = told(4, "Iran has sent drones to Yemen by dhow, a navy said after a search off Oman.", transfer("IR", "YE"))
    joined = add(store, charge, other)
    assert [s.thread for s in joined.stories] == [charge.id, other.id]
    add(store, copy)
    add(store, denial)
    kept = store.archive.get([s.id for s in (charge, copy, denial, other)])
    assert [kept[s.id].thread for s in (charge, copy, denial, other)] == [charge.id] * 3 + [other.id]
    assert [(kept[s.id].outlets, kept[s.id].origins) for s in (charge, copy, denial, other)] == [(3, 2)] * 3 + [(1, 1)]
    assert kept[denial.id].cluster == denial.id


def test_without_an_event_there_is_no_thread(store: Store) -> None:
    one, two = story(1, CHARGE), story(2, DENIAL)
    assert [s.thread for s in add(store, one, two).stories] == ["", ""]


def test_threads_that_meet(store: Store) -> None:
    one = told(1, CHARGE, transfer("KP", "RU"))
    two = told(2, text(5, 55), transfer("KP", "RU"), countries=())
    add(store, one)
    add(store, two)
    assert len({s.thread for s in store.archive.get([one.id, two.id]).values()}) == 2
    pairs = zip(CHARGE.split(), two.body.split(), strict=False)
    middle = told(3, " ".join(word for pair in pairs for word in pair), transfer("KP", "RU"))
    add(store, middle)
    kept = store.archive.get([one.id, two.id, middle.id])
    assert {s.thread for s in kept.values()} == {one.id}


def test_a_very_large_thread_is_followed_by_another(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.stores import clusters

    monkeypatch.setattr(clusters, "LARGEST", 3)
    stories = [told(n, f"{CHARGE} {text(n, 120)}", transfer("KP", "RU")) for n in range(1, 6)]
    for one in stories[:2]:
        add(store, one)
    add(store, *stories[2:])
    kept = store.archive.get([one.id for one in stories])
    assert [kept[one.id].thread for one in stories] == [stories[0].id] * 3 + [stories[3].id] * 2
    assert [kept[one.id].outlets for one in stories] == [3] * 3 + [2] * 2


def test_a_copy_that_tells_brings_its_cluster_into_the_thread(store: Store) -> None:
    silent = story(1, CHARGE)
    add(store, silent)
    assert store.archive.get([silent.id])[silent.id].thread == ""
    add(store, told(2, CHARGE, transfer("KP", "RU")))
    assert store.archive.get([silent.id])[silent.id].thread == silent.id


def test_forgotten(store: Store) -> None:
    wire, lasting = text(1), text(2)
    one, two = story(1, wire), story(2, wire)
    three, four = story(3, lasting), story(4, lasting, minutes=5 * 24 * 60)
    add(store, one, two, three, four)
    day = NOW + timedelta(days=1)
    assert prune(store, day) == 3
    assert {record.key for record in store.ledger.scan("cluster")} == {three.id, four.id}, "a story of it is left"
    add(store, five := story(5, wire), six := story(6, lasting, minutes=6 * 24 * 60))
    assert found(store, five, six) == [(five.id, False, 1, 1), (three.id, True, 2, 1)]
