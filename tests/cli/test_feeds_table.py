"""`wirewatch feeds`: how the feeds do, in 80 columns, by the thousands, filtered and sorted."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli.feeds import Row, table
from pipeline.config import FeedSettings, PlacedFeed, StoreSettings
from pipeline.core.story import Failure
from pipeline.feeds.history import History, Streak
from pipeline.feeds.schedule import FeedState
from pipeline.feeds.standing import standing
from pipeline.stores import failures, open_store
from tests.cli.terminal import poll, say
from tests.e2e.workspace import Workspace
from tests.faults.passes import feed
from tests.servers.site import Answer, Site

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def state(id: str, **keys: object) -> FeedState:
    values: dict[str, object] = {"url": f"https://{id}.example/", "polled": NOW, "last_success": NOW - DAY / 24,
                                 "due": NOW + DAY / 96, "interval_s": 900, **keys}
    return FeedState(**values)  # type: ignore[arg-type]


def row(id: str, known: FeedState | None, without_text: int = 0) -> Row:
    settings = FeedSettings(url=f"https://{id}.example/", id=id)
    return Row(PlacedFeed(settings, "g", Path("feeds.yaml"), 1), known, standing(settings, known, NOW, without_text))


DAYS = History(days=(0, 1, 2, 4, 8, 16, 3), today=NOW.toordinal(), undated=0.25)
ROWS = [
    row("agency", state("agency", history=DAYS), 12),
    row("never", None),
    row("down", state("down", due=NOW - DAY, error="timeout", last_success=NOW - 30 * DAY,
                      history=History(failing=Streak(41, NOW - 9 * DAY)))),
    row("a-name-that-is-far-too-long-for-a-narrow-terminal", state("a", gone=NOW)),
]


def test_the_table_in_80_columns() -> None:
    lines = table(ROWS, NOW, 80)
    assert lines == [
        "feed                   state    last  next  err   7 days  /day  undated  no text",
        "agency                 ok         1h   15m       ·▁▁▂▄█▂   5.2      25%       12",
        "never                  new             now",
        "down                   failing   30d   now   41",
        "a-name-that-is-far-t…  gone       1h   15m",
    ]
    assert max(map(len, lines)) <= 80
    wide = table(ROWS, NOW, 120)
    assert "14 days" in wide[0]
    assert any("a-name-that-is-far-too-long-for-a-narrow-terminal" in line for line in wide)
    assert max(map(len, table(ROWS, NOW, 60))) <= 60


def test_ten_thousand_feeds_are_shown_in_time() -> None:
    rows = [row(f"feed-{number}", state(f"feed-{number}", history=DAYS)) for number in range(10_000)]
    started = time.monotonic()
    assert len(table(rows, NOW, 80)) == 10_001
    assert time.monotonic() - started < 3


@pytest.fixture
def site() -> Iterator[Site]:
    dated = b"<rss><channel><item><title>A</title><link>/1</link><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate>" \
            b"</item><item><title>B</title><link>/2</link></item></channel></rss>"
    with Site({"http://good.example/feed": feed("http://good.example", [("/1", "One"), ("/2", "Two")]),
               "http://half.example/feed": Answer(dated, "text/xml"),
               "http://bad.example/feed": Answer(b"", status=500)}) as opened:
        yield opened


def test_filters_sorting_and_json(site: Site, tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path, server=site.url, feeds=[
        {"id": "good", "url": "http://good.example/feed", "tags": ["Asia Pacific"]},
        {"id": "half", "url": "http://half.example/feed", "tags": ["press"]},
        {"id": "bad", "url": "http://bad.example/feed"},
        {"id": "off", "url": "http://off.example/feed", "enabled": False},
    ])
    told = json.loads(say(workspace, "feeds", "--json").out)
    assert [(one["id"], one["state"]) for one in told] == [("good", "new"), ("half", "new"), ("bad", "new"),
                                                           ("off", "off")]
    workspace.write_feeds([
        {"id": "good", "url": "http://good.example/feed", "tags": ["Asia Pacific"]},
        {"id": "half", "url": "http://half.example/feed", "tags": ["press"]},
        {"id": "bad", "url": "http://bad.example/feed"},
    ])
    poll(workspace)
    store = open_store(str(workspace.store), StoreSettings())
    failures.record(store.ledger, [Failure("extract", "x", "no-text", "none", NOW, feed="half"),
                                   Failure("article", "y", "http-404", "none", NOW, feed="half")])
    store.close()

    def ids(*words: str) -> list[str]:
        return [one["id"] for one in json.loads(say(workspace, "feeds", "--json", *words).out)]

    assert ids() == ["good", "half", "bad"]
    assert ids("--state", "broken") == ids("--state", "error") == ["bad"]
    assert ids("--state", "ok", "--state", "error", "--sort", "state") == ["bad", "good", "half"]
    assert ids("--tag", "asia pacific") == ["good"]
    assert ids("--tag", "press", "--tag", "ASIA PACIFIC", "--sort", "undated") == ["good", "half"]
    assert ids("--sort", "no-text")[0] == "half"
    assert ids("--sort", "errors")[0] == ids("--sort", "success")[0] == "bad"
    assert ids("--sort", "id") == ["bad", "good", "half"]
    half = next(one for one in json.loads(say(workspace, "feeds", "--json").out) if one["id"] == "half")
    assert (half["undated"], half["without_text"], half["errors"], half["state"]) == (0.5, 2, 0, "ok")
    assert half["remembered"]["shown"] == 2
    assert half["at"].startswith(str(workspace.root / "configs" / "feeds.yaml:"))
    said = say(workspace, "feeds")
    assert said.err.strip() == "3 feeds: 2 ok, 1 error; `wirewatch feeds check ID` explains one"
    assert [line.split()[:2] for line in said.out.splitlines()] == [["feed", "state"], ["good", "ok"], ["half", "ok"],
                                                                    ["bad", "error"]]
    assert "1 of 3 feeds: 1 error" in say(workspace, "feeds", "--state", "broken").err
    wrong = say(workspace, "feeds", "--state", "brokn", "--sort", "name")
    assert wrong.code == 2
    assert 'did you mean "broken"?' in wrong.err
    assert "--sort name: feeds are not sorted by this" in wrong.err
