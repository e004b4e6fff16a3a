"""Two passes of the real pipeline over the sample wire bring exactly what its author says that each state holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

import pipeline.demo
from pipeline.config import ConsoleChannel, Settings, load, load_feeds
from pipeline.core.query import parse
from pipeline.core.story import Story
from pipeline.core.urls import story_id
from pipeline.demo.server import Request, SampleWire
from pipeline.demo.wire import Article
from pipeline.flow.run import Summary, run_pass
from pipeline.stores import open_store
from tests.demo.conftest import NOW


@dataclass(frozen=True)
class Passed:
    summary: Summary
    stories: dict[str, Story]
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Both:
    articles: dict[str, Article]
    one: Passed
    two: Passed


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    store = str(tmp_path_factory.mktemp("demo") / "store")
    feeds = load_feeds(Path(pipeline.demo.__file__).parent)
    passes = []
    with SampleWire(now=NOW, slow_s=0.1) as wire:
        config = replace(
            load(Path(__file__).parents[2] / "configs"), feeds=feeds, rules=(),
            settings=Settings(network=wire.network, channels={"console": ConsoleChannel(type="console")}),
        )
        for minutes in (0, 30):
            before = len(wire.requests)
            at = NOW + timedelta(minutes=minutes)
            summary = run_pass(config, store, feeds=feeds, clock=lambda at=at: at, stream=StringIO())
            opened = open_store(store, config.settings.store)
            stories = {story.id: story for story in opened.archive.stories(parse("*"), now=datetime.now(UTC))}
            opened.close()
            passes.append(Passed(summary, stories, wire.requests[before:]))
            wire.advance()
        yield Both({story_id(article.url): article for article in wire.wire.articles}, *passes)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def test_pass_1_has_every_story_of_state_1_once(both: Both) -> None:
    expected = {id for id, article in both.articles.items() if article.first}
    assert set(both.one.stories) == expected
    counts = both.one.summary.plain()
    assert counts["stories"] == {"indexed": len(expected), "revised": 0, "failed": 0}
    assert counts["entries"]["new"] == len(expected)
    assert counts["entries"]["seen"] == sum(len(both.articles[id].feeds) for id in expected)
    assert counts["feeds"] == {"due": 20, "ok": 18, "not_modified": 0, "failed": 2}


def test_stories_are_what_the_author_wrote(both: Both) -> None:
    for id, story in both.one.stories.items():
        article = both.articles[id]
        assert article.first is not None
        assert story.title == article.first.title
        assert set(story.feeds) == set(article.feeds)
        assert abs(story.published - article.published) <= timedelta(hours=36 if article.outlet.page == "weblog" else 0)
        if article.page == "teaser":
            continue
        assert story.body_source == ("page" if article.page == "whole" else "feed"), story.url
        if article.page in ("missing", "disallowed"):
            assert story.body.startswith(article.first.summary)
        else:
            kept = [p for p in article.first.paragraphs if not p.startswith("(Reporting by")]
            assert words(story.body) == words(" ".join(kept)), story.url


def test_a_teaser_gives_way_to_the_full_text_of_the_feed(both: Both) -> None:
    (id,) = [id for id, article in both.articles.items() if article.page == "teaser"]
    story, first = both.one.stories[id], both.articles[id].first
    assert first is not None
    assert story.body_source == "feed"
    assert words(story.body) == words(first.body)


def test_pass_2_brings_only_what_changed(both: Both) -> None:
    new = {id for id, article in both.articles.items() if article.change == "new"}
    changed = {id for id, article in both.articles.items() if article.change == "changed"}
    assert set(both.two.stories) - set(both.one.stories) == new
    assert set(both.two.stories) == set(both.articles)
    assert {id for id, story in both.two.stories.items() if story.revision == 2} == changed
    assert both.two.summary.plain()["stories"] == {"indexed": len(new), "revised": len(changed), "failed": 0}
    for id in changed:
        story, article = both.two.stories[id], both.articles[id]
        assert story.title == article.second.title
        assert article.second.paragraphs[-1] in story.body
        assert story.published == article.published


def test_pass_2_asks_for_no_more_than_it_needs(both: Both) -> None:
    pages = {(a.outlet.host, a.path): a for a in both.articles.values()}
    pages |= {(host, f"/amp{path}"): a for (host, path), a in pages.items() if a.outlet.page == "broadcast"}
    fetched = {pages[key].copy for r in both.two.requests if (key := (r.host, r.path.partition("?utm_")[0])) in pages}
    needed = {a.copy for a in both.articles.values() if a.change}
    retried = {a.copy for a in both.articles.values() if a.page in ("missing", "teaser")}
    assert needed <= fetched <= needed | retried


def test_manners(both: Both) -> None:
    statuses = {(r.host, r.path): r.status for r in both.one.requests}
    assert statuses["oldherald.example", "/feed.xml"] == 301
    assert statuses["lanthornweekly.example", "/rss.xml"] == 410
    assert "lanthornweekly.example" not in {r.host for r in both.two.requests}, "gone is gone"
    assert not [r for r in (*both.one.requests, *both.two.requests) if r.path.startswith("/members/")]
    unchanged = [r for r in both.two.requests if r.host == "stellarscience.example" and r.path == "/atom"]
    assert [r.status for r in unchanged] == [304]
