"""Alerts on unusual volume: found in the archive, counted in clusters, told once for each burst."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.config import StoreSettings
from pipeline.core.alerts import AlertRule
from pipeline.core.alerts.triggers import risen
from pipeline.core.bursts import Rise
from pipeline.core.story import Story, TopicMatch
from pipeline.flow.trying import try_on
from pipeline.stores import bursts, delivery, open_store, outbox
from pipeline.stores.base import Store
from tests.alerts.conftest import NOW, Inbox, rule, story

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests learns everything too."""
    monkeypatch.setattr(bursts, "LEARNING_S", 1000.0)


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if getattr(request, "param", "") == "elastic":
        prefix = request.getfixturevalue("elastic_prefix")
        url = request.getfixturevalue("elasticsearch_url")
        opened = open_store(url, StoreSettings.model_validate({"index_prefix": prefix}))
    else:
        opened = open_store(str(tmp_path / "store"), StoreSettings())
    yield opened
    opened.close()


on_both = pytest.mark.parametrize("store", ["embedded", "elastic"], indirect=True)


def made(number: int, at: datetime, **changed: object) -> Story:
    return story(number, published=at, seen=at, cluster=f"s{number:04}", **changed)


def past(weeks: int, every: int, first: int = 0, **changed: object) -> Iterator[Story]:
    """A story every few hours up to now."""
    for number, ago in enumerate(range(1, weeks * 168, every)):
        yield made(first + number, NOW - ago * HOUR, **changed)


def fill(store: Store, *stories: Iterable[Story]) -> None:
    store.archive.index([one for some in stories for one in some])
    store.archive.refresh()


SPORT = {"title": "A match", "body": "It ended two to one.", "topics": (TopicMatch("sport", ()),), "events": ()}
RULES: tuple[AlertRule, ...] = (
    rule("topics", "*", channels=("hook",), when={"burst": "topic"}),
    rule("pairs", "*", channels=("hook",), when={"burst": "pair"}),
    rule("shells", "shells", channels=("hook",), when={"burst": "query"}),
    rule("matches", "match", channels=("hook",), when={"burst": "any"}),
)


@on_both
def test_a_burst_is_told_once_by_every_rule_that_it_concerns(store: Store) -> None:
    fill(store, past(6, 3, first=1000, **SPORT), past(6, 40, first=5000),
         (made(n, NOW - n * HOUR / 6) for n in range(8)))
    outbox.begin(store.ledger, RULES, NOW - 42 * 24 * HOUR)
    assert bursts.tell(store, RULES, NOW) == 3
    assert bursts.tell(store, RULES, NOW) == 0, "looked at just now"
    assert bursts.tell(store, RULES, NOW + HOUR) == 0, "still the same burst"
    hook = Inbox()
    delivery.deliver(store.ledger, RULES, {"hook": hook}, NOW)
    items = {message.rule: message.items[0] for message in hook.messages}
    assert {name: item.title.partition(":")[0] for name, item in items.items()} == {
        "topics": "Unusually much on topic arms-transfer", "pairs": "Unusually much on North Korea → Russia",
        "shells": "Unusually much on shells",
    }
    assert items["pairs"].title.partition(": ")[2].startswith("7 in 2 hours, where 0.")
    assert items["topics"].excerpt.startswith("North Korea ships artillery shells to Russia, report 1 says · ")
    assert {message.kind for message in hook.messages} == {"notice"}


def test_bursts_of_the_past_are_those_that_were_told(store: Store) -> None:
    fill(store, past(6, 3, first=1000, **SPORT), past(6, 40, first=5000),
         (made(n, NOW - n * HOUR / 6) for n in range(8)),
         (made(100 + n, NOW - 120 * HOUR - n * HOUR / 6) for n in range(8)))
    for one in RULES[:3]:
        trial = try_on(store, one, (), 10, NOW + HOUR)
        assert (trial.folded, trial.messages, trial.warning) == (2, 2, "")
        [latest, earlier] = trial.samples
        assert latest.title.startswith("Unusually much on ")
        assert NOW - 2 * HOUR < latest.matched <= NOW + HOUR
        assert latest.excerpt.startswith("North Korea ships artillery shells")
        assert NOW - 122 * HOUR < earlier.matched < NOW - 119 * HOUR
    assert try_on(store, RULES[3], (), 10, NOW + HOUR).messages == 0
    assert list(store.ledger.scan("burst")) == [], "trying leaves nothing behind"


@on_both
def test_forty_copies_are_one(store: Store) -> None:
    fill(store, past(6, 3, first=1000, **SPORT), past(6, 40, first=5000),
         (replace(made(n, NOW - n * HOUR / 40), cluster="s0000", copied=True) for n in range(40)))
    assert bursts.tell(store, RULES, NOW) == 0


def test_more_feeds_are_no_burst(store: Store) -> None:
    fill(store, past(6, 40, first=1000, **SPORT), past(6, 40, first=5000),
         (made(n, NOW - n * HOUR / 6) for n in range(20)),
         (made(100 + n, NOW - n * HOUR / 6, **SPORT) for n in range(60)),
         (made(200 + n, NOW - (n + 6) * HOUR / 3, **SPORT) for n in range(70)))
    assert bursts.tell(store, RULES[:3], NOW) == 0


def test_what_is_usual_is_learnt_when_there_is_time_and_once_a_day(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, past(6, 3, first=1000, **SPORT), past(6, 40, first=5000),
         (made(n, NOW - n * HOUR / 6) for n in range(8)))
    def learnt() -> set[str]:
        return {record.data["learnt"] for record in store.ledger.scan("burst", "/")}

    monkeypatch.setattr(bursts, "LEARNING_S", -1.0)
    assert bursts.tell(store, RULES[2:3], NOW) == 0, "nothing is known yet"
    assert learnt() == set()
    monkeypatch.setattr(bursts, "LEARNING_S", 1000.0)
    assert bursts.tell(store, RULES[2:3], NOW + HOUR / 4) == 1
    assert bursts.tell(store, RULES[2:3], NOW + HOUR / 2) == 0
    assert learnt() == {(NOW + HOUR / 4).isoformat()}
    monkeypatch.setattr(bursts, "ANEW", timedelta())
    assert bursts.tell(store, RULES[2:3], NOW + HOUR) == 0
    assert learnt() == {(NOW + HOUR).isoformat()}


def test_a_young_archive_says_nothing(store: Store) -> None:
    fill(store, past(1, 3, first=1000, **SPORT), (made(n, NOW - n * HOUR / 6) for n in range(8)))
    assert bursts.tell(store, RULES, NOW) == 0


def test_a_series_that_was_quiet_for_a_day_may_burst_again(store: Store) -> None:
    fill(store, past(6, 3, first=1000, **SPORT), past(6, 40, first=5000),
         (made(n, NOW - n * HOUR / 6) for n in range(8)))
    one = RULES[2:3]
    assert bursts.tell(store, one, NOW) == 1
    later = NOW + 72 * HOUR
    fill(store, past(6, 3, first=9000, **SPORT), (made(500 + n, later - n * HOUR / 6) for n in range(12)))
    assert bursts.tell(store, one, NOW + 36 * HOUR) == 0
    assert bursts.tell(store, one, later) == 1


def test_a_crash_before_the_claim_repeats_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, past(6, 3, first=1000, **SPORT), past(6, 40, first=5000),
         (made(n, NOW - n * HOUR / 6) for n in range(8)))
    one = RULES[2:3]
    claim = outbox.claim

    def dies(*given: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox, "claim", dies)
    with pytest.raises(KeyboardInterrupt):
        bursts.tell(store, one, NOW)
    monkeypatch.setattr(outbox, "claim", claim)
    assert bursts.tell(store, one, NOW + HOUR / 60) == 1
    monkeypatch.setattr(store.ledger, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        bursts.tell(store, one, NOW + HOUR)
    monkeypatch.undo()
    assert bursts.tell(store, one, NOW + HOUR) == 0


@pytest.mark.parametrize(("usual", "told"), [(0.04, "0.0"), (3.14, "3.1"), (31.4, "31")])
def test_what_it_says(usual: float, told: str) -> None:
    found = risen(rule(), "topic \x1b[2Jx", Rise(6, 70, usual, 1e-9), NOW, ["One", "Two\n", "Three", "Four"], NOW)
    assert found.item.title == f"Unusually much on topic  [2Jx: 70 in 6 hours, where {told} are usual"
    assert found.item.excerpt == "One · Two  · Three"
