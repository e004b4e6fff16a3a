"""Failures are worked with: listed, shown, tried again, dropped."""

from pathlib import Path

from tests.e2e.workspace import Workspace
from tests.faults.passes import feeds_of, page, wire
from tests.servers.site import Answer, Site


def test_list_show_retry_drop(tmp_path: Path) -> None:
    with Site(wire()) as site:
        site.put("http://outlet0.example/1", Answer(b"", status=404))
        site.put("http://outlet1.example/feed", Answer(b"", status=500))
        site.put("http://outlet2.example/3", Answer(b"", status=404))
        workspace = Workspace.make(tmp_path, server=site.url, feeds=feeds_of(), network={"robots": "ignore"})
        workspace.run("run")
        found = workspace.json("failures", "list")
        assert sorted((f["stage"], f["reason"]) for f in found) == [
            ("article", "http-404"), ("article", "http-404"), ("feed", "http-500")
        ]
        assert workspace.json("failures") == found
        assert [f["feed"] for f in workspace.json("failures", "list", "--host", "outlet2.example")] == ["outlet2"]
        (key,) = [f["key"] for f in found if f["feed"] == "outlet0"]
        assert "http://outlet0.example/1" in workspace.run("failures", "show", f"article:{key}")
        workspace.run("failures", "show", "nothing", code=2)
        workspace.run("failures", "retry", code=2)
        # Mended, but given up by itself: only a person makes it due again.
        site.put("http://outlet0.example/1", page("Convoy 0 1", 1))
        site.put("http://outlet1.example/feed", wire()["http://outlet1.example/feed"])
        before = site.requests["outlet0.example/1"]
        workspace.run("run", "--due")
        assert site.requests["outlet0.example/1"] == before
        workspace.run("failures", "retry", key)
        workspace.run("failures", "retry", "--stage", "feed")
        assert workspace.json("run", "--due")["feeds"] == {"due": 1, "ok": 1, "not_modified": 0, "failed": 0}
        (left,) = workspace.json("failures", "list")
        assert left["feed"] == "outlet2"
        bodies = {story["url"]: story["body_source"] for story in workspace.exported()}
        assert bodies["http://outlet0.example/1"] == "page"
        assert len(bodies) == 12
        workspace.run("failures", "drop", "--reason", "http-404")
        assert workspace.json("failures", "list") == []
