"""Rules tried on the past."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.alerts import try_rule
from pipeline.core.alerts.trial import _messages, chart
from pipeline.core.errors import WirewatchError
from pipeline.core.story import Story
from pipeline.stores import delivery, outbox
from pipeline.stores.base import Ledger
from tests.alerts.conftest import NOW, Inbox, found, rule, story

HOUR = timedelta(hours=1)


def past() -> list[Story]:
    """Three stories a day for ten days, two of them copies; and one that no rule here finds."""
    out = [story(1000, title="Nothing", body="Nothing at all.", topics=(), events=(), published=NOW - HOUR)]
    for day in range(10):
        for n in range(3):
            at = NOW - timedelta(days=day) - n * HOUR
            out.append(story(day * 3 + n, published=at, cluster=f"c{day}" if n < 2 else ""))
    return out


def test_hits_and_messages_a_day() -> None:
    trial = try_rule(rule(), past(), days=7, now=NOW, others=[rule("a", "topic:arms-transfer"), rule("b", "submarine"),
                                                              rule("c", "nothing OR shells")])
    assert (trial.stories, trial.hits, trial.folded, trial.messages) == (23, 22, 15, 15)
    assert [(day.hits, day.messages) for day in trial.days] == [(1, 1)] + [(3, 2)] * 7
    assert trial.days[-1].day == NOW.date()
    assert [(o.rule, o.shared, o.own) for o in trial.overlaps] == [("a", 22, 22), ("c", 22, 23)]
    assert trial.warning == ""
    assert len(trial.samples) == 15
    assert trial.samples[0].words == ("shells", "Russia")
    published = [item.published for item in trial.samples]
    assert published == sorted(published, reverse=True)  # type: ignore[type-var]


@pytest.mark.parametrize(("keys", "messages"), [
    ({}, 15), ({"fold": "story"}, 22), ({"cooldown": "1h"}, 15), ({"cooldown": "3h"}, 15), ({"cooldown": "1d"}, 8),
    ({"cooldown": "2d"}, 5), ({"digest": "0 7 * * *"}, 8), ({"quiet": "08:00-12:30"}, 8),
    ({"digest": "0 7 * * *", "timezone": "Asia/Seoul"}, 8),
])
def test_messages_after_folding_and_pacing(keys: dict[str, str], messages: int) -> None:
    assert try_rule(rule(**keys), past(), days=7, now=NOW).messages == messages


def test_the_rate_is_of_days_that_have_stories() -> None:
    three_days = [one for one in past() if one.published > NOW - 3 * 24 * HOUR]
    trial = try_rule(rule(fold="story"), three_days, days=30, now=NOW, busy=2)
    assert (trial.messages, trial.rate) == (9, 3.0)
    assert "it would send 3 messages a day" in trial.warning


def test_warnings() -> None:
    assert "never have fired" in try_rule(rule(query="submarine"), past(), days=7, now=NOW).warning
    assert "no stories" in try_rule(rule(), [], days=7, now=NOW).warning
    assert "2 messages a day; narrow" in try_rule(rule(), past(), days=7, now=NOW, busy=2).warning
    assert try_rule(rule(cooldown="2d"), past(), days=7, now=NOW, busy=2).warning == ""


def test_a_disabled_rule_can_be_tried_and_the_newest_samples_are_kept() -> None:
    many = [story(n, published=NOW - n * HOUR / 2) for n in range(100)]
    trial = try_rule(rule(enabled=False, expires="2020-01-01"), reversed(many), days=7, now=NOW)
    assert trial.hits == 100
    assert [item.story for item in trial.samples] == [s.id for s in many[:20]]


def test_rules_that_no_story_fires() -> None:
    trial = try_rule(rule(when={"absent": "12h"}), past(), days=7, now=NOW)
    assert (trial.hits, trial.messages, trial.warning) == (22, 7, "")
    assert try_rule(rule(when={"absent": "2d"}), past(), days=7, now=NOW).messages == 0
    with pytest.raises(WirewatchError, match=r"is fired by health: failing, gone.* no past"):
        try_rule(rule(query=None, when={"health": "any"}), past(), days=7, now=NOW)


def test_chart() -> None:
    lines = chart(try_rule(rule(), past()[:12], days=5, now=NOW))
    assert len(lines) == 5
    assert lines[0] == "2026-02-27 … 2026-02-28 -"
    assert lines[-1] == f"2026-03-04 {'█' * 40} 3 hits, 2 messages"


@given(st.lists(st.integers(0, 10_000), max_size=60),
       st.sampled_from([{}, {"cooldown": "1h"}, {"cooldown": "7h", "quiet": "22:00-06:00"}, {"digest": "0 7 * * *"}]))
def test_messages_are_spaced_and_the_last_match_is_told(minutes: list[int], keys: dict[str, str]) -> None:
    one = rule(**keys)
    matched = sorted(NOW + timedelta(minutes=m) for m in minutes)
    sent: list[datetime] = _messages(one, matched, NOW, NOW)
    assert len(sent) <= len(matched)
    assert bool(sent) == bool(matched)
    if one.cooldown:
        assert all(b - a >= one.cooldown for a, b in pairwise(sent))
    if sent:
        assert sent[-1] >= matched[-1]


@pytest.mark.parametrize("keys", [{}, {"cooldown": "5h"}, {"digest": "30 7,19 * * *"}, {"quiet": "22:00-06:00"},
                                  {"cooldown": "3h", "quiet": "22:00-06:00", "timezone": "Asia/Seoul"}])
def test_expected_messages_are_those_that_the_outbox_sends(ledger: Ledger, keys: dict[str, str]) -> None:
    one, hook = rule(**keys), Inbox()
    told = [story(n, published=NOW + timedelta(hours=hours)) for n, hours in enumerate((0, 1, 3, 4, 9, 10, 11, 15, 30))]
    moments = [NOW + timedelta(minutes=30 * n) for n in range(2 * 24 * 3)]
    for now in moments:
        outbox.claim(ledger, found([one], *(s for s in told if s.published == now), now=now), now)
        delivery.deliver(ledger, [one], {"hook": hook}, now)
    trial = try_rule(one, told, days=4, now=moments[-1])
    assert [m.at for m in hook.messages] == _messages(one, [s.published for s in told], NOW, NOW)
    assert trial.messages == len(hook.messages)
    assert sum(len(m.items) for m in hook.messages) == trial.folded == len(told)
