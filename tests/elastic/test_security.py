"""A server with TLS and users: a key for the prefix is enough, and what is missing is said clearly.

The last tests kill this server and start it again.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.config import StoreSettings
from pipeline.core.errors import StoreError, StoreUnavailable
from pipeline.core.query import parse
from pipeline.stores import open_store
from pipeline.stores.base import Record, Store
from pipeline.stores.elastic import rebuild
from tests.contracts.made import NOW, story, topics
from tests.servers.elasticsearch import PASSWORD, USER, Server

ROLE = Path(__file__).parents[2] / "deploy" / "elasticsearch" / "api-key.json"
PREFIX = "wirewatch"  # the one in deploy/elasticsearch/api-key.json


@pytest.fixture(scope="module")
def admin(secure_elasticsearch: Server) -> Iterator[Elasticsearch]:
    server = secure_elasticsearch
    with Elasticsearch(server.url, ca_certs=str(server.ca_file), basic_auth=(USER, PASSWORD), request_timeout=60) as es:
        yield es


@pytest.fixture(scope="module")
def key(admin: Elasticsearch) -> str:
    """An API key made as deploy/elasticsearch/README.md says."""
    import json

    return str(admin.security.create_api_key(**json.loads(ROLE.read_text()))["encoded"])


def settings(server: Server, **changes: Any) -> StoreSettings:
    return StoreSettings(**{"ca_file": str(server.ca_file), "index_prefix": PREFIX, "wait_s": 0, **changes})


@pytest.fixture
def store(secure_elasticsearch: Server, key: str) -> Iterator[Store]:
    store = open_store(secure_elasticsearch.url, settings(secure_elasticsearch, api_key=key))
    yield store
    store.close()


def refused(server: Server, **changes: Any) -> StoreError:
    with pytest.raises(StoreError) as error:
        open_store(server.url, settings(server, **changes))
    assert not isinstance(error.value, StoreUnavailable)
    return error.value


def test_a_key_for_the_prefix_is_enough_for_everything(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "GRACE_S", 0)
    archive, ledger = store.archive, store.ledger
    assert archive.init() is False, "the template needs a privilege of its own, nothing else does"  # type: ignore[attr-defined]
    stories = [story(i, topics=topics("sanctions")) for i in range(30)]
    assert {i.outcome for i in archive.index(stories)} == {"new"}
    assert archive.index([story(1, body="Told anew.")])[0].outcome == "revised"
    archive.refresh()
    assert len(archive.history(story(1).id)) == 2
    first = archive.search(parse("story"), now=NOW, limit=20, sort="relevance", facets=["topic", "day"], timeline="day")
    second = archive.search(parse("story"), now=NOW, limit=20, sort="relevance", cursor=first.cursor)
    assert (first.total, len(first.hits) + len(second.hits), second.cursor) == (30, 30, "")
    assert archive.mark({story(n).id: {"cluster": story(5).id, "copied": True} for n in (4, 5)}) == 2
    archive.refresh()
    folded = archive.search(parse("story"), now=NOW, fold=True, facets=["topic"])
    assert (folded.total, folded.clusters, folded.facets) == (30, 29, {"topic": (("sanctions", 28),)}), "one has none"
    assert len(list(archive.stories(now=NOW))) == 30
    assert archive.reindex() == 30
    assert archive.delete_before(stories[19].published) == 10
    status = archive.status()
    assert (status["stories"], status["needs_reindex"]) == (20, False)
    assert status["size_bytes"] > 0
    assert ledger.create("alert", [Record("a", {}, NOW), Record("b", {})]) == [True, True]
    read = ledger.get("alert", ["a"])["a"]
    assert ledger.replace("alert", read)
    assert [r.key for r in ledger.due("alert", NOW)] == ["a"]
    assert [r.key for r in ledger.scan("alert")] == ["a", "b"]
    assert ledger.delete("alert", ["a", "b"]) == 2


def test_without_a_key(secure_elasticsearch: Server) -> None:
    assert "set store.api_key" in str(refused(secure_elasticsearch))


@pytest.mark.parametrize("wrong", [
    {"api_key": "bm90OmF2YWxpZGtleQ=="}, {"api_key": "not base64 at all"}, {"user": USER, "password": "wrong"},
])
def test_a_wrong_key_or_password(secure_elasticsearch: Server, wrong: dict[str, str]) -> None:
    said = str(refused(secure_elasticsearch, **wrong))
    assert "does not accept the API key or password" in said
    assert not any(value in said for value in wrong.values() if value != USER)


def test_a_key_that_ended(secure_elasticsearch: Server, admin: Elasticsearch) -> None:
    made = admin.security.create_api_key(name="ended")
    admin.security.invalidate_api_key(ids=[made["id"]])
    assert "does not accept the API key" in str(refused(secure_elasticsearch, api_key=made["encoded"]))


def test_a_key_for_something_else(secure_elasticsearch: Server, admin: Elasticsearch, key: str) -> None:
    said = str(refused(secure_elasticsearch, api_key=key, index_prefix="elsewhere"))
    assert "manage, read and write on elsewhere-*" in said
    reader = admin.security.create_api_key(name="reader", role_descriptors={
        "reader": {"indices": [{"names": [f"{PREFIX}-*"], "privileges": ["read", "view_index_metadata"]}]}})
    store = open_store(secure_elasticsearch.url, settings(secure_elasticsearch, api_key=reader["encoded"]))
    assert store.archive.search(parse("story"), now=NOW).total == 20, "searching takes a key that may only read"
    assert store.archive.search(parse("story"), now=NOW, fold=True).clusters == 19, "two are copies"
    with pytest.raises(StoreError, match="manage, read and write"):
        store.archive.index([story(100)])
    store.close()


def test_a_user_and_a_password(secure_elasticsearch: Server) -> None:
    with_user = settings(secure_elasticsearch, user=USER, password=PASSWORD, index_prefix=f"u{uuid.uuid4().hex[:6]}")
    store = open_store(secure_elasticsearch.url, with_user)
    assert store.archive.init() is True  # type: ignore[attr-defined]
    store.close()


def test_the_certificate_is_verified(secure_elasticsearch: Server, key: str) -> None:
    assert "name the authority's file in store.ca_file" in str(refused(secure_elasticsearch, api_key=key, ca_file=""))


# ── killed and back ───────────────────────────────────────────────────────────────────────────────────────


def test_killed_in_the_middle_and_back(secure_elasticsearch: Server, key: str) -> None:
    """A writer with patience sees nothing of it; one without stores what it can, and the next try the rest."""
    server = secure_elasticsearch
    patient = open_store(server.url, settings(server, api_key=key, wait_s=180))
    hasty = open_store(server.url, settings(server, api_key=key, wait_s=1))
    killed = threading.Event()
    stories = [story(1000 + i) for i in range(2000)]

    def write_all() -> list[str]:
        done = []
        for first in range(0, 2000, 20):
            done += [i.outcome for i in patient.archive.index(stories[first : first + 20])]
            patient.ledger.put("feed", [Record("feed", {"stories": len(done)})])
            if len(done) == 200:
                killed.set()
        return done

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all)
        assert killed.wait(60)
        server.kill()
        start = time.monotonic()
        with pytest.raises(StoreUnavailable, match="does not answer"):
            hasty.archive.index([story(9000)])
        with pytest.raises(StoreUnavailable):
            hasty.ledger.due("feed", NOW)
        assert time.monotonic() - start < 4
        server.start_again()
        assert writing.result(180) == ["new"] * 2000
    assert hasty.archive.index([story(9000)])[0].outcome == "new"
    patient.archive.refresh()
    assert len({s.id for s in patient.archive.stories(parse("story"), now=NOW)}) == 2021
    assert patient.archive.search(parse("*"), now=NOW).total == 2021
    assert patient.ledger.get("feed", ["feed"])["feed"].data == {"stories": 2000}
    for store in (patient, hasty):
        store.close()
