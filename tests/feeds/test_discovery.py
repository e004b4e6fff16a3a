"""Feeds that a page names, in the ways pages do it, and nothing that only looks so."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.feeds.discovery import named, usual
from pipeline.pages.tree import parse_page

URL = "https://paper.example/world/asia.html"


def found(html: str, url: str = URL) -> list[tuple[str, str, str]]:
    return [(one.url, one.why, one.title) for one in named(parse_page(html), url)]


@pytest.mark.parametrize(("html", "urls"), [
    ('<link rel="alternate" type="application/rss+xml" href="/rss.xml">', ["https://paper.example/rss.xml"]),
    ('<link rel="ALTERNATE home" type="Application/Atom+XML; charset=utf-8" href="a.atom">',
     ["https://paper.example/world/a.atom"]),
    ('<link rel="alternate" type="application/feed+json" href="//cdn.example/feed.json">',
     ["https://cdn.example/feed.json"]),
    ('<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/7">', []),
    ('<link rel="alternate" type="application/json" href="/feed.json">', ["https://paper.example/feed.json"]),
    ('<link rel="alternate" type="text/xml" title="RSS" href="/x">', ["https://paper.example/x"]),
    ('<link rel="alternate" type="text/xml" href="/sitemap.xml">', []),
    ('<link rel="feed" href="/news">', ["https://paper.example/news"]),
    ('<link rel="alternate stylesheet" type="application/rss+xml" href="/x.css">', []),
    ('<link rel="alternate" hreflang="fr" href="/fr">', []),
    ('<link rel="alternate" type="application/rss+xml" href="">', []),
    ('<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">', []),
    ('<link rel="alternate" type="application/rss+xml" href="https://[bad/">', []),
    ('<base href="https://other.example/x/"><link rel="alternate" type="application/rss+xml" href="y#z">',
     ["https://other.example/x/y"]),
    ('<a href="feed://paper.example/r">x</a><a href="feed:https://paper.example/f">y</a>',
     ["https://paper.example/r", "https://paper.example/f"]),
    ('<a href="/section/asia/rss.xml">Asia</a>', ["https://paper.example/section/asia/rss.xml"]),
    ('<a href="/feeds/asia">Asia</a>', ["https://paper.example/feeds/asia"]),
    ('<a href="/?feed=rss2">x</a>', ["https://paper.example/?feed=rss2"]),
    ('<a href="/x/7">Subscribe by RSS</a>', ["https://paper.example/x/7"]),
    ('<a href="/press/feedback">Feedback</a><a href="/a/atomic.html">Atoms</a><a href="/logo.png">RSS</a>', []),
    ('<a href="/x/mother-breast-feed-row">A row</a><a href="/x?ref=rss">Read on</a>', []),
    ('<a href="/x">What happens when all the news feeds of the world fall silent</a>', []),
    ('<a href="/rss-feeds/"></a><a href="/xml/news_rss.php"></a><a href="/feed_en"></a><a href="/x?format=xml"></a>',
     ["https://paper.example/rss-feeds/", "https://paper.example/xml/news_rss.php", "https://paper.example/feed_en",
      "https://paper.example/x?format=xml"]),
    ('<a href="/about/rss.html">RSS</a><a href="/latest.atom"></a>',
     ["https://paper.example/about/rss.html", "https://paper.example/latest.atom"]),
    ('<a href="https://feedly.com/i/subscription/feed/x">Feedly</a>', []),
    ('<a href="mailto:rss@paper.example">RSS</a>', []),
    ('<p>No links</p>', []),
])
def test_what_counts(html: str, urls: list[str]) -> None:
    assert [url for url, _, _ in found(f"<html><head></head><body>{html}</body></html>")] == urls


def test_links_come_first_and_each_address_once() -> None:
    html = ('<a href="/a.rss">Anchor</a><link rel="alternate" type="application/rss+xml" href="/b.rss" '
            'title="B &amp; C"><a href="/b.rss?utm_source=x">again</a><a href="asia.html">RSS</a>')
    assert found(html) == [("https://paper.example/b.rss", "link", "B & C"),
                           ("https://paper.example/a.rss", "anchor", "Anchor")]


def test_the_usual_places() -> None:
    names = ["feed", "rss", "atom.xml", "feed.xml", "index.xml", "rss.xml"]
    assert [one.url for one in usual("https://paper.example/world/asia?x=1")] == [
        f"https://paper.example/{folder}{name}" for folder in ("world/", "") for name in names
    ]
    assert [one.url for one in usual("https://paper.example")] == [f"https://paper.example/{name}" for name in names]


@pytest.mark.parametrize("html", [
    '<a href="/rss">' * 30_000,
    '<a href="/rss">RSS' + "<b>x" * 30_000 + "</a>",
    '<link rel="alternate" type="application/rss+xml" href="/%d">' * 30_000,
    "<a " + " ".join(f"x{n}=y" for n in range(30_000)) + ' href="/rss">',
    '<a href="' + "/rss" * 200_000 + '">',
    '<base href="' + "../" * 100_000 + '"><a href="/rss">',
])
def test_pages_made_to_hurt(html: str) -> None:
    started = time.monotonic()
    found(html)
    assert time.monotonic() - started < 8


PIECES = ['<a href="', "/rss", '">', "<link rel=alternate type=application/rss+xml href=", "<base", "]", "[", "//", ":",
          "@", "%", "\\", "x", " ", "\0", "é", "</a>", "<svg>"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_page_gives_web_addresses_or_nothing(pieces: list[str]) -> None:
    root = parse_page("".join(pieces))
    for one in named(root, URL) if root is not None else ():
        assert one.url.startswith(("http://", "https://"))
