"""A pass that is killed at any moment loses nothing: the next one goes on, and every story is there once."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.workspace import Workspace
from tests.faults.passes import feeds_of, wire
from tests.servers.site import Site

FEEDS, ITEMS = 6, 40


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_in_the_middle_of_a_pass(tmp_path: Path, workers: int) -> None:
    seed = random.Random(workers)
    expected = {f"http://outlet{feed}.example/{item}" for feed in range(FEEDS) for item in range(ITEMS)}
    with Site(wire(FEEDS, ITEMS)) as site:
        workspace = Workspace.make(
            tmp_path,
            server=site.url,
            feeds=feeds_of(FEEDS),
            alerts=[{"name": "convoys", "query": "convoy", "channels": ["out"], "fold": "story"}],
            channels={"out": {"type": "file", "path": str(tmp_path / "alerts.jsonl")}},
            network={"robots": "ignore"},
        )
        killed = 0
        for _ in range(3):
            asked = sum(site.requests.values())
            running = subprocess.Popen(
                workspace.command("run", "--workers", str(workers)), cwd=tmp_path, env=workspace.environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )
            until = asked + seed.randrange(3, 90)
            deadline = time.monotonic() + 60
            while sum(site.requests.values()) < until and running.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(seed.random() * 0.5)
            killed += running.poll() is None
            signal_group(running)
        assert killed >= 1
        workspace.json("run")
        workspace.json("run")
    stories = workspace.exported()
    assert Counter(story["url"] for story in stories) == Counter(expected)
    assert all(story["body_source"] == "page" for story in stories)
    assert workspace.json("search", "convoy", "--limit", "0")["total"] == len(expected)
    assert workspace.json("search", "title:convoy -body:convoy", "--limit", "0")["total"] == 0
    assert workspace.json("alerts", "pending") == []
    messages = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    told = Counter(item["url"] for message in messages for item in message["items"])
    assert set(told) == expected
    assert sum(told.values()) <= len(expected) + killed * 200  # at most the message under way is repeated


def signal_group(running: "subprocess.Popen[bytes]") -> None:
    """Kill the pass and the workers that it started."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
