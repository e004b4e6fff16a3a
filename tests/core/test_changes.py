"""What changed between two revisions: nothing is lost, and what did not change is not shown."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.changes import Piece, changes, shortened, words_changed
from pipeline.core.story import Claim, Event, Party, Story, TopicMatch

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STORY = Story("a", "https://a.example/1", "Two missiles fired", "Both fell.", "a", NOW, NOW, NOW)


def show(pieces: tuple[Piece, ...]) -> str:
    marks = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in pieces)


@pytest.mark.parametrize(("before", "after", "shown"), [
    ("Two missiles fired", "Four missiles fired", "[-Two-][+Four+] missiles fired"),
    ("Two missiles fired", "Two missiles fired, one fails", "Two missiles[- fired-][+ fired, one fails+]"),
    ("One.\nTwo.", "One.\nTwo.\nThree.", "One.\nTwo.[+\nThree.+]"),
    ("", "All new", "[+All new+]"),
    ("All gone", "", "[-All gone-]"),
    ("The same", "The same", ""),
    ("A  b", "A b", "A[-  b-][+ b+]"),
])
def test_words(before: str, after: str, shown: str) -> None:
    assert show(words_changed(before, after)) == shown


@given(st.text(alphabet="ab \n", max_size=60), st.text(alphabet="ab \n", max_size=60))
def test_nothing_is_lost(before: str, after: str) -> None:
    pieces = words_changed(before, after)
    assert before == after or (
        "".join(p.text for p in pieces if p.kind != "added"), "".join(p.text for p in pieces if p.kind != "removed")
    ) == (before, after)


def test_long_texts_take_no_time() -> None:
    """Quadratic in the words, this would take minutes."""
    words = [f"word{n % 5000}" for n in range(60_000)]
    after = words.copy()
    after[30_000] = "changed"
    assert show(words_changed(" ".join(words), " ".join(after))).count("changed") == 1
    assert words_changed("a " * 50_000, "a " * 50_000 + "b")


def test_what_did_not_change_is_shortened() -> None:
    long = " ".join(f"word{n}" for n in range(200))
    pieces = tuple(shortened(words_changed(f"{long} old {long} old {long}", f"{long} new {long} new {long}"), 30))
    assert show(pieces).split("\n") == [
        "… word197 word198 word199[- old-][+ new+] word0 word1 word2 word3 … word197 word198 word199[- old-][+ new+]"
        " word0 word1 word2 word3 …"
    ]


def test_topics_and_events() -> None:
    event = Event("arms-transfer", {"supplier": Party("Iran", "IR")}, (Claim("reported"),), ())
    before = replace(STORY, topics=(TopicMatch("sanctions", ()), TopicMatch("arms-transfer", ())), events=(event,))
    after = replace(STORY, topics=(TopicMatch("arms-transfer", ()), TopicMatch("missile-launch", ())),
                    events=(replace(event, claims=(Claim("denied"),)),))
    found = changes(before, after)
    assert (found.title, found.body) == ((), ())
    assert found.topics == (Piece("removed", "sanctions"), Piece("added", "missile-launch"))
    assert found.events == (Piece("removed", "Iran — reported"), Piece("added", "Iran — denied"))
