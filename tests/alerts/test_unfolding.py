"""Alerts on what is new in a thread: a claim, a denial, a third independent outlet; each once, whatever is repeated."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import ClusterSettings, StoreSettings
from pipeline.core.alerts import AlertRule, Found, RuleIndex
from pipeline.core.alerts.unfolding import unfolds
from pipeline.core.story import Story
from pipeline.core.threads import thread_of
from pipeline.flow.storing import alert
from pipeline.flow.trying import try_on
from pipeline.stores import clusters, delivery, open_store, outbox
from pipeline.stores.base import Store
from tests.alerts.conftest import Inbox, rule
from tests.threads.made import START, act, claim, story

LATER = START + timedelta(hours=60)
CHARGE = story(1, 0, "ap", "Washington alleged that North Korea sends shells.", act(claim("alleged", "US")))
COPY = story(2, 1, "herald", CHARGE.body, *CHARGE.events, cluster="s01")
DENIAL = story(3, 24, "kcna", "It denied that shells were sent, as Washington alleged.",
               act(claim("denied", "KP"), claim("alleged", "US")))
ECHO = story(4, 30, "tribune", "North Korea denied the shells.", act(claim("denied", "KP")))
MORE = story(5, 48, "post", "Kyiv alleged that shells were fired.", act(claim("alleged", "UA")))
EVERYTHING = (CHARGE, COPY, DENIAL, ECHO, MORE)


def news(asked: object, stories: Sequence[Story], *fresh: Story) -> list[Found]:
    one = rule("news", when={"thread": asked})
    return unfolds(one, thread_of(stories), [s.id for s in stories], {s.id for s in fresh}, LATER)


@pytest.mark.parametrize(("asked", "stories", "fresh", "told"), [
    ("claim", [CHARGE], [CHARGE], []),                                      # the matter itself is no news of it
    ("claim", [CHARGE, DENIAL], [DENIAL], ["denied by North Korea in kcna"]),
    ("claim", [CHARGE, DENIAL, ECHO], [ECHO], []),
    ("claim", EVERYTHING, [MORE], ["alleged by Ukraine in post"]),
    ("denial", EVERYTHING, [MORE], []),
    ("denial", EVERYTHING, EVERYTHING, ["denied by North Korea in kcna"]),
    ("denial", [DENIAL], [DENIAL], ["denied by North Korea in kcna"]),      # also where it is all that came
    ("outlets", [CHARGE, COPY, DENIAL], [DENIAL], []),                      # two origins in three outlets
    ("outlets", [CHARGE, DENIAL, ECHO], [ECHO], ["now told by 3 independent outlets: ap, kcna, tribune"]),
    ("outlets", EVERYTHING, [MORE], []),                                    # the fourth
    ("outlets", EVERYTHING, EVERYTHING, ["now told by 3 independent outlets: ap, kcna, tribune"]),
    ("any", EVERYTHING, EVERYTHING, ["denied by North Korea in kcna", "alleged by Ukraine in post",
                                     "now told by 3 independent outlets: ap, kcna, tribune"]),
])
def test_what_is_new(asked: object, stories: Sequence[Story], fresh: Sequence[Story], told: list[str]) -> None:
    what = "North Korea → Russia: shells"
    assert [one.item.title for one in news(asked, stories, *fresh)] == [f"{what} — {one}" for one in told]


def test_a_message_says_why_and_where_the_matter_stands() -> None:
    [found] = news("denial", EVERYTHING, DENIAL)
    assert found.item.excerpt == "It denied that shells were sent, as Washington alleged."
    assert found.item.events == (
        "2026-03-01 alleged by US; 2026-03-02 denied by North Korea; 2026-03-03 alleged by Ukraine",)
    assert (found.item.story, found.item.url, found.item.late) == ("s03", DENIAL.url, True)
    assert (found.item.source, found.item.outlets, found.item.topics) == ("kcna", ("kcna",), ("arms-transfer",))


def test_the_same_news_has_the_same_key_under_every_name_of_the_thread() -> None:
    [one] = news("denial", [CHARGE, DENIAL], DENIAL)
    [again] = news("denial", [CHARGE, DENIAL, ECHO], ECHO, DENIAL)
    assert one.fold == again.fold
    assert len({one.fold, *one.also}) == 3
    assert {one.fold, *one.also} < {again.fold, *again.also}


def test_rules_of_another_kind_hear_nothing() -> None:
    for other in (rule(), rule(when={"absent": "2h"}), rule(when={"thread": "any"}, enabled=False)):
        assert unfolds(other, thread_of(EVERYTHING), [], {s.id for s in EVERYTHING}, LATER) == []


# ── in a store ────────────────────────────────────────────────────────────────────────────────────────────


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


PLACES = ("Washington, Moscow and North Korea were named with shells at Tumangang and Khasan, where wagons under "
          "tarpaulins were photographed by Planet on three nights. ")
TOLD = [
    story(1, 0, "ap", PLACES + "The Pentagon alleged it first in a call with reporters.", act(claim("alleged", "US")),
          feeds=("a",), title="Shells for Moscow"),
    story(2, 20, "kcna", "An official denied that shells left. " + PLACES + "He laughed about wagons and Planet.",
          act(claim("denied", "KP")), feeds=("b",), title="A plot, says Pyongyang"),
    story(3, 40, "tribune", "Reporters at Khasan saw rails. " + PLACES + "North Korea denied what was alleged.",
          act(claim("alleged", "US"), claim("denied", "KP")), feeds=("c",), title="Rails at Khasan"),
]
RULES = (rule("news", "shells", channels=("hook",), when={"thread": "any"}),
         rule("elsewhere", "nothing", channels=("hook",), when={"thread": "any"}))


def arrive(store: Store, stories: Sequence[Story], rules: Sequence[AlertRule] = RULES) -> int:
    kept = clusters.keep(store, stories, ClusterSettings())
    claimed, failed = alert(store, RuleIndex(rules), kept.stories, LATER)
    assert failed == ()
    return claimed


@pytest.mark.parametrize("store", ["embedded", "elastic"], indirect=True)
def test_each_is_told_once_over_the_outbox(store: Store) -> None:
    outbox.begin(store.ledger, RULES, START)
    assert [arrive(store, [one]) for one in TOLD] == [0, 1, 1]
    assert [arrive(store, [one]) for one in (*TOLD, *TOLD)] == [0] * 6
    hook = Inbox()
    assert delivery.deliver(store.ledger, RULES, {"hook": hook}, LATER).delivered == 2
    assert delivery.deliver(store.ledger, RULES, {"hook": hook}, LATER).delivered == 0
    titles = [item.title.partition(" — ")[2] for message in hook.messages for item in message.items]
    assert sorted(titles) == ["denied by North Korea in kcna", "now told by 3 independent outlets: ap, kcna, tribune"]


def test_all_at_once_and_again_after_a_crash(store: Store) -> None:
    """The batch is stored and joined, then the process dies; what follows must still be told."""
    clusters.keep(store, TOLD, ClusterSettings())
    assert arrive(store, TOLD) == 2
    assert arrive(store, list(reversed(TOLD))) == 0


def test_what_was_told_while_the_thread_had_another_name_is_not_told_again(store: Store) -> None:
    assert arrive(store, [TOLD[1]]) == 1
    assert store.archive.get(["s02"])["s02"].thread == "s02"
    assert arrive(store, [TOLD[0]]) == 0
    assert store.archive.get(["s02"])["s02"].thread == "s01"
    assert arrive(store, [TOLD[2]]) == 1, "the third outlet, and no second denial"


def test_tried_on_the_past_a_rule_tells_what_it_told(store: Store) -> None:
    for one in TOLD:
        arrive(store, [one])
    store.archive.refresh()
    asleep = rule("asleep", "shells", when={"thread": "any"}, enabled=False, expires="2020-01-01")
    trial = try_on(store, asleep, RULES, 30, LATER)
    assert (trial.hits, trial.folded, trial.messages) == (3, 2, 2)
    assert [item.title.partition(" — ")[2] for item in trial.samples] == [
        "now told by 3 independent outlets: ap, kcna, tribune", "denied by North Korea in kcna"]
    assert [(day.day.day, day.messages) for day in trial.days if day.messages] == [(2, 2)]
    assert try_on(store, RULES[1], (), 30, LATER).hits == 0
    assert {record.data["rule"] for record in store.ledger.scan("alert")} == {"news"}, "trying claims nothing"
