"""`pairs.jsonl`: pairs of texts written for this project, labelled for near-copies and for threads.

`near_copy`: one is the other with edits (dateline, cut tail, another headline or first paragraph, an added local
paragraph, a corrected number, house style, a new paragraph on top). `same_matter`: both tell of one act or claim,
or of what became of it. `topical`: at least one of the seven topics is told. Kinds that are not near-copies:
rewrite, independent, follow-up, shared-background (a follow-up that repeats paragraphs of the first report),
similar-headline, similar-subject, same-form (bulletins of one form about different days). Texts of the pairs whose id
begins with `s` are one or two sentences, as feeds give them instead of an article.
"""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

NOT_COPIES = {
    "rewrite": True, "independent": True, "follow-up": True, "shared-background": True,
    "similar-headline": False, "similar-subject": False, "same-form": False,
}
ROWS = [json.loads(line) for line in (Path(__file__).parent / "pairs.jsonl").read_text("utf-8").splitlines()]


def test_form() -> None:
    assert len(ROWS) >= 220
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert set(row) == {"id", "kind", "near_copy", "same_matter", "topical", "a", "b"}
        for side in (row["a"], row["b"]):
            assert set(side) == {"title", "text", "published", "source"}
            assert all(side.values())
            assert datetime.fromisoformat(side["published"]).utcoffset() is not None
            words = len(side["text"].split())
            assert 10 <= words <= 30 if row["id"].startswith("s") else 50 <= words <= 420
        assert row["a"] != row["b"]


def test_labels_follow_from_kinds() -> None:
    for row in ROWS:
        assert row["near_copy"] is (row["kind"] not in NOT_COPIES)
        assert row["same_matter"] is NOT_COPIES.get(row["kind"], True)


def test_balance() -> None:
    labels = Counter((row["near_copy"], row["same_matter"]) for row in ROWS)
    assert min(labels.values()) >= 80
    assert len(labels) == 3
    assert sum(row["topical"] for row in ROWS) >= 220
