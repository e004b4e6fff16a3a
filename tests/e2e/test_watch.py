"""`wirewatch watch`: finds what is published while it runs, is alone on its store, and ends when told."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.workspace import Workspace
from tests.servers.site import Answer, Site

FEED = "http://agency.example/feed"


def feed(*numbers: int) -> Answer:
    items = "".join(
        f"<item><title>Convoy {n} sighted</title><link>http://agency.example/{n}</link>"
        f"<description>A convoy of trucks was seen at gate {n}.</description></item>"
        for n in numbers
    )
    return Answer(f'<rss version="2.0"><channel><title>a</title>{items}</channel></rss>'.encode(), "text/xml")


def wait_for(what: Callable[[], bool], timeout_s: float = 60) -> float:
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < timeout_s, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - begun


@contextmanager
def watching(workspace: Workspace) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(workspace.command("watch"), cwd=workspace.root, env=workspace.environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_finds_what_is_published_and_ends_when_told(tmp_path: Path, end: signal.Signals) -> None:
    told = tmp_path / "alerts.jsonl"
    with Site({FEED: feed(1)}) as site:
        workspace = Workspace.make(
            tmp_path,
            server=site.url,
            feeds=[{"url": FEED, "id": "agency", "full_text": "feed", "interval_min_s": 1, "interval_max_s": 2}],
            alerts=[{"name": "convoys", "query": "convoy", "channels": ["out"], "fold": "story"}],
            channels={"out": {"type": "file", "path": str(told)}},
        )

        def titles(rule: str = "convoys") -> set[str]:
            lines = told.read_text().splitlines() if told.exists() else []
            messages = [json.loads(line) for line in lines]
            return {item["title"] for one in messages if one["rule"] == rule for item in one["items"]}

        with watching(workspace) as process:
            wait_for(lambda: "Convoy 1 sighted" in titles())
            workspace.run("watch", code=4)
            site.put(FEED, feed(1, 2))
            wait_for(lambda: "Convoy 2 sighted" in titles())
            if end is signal.SIGTERM:  # a rule changed in its file, or made at run time
                rules = workspace.root / "configs" / "alerts" / "rules.yaml"
                rules.write_text(rules.read_text().replace("query: convoy", "query: '\"gate 3\"'"))
            else:
                workspace.run("alerts", "add", "made", '"gate 3"', "-c", "out")
            site.put(FEED, feed(1, 2, 3))
            wait_for(lambda: "Convoy 3 sighted" in titles("convoys" if end is signal.SIGTERM else "made"))
            process.send_signal(end)
            assert process.wait(timeout=30) == 0
    assert workspace.json("search", "convoy", "--limit", "0")["total"] == 3
