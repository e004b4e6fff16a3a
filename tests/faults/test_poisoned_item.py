"""An item that makes our own code fail costs itself alone: it is kept with what there is, and told as a Failure."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import pipeline.core.alerts
import pipeline.flow.articles
import pipeline.flow.detecting
import pipeline.flow.poll
from tests.faults.passes import Passes, feed, page, wire
from tests.servers.site import Site


def poisoned(real: Any, poison: str) -> Any:
    """`real`, which breaks where any argument speaks of `poison`."""
    def call(*args: Any, **kwargs: Any) -> Any:
        if poison in f"{args} {kwargs}":
            raise RuntimeError(f"unexpected {poison}")
        return real(*args, **kwargs)

    return call


@pytest.mark.parametrize("place", ["extract", "detect", "alert"])
def test_one_story_costs_one_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    target, name = {
        "extract": (pipeline.flow.articles, "apart"),
        "detect": (pipeline.flow.detecting, "with_detection"),
        "alert": (pipeline.core.alerts.RuleIndex, "found"),
    }[place]
    rules = [{"name": "convoys", "query": "convoy", "channels": ["out"], "fold": "story"}]
    with Site(wire()) as site:
        passes = Passes.make(tmp_path, site, alerts=rules,
                             channels={"out": {"type": "file", "path": str(tmp_path / "alerts.jsonl")}})
        with monkeypatch.context() as patch:
            patch.setattr(target, name, poisoned(getattr(target, name), "Convoy 1 2"))
            summary = passes.run()
        assert summary.counts["entries.new"] == 12
        assert len(passes.stories()) == 12
        assert summary.delivered == (11 if place == "alert" else 12)
        assert [path for path, s in passes.stories().items() if s.body_source == "feed"] == (
            ["1/2"] if place == "extract" else []
        )
        (failure,) = passes.failures()
        assert (failure.stage, failure.reason, failure.url) == (place, "bug", "http://outlet1.example/2")
        assert "RuntimeError: unexpected Convoy 1 2" in failure.message
        assert "in call" in failure.detail["traceback"]
        if place == "alert":  # what was not matched is matched later
            passes.now += timedelta(hours=1)
            assert passes.run().delivered == 1
            assert passes.failures() == []


def test_one_feed_costs_one_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Site(wire()) as site:
        passes = Passes.make(tmp_path, site)
        with monkeypatch.context() as patch:
            patch.setattr(pipeline.flow.poll, "apart", poisoned(pipeline.flow.poll.apart, "outlet1"))
            summary = passes.run()
        assert (summary.counts["feeds.ok"], summary.counts["feeds.failed"]) == (2, 1)
        assert [(f.stage, f.reason, f.feed) for f in passes.failures()] == [("parse", "bug", "outlet1")]
        passes.now += timedelta(days=2)
        assert passes.run().counts["feeds.ok"] == 1
        assert passes.failures() == []
        assert len(passes.stories()) == 12


def test_a_page_that_fails_later_does_not_take_its_text_away(tmp_path: Path) -> None:
    with Site(wire()) as site:
        passes = Passes.make(tmp_path, site)
        passes.run()
        before = passes.stories()["1/2"]
        site.put("http://outlet1.example/feed", feed("http://outlet1.example", [("/2", "Convoy 1 2 corrected")]))
        broken = page("x", 1)
        broken.status = 503
        site.put("http://outlet1.example/2", broken)
        passes.now += timedelta(hours=1)
        assert passes.run().counts.get("stories.revised", 0) == 0
        assert passes.stories()["1/2"] == before
        site.put("http://outlet1.example/2", page("Convoy 1 2 corrected", 5))
        passes.now += timedelta(hours=1)
        assert passes.run().counts["stories.revised"] == 1
        after = passes.stories()["1/2"]
        assert (after.title, after.body_source, after.revision) == ("Convoy 1 2 corrected", "page", 2)
        assert passes.failures() == []
