"""The loopback server answers as real sites do: validators, redirects, encodings, faults."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.demo.forms import outlets
from pipeline.demo.server import SampleWire
from pipeline.demo.site import site
from pipeline.demo.wire import sample_wire
from tests.demo.conftest import NOW, Ask

FEEDS = [
    (f"http://{outlet.host}{feed.path}", feed) for outlet in outlets().values() for feed in outlet.feeds.values()
    if feed.status == 200 and not feed.moved_to
]


@pytest.mark.parametrize(("url", "feed"), FEEDS, ids=[url for url, _ in FEEDS])
def test_a_feed_has_validators_and_keeps_them(ask: Ask, url: str, feed: object) -> None:
    first = ask(url)
    assert first.status == 200
    assert first.body
    assert ask(url, If_None_Match=first.headers["etag"]).status == 304
    assert ask(url, If_Modified_Since=first.headers["last-modified"]).status == 304
    assert ask(url, If_None_Match='"other"').body == first.body
    assert ask(url, If_Modified_Since="Thu, 01 Jan 2026 00:00:00 GMT").status == 200
    assert ask(url, If_Modified_Since="soon").status == 200


@pytest.mark.parametrize(("url", "status"), [
    ("http://oldherald.example/feed.xml", 301),
    ("http://lanthornweekly.example/rss.xml", 410),
    ("http://capitaldaily.example/rss", 503),
    ("http://islandmonitor.example/ferries/ferry-timetable", 404),
    ("http://nowhere.example/", 404),
    ("http://meridianwire.example/", 200),
])
def test_statuses(ask: Ask, url: str, status: int) -> None:
    answer = ask(url)
    assert answer.status == status
    if status == 301:
        assert answer.headers["location"] == "https://newherald.example/feeds/all.xml"
    if status == 503:
        assert answer.headers["retry-after"] == "120"


def test_bodies_are_in_the_encodings_that_they_name(ask: Ask) -> None:
    assert ask("http://newherald.example/feeds/all.xml").body.startswith(b"\xff\xfe")
    courier = ask("http://northmoorcourier.example/feed.xml").body
    assert b'encoding="windows-1252"' in courier
    assert "‘Real costs’".encode("windows-1252") in courier
    assert "Léman".encode("iso-8859-1") in ask("http://gazetteleman.example/rss").body
    assert "台风".encode("gb18030") in ask("http://haigangbao.example/rss.xml").body


def test_gzip_only_where_it_is_welcome(ask: Ask) -> None:
    url = "http://meridianwire.example/article/shells-accusation"
    plain, packed = ask(url), ask(url, Accept_Encoding="gzip, br")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.body == plain.body


def test_robots_differ_by_host(ask: Ask) -> None:
    assert b"Disallow: /members/" in ask("http://northmoorcourier.example/robots.txt").body
    assert ask("http://meridianwire.example/robots.txt").body == b""


def test_the_slow_feed_takes_its_time_and_holds_up_nobody(ask: Ask) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        slow = pool.submit(ask, "http://islandmonitor.example/index.rdf")
        quick = pool.submit(ask, "http://meridianwire.example/rss/world.xml")
        assert quick.result().status == 200
        assert not slow.done()
        assert slow.result().status == 200
    assert time.monotonic() - started >= 0.2


def test_requests_are_remembered(wire: SampleWire, ask: Ask) -> None:
    before = len(wire.requests)
    ask("http://sportsledger.example/feed/?x=1", User_Agent="a test")
    (request,) = wire.requests[before:]
    assert (request.method, request.host, request.path) == ("GET", "sportsledger.example", "/feed/?x=1")
    assert request.status == 200
    assert request.headers["user-agent"] == "a test"


def test_state_2_changes_nothing_but_what_it_says() -> None:
    wire = sample_wire(NOW)
    one, two = site(wire, 1), site(wire, 2)
    new = {(a.outlet.host, a.path) for a in wire.articles if a.change == "new"}
    new |= {(host, f"/amp{path}") for host, path in new if host == "radiolumen.example"}
    assert set(two) - set(one) == new
    assert set(one) <= set(two)
    changed = {key for key in one if one[key] != two[key]}
    pages = {(a.outlet.host, a.path) for a in wire.articles if a.change == "changed"}
    pages |= {(host, f"/amp{path}") for host, path in pages if host == "radiolumen.example"}
    feeds = {
        (outlet.host, feed.path) for outlet in wire.outlets.values() for name, feed in outlet.feeds.items()
        if any(name in a.feeds and a.change for a in wire.articles)
    }
    assert changed == pages | feeds
    assert len(feeds) < len(FEEDS) / 2, "most feeds stay as they are"


def test_advancing_a_running_server() -> None:
    with SampleWire(now=NOW) as wire:
        assert (wire.state, wire.requests) == (1, ())
        url = wire.url
        wire.advance()
        assert (wire.state, wire.url) == (2, url)
        assert wire.network.connect_to == {"*": url}


def test_a_port_that_is_taken_is_an_error_and_leaves_no_thread() -> None:
    with SampleWire(now=NOW) as wire:
        taken = int(wire.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), SampleWire(now=NOW, port=taken):
            pass
