"""`wirewatch threads | thread` on a store whose stories were joined as a pass joins them."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.app import app
from pipeline.config import ClusterSettings, StoreSettings
from pipeline.core.errors import WirewatchError
from pipeline.stores import open_store
from pipeline.stores.clusters import join
from tests.threads.made import act, claim, story

BODY = ("Washington alleged that North Korea ships shells to Moscow by rail through Tumangang and Khasan, where wagons "
        "under tarpaulins were photographed by Planet on three nights in February. Pyongyang did not answer.")
CHARGE = story(1, 0, "ap", BODY, act(claim("alleged", "US")), title="Shells for Moscow")
DENIAL = story(
    2, 24, "kcna", "There are no shells at Khasan, an official of the ministry said, and no tarpaulins at Tumangang "
    "either. Pyongyang denied it. What Washington alleged of North Korea and Moscow came with pictures of Planet.",
    act(claim("alleged", "US"), claim("denied", "KP")), title="North Korea calls it \x1b[31ma plot",
)
ALONE = story(3, 30, "sun", "Tehran plans to sell drones.", act(claim("planned"), supplier="IR", weapon="drones"),
              thread="s03")
QUIET = story(4, 40, "sun", "The regatta was won by the home crew.", thread="")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = str(tmp_path_factory.mktemp("threads") / "store")
    opened = open_store(place, StoreSettings())
    stories = (CHARGE, DENIAL, ALONE, QUIET)
    opened.archive.index(stories)
    join(opened, stories, ClusterSettings())
    opened.archive.refresh()
    yield place
    opened.close()


def ask(store: str, *words: str) -> Result:
    result = CliRunner().invoke(app, [*words, "--store", store])
    if isinstance(result.exception, WirewatchError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_one_line_each(store: str) -> None:
    line, count = ask(store, "threads").stdout.splitlines()
    assert line.startswith("2026-03-01 to 2026-03-02  2 outlets, 2 origins  alleged, denied  Shells for Moscow")
    assert count == "1 thread"
    assert ask(store, "threads", "drones").stdout == "0 threads\n"
    assert "1 outlet, 1 origin  planned" in ask(store, "threads", "drones", "--alone").stdout
    assert len(ask(store, "threads", "--alone", "--limit", "1").stdout.splitlines()) == 2


def test_the_latest_is_first(store: str) -> None:
    found = json.loads(ask(store, "threads", "--alone", "--json").stdout)
    assert [one["last"] for one in found] == ["2026-03-02T12:00:00Z", "2026-03-02T06:00:00Z"]


@pytest.mark.parametrize("id", [CHARGE.id, DENIAL.id])
def test_told_by_the_id_of_any_story(store: str, id: str) -> None:
    lines = ask(store, "thread", id).stdout.splitlines()
    assert lines[:3] == [
        "Shells for Moscow",
        f"North Korea → Russia: shells  arms-transfer · thread {CHARGE.id}",
        "2026-03-01 to 2026-03-02 · 2 stories in 2 outlets, 2 independent origins",
    ]
    assert "2026-03-01 06:00  alleged by US" in lines
    assert "    again in kcna 02 Mar 06:00" in lines
    at = lines.index("2026-03-02 06:00  denied by North Korea")
    assert lines[at + 1] == "    “Pyongyang denied it.”"
    assert lines[-1].startswith("2026-03-02 06:00  North Korea calls it  [31ma plot  kcna")


def test_a_thread_whose_members_were_forgotten(store: str) -> None:
    opened = open_store(store, StoreSettings())
    kept = list(opened.ledger.scan("thread"))
    opened.ledger.delete("thread", [record.key for record in kept])
    try:
        assert "2 stories in 2 outlets" in ask(store, "thread", DENIAL.id).stdout
    finally:
        opened.ledger.put("thread", kept)
        opened.close()


def test_as_json(store: str) -> None:
    found = json.loads(ask(store, "thread", DENIAL.id, "--json").stdout)
    assert (found["id"], found["stories"], found["outlets"]) == (CHARGE.id, 2, ["ap", "kcna"])
    assert found["what"] == "North Korea → Russia: shells"
    assert [(one["standing"], one["holder"], one["tellings"][0]["sentence"]) for one in found["claims"]] == [
        ("alleged", "US", BODY.split(". ")[0] + "."), ("denied", "North Korea", "Pyongyang denied it."),
    ]


def test_what_is_no_thread(store: str) -> None:
    with pytest.raises(WirewatchError, match="tells no event, so it belongs to no thread"):
        ask(store, "thread", QUIET.id)
    with pytest.raises(WirewatchError, match="no thread or story has the id nothing"):
        ask(store, "thread", "nothing")
