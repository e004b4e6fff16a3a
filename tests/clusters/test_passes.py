"""Real passes: copies meet in one pass and in several, with several workers, through crashes; told once."""

import json
import random
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.core.similarity import Sketch
from pipeline.core.story import Story
from pipeline.stores import clusters
from tests.faults.passes import Passes, feed, feeds_of, page
from tests.faults.test_killed_pass import signal_group
from tests.servers.site import Answer, Site

OUTLETS = 4
ALERTS = [{"name": "convoys", "query": "convoy", "channels": ["out"]}]


def wire(count: int) -> dict[str, Answer]:
    """Item n stands in the first `n % OUTLETS + 1` outlets, each time with the same text."""
    pages: dict[str, Answer] = {}
    for number in range(OUTLETS):
        host = f"http://outlet{number}.example"
        mine = [item for item in range(count) if number <= item % OUTLETS]
        pages[f"{host}/feed"] = feed(host, [(f"/{item}", title_of(item)) for item in mine])
        pages |= {f"{host}/{item}": page(title_of(item), item) for item in mine}
    return pages


def title_of(item: int) -> str:
    return f"Convoy number {item} is on its way to the harbour"


def told(path: Path) -> list[str]:
    """Titles of all items of all messages."""
    return [item["title"] for line in path.read_text().splitlines() for item in json.loads(line)["items"]]


@pytest.mark.parametrize("workers", [1, 2])
def test_copies_of_one_pass_and_of_the_next_are_told_once(tmp_path: Path, workers: int) -> None:
    out = tmp_path / "alerts.jsonl"
    pages = wire(12)
    with Site(pages) as site:
        site.put("http://outlet3.example/feed", feed("http://outlet3.example", []))
        passes = Passes.make(tmp_path, site, feeds=feeds_of(OUTLETS), alerts=ALERTS,
                             channels={"out": {"type": "file", "path": str(out)}})
        passes.run(workers=workers)
        assert sorted(told(out)) == sorted(map(title_of, range(12)))
        site.put("http://outlet3.example/feed", pages["http://outlet3.example/feed"])
        assert passes.run(workers=workers).counts["stories.new"] == 3
        stories = passes.stories()
    assert len(told(out)) == 12
    check(stories, 12)


def check(stories: dict[str, Story], items: int) -> None:
    """Each item is one cluster that knows how many tell it."""
    by_item = [[story for path, story in stories.items() if path.endswith(f"/{item}")] for item in range(items)]
    assert [len(copies) for copies in by_item] == [item % OUTLETS + 1 for item in range(items)]
    assert all({story.cluster for story in copies} <= {story.id for story in copies} for copies in by_item)
    assert [{(s.cluster, s.copied, s.outlets) for s in copies} for copies in by_item] == [
        {(copies[0].cluster, len(copies) > 1, len(copies))} for copies in by_item
    ]


def test_stopped_before_it_is_joined_and_healed_by_the_next_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site(wire(8)) as site:
        passes = Passes.make(tmp_path, site, feeds=feeds_of(OUTLETS))
        with monkeypatch.context() as patch:
            patch.setattr(clusters, "_mark", stop)
            with pytest.raises(SystemExit):
                passes.run()
        stored = passes.stories()
        assert stored
        assert not any(story.copied for story in stored.values())
        passes.now += timedelta(hours=1)
        passes.run()
        check(passes.stories(), 8)


def stop(*anything: object) -> None:
    raise SystemExit("stopped here")


def test_a_mistake_in_joining_costs_one_story_its_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clusters.sketches

    def odd(stories: list[Story]) -> list[Sketch]:
        if any(story.url == "http://outlet0.example/3" for story in stories):
            raise ValueError("odd")
        return real(stories)

    with Site(wire(8)) as site:
        passes = Passes.make(tmp_path, site, feeds=feeds_of(OUTLETS))
        with monkeypatch.context() as patch:
            patch.setattr(clusters, "sketches", odd)
            passes.run()
        stories = passes.stories()
        assert [(f.stage, f.reason, f.url) for f in passes.failures()] == [("join", "bug", "http://outlet0.example/3")]
        assert (stories["0/3"].cluster, stories["0/3"].copied) == (stories["0/3"].id, False)
        assert {stories[f"{outlet}/3"].outlets for outlet in (1, 2, 3)} == {3}
        passes.now += timedelta(hours=1)
        passes.run()
        check(passes.stories(), 8)
        assert passes.failures() == []


def test_killed_and_killed_again(tmp_path: Path) -> None:
    seed = random.Random(7)
    items = 16
    with Site(wire(items)) as site:
        passes = Passes.make(tmp_path, site, feeds=feeds_of(OUTLETS))
        workspace = passes.workspace
        for _ in range(2):
            until = sum(site.requests.values()) + seed.randrange(10, 40)
            running = subprocess.Popen(
                workspace.command("run", "--workers", "2"), cwd=tmp_path, env=workspace.environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )
            deadline = time.monotonic() + 60
            while sum(site.requests.values()) < until and running.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(seed.random() * 0.7)
            signal_group(running)
        passes.now = datetime.now(UTC) + timedelta(hours=1)
        passes.run(workers=2)
        passes.run()
        check(passes.stories(), items)
