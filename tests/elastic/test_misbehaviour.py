"""What the store does and says when Elasticsearch is away, busy, full, slow, or not what it should be."""

import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.core.errors import StoreError, StoreUnavailable
from pipeline.core.query import parse
from pipeline.stores.base import Record, Store
from tests.contracts.made import NOW, story
from tests.elastic.conftest import Open
from tests.servers.certificates import self_signed
from tests.servers.misbehaving import GOOD, Act, proxy


def nobody() -> str:
    """The address of a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def search(store: Store) -> Any:
    return store.archive.search(parse("story"), now=NOW)


USES: dict[str, Callable[[Store], Any]] = {
    "index": lambda store: store.archive.index([story(1)]),
    "get": lambda store: store.archive.get(["a"]),
    "search": search,
    "scan stories": lambda store: list(store.archive.stories(now=NOW)),
    "delete": lambda store: store.archive.delete_before(NOW),
    "status": lambda store: store.archive.status(),
    "reindex": lambda store: store.archive.reindex(),
    "init": lambda store: store.archive.init(),  # type: ignore[attr-defined]
    "refresh": lambda store: store.archive.refresh(),
    "create": lambda store: store.ledger.create("feed", [Record("a", {})]),
    "ledger get": lambda store: store.ledger.get("feed", ["a"]),
    "put": lambda store: store.ledger.put("feed", [Record("a", {})]),
    "replace": lambda store: store.ledger.replace("feed", Record("a", {}, version="1.1")),
    "due": lambda store: store.ledger.due("feed", NOW),
    "scan": lambda store: list(store.ledger.scan("feed")),
    "ledger delete": lambda store: store.ledger.delete("feed", ["a"]),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_gone_is_said_in_one_sentence(open_at: Open, elasticsearch_url: str, use: Callable[[Store], Any]) -> None:
    with proxy(elasticsearch_url) as between:
        store = open_at(between.url)
    with pytest.raises(StoreUnavailable) as error:
        use(store)
    assert str(error.value) == f"Elasticsearch at {between.url} does not answer (connection refused); is it running?"


def test_down_at_the_start_is_said_in_one_sentence(open_at: Open) -> None:
    at = nobody()
    with pytest.raises(StoreUnavailable) as error:
        open_at(at)
    assert str(error.value) == f"Elasticsearch at {at} does not answer (connection refused); is it running?"


def test_a_dead_server_is_waited_for_once(open_at: Open, elasticsearch_url: str) -> None:
    with proxy(elasticsearch_url) as between:
        store = open_at(between.url, wait_s=1)
    start = time.monotonic()
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            search(store)
    assert 1 <= time.monotonic() - start < 3


def test_a_server_never_reached_is_not_waited_for(open_at: Open) -> None:
    start = time.monotonic()
    with pytest.raises(StoreUnavailable):
        open_at(nobody(), wait_s=60)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("use", ["index", "search", "put", "due"])
def test_busy_passes(open_at: Open, elasticsearch_url: str, use: str) -> None:
    busy = iter([429, 503, 502, 429])

    def plan(method: str, path: str) -> Act:
        status = next(busy, 0) if path != "/" else 0
        return Act(status=status, body='{"error":{"type":"es_rejected_execution_exception","reason":"queue"}}')

    with proxy(elasticsearch_url, plan) as between:
        USES[use](open_at(between.url, wait_s=30))  # opening meets some of it
        assert next(busy, None) is None


def test_a_storm_that_does_not_pass(open_at: Open, elasticsearch_url: str) -> None:
    rejected = '{"error":{"type":"es_rejected_execution_exception","reason":"queue full"},"status":429}'
    with proxy(elasticsearch_url, lambda m, path: Act(status=429, body=rejected) if path == "/_bulk" else GOOD) as p:
        store = open_at(p.url, wait_s=0.5)
        with pytest.raises(StoreUnavailable, match=r"too busy \(429.*queue full"):
            store.archive.index([story(1)])
        p.plan = lambda m, path: GOOD
        assert store.archive.index([story(1)])[0].outcome == "new"


def test_items_that_are_refused_are_sent_again_alone(open_at: Open, elasticsearch_url: str) -> None:
    """A node whose write queue is full takes some items of a request and refuses others."""
    import json

    turn = iter(range(1000))

    def some_refused(answer: bytes) -> bytes:
        found = json.loads(answer)
        if next(turn) % 2 == 0:
            for entry in found["items"][::2]:
                (item,) = entry.values()
                item.update(status=429, error={"type": "es_rejected_execution_exception", "reason": "queue full"})
        return json.dumps(found).encode()

    with proxy(elasticsearch_url, lambda m, path: Act(change=some_refused) if path == "/_bulk" else GOOD) as between:
        store = open_at(between.url, wait_s=30)
        assert [i.outcome for i in store.archive.index([story(i) for i in range(9)])] == ["new"] * 9
        assert store.ledger.create("alert", [Record(str(i), {}) for i in range(5)]) == [True] * 5
        store.archive.refresh()
        assert search(store).total == 9


def test_a_slow_node_is_waited_for_and_then_named(open_at: Open, elasticsearch_url: str) -> None:
    turn = iter(range(100))
    slow_once = lambda m, path: Act(delay_s=1.5) if path.endswith("_search") and next(turn) == 0 else GOOD  # noqa: E731
    with proxy(elasticsearch_url, slow_once) as between:
        assert search(open_at(between.url, timeout_s=0.7, wait_s=30)).total == 0
    with proxy(elasticsearch_url, lambda m, path: Act(delay_s=1.5)) as between:
        start = time.monotonic()
        with pytest.raises(StoreUnavailable, match="too slow"):
            search(open_at(between.url, timeout_s=0.3))
        assert time.monotonic() - start < 3


def test_a_server_that_comes_back_is_used_again(open_at: Open, elasticsearch_url: str) -> None:
    away = threading.Event()
    with proxy(elasticsearch_url, lambda m, path: Act(drop=True) if away.is_set() else GOOD) as between:
        store = open_at(between.url, wait_s=30)
        assert search(store).total == 0
        away.set()
        threading.Timer(1, away.clear).start()
        assert store.archive.index([story(1)])[0].outcome == "new"
        impatient = open_at(between.url)
        away.set()
        with pytest.raises(StoreUnavailable, match="closed the connection"):
            impatient.ledger.get("feed", ["a"])
        away.clear()
        assert impatient.ledger.get("feed", ["a"]) == {}


def test_a_full_disk_is_named_and_passes(open_at: Open, elasticsearch_url: str, elastic_prefix: str) -> None:
    store = open_at(elasticsearch_url)
    store.archive.index([story(1)])
    store.ledger.put("feed", [Record("a", {})])
    with Elasticsearch(elasticsearch_url) as es:
        # What a node does to every index when its disk passes the flood-stage watermark.
        es.indices.put_settings(index=f"{elastic_prefix}-*", settings={"index.blocks.read_only_allow_delete": True})
        for use in ("index", "put", "create"):
            with pytest.raises(StoreUnavailable, match="disk is full"):
                store.archive.index([story(2)]) if use == "index" else USES[use](store)
        assert store.archive.get([story(1).id]) == {story(1).id: story(1)}
        assert search(store).total <= 1
        patient = open_at(elasticsearch_url, wait_s=30)
        freed = threading.Timer(1, lambda: es.indices.put_settings(
            index=f"{elastic_prefix}-*", settings={"index.blocks.read_only_allow_delete": None}))
        freed.start()
        assert [i.outcome for i in patient.archive.index([story(2), story(3)])] == ["new", "new"]
        freed.join()
    store.archive.refresh()
    assert search(store).total == 3


def test_a_key_that_was_good_before_is_given_time(open_at: Open, elasticsearch_url: str) -> None:
    """A node that is starting refuses every key until it can look them up."""
    refused = '{"error":{"type":"security_exception","reason":"unable to authenticate user"},"status":401}'
    starting = iter(range(100))
    with proxy(elasticsearch_url) as between:
        store = open_at(between.url, wait_s=30)
        between.plan = lambda m, path: Act(status=401, body=refused) if next(starting) < 3 else GOOD
        assert search(store).total == 0
        between.plan = lambda m, path: Act(status=401, body=refused)
        with pytest.raises(StoreUnavailable, match="it was accepted before"):
            search(open_at(between.url))


# ── not what it should be ─────────────────────────────────────────────────────────────────────────────────


def test_another_major_version(open_at: Open, elasticsearch_url: str) -> None:
    older = lambda m, path: Act(change=lambda b: re.sub(rb'("number" *: *")9', rb"\g<1>8", b))  # noqa: E731
    with proxy(elasticsearch_url, older) as between, pytest.raises(StoreError, match=r"has version 8\.4\.3"):
        search(open_at(between.url))
    refused = ('{"error":{"type":"media_type_header_exception","reason":"Invalid media-type value on headers '
               '[Accept]"},"status":400}')
    with (proxy(elasticsearch_url, lambda m, path: Act(status=400, body=refused)) as between,
          pytest.raises(StoreError, match="another major version")):
        search(open_at(between.url))


def test_something_else_answers(open_at: Open, elasticsearch_url: str) -> None:
    for body, headers in (("{}", {}), ('{"version":{"number":"2.0","distribution":"opensearch"}}', {})):
        page = Act(status=200, body=body, headers=headers)
        with (proxy(elasticsearch_url, lambda m, path, page=page: page) as between,  # type: ignore[misc]
              pytest.raises(StoreError, match="is not Elasticsearch 9")):
            search(open_at(between.url))


@pytest.mark.parametrize(("certificate", "trusted", "said"), [
    (self_signed(expired=True), True, "its certificate has expired"),
    (self_signed(address="192.0.2.1"), True, "its certificate is for another name"),
    (self_signed(), False, "name the authority's file in store.ca_file"),
], ids=["expired", "another name", "unknown"])
def test_a_certificate_that_cannot_be_trusted(
    open_at: Open, elasticsearch_url: str, tmp_path: Path, certificate: tuple[bytes, bytes], trusted: bool, said: str
) -> None:
    authority = tmp_path / "authority.crt"
    authority.write_bytes(certificate[0])
    with proxy(elasticsearch_url, certificate=certificate) as between:
        start = time.monotonic()
        with pytest.raises(StoreError, match=said) as error:
            search(open_at(between.url, wait_s=30, ca_file=str(authority) if trusted else ""))
        assert time.monotonic() - start < 5, "waiting does not make a certificate better"
        assert not isinstance(error.value, StoreUnavailable)


def test_tls_where_there_is_none_and_none_where_there_is(open_at: Open, elasticsearch_url: str) -> None:
    with pytest.raises(StoreError, match="does not speak TLS; write http://"):
        search(open_at(elasticsearch_url.replace("http:", "https:")))
    with (proxy(elasticsearch_url, certificate=self_signed()) as between,
          pytest.raises(StoreUnavailable, match="write https://")):
        search(open_at(between.url.replace("https:", "http:")))


@pytest.mark.parametrize(("at", "settings", "said"), [
    ("https://127.0.0.1:1", {"ca_file": "no/such/file.crt"}, "no/such/file.crt is not a file"),
    ("http://name.invalid:9200", {}, "does not answer"),
    ("http://user:secret@127.0.0.1:1", {}, "does not answer"),
    ("http://", {}, "cannot be used as an address"),
])
def test_settings_that_cannot_work(open_at: Open, at: str, settings: dict[str, str], said: str) -> None:
    with pytest.raises(StoreError, match=said) as error:
        search(open_at(at, **settings))
    assert "secret" not in str(error.value)
