"""A side that no mention of the act tells, told by the head of the story: one party alone, else nobody."""

import pytest

from tests.core.detection import events, roles


@pytest.mark.parametrize(("title", "body", "wanted"), [
    ("U.S. agrees to help Ukraine", "Biden will provide long-range missiles, officials said.", "US>UA"),
    ("New aid for Chad", "London promised artillery shells on Monday.", "GB>TD"),
    ("How deep is U.S. support?", "Arming Ukraine will cost billions, a study says.", "US>UA"),
    ("Aid for Chad and aid for Niger", "London promised artillery shells on Monday.", "GB>-"),
    ("New aid for Britain", "London promised artillery shells on Monday.", "GB>-"),
    ("Talks in Chad", "London promised artillery shells on Monday.", "GB>-"),
])
def test_giver_and_taker_of_a_story(title: str, body: str, wanted: str) -> None:
    told = [roles(event) for event in events(body, "arms-transfer", title)]
    assert [f"{one.get('supplier', '-')}>{one.get('recipient', '-')}" for one in told] == [wanted]


@pytest.mark.parametrize(("title", "body", "wanted"), [
    ("Missiles kill three in Kyiv", "Children were among the victims of Russia's assault.", "RU"),
    ("Third missile strike", "All the objects were shot down by the US military.", "US"),
    ("Missiles kill three", "Russia's assault and Ukraine's raids went on.", "-"),
    ("Missiles kill three in Moscow", "Reporters spoke of Russia's invasion.", "-"),
    ("Raids after missiles hit Haifa", "Israel's raids were its answer to the salvo.", "-"),
])
def test_striker_of_a_story(title: str, body: str, wanted: str) -> None:
    assert {roles(event).get("actor", "-") for event in events(body, "missile-launch", title)} == {wanted}


def test_what_the_head_of_a_story_tells_changes_no_claim() -> None:
    body = "London promised artillery shells on Monday. Chad denies that it wants any."
    told, plain = (events(body, "arms-transfer", title)[0] for title in ("New aid for Chad", "New money for Chad"))
    assert told.roles["recipient"].code == "TD"
    assert told.claims == plain.claims
