"""The project's own parser and extractor read from the sample wire what its author put in."""

import re
from urllib.parse import urlsplit

import pytest

from pipeline.core.urls import canonical_url, story_id
from pipeline.demo.forms import outlets
from pipeline.demo.server import SampleWire
from pipeline.demo.wire import Article, sample_wire
from pipeline.extract import extract_article
from pipeline.feeds.parse import parse_feed
from tests.demo.conftest import NOW, Ask

WIRE = sample_wire(NOW)
FEEDS = {
    name: (outlet, feed) for outlet in outlets().values() for name, feed in outlet.feeds.items()
    if feed.status == 200 and not feed.moved_to
}
COMMENTS = ("sanction the lot of them", "Nobody ever asks about the missiles", "editor was in short trousers",
            "should all be closed. Or opened", "attack on our bus lanes", "These drills happen every year")
NOISE = (*COMMENTS, "cookies", "newsletter", "Sign up", "e-mail address", "Most read", "Read next", "Read more:",
         "All rights reserved", "Leave a Reply", "Recent Posts", "Advertisement", "competition for a chance",
         "Our standards:", "Follow Meridian Wire", "About the author", "app to listen", "household fee",
         "investment advice", "The story continues", "Share this", "Related", "Skip to main")


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize("name", FEEDS)
def test_feed(ask: Ask, name: str) -> None:
    outlet, feed = FEEDS[name]
    url = f"http://{outlet.host}{feed.path}"
    answer = ask(url)
    parsed = parse_feed(answer.body, feed=name, url=url, content_type=answer.content_type)
    expected = WIRE.of_feed(name, 1)
    told = [article.first for article in expected if article.first]
    assert [squeezed(entry.title) for entry in parsed.entries] == [version.title for version in told]
    assert bool(parsed.problem) is feed.broken
    if feed.links != "amp":
        assert [canonical_url(entry.url) for entry in parsed.entries] == [article.url for article in expected]
        assert [entry.id for entry in parsed.entries] == [story_id(article.url) for article in expected]
    if feed.dates != "none":
        assert [entry.published for entry in parsed.entries] == [article.published for article in expected]
    else:
        assert all(entry.published is None for entry in parsed.entries)
    for entry, version, article in zip(parsed.entries, told, expected, strict=True):
        assert version.summary in squeezed(entry.summary)
        assert (squeezed(entry.content) == squeezed(version.body)) is (feed.text == "full")
        assert entry.authors == article.authors
    if feed.ttl_min and feed.format == "rss2":
        assert parsed.hints.ttl_s == feed.ttl_min * 60


@pytest.mark.parametrize("article", WIRE.articles, ids=lambda a: a.url.removeprefix("https://"))
def test_page(wire: SampleWire, article: Article, ask: Ask) -> None:
    if article.first is None or article.page == "missing":
        return
    path = f"/amp{article.path}" if article.outlet.page == "broadcast" else article.path
    url = f"https://{article.outlet.host}{path}"
    answer = ask(url)
    found = extract_article(answer.body, url=url, content_type=answer.content_type)
    wanted = article.first.paragraphs[:1] if article.page == "teaser" else article.first.paragraphs
    lines = [squeezed(line) for line in found.body.split("\n") if line.strip()]
    missing = [p for p in wanted if squeezed(p) not in lines and not p.startswith("(Reporting by")]
    surplus = [line for line in lines if line not in {squeezed(p) for p in wanted}]
    assert not missing, f"missing: {missing}"
    assert not surplus or article.page == "teaser", f"surplus: {surplus}"
    assert not [noise for noise in NOISE if noise in found.body and noise not in article.first.body]
    assert found.title == article.first.title
    if article.outlet.page != "bulletin":
        assert canonical_url(found.canonical_url) == article.url
    assert found.published is not None
    assert abs((found.published - article.published).total_seconds()) <= 36 * 3600


def test_every_entry_has_its_page_or_a_reason(ask: Ask) -> None:
    for article in WIRE.articles:
        status = ask(article.url).status
        there = article.first is not None and article.page != "missing"
        assert status == (200 if there else 404), article.url
        assert urlsplit(article.url).path.startswith("/members/") is (article.page == "disallowed")
