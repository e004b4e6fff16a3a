"""feeds.added.yaml: written whole or not at all, never at the cost of feeds.yaml, and checked like it."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import ADDED_FEEDS, FEEDS, feed_secrets, load_feeds, placed_feeds
from pipeline.core.errors import ConfigError, WirewatchError
from pipeline.feeds.added import NewFeed, add, remove
from tests.e2e.workspace import REPOSITORY

OWN = """# mine, with a comment
groups:
  - name: Agencies
    tags: [agency]
    feeds:
      - {id: tass, url: "https://tass.example/rss"}   # keep me
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / FEEDS).write_text(OWN)
    return tmp_path


def test_what_is_added_stands_in_a_file_of_its_own_and_is_loaded(place: Path) -> None:
    one = NewFeed("https://www.bbc.example/world/rss.xml?edition=int", title="BBC: World", tags=("uk", "world news"))
    two = NewFeed("https://b.example/feed", id="b", group="Blogs / Defence")
    done = add(place, [one, two])
    assert [feed.id for feed in done.added] == ["bbc.example-world-rss.xml-edition-int", "b"]
    assert (place / FEEDS).read_text() == OWN
    loaded = placed_feeds(place)
    assert [(p.feed.id, p.group) for p in loaded] == [
        ("tass", "Agencies"), ("bbc.example-world-rss.xml-edition-int", "Added"), ("b", "Blogs / Defence"),
    ]
    assert loaded[1].feed == done.added[0]
    for placed in loaded:
        assert placed.feed.url in placed.file.read_text().splitlines()[placed.line - 1]
    text = (place / ADDED_FEEDS).read_text()
    assert text.startswith("# Feeds added by `wirewatch feeds add`")
    assert [line for line in text.splitlines() if "bbc" in line] == [
        '      - {id: bbc.example-world-rss.xml-edition-int, url: \'https://www.bbc.example/world/rss.xml?edition=int\','
        " title: 'BBC: World', tags: [uk, world news]}"
    ]


def test_a_feed_that_is_there_is_known_by_any_spelling_of_its_address(place: Path) -> None:
    add(place, [NewFeed("https://a.example/feed")])
    before = (place / ADDED_FEEDS).read_bytes()
    again = [NewFeed("http://A.example:80/feed?utm_source=x#top"), NewFeed("http://tass.example/rss")]
    done = add(place, again)
    assert done.added == ()
    assert [(new.url, same.feed.id) for new, same in done.known] == [(again[0].url, "a.example-feed"),
                                                                     (again[1].url, "tass")]
    assert (place / ADDED_FEEDS).read_bytes() == before


def test_ids_are_unique(place: Path) -> None:
    done = add(place, [NewFeed(f"https://a.example/{path}") for path in ("x?y", "x/y", "x-y")])
    assert [feed.id for feed in done.added] == ["a.example-x-y", "a.example-x-y-2", "a.example-x-y-3"]
    with pytest.raises(ConfigError, match=r"the id tass is taken by https://tass.example/rss \(.*feeds.yaml:6\)"):
        add(place, [NewFeed("https://c.example/"), NewFeed("https://d.example/", id="tass")])
    with pytest.raises(ConfigError, match="cannot be an id"):
        add(place, [NewFeed("https://d.example/", id="a b")])
    assert len(load_feeds(place)) == 4  # all or none


def test_remove_by_id_or_address_and_only_what_was_added(place: Path) -> None:
    add(place, [NewFeed("https://a.example/feed", tags=("x",)), NewFeed("https://b.example/feed", group="B")])
    removed = remove(place, "a.example-feed")
    assert removed is not None
    assert (removed.url, removed.tags) == ("https://a.example/feed", ("x",))
    assert remove(place, "http://b.example/feed?utm_medium=rss") is not None
    assert remove(place, "tass") is None
    assert remove(place, "a.example-feed") is None
    assert [feed.id for feed in load_feeds(place)] == ["tass"]
    assert "groups: []" in (place / ADDED_FEEDS).read_text()


def test_settings_written_by_hand_stay_and_mistakes_name_file_and_line(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEED_KEY", "hush-hush")
    (place / ADDED_FEEDS).write_text(
        "groups:\n  - name: Mine\n    tags: [by-hand]\n    feeds:\n"
        "      - {url: 'https://a.example/f', full_text: feed, headers: {Key: '${FEED_KEY}'}, interval_max_s: 600}\n"
    )
    add(place, [NewFeed("https://b.example/f", group="Mine")])
    a, b = load_feeds(place)[1:]
    assert (a.full_text, a.headers, a.interval_max_s, a.tags) == ("feed", {"Key": "hush-hush"}, 600, ("by-hand",))
    assert b.tags == ("by-hand",)
    assert "hush-hush" not in (place / ADDED_FEEDS).read_text()
    text = (place / ADDED_FEEDS).read_text().replace("full_text: feed", "full_txt: feed")
    (place / ADDED_FEEDS).write_text(text + "      - {url: 'https://tass.example/rss/'}\n")
    with pytest.raises(ConfigError) as caught:
        load_feeds(place)
    line = next(n for n, text in enumerate(text.splitlines(), 1) if "full_txt" in text)
    assert f"{ADDED_FEEDS}:{line}: groups[0].feeds[0].full_txt: unknown key" in str(caught.value)
    (place / ADDED_FEEDS).write_text("groups: [")
    with pytest.raises(ConfigError, match=f"{ADDED_FEEDS}:2: not valid YAML"):
        load_feeds(place)
    with pytest.raises(ConfigError, match=ADDED_FEEDS):
        add(place, [NewFeed("https://c.example/f")])
    assert (place / ADDED_FEEDS).read_text() == "groups: ["


def test_what_strangers_write_takes_nothing_from_the_environment(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET", "hush-hush")
    add(place, [NewFeed("https://evil.example/${AWS_SECRET}", title="${AWS_SECRET}", tags=("${AWS_SECRET}",),
                        group="${AWS_SECRET}")])
    (placed,) = placed_feeds(place)[1:]
    assert placed.feed.url == "https://evil.example/${AWS_SECRET}"
    assert "hush-hush" not in repr(placed)


def test_secrets_of_the_environment_are_known_in_every_spelling(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_KEY", "a b/ü&c")
    (place / FEEDS).write_text(OWN.replace("/rss", "/rss?key=${FEED_KEY}"))
    secrets = feed_secrets(place)
    (feed,) = load_feeds(place)
    told = ["https://tass.example/rss?key=${FEED_KEY}"] * 2
    assert secrets.hidden_in([feed.url, "https://tass.example/rss?key=a%20b/%C3%BC&c"]) == told
    assert secrets.hidden_in({"x": ["a%20b%2F%C3%BC%26c", 1, None]}) == {"x": ["${FEED_KEY}", 1, None]}
    at_work = pickle.loads(pickle.dumps(feed))  # noqa: S301  (as it comes to a worker process)
    assert at_work.hidden(feed.url) == told[0]


def test_neither_an_id_nor_a_mistake_holds_a_secret(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_KEY", "hush-hush")
    feed = "      - {url: 'https://k.example/rss?key=${FEED_KEY}'}\n"
    (place / FEEDS).write_text(OWN + feed)
    assert [one.id for one in load_feeds(place)] == ["tass", "k.example-rss-key-feed_key"]
    (place / FEEDS).write_text(OWN + 2 * feed + "      - {url: '${FEED_KEY}'}\n")
    with pytest.raises(ConfigError) as caught:
        load_feeds(place)
    assert "${FEED_KEY}" in str(caught.value)
    (place / FEEDS).write_text(OWN + 2 * feed)
    with pytest.raises(ConfigError, match=r"key=\$\{FEED_KEY\} is already the url of the feed") as repeated:
        load_feeds(place)
    assert "hush" not in f"{caught.value}{repeated.value}"


def test_two_that_add_at_once_wait_for_each_other(place: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.feeds.added import NewFeed, add\n"
        "for n in range(5): add(Path(sys.argv[1]), [NewFeed(f'https://{sys.argv[2]}.example/{n}')])"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    running = [subprocess.Popen([sys.executable, "-c", code, str(place), name], env=environment) for name in "abc"]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(load_feeds(place)) == 1 + 15
    assert sorted(path.name for path in place.iterdir()) == [ADDED_FEEDS, FEEDS]


def test_a_disk_that_is_full_leaves_the_file_as_it_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(place, [NewFeed("https://a.example/f")])
    before = (place / ADDED_FEEDS).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WirewatchError, match="cannot be written: No space left on device; nothing was changed"):
            add(place, [NewFeed("https://b.example/f")])
    assert (place / ADDED_FEEDS).read_bytes() == before
    assert sorted(path.name for path in place.iterdir()) == [ADDED_FEEDS, FEEDS]
    add(place, [NewFeed("https://b.example/f")])
    assert len(load_feeds(place)) == 3


def test_permissions_stay(place: Path) -> None:
    add(place, [NewFeed("https://a.example/f")])
    (place / ADDED_FEEDS).chmod(0o640)
    add(place, [NewFeed("https://b.example/f")])
    assert (place / ADDED_FEEDS).stat().st_mode & 0o777 == 0o640


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=12)), min_size=1, max_size=4))
def test_any_title_and_group_survive_the_file(
    tmp_path_factory: pytest.TempPathFactory, names: list[tuple[str, str]]
) -> None:
    place = tmp_path_factory.mktemp("feeds")
    feeds = [NewFeed(f"https://a.example/{n}", title=title, group=group) for n, (title, group) in enumerate(names)]
    add(place, feeds)
    wanted = {f"a.example-{n}": (title, group or "Added") for n, (title, group) in enumerate(names)}
    assert {p.feed.id: (p.feed.title, p.group) for p in placed_feeds(place)} == wanted
    add(place, [NewFeed("https://z.example/")])
    assert {p.feed.id: (p.feed.title, p.group) for p in placed_feeds(place)} == {
        **wanted, "z.example": ("", "Added"),
    }
