"""The same stories end in the same clusters in whatever order, and in however many processes, they arrive.

With WIREWATCH_LONG=1: 5,000 stories, in ten orders, with 2 and 4 processes.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from pipeline.config import ClusterSettings
from pipeline.core.story import Story
from pipeline.stores import open_store
from pipeline.stores.base import Store
from pipeline.stores.clusters import keep
from tests.clusters.conftest import Place
from tests.clusters.made import wires

LONG = bool(os.environ.get("WIREWATCH_LONG"))
pytestmark = pytest.mark.timeout(3_600 if LONG else 300)
Clusters = dict[str, tuple[str, bool, int]]


def clusters_of(store: Store, stories: Sequence[Story]) -> Clusters:
    """By story: its cluster, whether it is copied, by how many outlets it is told."""
    kept = store.archive.get([story.id for story in stories])
    return {id: (one.cluster, one.copied, one.outlets) for id, one in kept.items()}


def size_of(place: Place, embedded: int, elastic: int) -> int:
    return elastic if place[0].startswith("http") else embedded


def in_order(place: Place, stories: Sequence[Story], seed: int) -> Clusters:
    """Add stories in an order and in batches that depend on the seed."""
    rnd = random.Random(seed)
    left = rnd.sample(stories, len(stories))
    store = open_store(*place)
    while left:
        size = rnd.randint(1, 120)
        keep(store, left[:size], ClusterSettings())
        del left[:size]
    made = clusters_of(store, stories)
    store.close()
    return made


def test_any_order(new_place: Callable[[], Place]) -> None:
    stories = wires(5_000 if LONG else size_of(new_place(), 400, 120), seed=1)
    orders = 10 if LONG else size_of(new_place(), 4, 2)
    made = [in_order(new_place(), stories, order) for order in range(orders)]
    assert all(one == made[0] for one in made)
    assert 0.2 < len({cluster for cluster, *_ in made[0].values()}) / len(stories) < 0.8


@pytest.mark.parametrize(("parts", "size"), [(2, 1), (2, 25), (4, 25)] if LONG else [(2, 1)])
def test_any_number_of_processes(new_place: Callable[[], Place], parts: int, size: int) -> None:
    """Copies are neighbours in the list, so the shares meet copies of one wire at the same moment."""
    count = 5_000 if LONG else size_of(new_place(), 120, 40)
    stories = wires(count, seed=2)
    expected = in_order(new_place(), stories, 0)
    at, settings = place = new_place()
    open_store(*place).close()
    asked = {"count": count, "seed": 2, "parts": parts, "size": size, "at": at, "settings": settings.model_dump()}
    workers = [
        subprocess.Popen([sys.executable, "-m", "tests.clusters.joiner"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
        for _ in range(parts)
    ]
    for part, worker in enumerate(workers):
        assert worker.stdin
        print(json.dumps({**asked, "part": part}), file=worker.stdin, flush=True)
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.communicate("go\n")
    assert [worker.returncode for worker in workers] == [0] * parts
    store = open_store(*place)
    made = clusters_of(store, stories)
    store.close()
    assert made == expected
