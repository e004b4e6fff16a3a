"""The outbox: nothing lost, nothing twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.core.alerts import AlertRule, Found
from pipeline.core.errors import FetchError, WirewatchError
from pipeline.stores import delivery, outbox
from pipeline.stores.base import Ledger
from tests.alerts.conftest import NOW, Inbox, found, rule, story

HOUR = timedelta(hours=1)


def no_pause(_: float) -> None:
    pass


def send(ledger: Ledger, rules: list[AlertRule], now: Any = NOW, **channels: Any) -> delivery.Outcome:
    return delivery.deliver(ledger, rules, channels, now, pause=no_pause)


def busy(status: int = 503, **more: Any) -> FetchError:
    return FetchError(f"http-{status}", f"answered {status}", url="http://hook", status=status, **more)


def test_a_match_is_told_once(ledger: Ledger) -> None:
    rules, hook = [rule()], Inbox()
    assert outbox.claim(ledger, found(rules, story(1), story(2)), NOW) == 2
    assert outbox.claim(ledger, found(rules, story(1)), NOW) == 0
    assert send(ledger, rules, hook=hook) == delivery.Outcome(2, 2, 0, {})
    assert sorted(hook.stories) == [["s0001"], ["s0002"]]
    assert outbox.claim(ledger, found(rules, replace(story(1), revision=2, title="Shells to Russia, again")), NOW) == 0
    assert send(ledger, rules, hook=hook).messages == 0
    assert {alert.state for alert in outbox.log(ledger)} == {"delivered"}


def test_a_cluster_is_told_once_with_its_outlets(ledger: Ledger) -> None:
    rules, hook = [rule()], Inbox()
    copies = [story(n, cluster="c", source=f"outlet-{n}") for n in (1, 2, 3)]
    assert outbox.claim(ledger, found(rules, *copies[:2]), NOW) == 1
    assert outbox.claim(ledger, found(rules, copies[2]), NOW) == 0
    send(ledger, rules, hook=hook)
    [message] = hook.messages
    assert message.items[0].outlets == ("outlet-1", "outlet-2", "outlet-3")
    assert outbox.claim(ledger, found(rules, story(4, cluster="c")), NOW) == 0


def test_a_story_told_alone_is_not_told_again_when_it_joins_a_cluster(ledger: Ledger) -> None:
    rules = [rule()]
    assert outbox.claim(ledger, found(rules, story(1)), NOW) == 1
    assert outbox.claim(ledger, found(rules, story(1, cluster="older", revision=2)), NOW) == 0


def test_fold_by_story_tells_each(ledger: Ledger) -> None:
    rules = [rule(fold="story")]
    assert outbox.claim(ledger, found(rules, story(1, cluster="c"), story(2, cluster="c")), NOW) == 2


def test_what_one_story_brings_to_a_thread_comes_together(ledger: Ledger) -> None:
    rules, hook = [rule(query="topic:*", when={"thread": "any"})], Inbox()
    [item, other] = [one.item for one in found([rule()], story(1), story(2))]
    news = [Found(rules[0], f"unfolds:t:{what}", replace(told, title=what))
            for told, what in ((item, "claim"), (item, "denial"), (other, "third"))]
    assert outbox.claim(ledger, news, NOW) == 3
    assert send(ledger, rules, hook=hook).messages == 2
    assert sorted(hook.stories) == [["s0001", "s0001"], ["s0002"]]
    assert outbox.claim(ledger, news, NOW) == 0


def test_fold_by_thread_tells_a_matter_once(ledger: Ledger) -> None:
    rules = [rule(fold="thread")]
    assert outbox.claim(ledger, found(rules, story(1, thread="t"), story(2, thread="t"), story(3)), NOW) == 2
    assert outbox.claim(ledger, found(rules, story(4, thread="t")), NOW) == 0
    assert outbox.claim(ledger, found(rules, story(3, thread="u", revision=2)), NOW) == 0, "told before it had a thread"


def test_a_passing_refusal_is_tried_again_at_once_with_the_same_key(ledger: Ledger) -> None:
    tried: list[str] = []

    class Counting(Inbox):
        def send(self, message: Any) -> None:
            tried.append(message.key)
            super().send(message)

    hook = Counting(busy(), busy())
    rules = [rule()]
    outbox.claim(ledger, found(rules, story()), NOW)
    assert send(ledger, rules, hook=hook).delivered == 1
    assert len(tried) == 3
    assert len(set(tried)) == 1


def test_a_channel_that_is_down_keeps_its_alerts_and_the_others_get_theirs(ledger: Ledger) -> None:
    rules = [rule(channels=("hook", "mail"))]
    down = FetchError("connect", "cannot reach hook", url="http://hook")
    hook, mail = Inbox(down), Inbox()
    outbox.claim(ledger, found(rules, *(story(n) for n in range(5))), NOW)
    first = send(ledger, rules, hook=hook, mail=mail)
    assert (first.delivered, first.messages, first.pending) == (0, 5, 5)
    assert first.errors == {"hook": "cannot reach hook"}
    assert len(mail.messages) == 5
    assert hook.messages == []
    assert send(ledger, rules, hook=hook, mail=mail).messages == 0, "not before its time"
    later = send(ledger, rules, NOW + timedelta(seconds=5), hook=hook, mail=mail)
    assert (later.delivered, later.pending) == (5, 0)
    assert len(set(hook.keys)) == 5
    assert not set(hook.keys) & set(mail.keys)


def test_one_message_that_cannot_be_sent_does_not_block_the_others(ledger: Ledger) -> None:
    class Picky(Inbox):
        def send(self, message: Any) -> None:
            if message.items[0].story == "s0001":
                raise busy(400)
            super().send(message)

    rules, hook = [rule()], Picky()
    outbox.claim(ledger, found(rules, *(story(n) for n in range(6))), NOW)
    assert send(ledger, rules, hook=hook).delivered == 5
    assert [alert.state for alert in outbox.pending(ledger)] == ["failing"]


def test_back_off_grows_and_ends_as_a_dead_letter_that_can_be_retried(ledger: Ledger) -> None:
    rules = [rule()]
    outbox.claim(ledger, found(rules, story()), NOW)
    now, waits = NOW, []
    while True:
        send(ledger, rules, now, hook=Inbox(*[busy(500)] * 3))
        [alert] = outbox.pending(ledger)
        assert alert.due is not None
        if alert.state == "dead":
            break
        waits.append(alert.due - now)
        now = alert.due
    assert waits[:7] == list(delivery.BACK_OFF)
    assert set(waits[7:]) == {HOUR}
    assert delivery.GIVE_UP <= now - NOW < delivery.GIVE_UP + 2 * HOUR
    hook = Inbox()
    assert send(ledger, rules, now + 24 * HOUR, hook=hook).messages == 0
    assert outbox.retry(ledger, now) == 1
    assert send(ledger, rules, now, hook=hook).delivered == 1
    assert outbox.pending(ledger) == []


def test_a_server_that_says_when_is_heeded(ledger: Ledger) -> None:
    rules = [rule()]
    outbox.claim(ledger, found(rules, story()), NOW)
    send(ledger, rules, hook=Inbox(busy(429, retry_after_s=600)))
    assert outbox.pending(ledger)[0].due == NOW + timedelta(minutes=10)


def test_a_channel_that_is_not_configured_is_told(ledger: Ledger) -> None:
    rules = [rule()]
    outbox.claim(ledger, found(rules, story()), NOW)
    assert "no channel hook" in send(ledger, rules).errors["hook"]
    assert send(ledger, rules, NOW + HOUR, hook=Inbox()).delivered == 1


def test_a_cool_down_gathers(ledger: Ledger) -> None:
    rules, hook = [rule(cooldown="1h")], Inbox()
    outbox.claim(ledger, found(rules, story(1)), NOW)
    send(ledger, rules, hook=hook)
    for n in (2, 3, 4):
        later = NOW + n * timedelta(minutes=10)
        outbox.claim(ledger, found(rules, story(n, published=later), now=later), later)
        assert send(ledger, rules, later, hook=hook).messages == 0
    assert send(ledger, rules, NOW + HOUR, hook=hook) == delivery.Outcome(3, 1, 0, {})
    assert hook.stories == [["s0001"], ["s0004", "s0003", "s0002"]]


def test_a_gathered_message_stays_the_same_on_retry(ledger: Ledger) -> None:
    rules = [rule(cooldown="1h")]
    outbox.claim(ledger, found(rules, story(1), story(2)), NOW)
    hook = Inbox(busy(500), busy(500), busy(500))
    send(ledger, rules, hook=hook)
    first = [alert.key for alert in outbox.pending(ledger)]
    outbox.claim(ledger, found(rules, story(3)), NOW)
    changed = [rule(digest="0 7 * * *")]
    outbox.begin(ledger, changed, NOW)
    send(ledger, changed, NOW + timedelta(seconds=5), hook=hook)
    assert hook.stories == [["s0002", "s0001"]]
    assert len(first) == 2
    send(ledger, changed, NOW + 19 * HOUR, hook=hook)
    assert hook.stories[1:] == [["s0003"]]


def test_a_digest_comes_at_its_time(ledger: Ledger) -> None:
    rules, hook = [rule(digest="0 7 * * *", timezone="Europe/Berlin")], Inbox()
    outbox.claim(ledger, found(rules, story(1), story(2)), NOW)
    assert send(ledger, rules, NOW + 17 * HOUR, hook=hook).messages == 0
    assert send(ledger, rules, NOW + 18 * HOUR, hook=hook).messages == 1
    assert [len(message.items) for message in hook.messages] == [2]


def test_quiet_hours_and_silence_gather(ledger: Ledger) -> None:
    hook = Inbox()
    quiet = rule("q", quiet="11:00-14:00")
    silenced = replace(rule("s"), silenced_until=NOW + 3 * HOUR)
    outbox.claim(ledger, found([quiet, silenced], story(1), story(2)), NOW)
    assert send(ledger, [quiet, silenced], NOW + HOUR, hook=hook).messages == 0
    send(ledger, [quiet, silenced], NOW + 2 * HOUR, hook=hook)
    assert [(m.rule, len(m.items)) for m in hook.messages] == [("q", 2)]
    send(ledger, [quiet, silenced], NOW + 3 * HOUR, hook=hook)
    assert [(m.rule, len(m.items)) for m in hook.messages] == [("q", 2), ("s", 2)]


def test_a_silence_set_or_lifted_later_counts(ledger: Ledger) -> None:
    plain, hook = rule(), Inbox()
    silenced = replace(plain, silenced_until=NOW + 10 * HOUR)
    outbox.begin(ledger, [plain], NOW)
    outbox.claim(ledger, found([plain], story(1)), NOW)
    outbox.begin(ledger, [silenced], NOW)
    assert send(ledger, [silenced], NOW, hook=hook).messages == 0
    outbox.begin(ledger, [plain], NOW + HOUR)
    assert send(ledger, [plain], NOW + HOUR, hook=hook).messages == 1


def test_old_stories_of_a_first_start_come_as_one_message(ledger: Ledger) -> None:
    rules, hook = [rule()], Inbox()
    old = [story(n, published=NOW - timedelta(days=n)) for n in range(2, 12)]
    outbox.claim(ledger, found(rules, *old, story(1)), NOW)
    send(ledger, rules, hook=hook)
    assert sorted(len(message.items) for message in hook.messages) == [1, 10]
    assert all(item.late for message in hook.messages if message.gathered for item in message.items)


@pytest.mark.parametrize(("start", "told"), [("now", ["s0000"]), ("24h", ["s0000", "s0012"]),
                                             ("all", ["s0000", "s0012", "s0048"])])
def test_how_old_stories_may_be_when_a_rule_begins(ledger: Ledger, start: str, told: list[str]) -> None:
    rules, hook = [rule(start=start)], Inbox()
    outbox.begin(ledger, rules, NOW)
    stories = [story(hours, published=NOW - hours * HOUR) for hours in (0, 12, 48)]
    assert outbox.claim(ledger, found(rules, *stories), NOW + HOUR) == len(told)
    send(ledger, rules, NOW + HOUR, hook=hook)
    assert sorted(id for ids in hook.stories for id in ids) == told
    late = story(99, published=NOW + HOUR)
    assert outbox.claim(ledger, found(rules, late), NOW + timedelta(days=9)) == 1, "late ones alert"


def test_a_rule_that_is_gone_still_tells_what_it_claimed_unless_withdrawn(ledger: Ledger) -> None:
    rules, hook = [rule(digest="0 7 * * *"), rule("other", digest="0 7 * * *")], Inbox()
    outbox.claim(ledger, found(rules, story(1)), NOW)
    assert outbox.withdraw(ledger, "other", NOW) == 1
    assert send(ledger, [], NOW + 24 * HOUR, hook=hook).messages == 1
    assert {a.rule: a.state for a in outbox.log(ledger)} == {"shells": "delivered", "other": "withdrawn"}
    assert [a.rule for a in outbox.log(ledger, "other")] == ["other"]


def test_many_are_sent_in_parts_and_found_whole_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "AT_ONCE", 300)
    rules, hook = [rule(cooldown="1h"), rule("plain")], Inbox()
    stories = [story(n, body="", published=NOW - n * timedelta(seconds=1)) for n in range(730)]
    outbox.claim(ledger, found(rules, *stories), NOW)
    down = Inbox(*[WirewatchError("disk full")] * 3)
    assert send(ledger, rules, hook=down).messages == 0
    assert len(down.refusals) == 2, "tried once"
    now = NOW
    while outbox.pending(ledger, 1):
        now += HOUR
        send(ledger, rules, now, hook=hook)
    assert max(len(message.items) for message in hook.messages) == delivery.PART
    for name in ("shells", "plain"):
        told = [item.story for message in hook.messages if message.rule == name for item in message.items]
        assert len(told) == len(set(told)) == 730
    assert len(set(hook.keys)) == len(hook.messages)


def test_forgetting(ledger: Ledger) -> None:
    rules = [rule()]
    outbox.claim(ledger, found(rules, story(1)), NOW)
    assert outbox.forget(ledger, NOW + HOUR) == 0, "still pending"
    send(ledger, rules, hook=Inbox())
    assert outbox.forget(ledger, NOW) == 0
    assert outbox.forget(ledger, NOW + HOUR) == 1
