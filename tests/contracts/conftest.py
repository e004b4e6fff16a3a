"""Every store the promises of `stores/base.py` are held to. To add one, add an entry to STORES.

An entry makes, for one test, a function that opens the same store again and again (as other processes would);
it is empty at first. Tests close what they open, or leave it to the fixture.
"""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.config import StoreSettings
from pipeline.stores import open_store
from pipeline.stores.base import Archive, Ledger, Store
from tests.servers import elasticsearch

Opener = Callable[[], Store]


def embedded(request: pytest.FixtureRequest, place: Path) -> Opener:
    return lambda: open_store(str(place / "store"), StoreSettings())


def elastic(request: pytest.FixtureRequest, place: Path) -> Opener:
    url = request.getfixturevalue("elasticsearch_url")
    prefix = f"contract-{uuid.uuid4().hex[:10]}"
    request.addfinalizer(lambda: elasticsearch.wipe(url, prefix))
    return lambda: open_store(url, StoreSettings(index_prefix=prefix, wait_s=30))


STORES: dict[str, Callable[[pytest.FixtureRequest, Path], Opener]] = {"embedded": embedded, "elastic": elastic}


def _tracked(opener: Opener, opened: list[Store]) -> Opener:
    def open_it() -> Store:
        opened.append(opener())
        return opened[-1]

    return open_it


@pytest.fixture(params=sorted(STORES))
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the store of this test; each call gives another Store over the same data."""
    opened: list[Store] = []
    yield _tracked(STORES[request.param](request, tmp_path), opened)
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Opener) -> Store:
    return reopen()


@pytest.fixture
def archive(store: Store) -> Archive:
    return store.archive


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return store.ledger


@pytest.fixture(scope="module", params=sorted(STORES))
def fresh_archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Archive]]:
    """Makes empty archives, one after the other, for tests that index a lot and then ask a lot."""
    opened: list[Store] = []

    def make() -> Archive:
        place = tmp_path_factory.mktemp(f"archive{len(opened)}")
        opened.append(STORES[request.param](request, place)())
        return opened[-1].archive

    yield make
    for store in opened:
        store.close()
