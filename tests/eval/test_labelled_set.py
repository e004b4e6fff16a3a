"""The labelled set is well formed, its counts are as documented, and no text of it comes from elsewhere."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.eval.floors import WHOLE, half, shared_texts

HERE = Path(__file__).parent

ROLES = {
    "arms-transfer": {"supplier", "recipient", "weapon", "via"},
    "missile-launch": {"actor", "target", "weapon"},
    "sanctions": {"imposer", "target"},
    "military-exercise": {"participants", "place"},
    "nuclear-program": {"actor", "facility"},
    "territorial-recognition": {"actor", "territory"},
    "armed-attack": {"actor", "target", "weapon"},
}
STATUSES = ("reported", "alleged", "denied", "planned", "hypothetical")
FORMS = ("active", "passive", "nominal")
FLOORS = {"arms-transfer": 60, "missile-launch": 60}
CODE = re.compile(r"[A-Z]{2}(;[A-Z]{2})*")
WORD = re.compile(r"[^\W_]+")
Row = dict[str, Any]


def read(name: str) -> list[Row]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


LABELLED = read("labelled.jsonl")
DOCUMENTS = read("documents.jsonl")
EVERYDAY = read("everyday.jsonl")
FRESH = read("fresh.jsonl")
ROLE_TEXTS = read("roles.jsonl")
ORDINARY = read("ordinary.jsonl")
CLAIM_TEXTS, STATUS_TEXTS = read("claims.jsonl"), read("statuses.jsonl")
SHARED_LABELS = read("shared_labels.jsonl")
TEXTS = (*LABELLED, *DOCUMENTS, *EVERYDAY, *ROLE_TEXTS, *ORDINARY, *CLAIM_TEXTS, *STATUS_TEXTS)
LEDES = (HERE / "ledes.txt").read_text("utf-8").splitlines()


def events(rows: list[Row]) -> Iterator[tuple[Row, Row]]:
    return ((row, event) for row in rows for event in row["events"])


def check_labels(row: Row) -> None:
    topics, borderline = set(row["topics"]), set(row["borderline"])
    assert len(row["topics"]) == len(topics)
    assert topics <= ROLES.keys()
    assert borderline <= ROLES.keys()
    assert not topics & borderline
    assert set(row["secondary"]) <= topics
    for event in row["events"]:
        assert event["topic"] in topics | borderline
        assert event["status"]
        assert set(event["status"]) <= set(STATUSES)
        assert event["roles"].keys() <= ROLES[event["topic"]]
        assert event["codes"].keys() <= ROLES[event["topic"]]
        assert all(CODE.fullmatch(code) for code in event["codes"].values())


@pytest.mark.parametrize("row", [*LABELLED, *ROLE_TEXTS], ids=lambda row: row["id"])
def test_a_text_is_well_formed(row: Row) -> None:
    check_text(row, least=15)
    digit = hashlib.sha256(row["id"].encode()).hexdigest()[0]
    assert row["split"] == ("dev" if digit in "0123456789" else "test")


@pytest.mark.parametrize("row", FRESH, ids=lambda row: row["id"])
def test_a_fresh_text_is_well_formed(row: Row) -> None:
    check_text(row, least=60)
    digit = hashlib.sha256(row["id"].encode()).hexdigest()[0]
    assert row["split"] == ("dev" if digit in "01234567" else "test")


@pytest.mark.parametrize("row", ORDINARY, ids=lambda row: row["id"])
def test_an_ordinary_text_is_well_formed(row: Row) -> None:
    check_text(row, least=30)
    digit = hashlib.sha256(row["id"].encode()).hexdigest()[0]
    assert row["split"] == ("dev" if digit in "01234567" else "test")


def check_text(row: Row, least: int) -> None:
    check_labels(row)
    text = row["text"]
    assert text.strip() == text
    assert len(text.split()) >= least
    assert re.fullmatch(r"(19[89]|20[0-2])\d-\d\d-\d\d", row["date"])
    assert row["topics"] or row["borderline"] or row["hard_negative"]
    whole = f"{row['title']}\n{text}"
    for event in row["events"]:
        assert text[event["start"] : event["end"]] == event["evidence"] != ""
        assert all(filler is None or filler in whole for filler in event["roles"].values())
        assert set(event["holders"]) <= set(event["status"])
        assert all(holder in whole for holder in event["holders"].values())


@pytest.mark.parametrize("row", [*CLAIM_TEXTS, *STATUS_TEXTS], ids=lambda row: row["id"])
def test_a_text_on_claims_is_well_formed(row: Row) -> None:
    digit = hashlib.sha256(row["id"].encode()).hexdigest()[0]
    assert row["split"] == ("dev" if digit in ("01234567" if row in CLAIM_TEXTS else "0123456789") else "test")
    whole = f"{row['title']}\n{row['text']}"
    assert {event["topic"] for event in row["events"]} == set(row["topics"]) <= {"arms-transfer", "missile-launch"}
    for event in row["events"]:
        assert row["text"][event["start"] : event["end"]] == event["evidence"] != ""
        assert set(event["holders"]) <= set(event["status"]) <= set(STATUSES)
        assert event["roles"].keys() <= ROLES[event["topic"]]
        assert all(filler is None or filler in whole for filler in event["roles"].values())
        assert all(holder in whole for holder in event["holders"].values())
        assert all(CODE.fullmatch(code) for code in event["codes"].values())


@pytest.mark.parametrize("row", DOCUMENTS, ids=lambda row: row["id"])
def test_a_document_is_well_formed(row: Row) -> None:
    assert row.keys() == {"id", "split", "title", "text", "date", "topics", "borderline"}
    assert set(row["topics"]) | set(row["borderline"]) <= ROLES.keys()
    assert not set(row["topics"]) & set(row["borderline"])
    assert row["text"].strip() == row["text"]
    assert len(row["text"].split()) >= 50
    assert re.fullmatch(r"(19[89]|20[0-2])\d-\d\d-\d\d", row["date"])
    digit = hashlib.sha256(row["id"].encode()).hexdigest()[0]
    assert row["split"] == ("dev" if digit in "01234567" else "test")


@pytest.mark.parametrize("row", EVERYDAY, ids=lambda row: row["id"])
def test_an_everyday_story_is_well_formed(row: Row) -> None:
    assert row.keys() == {"id", "split", "title", "text", "date", "topics", "borderline"}
    assert set(row["topics"]) | set(row["borderline"]) <= ROLES.keys()
    assert not set(row["topics"]) & set(row["borderline"])
    assert row["split"] in ("dev", "test")
    assert row["text"].strip() == row["text"]
    assert len(row["text"].split()) >= 100
    assert re.fullmatch(r"(19[89]|20[0-2])\d-\d\d-\d\d", row["date"])


@pytest.mark.parametrize("topic", ["arms-transfer", "missile-launch"])
def test_every_transfer_and_launch_has_an_event(topic: str) -> None:
    for row in (*LABELLED, *ROLE_TEXTS, *ORDINARY):
        if topic in row["topics"]:
            found = [event for event in row["events"] if event["topic"] == topic]
            assert found, row["id"]
            assert all(event["roles"].keys() >= ROLES[topic] - {"via"} for event in found)
            assert all(event["form"] in FORMS for event in found)


def test_nothing_is_there_twice() -> None:
    for values in (
        [row["id"] for row in LABELLED],
        [row["text"] for row in TEXTS],
        [row["id"] for row in SHARED_LABELS],
        LEDES,
    ):
        assert not [value for value, times in Counter(values).items() if times > 1]


def test_the_set_is_as_large_as_promised() -> None:
    topics = Counter(topic for row in LABELLED for topic in row["topics"])
    assert len(LABELLED) >= 340
    assert all(topics[topic] >= FLOORS.get(topic, 35) for topic in ROLES)
    assert sum(not row["topics"] and bool(row["hard_negative"]) for row in LABELLED) >= 110
    statuses = Counter(status for _, event in events(LABELLED) for status in event["status"])
    assert all(statuses[status] >= 35 for status in STATUSES)
    assert len(LEDES) >= 400
    assert len(DOCUMENTS) >= 170
    assert sum(row["scope"] == "all" for row in SHARED_LABELS) >= 200


def table(rows: list[Row]) -> str:
    """Texts and events by topic, as the README shows them."""
    columns = ("topic", "texts", "of them dev", "secondary", "borderline", "events", *STATUSES)
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for topic in ROLES:
        tagged = [row for row in rows if topic in row["topics"]]
        told = [e for _, e in events(rows) if e["topic"] == topic and not e.get("borderline")]
        cells = [
            len(tagged),
            sum(row["split"] == "dev" for row in tagged),
            sum(topic in row["secondary"] for row in tagged),
            sum(topic in row["borderline"] for row in rows),
            len(told),
            *(sum(status in e["status"] for e in told) for status in STATUSES),
        ]
        lines.append(f"| {topic} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def forms() -> str:
    """The grammar of transfers and launches, as the README shows it."""
    columns = ("topic", *FORMS, "several in a role", "via", "no actor or supplier")
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for topic, doer in (("arms-transfer", "supplier"), ("missile-launch", "actor")):
        told = [e for _, e in events(LABELLED) if e["topic"] == topic and not e.get("borderline")]
        cells = [
            *(sum(e["form"] == form for e in told) for form in FORMS),
            sum(any(";" in code for code in e["codes"].values()) for e in told),
            sum("via" in e["roles"] for e in told),
            sum(e["roles"][doer] is None for e in told),
        ]
        lines.append(f"| {topic} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def role_counts() -> str:
    """The texts on roles in one line, as the README shows it."""
    told = [event for _, event in events(ROLE_TEXTS)]
    by_form = ", ".join(f"{form} {sum(event['form'] == form for event in told)}" for form in FORMS)
    coded = ", ".join(f"{role} {sum(role in event['codes'] for event in told)}"
                      for role in ("supplier", "recipient", "actor"))
    dev = sum(row["split"] == "dev" for row in ROLE_TEXTS)
    return f"{len(ROLE_TEXTS)} texts, {dev} of them dev; {len(told)} events: {by_form}; with a state as {coded}"


def claim_counts() -> str:
    """The newer texts on claims in one line, as the README shows it."""
    rows = STATUS_TEXTS
    told = Counter(status for _, event in events(rows) for status in event["status"])
    dev = sum(row["split"] == "dev" for row in rows)
    return (f"{len(rows)} texts, {dev} of them dev; {sum(len(row['events']) for row in rows)} events: "
            + ", ".join(f"{status} {told[status]}" for status in STATUSES))


def shared_counts(*scopes: str) -> str:
    """Shared texts whose events we labelled blind in one line, as the README shows it."""
    rows = [row for row in SHARED_LABELS if row["scope"] in scopes]
    told = [event for _, event in events(rows)
            if event["topic"] in ("arms-transfer", "missile-launch") and not event.get("borderline")]
    counts = Counter(status for event in told for status in event["status"])
    dev = sum(WHOLE.get(row["scope"], half(row["id"])) == "dev" for row in rows)
    return (f"{len(rows)} texts, {dev} of them dev; {sum(len(row['events']) for row in rows)} events, "
            f"of them {len(told)} transfers and launches: "
            + ", ".join(f"{status} {counts[status]}" for status in STATUSES))


def everyday_counts() -> str:
    """The everyday stories in one line, as the README shows it."""
    dev = sum(row["split"] == "dev" for row in EVERYDAY)
    return f"{len(EVERYDAY)} stories, {dev} of them dev; {sum(bool(row['topics']) for row in EVERYDAY)} carry a topic"


def test_the_readme_counts_what_is_there() -> None:
    readme = (HERE / "README.md").read_text("utf-8")
    assert everyday_counts() in readme, f"put this line into tests/eval/README.md:\n{everyday_counts()}"
    assert f"{len(LEDES)} sport, business, science and culture ledes" in readme
    for rows in (LABELLED, FRESH):
        assert table(rows) in readme, f"put this table into tests/eval/README.md:\n{table(rows)}"
    assert forms() in readme, f"put this table into tests/eval/README.md:\n{forms()}"
    assert claim_counts() in readme, f"put this line into tests/eval/README.md:\n{claim_counts()}"
    for scopes in (("events", "wire"), ("feed",), *((scope,) for scope in WHOLE)):
        assert shared_counts(*scopes) in readme, f"put this line into tests/eval/README.md:\n{shared_counts(*scopes)}"
    assert role_counts() in readme, f"put this line into tests/eval/README.md:\n{role_counts()}"


@pytest.mark.parametrize("row", SHARED_LABELS, ids=lambda row: row["id"])
def test_a_shared_label_is_well_formed(row: Row) -> None:
    check_labels(row)
    assert row.keys() == {"id", "scope", "topics", "borderline", "secondary", "events"}
    assert row["scope"] in ("all", "topics", "events", "wire", "feed", *WHOLE) or set(row["scope"]) < ROLES.keys()
    for event in row["events"]:
        holders = event.get("holders", {})
        assert set(holders) <= set(event["status"])
        assert all(len(words.split()) <= 4 for words in (*event["roles"].values(), *holders.values()))


@pytest.mark.parametrize("row", [row for row in SHARED_LABELS if row["scope"] in ("events", "wire", "feed", *WHOLE)],
                         ids=lambda row: row["id"])
def test_every_topic_of_a_wire_or_feed_has_an_event(row: Row) -> None:
    assert {event["topic"] for event in row["events"]} >= set(row["topics"])


def test_shared_labels_name_shared_texts() -> None:
    texts = their_texts()
    for row in SHARED_LABELS:
        for event in row["events"]:
            copied = (*event["roles"].values(), *event.get("holders", {}).values())
            assert all(words in texts[row["id"]] for words in copied), row["id"]


def test_no_eight_words_in_a_row_come_from_the_shared_texts() -> None:
    theirs = {shingle for name, text in their_texts().items() if not name.startswith("rss-")
              for shingle in shingles(text)}
    for row in TEXTS:
        assert not theirs & shingles(f"{row['title']} . {row['text']}"), row["id"]
    for lede in LEDES:
        assert not theirs & shingles(lede)


def their_texts() -> dict[str, str]:
    texts = shared_texts()
    if not texts:
        pytest.skip("the shared evaluation texts (../shared/eval) are not on this machine")
    return {name: f"{row.get('title', '')}\n{row['text']}" for name, row in texts.items()}


def shingles(text: str) -> set[str]:
    words = WORD.findall(text.casefold())
    return {" ".join(words[at : at + 8]) for at in range(len(words) - 7)}
