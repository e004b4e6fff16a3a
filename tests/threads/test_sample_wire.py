"""On the sample wire, after a real pass, the thread North Korea → Russia reads as a person would tell it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

import pipeline.demo
from pipeline.cli.app import app
from pipeline.config import ConsoleChannel, Settings, StoreSettings, load, load_feeds
from pipeline.core.alerts import rule_from_plain
from pipeline.core.query import parse
from pipeline.core.threads import Thread
from pipeline.core.urls import story_id
from pipeline.demo.server import SampleWire
from pipeline.demo.wire import Article
from pipeline.flow.run import run_pass
from pipeline.stores import open_store
from pipeline.stores.threads import find_threads
from tests.demo.conftest import NOW

MATTER = "event:(topic:arms-transfer supplier:KP recipient:RU)"
NEWS = rule_from_plain({"name": "news", "query": MATTER, "channels": ["console"], "when": {"thread": "any"}})


@dataclass(frozen=True)
class Told:
    store: str
    alerts: str
    articles: dict[str, Article]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    store = str(tmp_path_factory.mktemp("threads") / "store")
    feeds = load_feeds(Path(pipeline.demo.__file__).parent)
    out = StringIO()
    with SampleWire(now=NOW, slow_s=0.1) as wire:
        config = replace(
            load(Path(__file__).parents[2] / "configs"), feeds=feeds, rules=(NEWS,),
            settings=Settings(network=wire.network, channels={"console": ConsoleChannel(type="console")}),
        )
        for minutes in (0, 30):
            run_pass(config, store, feeds=feeds, clock=lambda at=NOW + timedelta(minutes=minutes): at, stream=out)
            wire.advance()
        yield Told(store, out.getvalue(), {story_id(article.url): article for article in wire.wire.articles})


@pytest.fixture(scope="module")
def thread(told: Told) -> Thread:
    opened = open_store(told.store, StoreSettings())
    found = find_threads(opened, parse(MATTER), NOW + timedelta(hours=1), 1)[0]
    opened.close()
    return found


def test_alleged_by_the_us_and_denied_by_north_korea(thread: Thread, told: Told) -> None:
    assert thread.what.startswith("North Korea → Russia: ")
    claims = {(claim.standing, claim.who): claim for claim in thread.claims}
    charge, denial = claims["alleged", "US"].first, claims["denied", "KP"].first
    assert thread.claims[0] is claims["alleged", "US"]
    assert (charge.source, denial.source) == ("Meridian Wire", "Meridian Wire")
    assert f"{charge.at:%m-%d %H:%M} {denial.at:%m-%d %H:%M}" == "11-21 05:30 11-22 06:30"
    assert charge.outlets == ("Meridian Wire", "Harbour Times", "Northmoor Courier", "Han River Post", "New Herald")
    assert charge.sentence == "North Korea covertly shipping artillery shells to Russia, US says"
    assert denial.sentence == "North Korea denies selling arms to Russia, calls US charge a plot"
    assert len(thread.outlets) >= 8 > len(thread.origins) >= 4


def test_denied_by_iran_and_then_confirmed(told: Told) -> None:
    opened = open_store(told.store, StoreSettings())
    [found] = find_threads(opened, parse("event:(topic:arms-transfer supplier:IR recipient:RU)"),
                           NOW + timedelta(hours=1), 1)
    opened.close()
    standings = [(claim.standing, f"{claim.first.at:%m-%d}") for claim in found.claims if claim.who == "IR"]
    assert standings == [("denied", "11-22"), ("confirmed", "11-23")]


def test_it_has_the_stories_that_its_author_put_into_the_matter(thread: Thread, told: Told) -> None:
    got = {story.id for report in thread.reports for story in report.stories}
    matter = {told.articles[id].truth.matter for id in got}
    assert len(matter) == 1
    wanted = {id for id, article in told.articles.items() if article.truth.matter in matter}
    assert len(got & wanted) >= 0.9 * len(wanted)


def test_stories_are_marked_with_what_their_thread_shows(told: Told) -> None:
    opened = open_store(told.store, StoreSettings())
    for thread in find_threads(opened, parse("*"), NOW + timedelta(hours=1), 100, alone=True):
        ids = [story.id for report in thread.reports for story in report.stories]
        marks = {(story.thread, story.outlets, story.origins) for story in opened.archive.get(ids).values()}
        assert marks == {(thread.id, len(thread.outlets), len(thread.origins))}
    opened.close()


def test_read_at_the_command_line(thread: Thread, told: Told) -> None:
    text = CliRunner().invoke(app, ["thread", thread.reports[-1].first.id, "--store", told.store]).stdout
    charge = text.index("2026-11-21 05:30  alleged by US")
    denial = text.index("2026-11-22 06:30  denied by North Korea")
    assert charge < text.index("also in Harbour Times") < denial
    assert denial < text.index("“North Korea denies selling arms to Russia, calls US charge a plot”")


def test_the_rule_told_what_was_new(told: Told) -> None:
    text = " ".join(told.alerts.split())
    assert "denied by North Korea in Meridian Wire" in text
    assert "now told by 3 independent outlets" in text
    assert text.count("denied by North Korea in") == 1
