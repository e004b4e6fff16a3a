"""`wirewatch feeds add | remove | import | export` against a real server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import ADDED_FEEDS, FEEDS, load_feeds
from tests.cli.terminal import Said, poll, say
from tests.e2e.workspace import Workspace
from tests.faults.passes import feed
from tests.servers.site import Answer, Site

BBC = "http://bbc.example"
PAGE = """<html><head><base href="/news/"><title>News</title>
<link rel="stylesheet" type="text/css" href="style.css">
<link rel="alternate" type="application/rss+xml" title="World &amp; more" href="world.xml">
<link rel="Alternate" type="APPLICATION/ATOM+XML" href="/broken.atom">
<link rel="alternate" type="text/html" hreflang="fr" href="/fr">
</head><body><a href="../asia/rss">Asia</a> <a href="world.xml">RSS</a> <a href="/about.html">About us</a>
<a href="https://feedly.com/i/subscription/feed/x">Feedly</a> <a href="mailto:x@bbc.example">RSS</a></body></html>"""


@pytest.fixture
def site() -> Iterator[Site]:
    items = [("/1", "Convoy 1"), ("/2", "Convoy 2")]
    with Site({
        f"{BBC}/": Answer(PAGE.encode()),
        f"{BBC}/news/world.xml": feed(BBC, items),
        f"{BBC}/asia/rss": feed("http://asia.example", items),
        f"{BBC}/broken.atom": Answer(b"<html><body>Sorry</body></html>"),
        "http://plain.example/feed": feed("http://plain.example", items),
        "http://moved.example/feed": Answer(b"", status=301, headers={"Location": "http://plain.example/feed"}),
        "http://sent.example/feed": Answer(b"", status=302, headers={"Location": "http://plain.example/feed"}),
        "http://blog.example/posts/one": Answer(b"<html><body><p>No feed named here.</p></body></html>"),
        "http://blog.example/posts/index.xml": feed("http://blog.example", items),
        "http://none.example/": Answer(b"<html><body><p>Nothing</p></body></html>"),
        "http://shy.example/": Answer(b"<html><body><p>Nothing</p></body></html>"),
        "http://shy.example/feed": feed("http://shy.example", items),
        "http://shy.example/robots.txt": Answer(b"User-agent: *\nDisallow: /feed", "text/plain"),
    }) as opened:
        yield opened


@pytest.fixture
def workspace(site: Site, tmp_path: Path) -> Workspace:
    return Workspace.make(tmp_path, server=site.url, feeds=[{"url": "http://tass.example/rss", "id": "tass"}])


def ids(workspace: Workspace) -> list[str]:
    return [one.id for one in load_feeds(workspace.root / "configs")]


def test_a_feed_is_added_with_its_tags_and_id(workspace: Workspace) -> None:
    before = (workspace.root / "configs" / FEEDS).read_bytes()
    words = ["--tag", "press", "--tag", "asia", "--id", "plain"]
    said = say(workspace, "feeds", "add", "http://plain.example/feed", *words)
    assert (said.code, said.out) == (0, "added plain: http://plain.example, 2 entries, http://plain.example/feed\n")
    assert "`wirewatch feeds check plain`" in said.err
    (added,) = load_feeds(workspace.root / "configs")[1:]
    assert (added.id, added.url, added.title, added.tags) == (
        "plain", "http://plain.example/feed", "http://plain.example", ("press", "asia"))
    assert (workspace.root / "configs" / FEEDS).read_bytes() == before
    assert [row["id"] for row in json.loads(say(workspace, "feeds", "--json", "--tag", "ASIA").out)] == ["plain"]


def test_a_page_with_several_feeds_lets_the_person_choose(workspace: Workspace, site: Site) -> None:
    listed = say(workspace, "feeds", "add", "bbc.example/".replace("bbc", "http://bbc"))
    assert listed.code == 1
    assert listed.out == (f"{BBC}/news/world.xml\n    {BBC}, 2 entries\n"
                          f"{BBC}/asia/rss\n    http://asia.example, 2 entries\n")
    assert "names 2 feeds, and none was added" in listed.err
    assert ids(workspace) == ["tass"]
    assert not any("feedly" in url or "about" in url or "/fr" in url for url in site.requests)
    assert site.requests["bbc.example/feed"] == 0  # the usual places only where nothing is named
    one = say(workspace, "feeds", "add", f"{BBC}/news/world.xml")
    assert one.code == 0
    rest = say(workspace, "feeds", "add", f"{BBC}/", "--all", "--json")
    found = json.loads(rest.out)
    assert [added["id"] for added in found["added"]] == ["bbc.example-asia-rss"]
    assert [(one["url"], one["found"], one["known"]) for one in found["found"]] == [
        (f"{BBC}/news/world.xml", "link", "bbc.example-news-world.xml"), (f"{BBC}/asia/rss", "anchor", ""),
    ]
    again = say(workspace, "feeds", "add", f"{BBC}/", "--all")
    assert (again.code, again.out) == (1, "")
    assert "is there already: feed bbc.example-news-world.xml" in again.err


def test_the_usual_places_are_tried_where_a_page_names_none(workspace: Workspace, site: Site) -> None:
    said = say(workspace, "feeds", "add", "http://blog.example/posts/one")
    assert said.out == "added blog.example-posts-index.xml: http://blog.example, 2 entries, " \
                       "http://blog.example/posts/index.xml\n"
    asked = sum(count for url, count in site.requests.items() if url.startswith("blog.example"))
    assert asked <= 1 + 1 + 12  # the page, robots.txt, six names in two places


def test_a_page_that_lists_the_feeds_is_followed_once(workspace: Workspace, site: Site) -> None:
    links = "".join(f'<a href="/feeds/{number}.xml">Feed {number}</a>' for number in range(40))
    site.put("http://front.example/", Answer(b'<html><body><a href="/services/rss">RSS</a></body></html>'))
    site.put("http://front.example/services/rss", Answer(f"<html><body>{links}</body></html>".encode()))
    for number in range(40):
        site.put(f"http://front.example/feeds/{number}.xml", feed(f"http://section{number}.example", [("/1", "One")]))
    said = say(workspace, "feeds", "add", "http://front.example/", "--all", "--tag", "front")
    assert (said.code, said.out.count("added ")) == (0, 29)  # 30 addresses, of which one was the list
    assert "11 more addresses look like feeds and were not asked" in said.err
    assert sum(count for url, count in site.requests.items() if "/feeds/" in url) == 29


@pytest.mark.parametrize(("words", "code", "told"), [
    (["http://none.example/"], 1, "no feed was found: http://none.example/ is a web page, not a feed. These addresses"),
    (["http://shy.example/"], 1, "http://shy.example/feed: robots"),
    (["http://gone.example/feed"], 1, "http://gone.example/feed answered 404 (Not Found): look for"),
    (["http://169.254.169.254/feed"], 1, "169.254.169.254 is a link-local address"),
    (["ftp://plain.example/feed"], 1, "only http and https are fetched"),
    (["https://me:hush-hush@plain.example/feed"], 1, "credentials inside a URL are refused"),
    (["https://tass.example/rss?utm_source=x"], 1, "is there already: feed tass, "),
    (["http://plain.example/feed", "--id", "tass"], 2, "the id tass is taken by http://tass.example/rss"),
    (["http://plain.example/feed", "--tag", "a,b"], 2, "give --tag twice for two tags"),
    ([f"{BBC}/", "--all", "--id", "x"], 2, "--id x: one name cannot stand for 2 feeds"),
])
def test_what_cannot_be_added_is_told(workspace: Workspace, words: list[str], code: int, told: str) -> None:
    said = say(workspace, "feeds", "add", *words)
    assert (said.code, said.out) == (code, "")
    assert told in said.err
    assert "hush-hush" not in said.err
    assert ids(workspace) == ["tass"]
    assert not (workspace.root / "configs" / ADDED_FEEDS).exists()


def test_an_address_that_moved_for_good_is_kept_as_it_is_now(workspace: Workspace) -> None:
    say(workspace, "feeds", "add", "http://sent.example/feed")
    assert [one.url for one in load_feeds(workspace.root / "configs")[1:]] == ["http://sent.example/feed"]
    say(workspace, "feeds", "remove", "http://sent.example/feed")
    say(workspace, "feeds", "add", "http://moved.example/feed")
    assert [one.url for one in load_feeds(workspace.root / "configs")[1:]] == ["http://plain.example/feed"]


def test_remove(workspace: Workspace) -> None:
    say(workspace, "feeds", "add", "http://plain.example/feed", "--id", "plain")
    poll(workspace)
    (row,) = json.loads(say(workspace, "feeds", "--json", "--state", "ok").out)
    assert row["id"] == "plain"
    told = say(workspace, "feeds", "remove", "plain")
    assert (told.code, told.out) == (0, "removed plain, http://plain.example/feed; its stories stay\n")
    say(workspace, "feeds", "add", "http://plain.example/feed", "--id", "plain")
    assert [row["state"] for row in json.loads(say(workspace, "feeds", "--json").out)] == ["error", "new"]
    own = say(workspace, "feeds", "remove", "tass")
    assert own.code == 1
    line = next(n for n, text in enumerate((workspace.root / "configs" / FEEDS).read_text().splitlines(), 1)
                if "tass" in text)
    assert f"feed tass stands in {workspace.root}/configs/feeds.yaml:{line}, which you wrote" in own.err
    assert "enabled: false" in own.err
    assert 'no feed has the id or address tas; did you mean "tass"?' in say(workspace, "feeds", "remove", "tas").err


OPML = """<opml version="2.0"><body><outline text="East Asia">
<outline text="Plain" xmlUrl="http://plain.example/feed"/>
<outline text="Tass" xmlUrl="https://tass.example/rss"/>
<outline text="Script" xmlUrl="javascript:alert(1)"/>
<outline text="Key" xmlUrl="https://me:hush@x.example/"/></outline>
<outline text="World"><outline text="Plain again" xmlUrl="https://plain.example/feed#x"/></outline>
</body></opml>"""


def imported(workspace: Workspace, text: str, *words: str) -> Said:
    file = workspace.root / "list.opml"
    file.write_text(text)
    return say(workspace, "feeds", "import", str(file), *words)


def test_import_skips_and_counts(workspace: Workspace) -> None:
    said = imported(workspace, OPML, "--tag", "moved-in")
    assert said.code == 0
    assert said.out == "1 feeds added; skipped: 1 that are there already, 1 listed twice, 2 that are no feed\n"
    assert "list.opml:4: javascript:alert(1) is left out: only http and https are fetched, not javascript" in said.err
    assert "list.opml:5: " in said.err
    (added,) = load_feeds(workspace.root / "configs")[1:]
    assert (added.title, added.tags) == ("Plain", ("east-asia", "moved-in", "world"))
    again = imported(workspace, OPML, "--json")
    assert json.loads(again.out) == {"added": 0, "known": 2, "repeated": 1, "left_out": 2, "feeds": []}


@pytest.mark.parametrize(("text", "told"), [
    ("<opml><body/></opml>", "names no feed"),
    ("<opml><body>", "is not well-formed XML"),
    ('<!DOCTYPE x [<!ENTITY a "b">]><opml/>', "it declares an entity"),
    ("<html/>", "it is no OPML"),
])
def test_import_of_what_is_no_list(workspace: Workspace, text: str, told: str) -> None:
    said = imported(workspace, text)
    assert said.code == 1
    assert told in said.err
    assert ids(workspace) == ["tass"]


def test_lists_come_from_and_go_to_where_they_are_told(workspace: Workspace) -> None:
    piped = say(workspace, "feeds", "import", "-", stdin=OPML.encode("utf-16"))
    assert piped.out.startswith("1 feeds added")
    for words in (["import", "/no/such.opml"], ["export", "/no/such/place.opml"]):
        said = say(workspace, "feeds", *words)
        assert said.code == 1
        assert f"{words[1]}: cannot be" in said.err
    nowhere = say(Workspace(workspace.root / "nowhere"), "feeds", "import", "-", stdin=OPML.encode())
    assert nowhere.code == 2
    assert "name a configuration directory with --config DIR" in nowhere.err


def test_export_and_import_give_the_same_feeds(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEED_KEY", "hush-hush")
    workspace.write_feeds([
        {"url": "http://tass.example/rss", "title": "Tass <1>", "tags": ["state media", "agency"]},
        {"url": "http://key.example/rss?key=${FEED_KEY}", "headers": {"X": "${FEED_KEY}"}},
        {"url": "http://off.example/rss", "enabled": False},
    ])
    say(workspace, "feeds", "add", "http://plain.example/feed", "--tag", "press")
    file = tmp_path / "out.opml"
    said = say(workspace, "feeds", "export", str(file))
    assert (said.code, said.out) == (0, "")
    assert "3 feeds; 1 disabled ones left out" in said.err
    assert "hush" not in said.err + file.read_text()
    assert "key=${FEED_KEY}" in file.read_text()
    assert say(workspace, "feeds", "export").out.splitlines()[6:] == file.read_text().splitlines()[6:]
    other = Workspace.make(tmp_path / "other", server="http://127.0.0.1:9", feeds=[])
    assert imported(other, file.read_text()).code == 0
    first, _, last = load_feeds(other.root / "configs")
    assert (first.url, first.title, first.tags) == ("http://tass.example/rss", "Tass <1>", ("state media", "agency"))
    assert (last.url, last.title, last.tags) == ("http://plain.example/feed", "http://plain.example", ("press",))
