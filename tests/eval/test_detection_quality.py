"""Detection may not get worse: every figure on every labelled set stays at or above its floor (floors.json)."""

import pytest

from pipeline.core.errors import ConfigError
from pipeline.core.scoring import read_labelled, score
from tests.core.detection import topics
from tests.eval.floors import false_alarms, figures, floors, sets, shared_texts, shared_topics, written

MOST_FALSE_ALARMS = 8
"""Of 472 ledes that were written to tempt; ordinary ones tempt far less."""

MOST_FALSE_ALARMS_IN_STORIES = {"dev": 1, "test": 5}
"""Of 35 and 17 whole stories."""

BARS = {
    "arms-transfer": (0.90, 0.85), "missile-launch": (0.92, 0.92), "sanctions": (0.92, 0.92),
    "military-exercise": (0.88, 0.85), "nuclear-program": (0.88, 0.85), "armed-attack": (0.85, 0.85),
    "territorial-recognition": (0.85, 0.75),
}
"""Precision and recall by document that detection is judged by, on texts that nobody tuned it on."""

needs_shared = pytest.mark.skipif(not shared_texts(), reason="../shared/eval/detection is not there")
LOWER = 'below its floor; find out why, or run: python -m tests.eval.floors --lower "reason"'


@pytest.mark.parametrize("name", sets())
def test_quality_stays_above_its_floors(name: str) -> None:
    texts, only = sets()[name]
    kept = floors()
    measured = dict(figures(name, score(texts(), topics(), only)))
    assert measured.keys() <= kept.keys(), "new figures: run python -m tests.eval.floors --raise"
    wrong = [f"{figure}: {value:.3f} is {LOWER}" for figure, value in measured.items()
             if value < kept[figure]["floor"] - 1e-9]
    assert not wrong, "\n".join(wrong)


@needs_shared
def test_texts_labelled_by_topic_alone_hold_the_bars() -> None:
    measured = score(shared_topics(), topics()).topics
    low = [f"{topic}: P {one.precision:.2f} R {one.recall:.2f}" for topic, one in measured.items()
           if one.right + one.missed and (one.precision < BARS[topic][0] or one.recall < BARS[topic][1])]
    assert not low, "\n".join(low)


def test_a_floor_that_was_lowered_has_a_reason() -> None:
    for figure, kept in floors().items():
        if "was" in kept:
            assert kept["floor"] < kept["was"], figure
            assert len(kept["reason"].split()) >= 3, f"{figure}: say why the floor was lowered"


def test_ledes_without_topics_raise_few_alarms() -> None:
    assert false_alarms() <= MOST_FALSE_ALARMS


@pytest.mark.parametrize("split", MOST_FALSE_ALARMS_IN_STORIES)
def test_whole_stories_about_something_else_raise_few_alarms(split: str) -> None:
    measured = score(written("everyday", split), topics()).topics.values()
    assert sum(one.false for one in measured) <= MOST_FALSE_ALARMS_IN_STORIES[split]
    assert sum(one.missed for one in measured) <= 1


def test_the_scorer_counts_and_lists() -> None:
    texts = read_labelled(
        '{"id": "a", "text": "Iran sold drones to Russia.", "topics": ["arms-transfer"], "events": [{"topic": '
        '"arms-transfer", "status": ["denied"], "roles": {"supplier": "Iran", "recipient": "Syria"}}]}\n'
        '{"id": "b", "text": "Iran sold drones to Russia.", "topics": []}\n'
        '{"id": "c", "text": "A cat sat.", "topics": ["arms-transfer"]}\n'
        '{"id": "d", "text": "Iran sold drones to Russia.", "topics": [], "borderline": ["arms-transfer"]}\n', "x")
    report = score(texts, topics(), ("arms-transfer",))
    one = report.topics["arms-transfer"]
    assert (one.right, one.false, one.missed) == (1, 1, 1)
    assert one.precision == one.recall == one.f1 == 0.5
    assert one.precision_range[0] <= 0.5 <= one.precision_range[1]
    assert [(m.kind, m.id) for m in report.mistakes] == [
        ("false alarm", "b"), ("miss", "c"), ("status", "a"), ("role", "a"),
    ]
    assert report.roles["arms-transfer supplier"] == (1, 1)
    assert report.roles["arms-transfer recipient"] == (0, 1)
    assert report.statuses["denied"].missed == report.statuses["reported"].false == 1
    assert report.status_macro_f1 == 0.0, "of two statuses that occur neither is right; the others do not count"


def test_bad_labels_are_told_by_line() -> None:
    with pytest.raises(ConfigError) as error:
        read_labelled('{"id": "a", "text": "x", "topics": []}\nnot json\n{"id": "b"}\n', "labels.jsonl")
    assert [line.partition(":")[0] + line.split(":")[1] for line in error.value.mistakes] == [
        "labels.jsonl2", "labels.jsonl3",
    ]
