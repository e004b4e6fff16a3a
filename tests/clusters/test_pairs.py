"""The labelled pairs (tests/eval/pairs.jsonl): near-copies found by sketches, same matters by matters or sketches.

A pair is for development where the first hexadecimal digit of sha256(id) is below 6 (three in eight), else for
testing. A matter counts as found only where the two traces share a term, since else they would never be compared.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load
from pipeline.core.matters import matter_of, same_matter
from pipeline.core.similarity import same_text, sketches
from pipeline.core.story import Story
from pipeline.core.text import Text
from pipeline.core.topics import Topics, detect
from tests.clusters.made import story as made
from tests.clusters.made import text

ROOT = Path(__file__).parents[2]
ROWS = [json.loads(line) for line in (ROOT / "tests/eval/pairs.jsonl").read_text("utf-8").splitlines()]
COPIES_F1 = {"dev": 0.97, "test": 0.97, "all": 0.97}
MATTERS_F1 = {"dev": 0.85, "test": 0.85, "all": 0.86}
MATTERS_PRECISION = 0.95
SUMMARIES_F1 = 0.68
"""... of texts of one or two sentences alone."""


def split_of(row: dict[str, Any]) -> str:
    return "dev" if int(sha256(row["id"].encode()).hexdigest()[0], 16) < 6 else "test"


def scores(found: dict[str, bool], label: str, split: str) -> tuple[float, float, float]:
    """(precision, recall, F1) over the pairs of a split, or of the pairs whose id begins with it."""
    rows = [row for row in ROWS if split in ("all", split_of(row), row["id"][0])]
    right = sum(found[row["id"]] and row[label] for row in rows)
    precision = right / max(1, sum(found[row["id"]] for row in rows))
    recall = right / sum(row[label] for row in rows)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def of_side(id: str, side: dict[str, str], topics: Topics) -> Story:
    published = datetime.fromisoformat(side["published"])
    story = Story(id, f"https://example.org/{id}", side["title"], side["text"], side["source"], published, published,
                  published)
    found = detect(Text.of(story.title), Text.of(story.body), topics)
    return replace(story, topics=found.topics, events=found.events, countries=found.countries)


@pytest.fixture(scope="module")
def sides() -> dict[str, tuple[Story, Story]]:
    topics = load(ROOT / "configs").topics
    return {row["id"]: (of_side("a", row["a"], topics), of_side("b", row["b"], topics)) for row in ROWS}


@pytest.fixture(scope="module")
def copies(sides: dict[str, tuple[Story, Story]]) -> dict[str, bool]:
    return {id: found_copies(*pair) for id, pair in sides.items()}


def found_copies(a: Story, b: Story) -> bool:
    left, right = sketches([a, b])
    return meet(left.terms, right.terms) and same_text(left, right, timedelta(days=7))


def found_matter(a: Story, b: Story) -> bool:
    left, right = matter_of(a), matter_of(b)
    return left is not None and right is not None and meet(left.terms, right.terms) and same_matter(left, right)


def meet(a: Iterable[int], b: Iterable[int]) -> bool:
    return not set(a).isdisjoint(b)


@pytest.mark.parametrize("split", ["dev", "test", "all"])
def test_near_copies(copies: dict[str, bool], split: str) -> None:
    precision, recall, f1 = scores(copies, "near_copy", split)
    print(f"near copies, {split}: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")
    assert f1 >= COPIES_F1[split]


@pytest.mark.parametrize("split", ["dev", "test", "all"])
def test_same_matter(sides: dict[str, tuple[Story, Story]], copies: dict[str, bool], split: str) -> None:
    found = {id: copies[id] or found_matter(*pair) for id, pair in sides.items()}
    precision, recall, f1 = scores(found, "same_matter", split)
    print(f"same matter, {split}: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")
    assert f1 >= MATTERS_F1[split]
    assert precision >= MATTERS_PRECISION


def test_same_matter_in_summaries(sides: dict[str, tuple[Story, Story]]) -> None:
    precision, recall, f1 = scores({id: found_matter(*pair) for id, pair in sides.items()}, "same_matter", "s")
    print(f"same matter, summaries: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")
    assert f1 >= SUMMARIES_F1
    assert precision >= 0.85


def test_both_are_symmetric(sides: dict[str, tuple[Story, Story]], copies: dict[str, bool]) -> None:
    for id, (a, b) in sides.items():
        assert found_copies(b, a) == copies[id]
        assert found_matter(a, b) == found_matter(b, a)


def test_a_column_of_every_day_is_no_copy() -> None:
    """Of one outlet, with hardly a text; the same headline twice in a morning is one story."""
    title = "The top photos of the day by our own photojournalists"
    first, next_day, same_day = sketches([
        made(n, "See them all.", "outlet", minutes=minutes, title=title)
        for n, minutes in ((1, 0), (2, 24 * 60), (3, 60))
    ])
    assert same_text(first, same_day, timedelta(days=7))
    assert not same_text(first, next_day, timedelta(days=7))


@pytest.mark.parametrize("odd", ["\ufdfa" * 90, "я" * 100, "a" * 250, "\U0001f680", "é1", ""])
def test_words_of_any_kind_and_length(odd: str) -> None:
    """A word counts alike whatever stands beside it: in a text of Latin letters, and in one that has others too."""
    shared = text(1, 80)
    first, copy, other = sketches([
        made(1, f"{shared} {odd}"), made(2, f"{shared} {odd} Пхеньян"), made(3, f"{text(2, 80)} {odd}"),
    ])
    assert same_text(first, copy, timedelta(days=7))
    assert not same_text(first, other, timedelta(days=7))
