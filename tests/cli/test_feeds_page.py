"""Every command of docs/feeds.md works as it stands there."""

import shlex
from pathlib import Path

from tests.cli.terminal import say
from tests.e2e.workspace import REPOSITORY, Workspace
from tests.faults.passes import feed
from tests.servers.site import Answer, Site

PAGE = b'<html><head><link rel="alternate" type="application/rss+xml" href="/a.xml">' \
       b'<link rel="alternate" type="application/rss+xml" href="/b.xml"></head><body>SIPRI</body></html>'
OPML = '<opml version="2.0"><body><outline text="One" xmlUrl="https://one.example/feed"/></body></opml>'


def commands() -> list[list[str]]:
    lines = (REPOSITORY / "docs" / "feeds.md").read_text("utf-8").splitlines()
    return [shlex.split(line, comments=True)[3:] for line in lines if line.startswith("$ wirewatch feeds")]


def test_every_command(tmp_path: Path) -> None:
    world = "http://bbc.example/world"
    with Site({
        "https://www.bellingcat.com/feed/": feed("https://www.bellingcat.com", [("/1", "One")]),
        "https://www.sipri.org/": Answer(PAGE),
        "https://www.sipri.org/a.xml": feed("https://a.example", [("/1", "One")]),
        "https://www.sipri.org/b.xml": feed("https://b.example", [("/1", "One")]),
        world: feed("http://bbc.example", [("/1", "One")]),
        "https://one.example/feed": feed("https://one.example", [("/1", "One")]),
    }) as site:
        workspace = Workspace.make(tmp_path, server=site.url, feeds=[{"id": "bbc-world", "url": world}])
        (tmp_path / "subscriptions.opml").write_text(OPML)
        ended = {}
        for words in commands():
            placed = [str(tmp_path / word) if word.endswith(".opml") else word for word in words]
            ended[" ".join(words)] = say(workspace, "feeds", *placed).code
    assert len(ended) >= 11
    assert {command for command, code in ended.items() if code} == {"add https://www.sipri.org/"}  # several were listed
    assert (tmp_path / "feeds.opml").read_text().count("xmlUrl") == 4
