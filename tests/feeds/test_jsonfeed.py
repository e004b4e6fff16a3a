"""JSON Feed: as its specification has it, and as hostile servers would."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.feeds.parse import ParsedFeed, parse_feed

URL = "https://blog.example/feed.json"
FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Harbour & sea",
    "home_page_url": "https://blog.example/",
    "language": "en-GB",
    "authors": [{"name": "The desk"}],
    "items": [
        {"id": "https://blog.example/1", "url": "/1", "title": "Ships <sail>", "content_html": "<p>One</p><p>Two</p>",
         "date_published": "2026-11-02T10:00:00+09:00", "date_modified": "2026-11-03T00:00:00Z", "summary": "Short",
         "authors": [{"name": "A. Writer"}, {"name": "B. Writer"}]},
        {"id": 2, "external_url": "https://other.example/2", "content_text": "a < b\nc", "language": "fr"},
        {"id": "https://blog.example/3"},
        {"id": "4", "title": "No link"},
        "nonsense",
    ],
}


def parsed(data: Any, **how: str) -> ParsedFeed:
    return parse_feed(data if isinstance(data, bytes) else json.dumps(data).encode(), feed="blog", url=URL, **how)


def test_the_form_of_the_specification() -> None:
    feed = parsed(FEED)
    assert (feed.title, feed.lang, feed.site, feed.format, feed.problem) == (
        "Harbour & sea", "en", "https://blog.example/", "json", "")
    first, second, third = feed.entries
    assert (first.url, first.title, first.summary, first.content) == (
        "https://blog.example/1", "Ships <sail>", "Short", "One\nTwo")
    assert (first.authors, first.lang) == (("A. Writer", "B. Writer"), "en")
    assert (first.published, first.updated) == (datetime(2026, 11, 2, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    assert (second.url, second.content, second.lang, second.authors) == (
        "https://other.example/2", "a < b\nc", "fr", ("The desk",))
    assert third.url == "https://blog.example/3"
    assert feed.dropped == {"no link and no permalink": 1}


def test_the_first_version_and_escaped_slashes() -> None:
    text = json.dumps({"version": "https://jsonfeed.org/version/1", "author": {"name": "One"},
                       "items": [{"id": "1", "url": "https://a.example/"}]}).replace("/", "\\/")
    (entry,) = parsed(b"\xef\xbb\xbf\n" + text.encode()).entries
    assert (entry.url, entry.authors) == ("https://a.example/", ("One",))


def test_markup_inside_is_no_root() -> None:
    item = {"id": "1", "url": "/1", "content_html": "<rss><channel><item><link>https://evil.example/</link></item>"}
    assert [entry.url for entry in parsed({**FEED, "items": [item]}).entries] == ["https://blog.example/1"]


@pytest.mark.parametrize("data", [
    {"version": "https://jsonfeed.org/version/1.1"},
    {"version": ["https://jsonfeed.org/version/1.1"], "items": []},
    {"items": [], "note": "jsonfeed.org/version/"},
    b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 200_000,
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + b"9" * 100_000 + b"]}",
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [}',
    b'[{"version": "https://jsonfeed.org/version/1.1"}]',
])
def test_what_is_no_feed(data: Any) -> None:
    feed = parsed(data)
    assert feed.entries == ()
    assert "is JSON, but no JSON Feed" in feed.problem


def test_a_flood_of_items_is_cut() -> None:
    started = time.monotonic()
    feed = parsed(b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + b"{}," * 1_000_000 + b"{}]}")
    assert feed.problem.startswith("The feed is too large")
    assert time.monotonic() - started < 8


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["id", "url", "title", "summary", "content_html", "content_text", "date_published", "authors",
                        "author", "language", "external_url"])


OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)


@settings(deadline=None)
@given(st.lists(OBJECTS | VALUES, max_size=4), OBJECTS)
def test_any_values_are_read_or_left_out(items: list[Any], head: dict[str, Any]) -> None:
    feed = parsed({"version": "https://jsonfeed.org/version/1.1", **head, "items": items})
    assert len(feed.entries) + sum(feed.dropped.values()) == sum(isinstance(item, dict) for item in items)
