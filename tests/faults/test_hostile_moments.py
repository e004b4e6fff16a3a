"""A hung server, a raw archive that cannot be written, SIGTERM in the middle: the rest of the pass goes on."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.workspace import Workspace
from tests.faults.passes import Passes, feeds_of, wire
from tests.servers.site import Site


def test_a_server_that_hangs_costs_its_own_feeds_alone(tmp_path: Path) -> None:
    with Site(wire()) as site, socket.create_server(("127.0.0.1", 0)) as deaf:
        hung = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        network = {"timeout_s": 2, "connect_to": {"*": site.url, "outlet1.example": hung}}
        passes = Passes.make(tmp_path, site, network=network)
        begun = time.monotonic()
        summary = passes.run()
        assert (summary.counts["feeds.ok"], summary.counts["feeds.failed"]) == (2, 1)
        assert time.monotonic() - begun < 60
        assert [(f.stage, f.reason, f.feed) for f in passes.failures()] == [("feed", "timeout", "outlet1")]
        assert len(passes.stories()) == 8


@pytest.mark.parametrize("full", [False, True])
def test_an_archive_that_cannot_be_written_costs_the_recording_alone(tmp_path: Path, full: bool) -> None:
    raw = tmp_path / "raw"
    if full:
        raw.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "none", str(raw)], capture_output=True,
                                 check=False)
        if mounted.returncode:
            pytest.skip("a small disk cannot be mounted here")
    else:
        raw.write_text("a file, not a folder")
    try:
        with Site(wire(feeds=3, items=20)) as site:
            passes = Passes.make(tmp_path / "here", site)
            settings = passes.workspace.root / "configs" / "wirewatch.yaml"
            values: dict[str, Any] = yaml.safe_load(settings.read_text())
            settings.write_text(yaml.safe_dump(values | {"archive": str(raw)}))
            summary = passes.run()
            assert len(passes.stories()) == 60
            assert [f.stage for f in passes.failures()] == ["archive"]
            (warning,) = summary.warnings
            assert "nothing else is lost" in warning
            settings.write_text(yaml.safe_dump(values | {"archive": str(tmp_path / "other")}))
    finally:
        if full:
            subprocess.run(["umount", str(raw)], check=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_in_the_middle_of_a_pass_of_a_watch(tmp_path: Path, workers: int) -> None:
    items = 60
    with Site(wire(feeds=3, items=items)) as site:
        workspace = Workspace.make(tmp_path, server=site.url, feeds=feeds_of(),
                                   network={"robots": "ignore", "per_host_delay_s": 0.05})
        process = subprocess.Popen(workspace.command("watch", "--workers", str(workers)), cwd=tmp_path,
                                   env=workspace.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        try:
            deadline = time.monotonic() + 90
            while sum(site.requests.values()) < 40 and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        met = len(workspace.exported())
        assert met < 3 * items
        workspace.run("run")
    stories = workspace.exported()
    assert len({story["url"] for story in stories}) == len(stories) == 3 * items
    assert all(story["body_source"] == "page" for story in stories)
