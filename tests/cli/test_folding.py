"""`wirewatch search` shows a text once that several outlets carry, on a store whose copies were found by comparing."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.config import ClusterSettings, StoreSettings
from pipeline.stores import open_store
from pipeline.stores.clusters import join
from tests.contracts.made import story

TEXT = ("Washington said on Monday that wagons under tarpaulins carried artillery shells through Tumangang and Khasan, "
        "where they were photographed from above on three nights in February. Pyongyang did not answer questions, and "
        "the ministry in Moscow called the pictures an invention of those who want the talks in Geneva to fail.")
OUTLETS = ("Sun", "Herald & Post", "Courier", "Tribune", "Wire")
STORIES = [
    *(story(n, title="Shells by rail", body=TEXT, source=source) for n, source in enumerate(OUTLETS)),
    story(9, title="Shells of the coast", body="The museum shows shells that children found at low tide.",
          source="Sun"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = str(tmp_path_factory.mktemp("fold") / "store")
    opened = open_store(place, StoreSettings())
    opened.archive.index(STORIES)
    join(opened, STORIES, ClusterSettings())
    opened.archive.refresh()
    yield place
    opened.close()


def ask(store: str, *words: str) -> str:
    result = CliRunner().invoke(app, ["search", *words, "--store", store])
    assert result.exit_code == 0, result.output
    return result.stdout


def asked(store: str, *words: str) -> Any:
    return json.loads(ask(store, *words, "--json"))


def test_a_text_is_shown_once_with_who_else_has_it(store: str) -> None:
    told = ask(store, "shells").splitlines()
    assert [line for line in told if line.startswith("Shells")] == ["Shells by rail", "Shells of the coast"]
    assert "  also in 4 outlets: Wire, Tribune, Courier, …" in told
    assert told[-1] == "6 stories in 2 clusters"
    assert ask(store, "shells source:wire").splitlines()[-1] == "1 story in 1 cluster"
    assert ask(store, "shells", "-n", "1").splitlines()[-2] == "6 stories in 2 clusters, 1 shown"


def test_all_copies_are_shown_on_demand(store: str) -> None:
    told = ask(store, "shells", "--unfold").splitlines()
    assert told.count("Shells by rail") == 5
    assert told[-1] == "6 stories"
    found = asked(store, "shells", "--unfold", "--facets")
    assert (found["total"], len(found["hits"]), found["facets"]["source"]["Sun"]) == (6, 6, 2)
    assert "clusters" not in found
    cluster = {hit["cluster"] for hit in found["hits"] if hit["title"] == "Shells by rail"}
    assert cluster == {story(4).id}, "the oldest of them names their cluster"
    assert asked(store, f"cluster:{story(4).id}", "--unfold")["total"] == 5


def test_json_counts_both(store: str) -> None:
    found = asked(store, "shells", "--facets", "--timeline")
    assert (found["total"], found["clusters"]) == (6, 2)
    assert [hit["outlets"] for hit in found["hits"]] == [["Wire", "Tribune", "Courier", "Herald & Post"], []]
    assert [hit["cluster"] for hit in found["hits"]] == [story(4).id, story(9).id]
    assert found["facets"]["source"] == {"Sun": 2, "Courier": 1, "Herald & Post": 1, "Tribune": 1, "Wire": 1}
    assert [number for _, number in found["timeline"]] == [2]
    first = asked(store, "shells", "-n", "1")
    second = asked(store, "shells", "-n", "1", "--cursor", first["cursor"])
    assert [first["hits"][0]["title"], second["hits"][0]["title"], second["cursor"]] == [
        "Shells by rail", "Shells of the coast", ""]


def test_csv_and_rss_go_along(store: str) -> None:
    rows = list(csv.DictReader(io.StringIO(ask(store, "shells", "--csv"))))
    assert [(row["title"], row["outlets"]) for row in rows] == [
        ("Shells by rail", "Wire; Tribune; Courier; Herald & Post"), ("Shells of the coast", "")]
    feed = ask(store, "shells", "--rss")
    assert feed.count("<item>") == 2
    assert "(also in 4 outlets: Wire, Tribune, Courier, Herald &amp;amp; Post)" in feed


def test_counts_of_outlets_are_searched_and_matched_alike(store: str, tmp_path: Path) -> None:
    file = tmp_path / "stories.jsonl"
    file.write_text(CliRunner().invoke(app, ["export", "--store", store]).stdout)
    for query, number in (("outlets:>3", 5), ("shells outlets:<=3", 1), ("NOT outlets:5 OR source:wire", 2),
                          (f"cluster:{story(4).id}", 5), ("thread:*", 0)):
        assert asked(store, query)["total"] == number
        matched = CliRunner().invoke(app, ["match", query, str(file), "--json"])
        assert len(matched.stdout.splitlines()) == number, matched.output
