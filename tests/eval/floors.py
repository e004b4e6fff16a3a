"""Measures detection on every labelled set and keeps the floors that it may not fall below.

    python -m tests.eval.floors                      print what is measured beside the floors
    python -m tests.eval.floors --raise              lift every floor to what is measured (rounded down to .01)
    python -m tests.eval.floors --lower "reason"     also lower floors that are missed, and keep the reason in the file

A floor goes down only with a reason, which stays in `floors.json` beside what the floor was.
"""

import argparse
import gzip
import hashlib
import html
import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from pipeline.core.scoring import Labelled, Report, Score, read_labelled, score
from pipeline.core.text import Text
from pipeline.core.topics import detect
from tests.core.detection import topics

HERE: Final = Path(__file__).parent
SHARED: Final = HERE.parents[1].parent / "shared" / "eval" / "detection"
FEEDS: Final = SHARED.parent / "wire" / "rss2023"
FLOORS: Final = HERE / "floors.json"
WHOLE: Final = {"more": "dev", "later": "dev", "latest": "test"}
"""The scopes of feed entries that are of one split as a whole."""
TAG: Final = re.compile("<[^>]+>")
_ROUNDING: Final = 100


def written(name: str, split: str) -> list[Labelled]:
    """The texts of one split of a file."""
    lines = (HERE / f"{name}.jsonl").read_text("utf-8").splitlines()
    return read_labelled("\n".join(line for line in lines if json.loads(line)["split"] == split), name)


@cache
def labels() -> tuple[dict[str, Any], ...]:
    """Our labels of shared texts."""
    return tuple(json.loads(line) for line in (HERE / "shared_labels.jsonl").read_text("utf-8").splitlines())


@cache
def shared_texts() -> dict[str, dict[str, Any]]:
    """The shared texts by id, with the entries of feeds that we labelled; empty where they are not there."""
    files = [SHARED / name for name in ("labelled.jsonl", "unlabelled.jsonl")]
    if not FEEDS.is_dir() or not all(file.exists() for file in files):
        return {}
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    wanted = {row["id"] for row in labels() if row["scope"] in ("feed", *WHOLE)}
    return {row["id"]: row for row in (*rows, *feed_texts(wanted))}


def feed_texts(wanted: set[str]) -> Iterator[dict[str, Any]]:
    """The entries of these ids, each `rss-` and the start of the hash of its link."""
    for file in sorted(FEEDS.glob("*.ndjson.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for entry in map(json.loads, lines):
                name = "rss-" + hashlib.sha256(entry["link"].encode()).hexdigest()[:12]
                if name in wanted:
                    yield {"id": name, "title": plain(entry["title"]), "text": plain(entry["description"])}


def plain(markup: str | None) -> str:
    """The words of a title or summary, without tags."""
    return " ".join(html.unescape(TAG.sub(" ", markup or "")).split())


def shared_labelled() -> list[Labelled]:
    """The shared texts that came with labels for five topics."""
    return read_labelled((SHARED / "labelled.jsonl").read_text("utf-8"), "shared")


def shared_ours(*scopes: str, split: str = "") -> list[Labelled]:
    """The shared texts that we labelled: the scopes as tests/eval/README.md tells; `rest` for further topics alone."""
    texts = shared_texts()
    chosen = [{**texts[row["id"]], **row} for row in labels()
              if (row["scope"] if isinstance(row["scope"], str) else "rest") in scopes
              and split in ("", half(row["id"]))]
    return read_labelled("\n".join(map(json.dumps, chosen)), "ours")


def half(name: str) -> str:
    """The split of a text of which half is kept from those who write rules."""
    return "dev" if hashlib.sha256(name.encode()).hexdigest()[0] < "8" else "test"


def shared_topics() -> list[Labelled]:
    """The shared texts whose topics we labelled before the detector was run; events came later, to some of them."""
    return [replace(text, events=()) for text in shared_ours("topics", "events")]


def false_alarms() -> int:
    """Topics found in ledes that carry none."""
    ledes = (HERE / "ledes.txt").read_text("utf-8").splitlines()
    return sum(len(detect(Text.of(""), Text.of(lede), topics()).topics) for lede in ledes)


FIVE: Final = ("arms-transfer", "missile-launch", "sanctions", "military-exercise", "territorial-recognition")
CLAIMED: Final = ("arms-transfer", "missile-launch")


WRITTEN: Final[dict[str, tuple[str, ...]]] = {
    "labelled": (), "documents": (), "fresh": (), "ordinary": (), "claims": CLAIMED, "roles": CLAIMED,
    "statuses": CLAIMED,
}
"""The files of texts written for this project, and the topics that they are labelled for, where not for all."""


def sets() -> dict[str, tuple[Callable[[], list[Labelled]], tuple[str, ...]]]:
    """By name, how to read a labelled set, and the topics that it is labelled for (none: all)."""
    found: dict[str, tuple[Callable[[], list[Labelled]], tuple[str, ...]]] = {
        f"{'own' if name == 'labelled' else name} {split}": (partial(written, name, split), only)
        for name, only in WRITTEN.items() for split in ("dev", "test")
    }
    if shared_texts():
        found["shared, their labels"] = (shared_labelled, FIVE)
        found["shared, our labels"] = (partial(shared_ours, "all"), ())
        found["shared, our labels of topics"] = (shared_topics, ())
        found["shared, our further labels"] = (partial(shared_ours, "rest"), ("nuclear-program", "armed-attack"))
        for split in ("dev", "test"):
            found[f"wires {split}"] = (partial(shared_ours, "events", "wire", split=split), ())
        found["feeds dev"] = (partial(shared_ours, "feed"), ())
        for scope, split in WHOLE.items():
            found[f"{scope} {split}"] = (partial(shared_ours, scope), ())
    return found


def measure() -> dict[str, Report]:
    """A report for each set that is there."""
    return {name: score(texts(), topics(), only) for name, (texts, only) in sets().items()}


def figures(name: str, report: Report) -> Iterator[tuple[str, float]]:
    """Every figure of a report that has a floor, by a name that is unique in the file."""
    for topic, one in report.topics.items():
        if one.right + one.missed:
            yield f"{name}: {topic} precision", one.precision
            yield f"{name}: {topic} recall", one.recall
    if sum(one.right + one.missed for one in report.statuses.values()):
        yield f"{name}: status macro F1", report.status_macro_f1
        yield f"{name}: status macro F1 by document", report.documents_macro_f1
        for status in ("alleged", "denied"):
            one = report.statuses[status]
            if one.right or one.missed:
                yield f"{name}: {status} F1", one.f1
    for role, (right, asked) in report.roles.items():
        if asked:
            yield f"{name}: {role} right", right / asked
    for status, (right, asked) in report.holders.items():
        if asked:
            yield f"{name}: who {status} right", right / asked


def floors() -> dict[str, dict[str, Any]]:
    """The floors as kept: figure -> floor, and where it was lowered what it was and why."""
    return json.loads(FLOORS.read_text("utf-8")) if FLOORS.exists() else {}


def describe(name: str, report: Report) -> Iterator[str]:
    """A report as lines for a person, intervals at 95 %."""
    yield f"{name}: {report.texts} texts"
    for topic, one in report.topics.items():
        low, high = one.precision_range, one.recall_range
        yield (f"  {topic:24} P {one.precision:.2f} [{low[0]:.2f}-{low[1]:.2f}]  R {one.recall:.2f} "
               f"[{high[0]:.2f}-{high[1]:.2f}]  F1 {one.f1:.2f}  {one.right} right, {one.false} false, "
               f"{one.missed} missed")
    if sum(one.right + one.missed for one in report.statuses.values()):
        yield f"  claim status macro F1 {report.status_macro_f1:.2f} ({_told(report.statuses)})"
        yield (f"  by document, missed ones counted: macro F1 {report.documents_macro_f1:.2f} "
               f"({_told(report.documents)})")
        yield "  " + ", ".join(f"{role} {right}/{asked}" for role, (right, asked) in report.roles.items() if asked)
        yield "  who holds it: " + ", ".join(f"{status} {right}/{asked}"
                                             for status, (right, asked) in report.holders.items())


def _told(statuses: dict[str, Score]) -> str:
    return ", ".join(f"{status} " + (f"{one.f1:.2f}" if one.right + one.false + one.missed else "none")
                     for status, one in statuses.items())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raise", dest="lift", action="store_true")
    parser.add_argument("--lower", metavar="REASON", default="")
    parser.add_argument("--mistakes", action="store_true", help="list misses and false alarms of the dev texts")
    options = parser.parse_args(arguments)
    kept, missed = floors(), []
    for name, report in measure().items():
        print("\n".join(describe(name, report)))
        if options.mistakes and not name.endswith(" test"):
            for one in report.mistakes:
                print(f"    {one.kind}: {one.topic}: {one.id}: {one.what} {one.evidence}")
        for figure, value in figures(name, report):
            floor = math.floor(value * _ROUNDING) / _ROUNDING
            old = kept.get(figure, {}).get("floor")
            if old is not None and floor < old:
                missed.append(f"{figure}: {value:.3f} is below its floor {old}")
                if options.lower:
                    kept[figure] = {"floor": floor, "was": old, "reason": options.lower}
            elif old is None or (options.lift and floor > old):
                kept[figure] = {"floor": floor}
    print(f"false alarms on ledes: {false_alarms()}")
    print("\n".join(missed))
    if options.lift or options.lower:
        FLOORS.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", "utf-8")
    return 1 if missed and not options.lower else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
