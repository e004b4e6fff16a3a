"""Threads that an older version made: nothing breaks, and `redetect --rejoin` makes them anew, on both stores."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import ClusterSettings, load
from pipeline.core import matters
from pipeline.core.story import Story
from pipeline.core.topics import Topics
from pipeline.flow.assemble import with_detection
from pipeline.flow.redetect import Redetected, Work, redetect
from pipeline.stores import open_store
from pipeline.stores.base import Store
from pipeline.stores.clusters import keep
from pipeline.stores.unions import Node, unite
from tests.clusters.conftest import Place
from tests.clusters.made import CHARGE, DENIAL, NOW, story

DENIED = f"North Korea denied that it is shipping shells to Russia. {DENIAL}"
SEIZED = "A navy found rifles under sacks of sugar on a dhow off Oman. Iran shipped the rifles to Yemen, officers said."


@pytest.fixture(scope="module")
def topics() -> Topics:
    return load(Path(__file__).parents[2] / "configs").topics


@pytest.fixture
def place(new_place: Callable[[], Place]) -> Place:
    return new_place()


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = open_store(*place)
    yield opened
    opened.close()
    matters.unpack_matter.cache_clear()


def threads(store: Store, *stories: Story) -> list[tuple[str, int, int]]:
    store.archive.refresh()
    kept = store.archive.get([one.id for one in stories])
    return [(kept[one.id].thread, kept[one.id].outlets, kept[one.id].origins) for one in stories]


def test_threads_of_an_older_version(
    store: Store, place: Place, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge, seized, denial = (
        with_detection(story(n, body, minutes=n * 60, title=body.split(".")[0]), topics)
        for n, body in ((1, CHARGE), (2, SEIZED), (3, DENIED))
    )
    with monkeypatch.context() as patch:  # the older version thought that these two are one matter
        patch.setattr(matters, "MATTER_VERSION", 1)
        nodes = [Node(one.id, one.seen, {"source": one.source, "origin": one.source}) for one in (charge, seized)]
        unite(store.ledger, "thread", [(nodes[0], nodes[1])])
        keep(store, [charge, seized], ClusterSettings())
    matters.unpack_matter.cache_clear()
    assert threads(store, charge, seized) == [(charge.id, 2, 2)] * 2
    kept = keep(store, [denial], ClusterSettings())
    assert kept.mistakes == {}
    assert threads(store, charge, seized, denial) == [(charge.id, 2, 2)] * 2 + [(denial.id, 1, 1)]

    work = Work(*place, ClusterSettings(), None, topics, NOW + timedelta(days=1))
    assert redetect(work, lambda _: None) == Redetected(3, 0, 0)
    assert threads(store, charge, denial) == [(charge.id, 2, 2), (denial.id, 1, 1)], "as it was"
    assert redetect(replace(work, rejoin=True), lambda _: None) == Redetected(3, 0, 0)
    assert threads(store, charge, seized, denial) == [(charge.id, 2, 2), (seized.id, 1, 1), (charge.id, 2, 2)]
