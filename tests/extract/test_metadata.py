"""Titles, dates, authors, languages and addresses of pages, source by source."""

from datetime import UTC, datetime

import pytest

from pipeline.extract import extract_article
from pipeline.pages.metadata import same_site

URL = "https://www.harbour-post.example/world/convoy"


def html(head: str = "", body: str = "", attributes: str = "") -> bytes:
    return f"<!doctype html><html {attributes}><head>{head}</head><body>{body}<p>Text.</p></body></html>".encode()


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


TITLES = [
    ("<title>Convoy arrives - Harbour Post</title>", "", "Convoy arrives"),
    ("<title>Harbour Post | Convoy arrives</title>", "", "Convoy arrives"),
    ("<title>Convoy arrives | World | harbour-post.example</title>", "", "Convoy arrives | World"),
    ("<title>Convoy arrives at the port - World news</title>", "<h1>Convoy arrives at the port</h1>",
     "Convoy arrives at the port"),
    ("<title>Convoy arrives at the port - Harbour Post</title>", "<h1>Harbour Post</h1>", "Convoy arrives at the port"),
    ("", "<h1>Convoy arrives at the port</h1>", "Convoy arrives at the port"),
    ('<meta property="og:title" content="Convoy &amp;amp; escort arrive">', "", "Convoy & escort arrive"),
    ('<meta property="og:title" content="Convoy arrives — Harbour Post">'
     '<meta property="og:site_name" content="Harbour Post">', "", "Convoy arrives"),
    ('<meta property="og:title" content="Convoy arrives">'
     + json_ld('{"@type":"NewsArticle","headline":"Convoy arrives"}'), "", "Convoy arrives"),
    # the search engine's headline is repeated by <title>, the newsroom's is not
    ('<title>Convoy: all you need to know</title>'
     '<meta property="og:title" content="A calm voyage through mined waters">'
     + json_ld('{"@type":"NewsArticle","headline":"Convoy: all you need to know"}'), "",
     "A calm voyage through mined waters"),
    ('<title>Convoy: all you need to know</title><meta property="og:title" content="Convoy: all you need to know">'
     + json_ld('{"@type":"NewsArticle","headline":"A calm voyage"}'), "<h1>A calm voyage</h1>", "A calm voyage"),
    # cut off
    (json_ld('{"@type":"NewsArticle","headline":"Convoy reaches the southern..."}'),
     "<h1>Convoy reaches the southern port</h1>", "Convoy reaches the southern port"),
    # JSON-LD that does not parse
    (json_ld('{"@type":"NewsArticle","headline":"Convoy arrives","articleBody":"he said "no" twice"}'), "",
     "Convoy arrives"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "body", "title"), TITLES)
def test_title(head: str, body: str, title: str) -> None:
    assert extract_article(html(head, body), url=URL).title == title


DATES = [
    (json_ld('{"@type":"NewsArticle","datePublished":"2024-03-05T18:20:00+02:00","dateModified":"2024-03-06"}'), "",
     datetime(2024, 3, 5, 16, 20, tzinfo=UTC)),
    ('<meta property="article:published_time" content="2024-03-05T16:20:00Z">'
     '<meta property="article:modified_time" content="2024-03-07T10:00:00Z">', "",
     datetime(2024, 3, 5, 16, 20, tzinfo=UTC)),
    ('<meta name="pubdate" content="Tue, 05 Mar 2024 16:20:00 GMT">', "", datetime(2024, 3, 5, 16, 20, tzinfo=UTC)),
    ('<meta itemprop="datePublished" content="2024-03-05">', "", datetime(2024, 3, 5, tzinfo=UTC)),
    ("", '<time class="updated" datetime="2024-03-09">x</time><time datetime="2024-03-05T16:20Z">x</time>',
     datetime(2024, 3, 5, 16, 20, tzinfo=UTC)),
    ("", "<h1>Convoy arrives</h1><div><span>Tuesday, 5 March 2024 at 16:20</span></div>",
     datetime(2024, 3, 5, 16, 20, tzinfo=UTC)),
    ("", "<h1>Konvoi da</h1><div>Di 05.03.24 | 16:20 Uhr | Von Ina Solberg</div>",
     datetime(2024, 3, 5, 16, 20, tzinfo=UTC)),
    ("", "<div><span>2024年3月5日 16:20</span></div><h1>船団</h1>", datetime(2024, 3, 5, 16, 20, tzinfo=UTC)),
    ("", "<h1>No date here</h1><p>Call 555 2024 now</p>", None),
]  # fmt: skip


@pytest.mark.parametrize(("head", "body", "moment"), DATES)
def test_date(head: str, body: str, moment: datetime | None) -> None:
    assert extract_article(html(head, body), url=URL).published == moment


def test_date_in_the_address_is_the_last_resort_but_one() -> None:
    article = extract_article(html("", "<h1>Convoy</h1>"), url="https://harbour-post.example/2024/03/05/convoy")
    assert (article.published, article.published_raw) == (datetime(2024, 3, 5, tzinfo=UTC), "2024-03-05")


def test_unreadable_date_is_kept_as_written() -> None:
    article = extract_article(html('<meta name="date" content="soon">'), url=URL)
    assert (article.published, article.published_raw) == (None, "soon")


@pytest.mark.parametrize(
    ("head", "authors"),
    [
        ('<meta name="author" content="By Ina Solberg and Teo Brandt">', ("Ina Solberg", "Teo Brandt")),
        ('<meta name="author" content="Ina Solberg, Teo Brandt">', ("Ina Solberg", "Teo Brandt")),
        (json_ld('{"@type":"Article","author":"Ina Solberg; Teo Brandt"}'), ("Ina Solberg", "Teo Brandt")),
        (json_ld('{"@type":"Article","author":{"name":["Ina Solberg"]}}'), ("Ina Solberg",)),
        (json_ld('{"@type":"Article","author":{"@type":"Organization","name":"Harbour Post"},'
                 '"publisher":{"name":"Harbour Post"}}') + '<meta name="author" content="Ina Solberg">',
         ("Ina Solberg",)),
        ('<meta property="article:author" content="https://facebook.example/ina">', ()),
        ('<meta name="author" content="desk@harbour-post.example">', ()),
        ("", ()),
    ],
)  # fmt: skip
def test_authors(head: str, authors: tuple[str, ...]) -> None:
    assert extract_article(html(head), url=URL).authors == authors


@pytest.mark.parametrize(
    ("head", "attributes", "lang"),
    [
        ("", 'lang="en-GB"', "en"),
        ("", 'xml:lang="pt"', "pt"),
        ('<meta property="og:locale" content="fr_FR">', "", "fr"),
        ('<meta http-equiv="content-language" content="de, en">', "", "de"),
        (json_ld('{"@type":"Article","inLanguage":"es"}'), "", "es"),
        ("", 'lang="english"', ""),
        ("", "", ""),
    ],
)
def test_language(head: str, attributes: str, lang: str) -> None:
    assert extract_article(html(head, attributes=attributes), url=URL).lang == lang


CANONICALS = [
    ('<link rel="canonical" href="/world/convoy?id=3">', URL, "https://www.harbour-post.example/world/convoy?id=3"),
    ('<link rel="canonical" href="https://harbour-post.example/world/convoy">', URL,
     "https://harbour-post.example/world/convoy"),
    ('<link rel="canonical" href="https://www.harbour-post.example/">', URL, URL),
    ('<link rel="canonical" href="https://elsewhere.example/">', URL, URL),
    ('<link rel="canonical" href="https://elsewhere.example/a/story">', URL, URL),
    ('<link rel="canonical" href="javascript:alert(1)">', URL, URL),
    ('<link rel="canonical" href="http://[broken">', URL, URL),
    ('<meta property="og:url" content="https://www.harbour-post.example/world/convoy-2">', URL,
     "https://www.harbour-post.example/world/convoy-2"),
    ('<link rel="canonical" href="https://www.harbour-post.example/world/convoy">',
     "https://amp.harbour-post.example/world/convoy.amp", URL),
    ('<link rel="canonical" href="https://www.harbour-post.example/world/convoy">',
     "https://harbour--post-example.cdn.ampproject.org/c/s/www.harbour-post.example/world/convoy", URL),
    ("", URL, URL),
]  # fmt: skip


@pytest.mark.parametrize(("head", "url", "canonical"), CANONICALS)
def test_canonical(head: str, url: str, canonical: str) -> None:
    assert extract_article(html(head), url=url).canonical_url == canonical


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.a.example/x", "https://m.a.example/y", True),
        ("https://news.paper.co.uk/x", "https://www.paper.co.uk", True),
        ("https://one.co.uk/x", "https://two.co.uk/x", False),
        ("https://a.example", "https://b.example", False),
        ("", "", False),
    ],
)
def test_same_site(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same
