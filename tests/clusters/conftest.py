"""Empty stores of both kinds, by their place, so that processes of their own can open them too."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.config import StoreSettings
from pipeline.stores import open_store
from pipeline.stores.base import Store
from tests.servers import elasticsearch

Place = tuple[str, StoreSettings]


@pytest.fixture(params=["embedded", "elastic"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Place]:
    """Each call gives another empty store."""
    number = 0

    def make() -> Place:
        nonlocal number
        number += 1
        if request.param == "embedded":
            return str(tmp_path / f"store{number}"), StoreSettings()
        url, prefix = request.getfixturevalue("elasticsearch_url"), f"clusters-{tmp_path.name.lower()}-{number}"
        request.addfinalizer(lambda: elasticsearch.wipe(url, prefix))
        return url, StoreSettings(index_prefix=prefix, wait_s=30)

    return make


@pytest.fixture
def any_store(new_place: Callable[[], Place]) -> Iterator[Store]:
    """An empty store of each kind."""
    store = open_store(*new_place())
    yield store
    store.close()
