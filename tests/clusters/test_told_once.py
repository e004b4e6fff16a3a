"""Alerts fold by cluster and thread, also where clusters merge after they were told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.config import ClusterSettings
from pipeline.core.alerts import RuleIndex, rule_from_plain
from pipeline.core.story import Story
from pipeline.flow.storing import alert
from pipeline.stores import delivery, outbox
from pipeline.stores.base import Store
from pipeline.stores.clusters import keep
from tests.alerts.conftest import Inbox
from tests.clusters.made import CHARGE, DENIAL, NOW, story, text, told, transfer

Arrive = Callable[..., int]


@pytest.fixture
def arrive(any_store: Store) -> Arrive:
    """Stories arrive together; how many alerts they raise under a rule for everything."""

    def add(*stories: Story, fold: str = "cluster", query: str = "*") -> int:
        rule = rule_from_plain({"name": "all", "query": query, "channels": ["desk"], "fold": fold})
        kept = keep(any_store, stories, ClusterSettings())
        claimed, failed = alert(any_store, RuleIndex([rule]), kept.stories, NOW)
        assert not failed
        return claimed

    return add


def test_two_copies_at_once_and_a_third_later_raise_one(arrive: Arrive, any_store: Store) -> None:
    wire = text(1)
    assert arrive(story(1, wire), story(2, wire)) == 1
    assert arrive(story(3, wire)) == 0
    assert arrive(story(4, text(2))) == 1
    [other, one] = sorted(outbox.log(any_store.ledger), key=lambda one: len(one.item.outlets))
    assert one.item.outlets == ("outlet1", "outlet2", "outlet3")
    assert other.item.outlets == ("outlet4",)


def test_an_older_copy_that_comes_later_raises_none(arrive: Arrive) -> None:
    wire = text(1)
    assert arrive(story(5, wire)) == 1
    assert arrive(story(1, wire)) == 0
    assert arrive(story(9, wire)) == 0


def test_clusters_that_merge_raise_none_again(arrive: Arrive) -> None:
    left, right = text(1, 120), text(2, 120)
    assert arrive(story(10, left)) == 1
    assert arrive(story(5, right)) == 1
    assert arrive(story(20, f"{left} {right}")) == 0
    assert arrive(story(11, left)) == 0
    assert arrive(story(6, right)) == 0


@pytest.mark.parametrize("told_before", [False, True])
def test_matches_that_merge_before_they_are_sent_are_one(
    arrive: Arrive, any_store: Store, told_before: bool
) -> None:
    left, right = story(10, text(1, 120)), story(5, text(2, 120))
    rules, inbox = [rule_from_plain({"name": "all", "query": "*", "channels": ["desk"]})], Inbox()

    def send() -> None:
        delivery.deliver(any_store.ledger, rules, {"desk": inbox}, NOW)

    arrive(left)
    if told_before:
        send()
    arrive(right)
    assert arrive(story(20, f"{left.body} {right.body}")) == 0
    send()
    assert inbox.stories == [[left.id]], "the first that was claimed"
    assert [one.state for one in outbox.log(any_store.ledger)] == ["delivered"]


def test_by_story_every_copy_raises_one(arrive: Arrive) -> None:
    wire = text(1)
    assert arrive(story(1, wire), story(2, wire), fold="story") == 2
    assert arrive(story(3, wire), fold="story") == 1
    assert arrive(story(3, wire), fold="story") == 0


def test_by_thread_what_follows_raises_none(arrive: Arrive) -> None:
    charge, denial = told(3, CHARGE, transfer("KP", "RU", "alleged")), told(4, DENIAL, transfer("KP", "RU", "denied"))
    other = told(5, "Iran has sent drones to Yemen by dhow, a navy said after a search off Oman.", transfer("IR", "YE"))
    assert arrive(charge, fold="thread") == 1
    assert arrive(denial, other, fold="thread") == 1
    assert arrive(story(6, CHARGE, title=charge.title), fold="thread") == 0
    earlier = told(1, CHARGE, transfer("KP", "RU"))
    assert arrive(earlier, fold="thread") == 0, "the thread goes by another name now"


def test_a_revision_raises_only_what_did_not_match_before(arrive: Arrive) -> None:
    one = story(1, f"A convoy left. {text(1)}")
    assert arrive(one, query="convoy") == 1
    assert arrive(replace(one, body=f"A convoy of ships left. {text(1)}"), query="convoy") == 0
    assert arrive(story(2, text(2)), query="submarine") == 0
    assert arrive(replace(story(2, text(2)), body=f"A submarine. {text(2)}"), query="submarine") == 1
