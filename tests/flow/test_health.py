"""Feeds that are not well, and silences, are told once through the alert rules that ask for them."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.alerts import rule_from_plain
from pipeline.core.alerts.triggers import Trouble
from pipeline.flow.health import Teller
from pipeline.stores import saved_rules
from tests.faults.passes import Passes, feed, page, wire
from tests.servers.site import Answer, Site

HEALTH = {"name": "feeds", "when": {"health": "any"}, "channels": ["out"]}


def told(root: Path) -> list[str]:
    file = root / "alerts.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [item["title"] for line in lines for item in json.loads(line)["items"]]


def watched(root: Path, site: Site, *rules: dict[str, Any], **settings: Any) -> Passes:
    channels = {"out": {"type": "file", "path": str(root / "alerts.jsonl")}}
    return Passes.make(root, site, alerts=list(rules), channels=channels, **settings)


def test_a_feed_that_breaks_and_comes_back_is_told_twice(tmp_path: Path) -> None:
    with Site(wire(feeds=1)) as site:
        passes = watched(tmp_path, site, HEALTH, feeds=[{"url": "http://outlet0.example/feed", "id": "agency"}])
        passes.run()
        good = site.pages["outlet0.example/feed"]
        site.put("http://outlet0.example/feed", Answer(b"", status=500))
        for _ in range(6):
            passes.now += timedelta(hours=1)
            passes.run()
        (broken,) = told(tmp_path)
        assert broken.startswith("Feed agency fails since")
        site.put("http://outlet0.example/feed", good)
        for _ in range(3):
            passes.now += timedelta(hours=1)
            passes.run()
        said = [title.split(" since")[0] for title in told(tmp_path)]
        assert said == ["Feed agency fails", "Feed agency is well again"]


def test_what_is_told_of_a_feed_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_KEY", "hush-hush")
    url = "http://outlet0.example/feed?key=${FEED_KEY}"
    with Site(wire(feeds=1)) as site:
        passes = watched(tmp_path, site, HEALTH, feeds=[{"url": url, "id": "agency"}])
        (feed,) = passes.config.feeds
        store = passes.open_store()
        trouble = Trouble("agency", "moved", passes.now, "It redirects to http://b.example/?key=hush-hush.", feed.url)
        assert Teller(store, passes.config.rules, {feed.id: feed}).tell([trouble], passes.now) == 1
        (alert,) = store.ledger.scan("alert")
        store.close()
    kept = json.dumps(dict(alert.data))
    assert "http://b.example/?key=${FEED_KEY}" in kept
    assert url in kept
    assert "hush-hush" not in kept


def test_a_feed_whose_articles_give_no_text_is_told(tmp_path: Path) -> None:
    host = "http://outlet0.example"
    with Site({f"{host}/feed": feed(host, [("/0", "Convoy 0")]), f"{host}/0": page("Convoy 0", 1)}) as site:
        passes = watched(tmp_path, site, HEALTH, feeds=[{"url": f"{host}/feed", "id": "agency"}])
        passes.run()
        for number in range(1, 6):
            passes.now += timedelta(hours=1)
            site.put(f"{host}/feed", feed(host, [(f"/{number}", f"Convoy {number}")]))
            passes.run()
        (unread,) = told(tmp_path)
        assert unread.startswith("Feed agency fails since")
        assert len(passes.stories()) == 6


def test_a_silence_is_told_once(tmp_path: Path) -> None:
    silence = {"name": "silence", "query": "convoy", "when": {"absent": "24h"}, "channels": ["out"]}
    with Site(wire(feeds=1)) as site:
        passes = watched(tmp_path, site, silence, feeds=[{"url": "http://outlet0.example/feed", "id": "agency"}])
        passes.run()
        for _ in range(5):
            passes.now += timedelta(hours=13)
            passes.run()
        (quiet,) = told(tmp_path)
        assert re.match("Nothing matched “convoy” for 2[56] hours", quiet)  # the pass took a moment, too


def test_a_rule_made_at_run_time_counts_from_the_next_pass(tmp_path: Path) -> None:
    with Site(wire(feeds=1)) as site:
        passes = watched(tmp_path, site, feeds=[{"url": "http://outlet0.example/feed", "id": "agency"}])
        store = passes.open_store()
        rule = rule_from_plain({"name": "made", "query": "title:convoy", "channels": ["out"], "fold": "story"})
        saved_rules.add(store.ledger, rule, ())
        store.close()
        assert passes.run().delivered == 4
        assert sorted(told(tmp_path)) == [f"Convoy 0 {n}" for n in range(4)]


def dated(host: str, hours_ago: Sequence[float], now: datetime, word: str = "Convoy") -> Answer:
    """A feed whose entries were published so many hours ago."""
    items = "".join(
        f"<item><title>{word} {hours}</title><link>{host}/{word}/{hours}</link>"
        f"<pubDate>{format_datetime(now - timedelta(hours=hours))}</pubDate></item>" for hours in hours_ago
    )
    return Answer(f"<rss version='2.0'><channel><title>{host}</title>{items}</channel></rss>".encode(), "text/xml")


def test_every_other_state_is_told_once_and_what_is_well_again_once(tmp_path: Path) -> None:
    hosts = {name: f"http://{name}.example" for name in ("mover", "goer", "flood", "quiet")}
    feeds = [{"url": f"{host}/feed", "id": name, "full_text": "feed"} for name, host in hosts.items()]
    with Site({}) as site:
        passes = watched(tmp_path, site, HEALTH, feeds=feeds)
        start = passes.now
        for name, host in hosts.items():
            site.put(f"{host}/feed", dated(host, range(1, 300, 2 if name == "quiet" else 12), start))
        passes.run()
        assert told(tmp_path) == []
        site.put("http://mover.example/new", site.pages["mover.example/feed"])
        site.put("http://mover.example/feed", Answer(b"", status=301, headers={"Location": "/new"}))
        site.put("http://goer.example/feed", Answer(b"", status=410))
        for turn in range(4):
            passes.now += timedelta(hours=17)
            if turn == 3:
                many = dated(hosts["flood"], [n / 20 for n in range(60)], passes.now, "New")
                site.put("http://flood.example/feed", many)
            passes.run()
        for name in ("goer", "quiet"):
            site.put(f"{hosts[name]}/feed", dated(hosts[name], [1], start + timedelta(days=9), "New"))
        passes.now += timedelta(days=8)
        passes.run()
        said = Counter(title.split(" since")[0] for title in told(tmp_path))
        for once in ("flood floods", "goer is gone for good", "goer is well again", "mover has moved for good",
                     "quiet has fallen silent", "quiet is well again"):
            assert said[f"Feed {once}"] == 1, said
