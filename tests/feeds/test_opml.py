"""OPML: what readers export is understood, what attackers write is refused, what is written is read back alike."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import FeedSettings
from pipeline.core.errors import WirewatchError
from pipeline.feeds.opml import Subscription, read_opml, write_opml

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

FRESHRSS = """<?xml version="1.0" encoding="UTF-8"?>
<opml xmlns:frss="https://freshrss.org/opml" version="2.0">
  <head><title>My reader</title><dateCreated>Tue, 24 Nov 2026 09:00:00 +0000</dateCreated></head>
  <body>
    <outline text="Defence &amp; security">
      <outline text="Harbour Watch" type="rss" xmlUrl="https://harbour.example/feed/" htmlUrl="https://harbour.example/"
               description="Ships" frss:priority="main"/>
      <outline text="Scraped" type="HTML+XPath" xmlUrl="https://page.example/" frss:xPathItem="//article"/>
    </outline>
    <outline text="Uncategorized"/>
    <outline text="Dépêches" type="rss" xmlUrl="https://depeches.example/rss?a=1&amp;b=2"/>
  </body>
</opml>"""

MINIFLUX = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head><title>Miniflux</title></head>
  <body>
    <outline text="All">
      <outline title="Wire One" text="Wire One" xmlUrl="https://one.example/atom.xml" htmlUrl="https://one.example/">
      </outline>
    </outline>
  </body>
</opml>"""

FEEDLY = """<?xml version="1.0" encoding="UTF-8"?>

<opml version="1.0">
    <head><title>A. Reader subscriptions in feedly Cloud</title></head>
    <body>
        <outline text="Asia" title="Asia">
            <outline type="rss" text="East Post" title="East Post" xmlUrl="http://east.example/rss"
                     htmlUrl="http://east.example"/>
        </outline>
        <outline text="World" title="World">
            <outline type="rss" text="East Post" title="East Post" xmlUrl="http://east.example/rss"
                     htmlUrl="http://east.example"/>
        </outline>
    </body>
</opml>"""

INOREADER = """<?xml version="1.0" encoding="utf-8"?>
<opml version="1.0"><head><title>Subscriptions from Inoreader</title></head><body>
<outline text="News" title="News"><outline text="Sub" title="Sub">
<outline text="Nested" title="Nested" type="rss" xmlUrl="feed:https://nested.example/feed" htmlUrl=""/>
</outline></outline></body></opml>"""

OLD = """<opml version="1.1"><body>
<outline TEXT="Upper" XMLURL="feed://upper.example/rss" TYPE="rss"/>
<outline text="Site" type="link" url="https://site.example/"/>
<outline text="More" type="include" url="https://more.example/list.opml"/>
</body></opml>"""


def read(text: str | bytes) -> tuple[list[Subscription], list[str]]:
    return read_opml(text.encode() if isinstance(text, str) else text, "x.opml")


@pytest.mark.parametrize(("text", "wanted"), [
    (FRESHRSS, [
        ("https://harbour.example/feed/", "Harbour Watch", ("defence-security",), "Defence & security"),
        ("https://depeches.example/rss?a=1&b=2", "Dépêches", (), ""),
    ]),
    (MINIFLUX, [("https://one.example/atom.xml", "Wire One", ("all",), "All")]),
    (FEEDLY, [("http://east.example/rss", "East Post", ("asia",), "Asia"),
              ("http://east.example/rss", "East Post", ("world",), "World")]),
    (INOREADER, [("https://nested.example/feed", "Nested", ("news", "sub"), "News / Sub")]),
    (OLD, [("http://upper.example/rss", "Upper", (), "")]),
], ids=["FreshRSS", "miniflux", "Feedly", "Inoreader", "OPML 1.1"])
def test_exports_of_readers(text: str, wanted: list[tuple[str, str, tuple[str, ...], str]]) -> None:
    found, _ = read(text)
    assert [(one.url, one.title, one.tags, one.group) for one in found] == wanted


def test_what_is_left_out_is_told_with_its_line() -> None:
    assert read(FRESHRSS)[1] == ["x.opml:8: an outline of type html+xpath is left out: it is no feed"]
    assert read(OLD)[1] == [
        "x.opml:3: an outline of type link is left out: it is no feed",
        "x.opml:4: an outline of type include is left out: another file is not followed",
    ]


def test_category_says_the_tags() -> None:
    (one,), _ = read('<opml><body><outline text="G"><outline xmlUrl="https://a.example/" category="/a/b, c ,,/"/>'
                     "</outline></body></opml>")
    assert (one.tags, one.group) == (("a/b", "c"), "G")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1251"])
def test_encodings(encoding: str) -> None:
    title = "Депеша" if encoding == "windows-1251" else "Dépêche"
    text = (f'<?xml version="1.0" encoding="{encoding}"?>'
            f'<opml><outline text="{title}" xmlUrl="https://a.example/"/></opml>')
    ((one,), _) = read(text.replace("utf-8-sig", "utf-8").encode(encoding))
    assert one.title == title


@pytest.mark.parametrize(("text", "said"), [
    ('<!DOCTYPE opml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><opml><outline text="&b;"/></opml>',
     "x.opml:1: it declares an entity (a)"),
    ('<!DOCTYPE opml [\n<!ENTITY f SYSTEM "file:///etc/passwd">]><opml><outline text="&f;"/></opml>',
     "x.opml:2: it declares an entity (f)"),
    ('<!DOCTYPE opml [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]><opml/>', "it declares an entity (p)"),
    ("<opml>" + '<outline text="x">' * 60, "x.opml:1: it is nested more than 50 levels deep"),
    ("<rss version='2.0'><channel/></rss>", "it is no OPML: its first element is <rss>"),
    ("<html><body>x</body></html>", "it is no OPML"),
    ("<opml>\n<body>\n<outline text='a & b'/></body></opml>", "x.opml:3: is not well-formed XML"),
    ("<opml><body>", "x.opml:1: is not well-formed XML (no element found)"),
    ("<opml>&nosuch;</opml>", "is not well-formed XML (undefined entity)"),
    ("", "x.opml:1: is not well-formed XML"),
    ("\0\1\2\3", "is not well-formed XML"),
])
def test_bad_and_hostile_files_are_refused_at_once(text: str, said: str) -> None:
    started = time.monotonic()
    with pytest.raises(WirewatchError) as caught:
        read(text)
    assert said in str(caught.value)
    assert time.monotonic() - started < 1


def test_a_large_list_is_quick() -> None:
    lines = "".join(f'<outline text="Feed {n}" xmlUrl="https://h{n}.example/rss"/>' for n in range(20_000))
    started = time.monotonic()
    assert len(read(f"<opml><body>{lines}</body></opml>")[0]) == 20_000
    assert time.monotonic() - started < 5


TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40).map(
    str.strip
)
TAGS = st.from_regex(r"\A[a-zäж\d&<\"' /]{1,12}\Z").map(str.strip).filter(
    lambda tag: tag and not tag.startswith("/")
)
GROUPS = TITLES.map(lambda name: " ".join(name.split()))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(TITLES, st.lists(TAGS, unique=True, max_size=4), GROUPS, st.text("a&<\"'%?=é ", max_size=9)),
                max_size=5))
def test_what_is_written_is_read_back(feeds: list[tuple[str, list[str], str, str]]) -> None:
    written = [
        Subscription(f"https://a.example/{number}?{query}x", title, tuple(tags), group)
        for number, (title, tags, group, query) in enumerate(feeds)
    ]
    for one in written:
        FeedSettings.model_validate({"url": one.url, "title": one.title, "tags": one.tags})  # what a feed may hold
    found, left_out = read(write_opml(written, title="A & <B>", now=NOW))
    assert left_out == []
    assert {(one.url, one.title, one.tags, one.group) for one in found} == {
        (one.url, one.title, one.tags, one.group) for one in written
    }


def test_the_written_form() -> None:
    one = Subscription("https://a.example/?a=1&b=2", 'Say "A"', ("x", "y z"), "G & H")
    text = write_opml([one], title="T", now=NOW)
    assert text == """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>T</title>
    <dateCreated>Tue, 24 Nov 2026 09:30:00 GMT</dateCreated>
  </head>
  <body>
    <outline text="G &amp; H" title="G &amp; H">
      <outline type="rss" text='Say "A"' title='Say "A"' xmlUrl="https://a.example/?a=1&amp;b=2" category="x,y z"/>
    </outline>
  </body>
</opml>
"""
