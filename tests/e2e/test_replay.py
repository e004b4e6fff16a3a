"""What was fetched is kept as WARC, and gives the same stories again without a network."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.workspace import Workspace
from tests.faults.passes import feed, feeds_of, page, wire
from tests.servers.site import Answer, Site

NOWHERE = "http://127.0.0.1:9"
SAME = ("id", "url", "title", "body", "source", "published_from", "feeds", "tags", "body_source", "topics", "events")


def recorded(root: Path, site: Site, **settings: Any) -> Workspace:
    """A workspace that keeps what it fetches below `root/raw`."""
    workspace = Workspace.make(root, server=site.url, feeds=feeds_of(), **settings)
    change_settings(workspace, archive=str(root / "raw"))
    return workspace


def change_settings(workspace: Workspace, **values: Any) -> None:
    file = workspace.root / "configs" / "wirewatch.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | values))


def elsewhere(workspace: Workspace, root: Path, **settings: Any) -> Workspace:
    """The same feeds with an empty store, and nothing that could be asked."""
    other = Workspace.make(root, server=NOWHERE, feeds=feeds_of(), **settings)
    assert not other.store.exists()
    return other


def same(stories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(({name: story[name] for name in SAME} for story in stories), key=lambda story: str(story["id"]))


def test_a_replay_gives_the_same_stories_into_an_empty_store(tmp_path: Path) -> None:
    with Site(wire()) as site:
        site.put("http://outlet2.example/feed", Answer(b"", status=301, headers={"Location": "/moved"}))
        site.put("http://outlet2.example/moved", feed("http://outlet2.example", [("/0", "Convoy 2 0")]))
        site.put("http://outlet1.example/1", Answer(b"", status=302, headers={"Location": "http://cdn.example/x"}))
        site.put("http://cdn.example/x", page("Convoy 1 1", 5))
        workspace = recorded(tmp_path / "live", site)
        workspace.run("run")
        # What the feeds show next does not hide what they showed before.
        site.put("http://outlet0.example/feed", feed("http://outlet0.example", [("/9", "Convoy 0 9")]))
        site.put("http://outlet0.example/9", page("Convoy 0 9", 9))
        workspace.run("run")
    live = workspace.exported()
    assert len(live) == 4 + 4 + 1 + 1
    again = elsewhere(workspace, tmp_path / "again")
    summary = again.json("replay", str(tmp_path / "live" / "raw"), "--workers", "2")
    assert summary["feeds"]["due"] == 3
    assert summary["entries"] == {"seen": 10, "new": 10}
    replayed = again.exported()
    assert same(replayed) == same(live)
    assert again.json("failures") == []
    before = {story["id"]: story["seen"] for story in live}
    assert all(abs_seconds(story["seen"], before[story["id"]]) < 60 for story in replayed)
    # How the feeds do is not touched: a live pass polls them all.
    states = again.json("feeds")
    assert [feed["state"] for feed in states] == ["new", "new", "new"]
    # Once more into both: nothing changes.
    for store in (workspace, again):
        summary = store.json("replay", str(tmp_path / "live" / "raw"))
        assert summary["stories"] == {"indexed": 0, "revised": 0, "failed": 0}
        assert summary["entries"]["new"] == 0


def abs_seconds(one: str, other: str) -> float:
    from datetime import datetime

    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())


def test_alerts_only_on_demand(tmp_path: Path) -> None:
    rules: dict[str, Any] = {
        "alerts": [{"name": "convoys", "query": "convoy", "channels": ["out"], "fold": "story"}],
        "channels": {"out": {"type": "file", "path": str(tmp_path / "alerts.jsonl")}},
    }
    with Site(wire(feeds=3, items=1)) as site:
        workspace = recorded(tmp_path / "live", site)
        workspace.run("run")
    raw = str(tmp_path / "live" / "raw")
    quiet = elsewhere(workspace, tmp_path / "quiet", **rules)
    assert quiet.json("replay", raw)["alerts"] == {"matched": 0, "delivered": 0, "pending": 0}
    assert not (tmp_path / "alerts.jsonl").exists()
    loud = elsewhere(workspace, tmp_path / "loud", **rules)
    assert loud.json("replay", raw, "--alerts")["alerts"] == {"matched": 3, "delivered": 3, "pending": 0}
    messages = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    items = [item for message in messages for item in message["items"]]
    assert {item["title"] for item in items} == {"Convoy 0 0", "Convoy 1 0", "Convoy 2 0"}


def test_what_is_newer_stays_and_what_is_not_recorded_is_told(tmp_path: Path) -> None:
    with Site(wire(feeds=3, items=1)) as site:
        workspace = recorded(tmp_path / "live", site)
        workspace.run("run")
    (file, *_) = sorted((tmp_path / "live" / "raw").rglob("*.warc.gz"), key=lambda path: path.name)
    stories = workspace.exported()
    again = elsewhere(workspace, tmp_path / "again")
    # Only the feeds: stories of the feeds' own text.
    summary = again.json("replay", str(file))
    assert summary["stories"]["indexed"] == 3
    assert {story["body_source"] for story in again.exported()} == {"feed"}
    assert {failure["reason"] for failure in again.json("failures")} == {"not-recorded"}
    # A store that has the pages already does not lose them; one with a later revision keeps it.
    later = [{**story, "body": "Corrected later.", "updated": "2099-01-01T00:00:00Z"} for story in stories]
    workspace.run("import", "-", stdin="\n".join(json.dumps(story) for story in later))
    summary = workspace.json("replay", str(tmp_path / "live" / "raw"))
    assert summary["stories"] == {"indexed": 0, "revised": 0, "failed": 0}
    assert {story["body"] for story in workspace.exported()} == {"Corrected later."}


@pytest.mark.parametrize("kind", ["cut", "not a warc", "missing"])
def test_a_file_that_is_broken(tmp_path: Path, kind: str) -> None:
    with Site(wire(feeds=3, items=1)) as site:
        workspace = recorded(tmp_path / "live", site)
        workspace.run("run")
    files = sorted((tmp_path / "live" / "raw").rglob("*.warc.gz"), key=lambda path: path.name)
    again = elsewhere(workspace, tmp_path / "again")
    if kind == "missing":
        again.run("replay", str(tmp_path / "no.warc"), code=2)
        again.run("replay", str(again.root), code=2)
        return
    if kind == "cut":
        files[-1].write_bytes(files[-1].read_bytes()[:-200])
    else:
        (tmp_path / "live" / "raw" / "zz.warc.gz").write_bytes(gzip.compress(b"no warc at all"))
    assert again.json("replay", str(tmp_path / "live" / "raw"))["stories"]["indexed"] == 3


def test_a_feed_that_is_not_configured_is_recognised(tmp_path: Path) -> None:
    with Site(wire(feeds=1, items=2)) as site:
        workspace = recorded(tmp_path / "live", site)
        workspace.write_feeds(feeds_of(1))
        workspace.run("run")
    again = Workspace.make(tmp_path / "again", server=NOWHERE, feeds=[])
    assert again.json("replay", str(tmp_path / "live" / "raw"))["stories"]["indexed"] == 2
    assert {tuple(story["feeds"]) for story in again.exported()} == {("outlet0.example-feed",)}


def test_redetect_uses_the_topics_of_today(tmp_path: Path) -> None:
    with Site(wire(feeds=3, items=4)) as site:
        workspace = Workspace.make(tmp_path, server=site.url, feeds=feeds_of())
        workspace.run("run")
    before = {story["id"]: story for story in workspace.exported()}
    assert not any(story["topics"] for story in before.values())
    assert workspace.json("redetect") == {"stories": 12, "changed": 0, "failed": 0}
    assert workspace.json("redetect", "--rejoin", "--workers", "2") == {"stories": 12, "changed": 0, "failed": 0}
    assert {story["id"]: story for story in workspace.exported()} == before
    topics = workspace.root / "configs" / "topics"
    originals = topics.resolve()
    topics.unlink()
    topics.mkdir()
    for original in originals.glob("*.yaml"):
        (topics / original.name).symlink_to(original)
    (topics / "convoys.yaml").write_text(
        'topic: convoys\ntitle: Convoys\nmatch:\n  - any: ["convoy"]\nexamples:\n  yes: ["A convoy came."]\n'
        '  no: ["A train came."]\n'
    )
    counts = workspace.json("redetect", "title:\"Convoy 1\"", "--workers", "2")
    assert counts == {"stories": 4, "changed": 4, "failed": 0}
    assert workspace.json("search", "topic:convoys", "--limit", "0")["total"] == 4
    assert workspace.json("redetect") == {"stories": 12, "changed": 8, "failed": 0}
    after = {story["id"]: story for story in workspace.exported()}
    assert all(story["revision"] == 1 for story in after.values())
    new = ("topics", "events", "countries")
    assert {id: {k: v for k, v in s.items() if k not in new} for id, s in after.items()} == {
        id: {k: v for k, v in s.items() if k not in new} for id, s in before.items()
    }
