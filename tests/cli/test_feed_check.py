"""`wirewatch feeds check`: each step of a poll is told, what goes wrong with what to do, and nothing is remembered."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import StoreSettings
from pipeline.core.story import to_plain
from pipeline.feeds.schedule import FeedState
from pipeline.stores import open_store
from pipeline.stores.base import Record
from tests.cli.terminal import poll, say
from tests.e2e.workspace import Workspace
from tests.net.behaviours import says
from tests.net.certificates import Authority
from tests.net.servers import Handler, serving
from tests.servers.site import Answer, Site

HOST = "http://wire.example"
NOW = datetime.now(UTC)
SOON = format_datetime(NOW + timedelta(days=9))
ITEMS = f"""
<item><title>Convoy leaves port</title><link>/1</link><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item>
<item><title>Convoy arrives</title><link>/2</link></item>
<item><title>Convoy again</title><link>/1?utm_source=rss</link></item>
<item><title>Football: a win</title><link>/3</link><pubDate>soonish</pubDate></item>
<item><title>No link at all</title></item>
<item><title>Convoy of tomorrow</title><link>/4</link><pubDate>{SOON}</pubDate></item>
<item><title>Grain prices</title><link>/5</link></item>"""
FEED = f"""<rss version="2.0"><channel><title>The Wire</title><language>en-GB</language><ttl>90</ttl>
<skipHours><hour>1</hour><hour>2</hour></skipHours>{ITEMS}</channel></rss>""".encode()
HTML = b'<html><head><link rel="alternate" type="application/rss+xml" href="/real.xml"></head><body>Hi</body></html>'
FEEDS: list[dict[str, Any]] = [
    {"id": "wire", "url": f"{HOST}/feed", "include": "convoy OR football", "exclude": "title:football"},
    {"id": "old", "url": f"{HOST}/old"},
    {"id": "page", "url": f"{HOST}/page"},
    {"id": "lost", "url": f"{HOST}/lost"},
    {"id": "gone", "url": f"{HOST}/gone"},
    {"id": "empty", "url": f"{HOST}/empty"},
    {"id": "broken", "url": f"{HOST}/broken"},
    {"id": "off", "url": f"{HOST}/off", "enabled": False},
]


@pytest.fixture
def site() -> Iterator[Site]:
    rss = "application/rss+xml"
    with Site({
        f"{HOST}/feed": Answer(FEED, rss, headers={"Cache-Control": "max-age=60", "X-Other": "no"}),
        f"{HOST}/real.xml": Answer(FEED, rss),
        f"{HOST}/old": Answer(b"", status=301, headers={"Location": "http://new.example/moved"}),
        "http://new.example/moved": Answer(b"", status=302, headers={"Location": f"{HOST}/feed"}),
        f"{HOST}/page": Answer(HTML),
        f"{HOST}/gone": Answer(b"", status=410),
        f"{HOST}/inward": Answer(b"", status=302, headers={"Location": "http://10.0.0.1/feed"}),
        f"{HOST}/empty": Answer(b"", rss),
        f"{HOST}/broken": Answer(b"<rss><channel><item><title>Cut & off", rss),
        f"{HOST}/robots.txt": Answer(b"User-agent: *\nDisallow: /1", "text/plain"),
        "http://slow.example/feed": Answer(FEED, rss),
        "http://slow.example/robots.txt": Answer(b"User-agent: *\nCrawl-delay: 5", "text/plain"),
    }) as opened:
        yield opened


@pytest.fixture
def workspace(site: Site, tmp_path: Path) -> Workspace:
    return Workspace.make(tmp_path, server=site.url, feeds=FEEDS)


def steps(text: str) -> dict[str, list[str]]:
    """What is said, by label."""
    found: dict[str, list[str]] = {}
    label = ""
    for line in text.splitlines():
        label = line[:10].strip() or label
        found.setdefault(label, []).append(line[10:].strip())
    return found


def test_each_step_is_explained(workspace: Workspace) -> None:
    said = say(workspace, "feeds", "check", "old")
    assert (said.code, said.err) == (0, "")
    told = steps(said.out)
    assert told["feed"][0].startswith("old (")
    assert told["asked"] == [f"{HOST}/old"]
    assert told["redirect"] == ["301 for good, to http://new.example/moved", f"302, to {HOST}/feed"]
    assert told["answer"][0].startswith("200 in 0.")
    assert told["answer"][0].endswith(f" s, {len(FEED)} bytes, from {HOST}/feed")
    assert [header.split(":")[0] for header in told["answer"][1:]] == ["content-type", "etag", "cache-control"]
    assert told["format"] == ["RSS 2.0, “The Wire”, in en"]
    assert told["hint"] == ["ttl: it may be kept for 1.5 h", "skipHours: not to be read at 1:00, 2:00 GMT"]
    assert told["robots"] == [f"{HOST}/robots.txt forbids /1"]
    assert told["entries"][0] == "6: 5 new, 0 known, 1 left out; 4 without a date"
    assert told["entries"][1:4] == ["2026-11-02 10:00  Convoy leaves port", f"{HOST}/1",
                                    "from the feed: 'Mon, 02 Nov 2026 10:00:00 GMT'"]
    assert f"{SOON!r} is in the future: the page's date counts, else the time when it is first seen" in said.out
    assert "its date 'soonish' cannot be read: the page's date counts" in said.out
    assert told["left out"] == ["1: no link and no permalink", "Convoy again: it is listed twice"]
    assert "5 min to 1 d are allowed" in told["next"][0]
    assert not workspace.store.exists()
    slow = steps(say(workspace, "feeds", "check", "http://slow.example/feed").out)
    assert slow["robots"] == ["allowed, one request every 5 s: http://slow.example/1"]
    assert slow["feed"] == ["http://slow.example/feed (not configured; `wirewatch feeds add` adds it)"]


def test_what_queries_leave_out_and_what_is_known(workspace: Workspace, site: Site) -> None:
    poll(workspace)
    before = [say(workspace, "feeds", "--json").out, site.requests["wire.example/1"]]
    checked = json.loads(say(workspace, "feeds", "check", "wire", "--json").out)
    assert [(entry["fate"], entry["why"]) for entry in checked["entries"]] == [
        ("known", ""), ("known", ""), ("dropped", "it is listed twice"), ("dropped", "exclude matches: title:football"),
        ("known", ""), ("dropped", "include does not match: convoy OR football"),
    ]
    assert checked["dropped"] == {"no link and no permalink": 1}
    assert checked["status"] == 200  # asked without validators
    assert (checked["outcome"], checked["format"], checked["headers"]["cache-control"]) == ("ok", "rss20", "max-age=60")
    assert [say(workspace, "feeds", "--json").out, site.requests["wire.example/1"]] == before


@pytest.mark.parametrize(("id", "reason", "problem", "advice"), [
    ("lost", "http-404", "answered 404 (Not Found)", "`wirewatch feeds add` with the site's front page"),
    ("gone", "http-410", "answered 410 (Gone)", "gone for good"),
    ("empty", "malformed", "The feed is empty.", "tell the site's operator"),
    ("broken", "malformed", "is not well-formed XML", "tell the site's operator"),
    ("page", "malformed", "is a web page, not a feed", "`wirewatch feeds add ADDRESS` finds its feeds"),
    ("http://169.254.169.254/feed", "forbidden-address", "is a link-local address", "network.connect_to"),
    (f"{HOST}/inward", "forbidden-address", f"is a private address (redirected there by {HOST}/inward)", "public"),
    ("http://wire.example:25/feed", "port", "port 25 is not one of the web's", "network.connect_to"),
    ("gopher.example", None, "no feed has the id gopher.example", ""),
])
def test_what_goes_wrong_is_told_with_what_to_do(
    workspace: Workspace, id: str, reason: str | None, problem: str, advice: str
) -> None:
    if reason == "port":
        workspace = Workspace.make(workspace.root / "strict", server="", feeds=[], network={
            "connect_to": {}, "allow_loopback": False})
    said = say(workspace, "feeds", "check", id)
    assert said.code == (1 if reason else 2)
    assert problem in said.both
    if reason is None:
        return
    told = steps(said.out)
    assert problem in told["problem"][0]
    assert advice in told["to do"][0]
    checked = json.loads(say(workspace, "feeds", "check", id, "--json").out)
    assert (checked["outcome"], checked["reason"]) == ("failed", reason)
    if id == "page":
        assert told["found"] == [f"{HOST}/real.xml, “The Wire”, 6 entries; `wirewatch feeds add {HOST}/real.xml`"]


@contextmanager
def served(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server of `tests/net` in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with serving(handler, tls) as port:
            ports.append(port)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def direct(tmp_path: Path, **network: Any) -> Workspace:
    return Workspace.make(tmp_path / "direct", server="", feeds=[], network={"connect_to": {}, **network})


def test_a_bad_certificate(tmp_path: Path) -> None:
    with served(says(b""), Authority(tmp_path).context("wire.example")) as port:
        said = say(direct(tmp_path), "feeds", "check", f"https://127.0.0.1:{port}/feed")
    assert said.code == 1
    assert "the certificate of https://127.0.0.1" in steps(said.out)["problem"][0]
    assert "never accepted" in steps(said.out)["to do"][0]


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    with served(says(b"HTTP/1.1 200 OK\r\n", then="silent")) as port:
        said = say(direct(tmp_path, timeout_s=0.5), "feeds", "check", f"http://127.0.0.1:{port}/feed")
    assert said.code == 1
    assert "not finished within 0.5 s" in steps(said.out)["problem"][0]


def test_no_command_asks_before_the_server_wants(workspace: Workspace, site: Site) -> None:
    store = open_store(str(workspace.store), StoreSettings(), create=True)
    later = datetime.now(UTC) + timedelta(hours=3)
    state = FeedState(url=f"{HOST}/feed", error="http-429", not_before=later, due=later, polled=NOW)
    store.ledger.put("feed", [Record("wire", to_plain(state), later)])
    store.close()
    said = say(workspace, "feeds", "check", "wire")
    assert said.code == 0
    assert "asked not to be asked again before" in steps(said.out)["problem"][0]
    assert not site.requests


def test_all_feeds_in_a_line_each(workspace: Workspace) -> None:
    said = say(workspace, "feeds", "check")
    assert said.code == 1
    lines = dict(line[8:].split(": ", 1) for line in said.out.splitlines())
    outcomes = {line[8:].split(":")[0]: line[:8].strip() for line in said.out.splitlines()}
    assert outcomes == {"wire": "ok", "old": "ok", "page": "failed", "lost": "failed", "gone": "failed",
                        "empty": "failed", "broken": "failed"}
    assert lines["lost"] == f"http-404: {HOST}/lost answered 404 (Not Found)"
    assert lines["old"].startswith("6 entries, the newest ")
    assert lines["old"].endswith(f", redirected to {HOST}/feed")
    assert said.err.strip() == "2 ok, 5 failed, 0 waiting"
    told = json.loads(say(workspace, "feeds", "check", "--json").out)
    assert {one["id"]: one["reason"] for one in told if one["outcome"] == "failed"} == {
        "page": "malformed", "lost": "http-404", "gone": "http-410", "empty": "malformed", "broken": "malformed"}
    workspace.write_feeds(FEEDS[:1])
    assert say(workspace, "feeds", "check").code == 0


def test_secrets_are_not_shown(workspace: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_KEY", "hush hush")
    site.put(f"{HOST}/key?k=hush%20hush", Answer(b"", status=302, headers={"Location": f"{HOST}/feed?k=hush%20hush"}))
    site.put(f"{HOST}/feed?k=hush%20hush", Answer(FEED.replace(b"The Wire", b"Bearer hush hush, literal-secret")))
    headers = {"Authorization": "Bearer ${FEED_KEY}", "X-Key": "literal-secret"}
    workspace.write_feeds([{"id": "key", "url": f"{HOST}/key?k=${{FEED_KEY}}", "headers": headers},
                           {"id": "bad", "url": f"{HOST}/bad?k=${{FEED_KEY}}"}])
    commands: tuple[list[str], ...] = (["check", "key"], ["check", "key", "--json"], ["check", "bad"], ["check"],
                                       ["check", "--json"], [], ["--json"], ["export"],
                                       ["add", f"{HOST}/key?k=hush%20hush"], ["remove", "key"])
    said = "".join(say(workspace, "feeds", *words).both for words in commands)
    poll(workspace)
    said += "".join(say(workspace, "feeds", *words).both for words in commands)
    assert "with the headers Authorization, X-Key" in said
    assert "/key?k=${FEED_KEY}" in said
    for secret in ("hush", "literal-secret"):
        assert secret not in said.replace(f"{HOST}/key?k=hush%20hush is there already", "")
