"""Whatever a feed or page does to its reader is cut off within a limit, and costs itself alone."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.config import FeedSettings
from pipeline.core.errors import ReadError
from pipeline.core.story import Entry
from pipeline.extract import Article
from pipeline.feeds.parse import parse_feed
from pipeline.flow import articles, reading
from pipeline.flow.assemble import make_story, with_detection
from pipeline.flow.reading import apart
from pipeline.stores.entries import Task
from tests.core.detection import topics
from tests.faults.passes import Passes, feed, wire
from tests.feeds.hostile import ENDLESS, item
from tests.servers.site import Answer, Site

URL = "https://hostile.example/feed"


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_feed_is_cut_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LIMIT_S", 0.3)
    begun = time.monotonic()
    with pytest.raises(ReadError, match=r"more than 0\.3 seconds") as cut:
        apart(parse_feed, ENDLESS[name], feed="f", url=URL)
    assert cut.value.reason == "too-slow"
    assert time.monotonic() - begun < 10
    assert apart(parse_feed, item(""), feed="f", url=URL).entries


def test_what_does_not_compute_is_cut_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading.LIMIT_S < reading.REAL_S < 10
    monkeypatch.setattr(reading, "REAL_S", 0.2)
    with pytest.raises(ReadError, match=r"computing time, or 0\.2 in all"):
        apart(time.sleep, 60)


def test_memory_is_limited() -> None:
    with pytest.raises(ReadError, match="of memory") as cut:
        apart(bytes, reading.MEMORY_BYTES)
    assert cut.value.reason == "memory"


def test_helper_that_keeps_much_memory_makes_room_for_another() -> None:
    first = apart(os.getpid)
    apart(_keep, reading._LARGE_BYTES)
    assert apart(os.getpid) != first


def _keep(size: int) -> None:
    _kept.append(bytearray(b"x") * size)


_kept: list[bytearray] = []


def test_reader_that_dies_takes_nothing_along() -> None:
    with pytest.raises(ReadError, match="exit code 3") as cut:
        apart(os._exit, 3)
    assert cut.value.reason == "crash"
    assert apart(len, "four") == 4


def test_what_is_raised_comes_through_with_its_place() -> None:
    with pytest.raises(ValueError, match="invalid literal") as raised:
        apart(int, "x")
    assert "in _packed" in "".join(raised.value.__notes__)
    assert apart(print, "a line that is no result") is None


def test_helper_outlives_signals_and_is_used_again() -> None:
    first = apart(os.getpid)
    assert first != os.getpid()
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(first, number)
        assert apart(os.getpid) == first
    os.kill(first, signal.SIGKILL)  # while it has nothing to do
    reading._idle[-1].wait()
    assert apart(os.getpid) != first


def test_threads_have_helpers_of_their_own() -> None:
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda n: apart(pow, n, 2), range(40))) == [n * n for n in range(40)]


def test_helper_does_not_outlive_its_parent() -> None:
    code = ("import os; from pipeline.flow.reading import apart\n"
            "print(apart(os.getpid), flush=True); os.kill(os.getpid(), 9)")
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{done.stdout.strip()}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{done.stdout.strip()}").exists()


def test_a_pass_goes_on_past_what_is_endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LIMIT_S", 1.0)
    pages = wire()
    pages["http://outlet0.example/feed"] = Answer(ENDLESS["an author of one long word"], "text/xml")
    pages["http://outlet1.example/2"] = Answer(b"<html><body><p>" + b"word " * 10)
    real = reading.apart

    monkeypatch.setattr(articles, "apart", lambda function, body, **how: (  # no page is known that takes so long
        real(_busy) if body == pages["http://outlet1.example/2"].body else real(function, body, **how)))
    with Site(pages) as site:
        passes = Passes.make(tmp_path, site)
        summary = passes.run()
        assert (summary.counts["feeds.ok"], summary.counts["feeds.failed"]) == (2, 1)
        assert len(passes.stories()) == 8
        assert [path for path, story in passes.stories().items() if story.body_source == "feed"] == ["1/2"]
        found = {(f.stage, f.reason, f.url) for f in passes.failures()}
        assert found == {("parse", "too-slow", "http://outlet0.example/feed"),
                         ("extract", "too-slow", "http://outlet1.example/2")}
        assert "computing time" in passes.failures()[0].message
        site.put("http://outlet0.example/feed", feed("http://outlet0.example", [("/0", "Convoy 0 0")]))
        passes.now = passes.now.replace(day=4)
        assert passes.run().counts["feeds.ok"] == 1
        assert [f.stage for f in passes.failures()] == ["extract"]


def test_topics_of_an_endless_text_are_those_of_its_beginning() -> None:
    told, rest = "North Korea fired a ballistic missile into the sea on Monday. ", "The markets were quiet. "
    task = Task(Entry(id="1", feed="f", url=URL, title="t"), "new", datetime(2026, 11, 2, tzinfo=UTC))
    for body, found in ((told + rest * 5_000 + told * 50_000, 1), (rest * 5_000 + told * 50_000, 0)):
        story = make_story(task, FeedSettings(url=URL), Article(body=body), task.seen)
        begun = time.thread_time()
        assert len(with_detection(story, topics()).events) == found
        assert time.thread_time() - begun < 10
        assert story.body == body


def _busy() -> None:
    while True:
        pass
