"""The embedded store after its process was killed, at any moment: nothing lost, nothing twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import StoreSettings
from pipeline.core.query import parse
from pipeline.stores import open_store
from pipeline.stores.base import Archive
from pipeline.stores.embedded import search_index
from pipeline.stores.embedded.search_index import SearchIndex
from tests.contracts.made import NOW, story
from tests.stores.embedded_worker import BATCH

ROOT = Path(__file__).parents[2]


def worker(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "tests.stores.embedded_worker", *map(str, arguments)], cwd=ROOT,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    return out


def assert_consistent(archive: Archive, least: int = 0) -> int:
    """Everything stored is found, once, with its current text; returns how many stories there are."""
    stored = {s.id: s for s in archive.stories(now=NOW)}
    assert len(stored) >= least
    found = [s.id for s in archive.stories(parse("*"), now=NOW)]
    assert sorted(found) == sorted(stored)
    page = archive.search(parse("story"), now=NOW, limit=len(stored) + 1)
    assert (page.total, len(page.hits)) == (len(stored), len(stored))
    revised = {s.id for s in archive.stories(parse('"revised text"'), now=NOW)}
    assert revised == {id for id, s in stored.items() if s.body == "revised text"}
    for id in revised:
        revisions = [s.revision for s in archive.history(id)]
        assert revisions == list(range(1, stored[id].revision + 1)) != [1]
    return len(stored)


@pytest.mark.parametrize("seed", range(4 if "WIREWATCH_LONG" not in os.environ else 100))
def test_killed_while_indexing(tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(seed)
    at = 0
    for _ in range(3):
        process = worker("write", tmp_path / "s", at, 100_000, chance.choice([1, 2, 5]))
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        said = [process.stdout.readline() for _ in range(chance.randint(1, 12))]
        time.sleep(chance.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        said += end(process).splitlines()
        at = max([at, *(int(line.split()[1]) for line in said if line.startswith("durable"))])
        store = open_store(str(tmp_path / "s"), StoreSettings())
        there = assert_consistent(store.archive, least=at)
        assert there <= at + BATCH
        entries = list(store.ledger.scan("entry"))
        assert len(entries) <= there
        store.close()
    assert at
    assert "cannot be written" not in caplog.text


def test_another_pass_completes_what_was_killed(tmp_path: Path) -> None:
    process = worker("write", tmp_path / "s", 0, 100_000, 3)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("refreshed"):
        pass
    process.send_signal(signal.SIGKILL)
    end(process)
    assert end(worker("write", tmp_path / "s", 0, 200, 3)).endswith("done\n")
    store = open_store(str(tmp_path / "s"), StoreSettings())
    assert_consistent(store.archive, least=200)
    store.close()


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    processes = [worker("write", tmp_path / "s", first, first + 200, 2) for first in (0, 100, 1000)]
    assert [end(process).splitlines()[-1] for process in processes] == ["done"] * 3
    store = open_store(str(tmp_path / "s"), StoreSettings())
    assert assert_consistent(store.archive) == 500
    assert store.archive.status()["unsearchable_changes"] == 0
    store.close()


class Crash(BaseException):
    """Stands for the end of the process at a certain line."""


def before_commit(real: Callable[..., None]) -> Callable[..., None]:
    def crash(*arguments: Any) -> None:
        raise Crash

    return crash


def after_commit(real: Callable[..., None]) -> Callable[..., None]:
    def crash(*arguments: Any) -> None:
        real(*arguments)
        raise Crash

    return crash


ACTS: dict[str, Callable[[Archive], object]] = {
    "refresh": lambda archive: archive.refresh(),
    "reindex": lambda archive: archive.reindex(),
    "delete": lambda archive: archive.delete_before(story(5).published),
}


@pytest.mark.parametrize("point", [before_commit, after_commit])
@pytest.mark.parametrize("act", sorted(ACTS))
def test_the_end_around_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: Any, act: str) -> None:
    store = open_store(str(tmp_path / "s"), StoreSettings())
    store.archive.index([story(n) for n in range(10)])
    store.archive.refresh()
    store.archive.index([story(n, body="revised text") for n in range(0, 10, 2)])
    with monkeypatch.context() as patched:
        patched.setattr(SearchIndex, "_commit", point(SearchIndex._commit))
        with pytest.raises(Crash):
            ACTS[act](store.archive)
    again = open_store(str(tmp_path / "s"), StoreSettings())
    assert_consistent(again.archive)
    assert_consistent(store.archive)
    again.archive.reindex()
    assert_consistent(again.archive)
    again.close()
    store.close()


def test_stored_but_not_refreshed_is_healed_at_the_next_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "_SMALL", 0)
    store = open_store(str(tmp_path / "s"), StoreSettings())
    store.archive.index([story(1)])
    store.close()
    again = open_store(str(tmp_path / "s"), StoreSettings())
    assert again.archive.search(parse("*"), now=NOW).total == 1
    again.close()


def test_what_a_living_process_will_refresh_is_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search must not wait for the catching up of a large import that is going on."""
    monkeypatch.setattr(search_index, "_SMALL", 0)
    process = worker("hold", tmp_path / "s")
    assert process.stdout is not None
    assert process.stdout.readline() == "stored\n"
    during = open_store(str(tmp_path / "s"), StoreSettings())
    assert during.archive.search(parse("*"), now=NOW).total == 0
    assert during.archive.get([story(1).id])
    during.close()
    process.send_signal(signal.SIGKILL)
    end(process)
    after = open_store(str(tmp_path / "s"), StoreSettings())
    assert after.archive.search(parse("*"), now=NOW).total == 1
    after.close()
