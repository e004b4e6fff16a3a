"""Pytest fixtures that give tests a real Elasticsearch, or say why there is none."""

import os
import uuid
from collections.abc import Iterator

import pytest

from tests.servers import elasticsearch


def _can_start() -> None:
    """Skip without a cached server; under CI fetch it, and fail where that is impossible."""
    if elasticsearch.is_fetched():
        return
    if not os.environ.get("CI"):
        pytest.skip("no Elasticsearch: set WIREWATCH_TEST_ELASTICSEARCH=URL, or fetch one with "
                    "`python -m tests.servers.elasticsearch fetch`")
    elasticsearch.fetch()


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """The URL of a server without security, shared by the whole run: use an index prefix of your own."""
    if given := os.environ.get("WIREWATCH_TEST_ELASTICSEARCH"):
        yield given
        return
    _can_start()
    with elasticsearch.running() as server:
        yield server.url


@pytest.fixture(scope="module")
def secure_elasticsearch() -> Iterator[elasticsearch.Server]:
    """A server with TLS and users that the tests of one module may kill and start again."""
    _can_start()
    with elasticsearch.running(secure=True, heap="512m") as server:
        yield server


@pytest.fixture
def elastic_prefix(elasticsearch_url: str) -> Iterator[str]:
    """An index prefix for one test; what stands under it is removed afterwards."""
    prefix = f"test-{uuid.uuid4().hex[:10]}"
    yield prefix
    elasticsearch.wipe(elasticsearch_url, prefix)
