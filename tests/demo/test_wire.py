"""What the sample wire claims of itself: its truth fits its texts, and it holds what a demonstration needs."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

import pipeline.demo
from pipeline.config import load_feeds
from pipeline.core.alerts import load_rules
from pipeline.demo.forms import outlets
from pipeline.demo.wire import Article, Version, ago, curly, sample_wire
from tests.demo.conftest import NOW

TOPICS = {
    "arms-transfer", "missile-launch", "sanctions", "military-exercise", "nuclear-program", "territorial-recognition",
    "armed-attack",
}
HERE = Path(pipeline.demo.__file__).parent
WIRE = sample_wire(NOW)


def shingles(version: Version) -> set[tuple[str, ...]]:
    words = version.body.lower().replace("’", "'").replace("“", '"').replace("”", '"').split()
    return set(zip(words, words[1:], words[2:], strict=False))


def likeness(a: Article, b: Article) -> float:
    one, two = shingles(a.second), shingles(b.second)
    return len(one & two) / len(one | two)


def test_size_and_mixture() -> None:
    assert len(WIRE.articles) >= 70
    assert len({feed for article in WIRE.articles for feed in article.feeds}) >= 12
    related = sum(bool(article.truth.topics) for article in WIRE.articles)
    assert 0.4 <= related / len(WIRE.articles) <= 0.6
    assert {topic for article in WIRE.articles for topic in article.truth.topics} == TOPICS
    statuses = {
        (event.topic, status) for a in WIRE.articles for event in a.truth.events for status in event.status
        if event.topic in ("arms-transfer", "missile-launch")
    }
    assert {status for _, status in statuses} == {"reported", "alleged", "denied", "planned", "hypothetical"}
    pages = {article.outlet.page for article in WIRE.articles}
    assert len(pages) >= 5
    formats = {feed.format for outlet in outlets().values() for feed in outlet.feeds.values()}
    assert formats == {"rss2", "rss1", "atom"}


@pytest.mark.parametrize("article", WIRE.articles, ids=lambda a: a.url.removeprefix("https://"))
def test_truth_fits_the_text(article: Article) -> None:
    truth = article.truth
    assert set(truth.topics) <= TOPICS
    assert set(truth.maybe) <= TOPICS - set(truth.topics)
    told = f"{article.second.title} {article.second.body}".lower()
    for event in truth.events:
        assert event.topic in truth.topics
        assert event.status
        weapon = event.roles.get("weapon", "")
        assert weapon in told.replace("’", "'"), f"{weapon} is not in the text"
    if article.outlet.lang == "en" and article.page != "missing":
        assert 135 <= len(article.second.body.split()) <= 500
    assert "{" not in told, "a weekday was not filled in"
    assert article.published <= NOW
    assert article.second.updated <= NOW


def test_copies_are_alike_and_others_are_not() -> None:
    near, far = [], []
    for a, b in combinations(WIRE.articles, 2):
        (near if a.copy == b.copy else far).append(likeness(a, b))
    assert min(near) > 0.5
    assert max(far) < 0.1


def test_a_thread_joins_several_texts_and_outlets() -> None:
    matters = defaultdict(set)
    for article in WIRE.articles:
        matters[article.truth.matter].add((article.copy, article.outlet.name))
    shells = matters["north-korea-arms-russia"]
    assert len({copy for copy, _ in shells}) >= 8
    assert len({name for _, name in shells}) >= 7


def test_state_2_brings_exactly_what_it_says() -> None:
    assert Counter(article.change for article in WIRE.articles if article.change) == {"new": 6, "changed": 2}
    changed = {article.copy: article for article in WIRE.articles if article.change == "changed"}
    assert {copy: article.second.note for copy, article in changed.items()} == {
        "launch-lumen": "update", "red-sea-tanker": "correction",
    }
    for article in changed.values():
        assert article.first is not None
        assert article.first.updated == article.published < article.second.updated
        assert article.first.title != article.second.title


def test_the_same_now_gives_the_same_wire_and_a_later_one_moves_all_dates() -> None:
    again, later = sample_wire(NOW + timedelta(seconds=29)), sample_wire(NOW + timedelta(days=7))
    assert again == WIRE
    assert [a.published + timedelta(days=7) for a in WIRE.articles] == [a.published for a in later.articles]
    assert [a.second.body for a in WIRE.articles] == [a.second.body for a in later.articles]


def test_feeds_and_alerts_are_good_configuration_and_name_what_is_served() -> None:
    served = {
        f"{outlet.host}{feed.path}": name for outlet in outlets().values() for name, feed in outlet.feeds.items()
    }
    feeds = load_feeds(HERE)
    asked = {feed.url.partition("://")[2] for feed in feeds}
    assert set(served) - asked == {"newherald.example/feeds/all.xml"}, "only the new home of a moved feed"
    assert asked <= set(served)
    listed = {feed for article in WIRE.articles for feed in article.feeds}
    assert listed <= {feed.id for feed in feeds}
    assert len(load_rules({"alerts.yaml": (HERE / "alerts.yaml").read_text("utf-8")}, ("console",))) >= 2


def test_nothing_leaves_the_reserved_names() -> None:
    assert all(outlet.host.endswith(".example") for outlet in outlets().values())


@pytest.mark.parametrize(("text", "hours"), [("2h", 2), ("1d", 24), ("1d 2h 30m", 26.5), ("90m", 1.5)])
def test_durations(text: str, hours: float) -> None:
    assert ago(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "2", "h", "2h1d", "soon"])
def test_bad_durations(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        ago(text)


@pytest.mark.parametrize(("straight", "house"), [
    ('"No," she said.', "“No,” she said."),
    ("'Real costs' if it's sent", "‘Real costs’ if it’s sent"),
    ('the "new" one ("old")', "the “new” one (“old”)"),
])
def test_quotation_marks(straight: str, house: str) -> None:
    assert curly(straight) == house == curly(house)
