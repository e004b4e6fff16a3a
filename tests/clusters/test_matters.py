"""What tells one matter: parties, unless they are in the news every day, and words that are not in all news."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.core.matters import fits, matter_of, same_matter
from pipeline.core.story import Event
from tests.clusters.made import NOW, told, transfer

WITHIN = timedelta(days=30)
POLL = "Fewer voters want the arms to go on, a survey by a college in Ohio found, and the young least of all."
JETS = "A letter of fourteen senators asks for fighter jets, and for the training of pilots in Arizona by spring."
MORE = "Senators renewed their letter: fighter jets, and training of pilots in Arizona, cannot wait for spring."


@pytest.mark.parametrize(("supplier", "recipient", "first", "second", "same"), [
    ("CN", "RU", JETS, MORE, True),
    ("US", "UA", JETS, MORE, True),
    ("CN", "RU", POLL, JETS, True),      # who arms whom is news by itself
    ("US", "UA", POLL, JETS, False),     # ... here it is in the news every day
])
def test_parties_of_every_day_tell_no_matter(
    supplier: str, recipient: str, first: str, second: str, same: bool
) -> None:
    one, other = (matter_of(told(n, body, transfer(supplier, recipient))) for n, body in ((1, first), (2, second)))
    assert one is not None
    assert other is not None
    assert same_matter(one, other) is same


def test_what_states_and_acts_are_called_is_no_telling_word() -> None:
    one = matter_of(told(1, "They arm rebels from Norway by Tromsoe.", transfer("KP", "RU")))
    assert one is not None
    names, _, frequent = one.words
    assert "tromso" in names
    assert {"norway", "arm"} <= {*frequent.split()}


@pytest.mark.parametrize(("event", "days", "fit"), [
    (transfer("US", "UA"), 9, True),
    (transfer("US", "UA"), 11, False),
    (transfer("CN", "RU"), 11, True),
    (transfer("CN", "RU"), 31, False),
    (replace(transfer("IL", "SY"), topic="armed-attack"), 11, False),
])
def test_what_is_in_the_news_every_day_soon_is_another_matter(event: Event, days: int, fit: bool) -> None:
    first = matter_of(told(1, JETS, event))
    later = matter_of(told(2, MORE, event, published=NOW + timedelta(days=days, minutes=1)))
    assert first is not None
    assert later is not None
    assert fits(first, later, WITHIN) is fit
