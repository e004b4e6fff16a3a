"""What is made of the stories of one thread, whatever order they come in."""

import random
from dataclasses import replace

import pytest

from pipeline.core.story import Evidence, Party, from_json, to_json
from pipeline.core.threads import Claimed, Thread, sentence_at, thread_of
from tests.threads.made import START, act, claim, party, story

CHARGE = story(
    1, 0, "ap", "Spring came. North Korea ships shells to Russia, Washington alleged on Sunday. Nobody else knew.",
    act(claim("alleged", "US")), title="Shells for Moscow, says Washington",
)
COPY = replace(CHARGE, id="s02", source="herald", title="Shells!", published=START.replace(hour=7), cluster="s01")
DENIAL = story(
    3, 24, "kcna", "The North denied sending shells to Russia. It called what Washington alleged a plot.",
    act(claim("denied", "KP"), claim("alleged", "US"), claim("hypothetical"), claim("planned")),
)
LATER = story(
    4, 48, "tribune", "The North denied that shells were sent. In Kyiv they said that Iran sends drones.",
    act(claim("denied", "KP")), act(claim("reported"), supplier="IR", weapon="drones"),
)
ADMITTED = story(5, 72, "kcna", "North Korea reported at last that it had sent shells.", act(claim("reported", "KP")))
EVERYTHING = (CHARGE, COPY, DENIAL, LATER, ADMITTED)


def told(claims: tuple[Claimed, ...]) -> list[tuple[str, list[str]]]:
    return [(str(claim), [telling.source for telling in claim.tellings]) for claim in claims]


def test_who_said_what_when() -> None:
    thread = thread_of(EVERYTHING)
    assert thread.what == "North Korea → Russia: shells"
    assert told(thread.claims) == [
        ("alleged by US", ["ap", "kcna"]),
        ("denied by North Korea", ["kcna", "tribune"]),
        ("confirmed by North Korea", ["kcna"]),
    ]
    first = thread.claims[0].first
    assert first.sentence == "North Korea ships shells to Russia, Washington alleged on Sunday."
    assert (first.at, first.outlets, first.story) == (START, ("ap", "herald"), "s01")
    assert (thread.first, thread.last) == (START, ADMITTED.published)
    assert thread.outlets == ("ap", "herald", "kcna", "tribune")
    assert thread.origins == ("ap", "kcna", "tribune")
    assert (thread.id, thread.title, thread.topic, thread.stories) == ("t", CHARGE.title, "arms-transfer", 5)
    assert [len(report.stories) for report in thread.reports] == [2, 1, 1, 1]


def test_the_order_of_arrival_does_not_matter() -> None:
    whole, chance = thread_of(EVERYTHING), random.Random(1)
    for _ in range(20):
        assert thread_of(chance.sample(EVERYTHING, len(EVERYTHING))) == whole


def test_json_and_back() -> None:
    thread = thread_of(EVERYTHING)
    assert from_json(Thread, to_json(thread)) == thread


def test_a_wire_carried_by_many_is_one_origin() -> None:
    wire = [replace(CHARGE, id=f"w{n:02d}", source=f"paper{n}", cluster="s01", origin="AP") for n in range(40)]
    thread = thread_of([CHARGE, *wire, DENIAL])
    assert len(thread.outlets) == 42
    assert thread.origins == ("AP", "kcna")
    assert len(thread.claims[0].tellings) == 2
    assert len(thread.claims[0].first.outlets) == 41
    assert thread.claims[0].origins == ("AP", "kcna")


def test_a_copy_that_adds_something_is_told_for_that() -> None:
    longer = replace(COPY, events=(*CHARGE.events, act(claim("denied", "RU"))))
    assert told(thread_of([CHARGE, longer]).claims) == [("alleged by US", ["ap"]), ("denied by Russia", ["herald"])]


@pytest.mark.parametrize(("event", "belongs"), [
    (act(claim("denied", "RU")), True),
    (act(claim("denied", "RU"), supplier=""), True),
    (act(claim("denied", "RU"), recipient=""), True),
    (act(claim("denied", "RU"), recipient="IR"), False),
    (act(claim("denied", "RU"), supplier="IR"), False),
    (act(claim("denied", "RU"), topic="sanctions"), False),
    (act(claim("denied", "RU"), supplier="", recipient=""), False),   # another act of the story is surely meant
])
def test_only_acts_of_the_matter_count(event: object, belongs: bool) -> None:
    more = story(6, 1, "sun", "It alleged and denied shells.", act(claim("alleged", "US")), event)  # type: ignore[arg-type]
    claims = {str(claim) for claim in thread_of([CHARGE, more]).claims}
    assert claims == {"alleged by US"} | ({"denied by Russia"} if belongs else set())


def test_a_story_without_a_sure_act_is_in_the_thread_for_what_it_tells() -> None:
    bare = story(6, 1, "sun", "Moscow denied a deal in shells.", act(claim("denied", "RU"), supplier="", recipient=""))
    assert told(thread_of([CHARGE, bare]).claims)[1] == ("denied by Russia", ["sun"])


def test_the_act_that_most_reports_are_about() -> None:
    drones = act(claim("alleged", "UA"), supplier="IR", weapon="drones")
    first = story(1, 0, "ap", "An EU list. It alleged drones.", act(claim("planned"), topic="sanctions", supplier="EU",
                                                               recipient="IR", weapon="drones"), drones)
    second = story(2, 9, "afp", "Kyiv alleged drones.", drones)
    assert thread_of([first, second]).what == "Iran → Russia: drones"


@pytest.mark.parametrize(("claims", "shown"), [
    ([claim("planned"), claim("hypothetical")], ["planned"]),
    ([claim("planned"), claim("denied", "KP")], ["planned", "denied by North Korea"]),
    ([claim("alleged"), claim("alleged", "US"), claim("planned")], ["alleged by US"]),
    ([claim("denied"), claim("denied", "KP")], ["denied by North Korea"]),
    ([claim("denied", "an official"), claim("denied", "KP"), claim("alleged", "an official")],
     ["alleged by an official", "denied by North Korea"]),
    ([claim("reported", "UA"), claim("denied")], ["reported by Ukraine", "denied"]),
    ([claim("reported", "RU")], ["confirmed by Russia"]),
])
def test_what_one_story_says(claims: list[object], shown: list[str]) -> None:
    one = story(1, 0, "ap", "All about shells.", act(*claims))  # type: ignore[arg-type]
    assert [str(claim) for claim in thread_of([one]).claims] == shown


def test_holders_are_the_same_however_they_are_called() -> None:
    one = story(1, 0, "ap", "About shells.", replace(act(), claims=(
        replace(claim("alleged"), holder=Party("The White House", "US")), replace(claim("alleged"), holder=party("US")),
        replace(claim("denied"), holder=Party("the Rebels")), replace(claim("denied"), holder=Party("rebels")))))
    assert [str(claim) for claim in thread_of([one]).claims] == ["alleged by US", "denied by the Rebels"]


@pytest.mark.parametrize(("body", "word", "sentence"), [
    ("One. Two shells came. Three.", "shells", "Two shells came."),
    ("Shells came", "Shells", "Shells came"),
    ("KYIV, March 1 (Meridian Wire) — Shells came. Nobody knew.", "Shells", "Shells came."),
    ("The army (or some of it) - Shells came.", "Shells", "The army (or some of it) - Shells came."),
    ("Mr. Kim sent 1.5 tons of shells to the U.S. border.\n\nNext.", "shells", "Mr. Kim sent 1.5 tons of shells to the "
     "U.S. border."),
    ("One.\nA line that is as long as old wires are, with\nshells in the next.", "shells",
     "A line that is as long as old wires are, with shells in the next."),
])
def test_the_sentence_around_evidence(body: str, word: str, sentence: str) -> None:
    at = body.index(word)
    one = story(1, 0, "ap", body)
    assert sentence_at(one, Evidence("body", at, at + len(word), word, "rule")) == sentence
    assert sentence_at(one, Evidence("title", 0, 3, "Rep", "rule")) == one.title


def test_no_story_makes_no_thread() -> None:
    with pytest.raises(ValueError, match="at least one story"):
        thread_of([])


def test_stories_without_events_have_nothing_to_claim() -> None:
    thread = thread_of([story(1, 0, "ap", "Nothing.")])
    assert (thread.claims, thread.what, thread.topic) == ((), "", "")
