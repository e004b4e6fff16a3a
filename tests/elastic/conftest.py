"""Stores on the shared Elasticsearch, for one test each."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline.config import StoreSettings
from pipeline.stores import open_store
from pipeline.stores.base import Store

Open = Callable[..., Store]


@pytest.fixture
def open_at(elastic_prefix: str) -> Iterator[Open]:
    """Opens this test's store at an address, impatiently unless told otherwise."""
    opened: list[Store] = []

    def open_it(at: str, **settings: Any) -> Store:
        settings = {"index_prefix": elastic_prefix, "wait_s": 0, **settings}
        opened.append(open_store(at, StoreSettings(**settings)))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(elasticsearch_url: str, open_at: Open) -> Store:
    return open_at(elasticsearch_url)
