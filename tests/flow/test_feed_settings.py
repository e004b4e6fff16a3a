"""What each setting of a feed does, in one pass over real servers; and that secrets stay where they belong."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.core.query import parse
from pipeline.core.story import Story, from_plain
from pipeline.feeds.schedule import FeedState
from tests.cli.terminal import say
from tests.faults.passes import Passes, feed, page
from tests.servers.site import Answer, Site

KEY = "hush-hush-hush"
LONG = " ".join(["The harbour of the feed itself was quiet on Monday, officials said."] * 12)


def outlet(name: str, *titles: str) -> dict[str, Answer]:
    host = f"http://{name}.example"
    items = [(f"/{number}", title) for number, title in enumerate(titles)]
    return {f"{host}/feed": feed(host, items), **{f"{host}{path}": page(title, 7) for path, title in items}}


PAGES = {
    **outlet("tagged", "Convoy of the tagged"),
    **outlet("picky", "Convoy leaves", "Convoy of football", "Grain prices"),
    **outlet("paced", "Convoy in time"),
    **outlet("secret", "Convoy behind a door"),
    **outlet("away", "Convoy from far away"),
    **outlet("shy", "Convoy that is shy"),
    **outlet("loud", "Convoy that is loud"),
    **outlet("off", "Convoy that is off"),
    **outlet("plain", "Convoy as a page"),
    **outlet("whole", "Convoy whole in the feed"),
    "http://door.example/feed": Answer(b"", status=302, headers={"Location": "http://away.example/feed"}),
    "http://hall.example/feed": Answer(b"", status=307, headers={"Location": "/room"}),
    "http://hall.example/room": feed("http://hall.example", []),
    "http://shy.example/robots.txt": Answer(b"User-agent: *\nDisallow: /", "text/plain"),
    "http://loud.example/robots.txt": Answer(b"User-agent: *\nDisallow: /", "text/plain"),
    "http://lost.example/feed?k=" + KEY: Answer(b"", status=500),
}
PAGES["http://whole.example/feed"] = Answer(
    PAGES["http://whole.example/feed"].body.replace(b", told shortly.", f". {LONG}".encode()), "text/xml"
)


def with_key(id: str, url: str) -> dict[str, Any]:
    return {"id": id, "url": url, "headers": {"Authorization": "Bearer ${FEED_KEY}", "X-Key": "${FEED_KEY}"}}


FEEDS: list[dict[str, Any]] = [
    {"id": "tagged", "url": "http://tagged.example/feed", "tags": ["asia", "state media"], "source": "Tagged Times",
     "lang": "de"},
    {"id": "picky", "url": "http://picky.example/feed", "include": "convoy", "exclude": "title:football"},
    {"id": "paced", "url": "http://paced.example/feed", "interval_min_s": 7200, "interval_max_s": 7200},
    with_key("secret", "http://secret.example/feed"),
    with_key("door", "http://door.example/feed"),
    with_key("hall", "http://hall.example/feed"),
    {"id": "shy", "url": "http://shy.example/feed", "robots": True},
    {"id": "loud", "url": "http://loud.example/feed", "robots": False},
    {"id": "off", "url": "http://off.example/feed", "enabled": False},
    {"id": "plain", "url": "http://plain.example/feed"},
    {"id": "whole", "url": "http://whole.example/feed", "full_text": "feed"},
    with_key("lost", "http://lost.example/feed?k=${FEED_KEY}"),
    {"id": "named", "url": f"http://reader:{KEY}@named.example/feed"},
]


class Done:
    """What the pass left behind."""

    def __init__(self, passes: Passes, site: Site) -> None:
        self.passes, self.site = passes, site
        self.failures = {failure.feed: failure for failure in passes.failures()}
        self.stories: dict[str, list[Story]] = {}
        store = passes.open_store()
        try:
            for story in store.archive.stories(now=passes.now):
                self.stories.setdefault(story.feeds[0], []).append(story)
            found = store.archive.search(parse('tag:"state media" lang:de source:"tagged times"'), now=passes.now)
            self.tagged = [hit.story.feeds for hit in found.hits]
            self.states = {record.key: from_plain(FeedState, record.data) for record in store.ledger.scan("feed")}
        finally:
            store.close()

    def titles(self, id: str) -> set[str]:
        return {story.title for story in self.stories.get(id, ())}

    def heard(self, url: str) -> dict[str, str]:
        return {name: value for name, value in self.site.heard[url].items() if KEY in value}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    with pytest.MonkeyPatch.context() as patch, Site(PAGES) as site:
        patch.setenv("FEED_KEY", KEY)
        passes = Passes.make(tmp_path_factory.mktemp("settings"), site, feeds=FEEDS, network={"robots": "articles"})
        passes.workspace.run("run")
        yield Done(replace(passes, now=datetime.now(UTC)), site)


def test_tags_source_and_language_are_those_of_its_stories(done: Done) -> None:
    (story,) = done.stories["tagged"]
    assert (story.tags, story.source, story.lang) == (("asia", "state media"), "Tagged Times", "de")
    assert done.tagged == [("tagged",)]


def test_include_and_exclude_choose_what_becomes_a_story(done: Done) -> None:
    assert done.titles("picky") == {"Convoy leaves"}
    assert done.site.requests["picky.example/1"] == done.site.requests["picky.example/2"] == 0


def test_interval_bounds_hold(done: Done) -> None:
    state = done.states["paced"]
    assert state.interval_s == 7200
    assert state.due is not None
    assert state.polled is not None
    assert state.due - state.polled == timedelta(hours=2)
    assert done.states["plain"].interval_s < 7200


def test_headers_go_to_the_feed_alone(done: Done) -> None:
    both = {"authorization": f"Bearer {KEY}", "x-key": KEY}
    assert done.heard("secret.example/feed") == both
    assert done.titles("secret") == {"Convoy behind a door"}
    assert done.heard("secret.example/0") == {}
    for url in ("secret.example/robots.txt", "plain.example/feed"):
        assert done.heard(url) == {}


def test_a_credential_never_follows_a_redirect_to_another_host(done: Done) -> None:
    assert set(done.heard("door.example/feed")) == {"authorization", "x-key"}
    assert done.site.requests["away.example/feed"] == 1
    assert done.titles("door") == {"Convoy from far away"}
    assert done.heard("away.example/feed") == {}
    assert set(done.heard("hall.example/room")) == {"authorization", "x-key"}  # the same host keeps it


def test_robots_for_one_feed(done: Done) -> None:
    assert done.failures["shy"].reason == "robots"
    assert done.site.requests["shy.example/feed"] == 0
    (story,) = done.stories["loud"]
    assert story.body_source == "page"
    assert done.site.requests["loud.example/robots.txt"] == 0


def test_a_disabled_feed_is_not_asked(done: Done) -> None:
    assert done.site.requests["off.example/feed"] == 0


def test_text_of_the_page_or_of_the_feed(done: Done) -> None:
    (plain,), (whole,) = done.stories["plain"], done.stories["whole"]
    assert (plain.body_source, whole.body_source) == ("page", "feed")
    assert LONG in whole.body
    assert done.site.requests["whole.example/0"] == 0


def test_no_command_shows_a_secret(done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_KEY", KEY)
    assert done.failures["lost"].reason == "http-500"
    commands = (["feeds"], ["feeds", "--json"], ["feeds", "check", "secret"], ["feeds", "check", "lost"],
                ["feeds", "check", "--json"], ["feeds", "export"], ["failures"], ["failures", "--json"],
                ["failures", "show", "feed:lost"])
    said = "".join(say(done.passes.workspace, *words).both for words in commands)
    assert "k=${FEED_KEY}" in said
    assert KEY not in said


def test_failures_are_kept_without_secrets(done: Done) -> None:
    assert done.failures["named"].reason == "credentials"
    assert done.failures["named"].url == "http://…@named.example/feed"
    assert done.failures["lost"].url == "http://lost.example/feed?k=${FEED_KEY}"
    assert KEY not in str(list(done.failures.values()))
