"""The embedded store's own affairs: opening, damage, locks, many stories of one moment, a full disk."""

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import StoreSettings
from pipeline.core.errors import StoreError, StoreUnavailable
from pipeline.core.query import parse
from pipeline.core.story import Marks, Story
from pipeline.core.urls import story_id
from pipeline.stores import open_store
from pipeline.stores.base import Store
from pipeline.stores.embedded import database, search_index
from pipeline.stores.embedded.fields import rank
from pipeline.stores.embedded.lock import Shared, alone
from pipeline.stores.embedded.packed import marked, marks_of, pack, unpack
from tests.contracts.made import NOW, story
from tests.contracts.strange import stories


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    made: list[Store] = []

    def go(create: bool = True) -> Store:
        made.append(open_store(str(tmp_path / "s"), StoreSettings(), create))
        return made[-1]

    yield go
    for store in made:
        store.close()


def total(store: Store, text: str = "*") -> int:
    return store.archive.search(parse(text), now=NOW).total


# ── opening ───────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_made_unless_asked_for(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store here; `wirewatch run`"):
        open_store(str(tmp_path / "s"), StoreSettings(), create=False)
    assert not (tmp_path / "s").exists()


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("")
    with pytest.raises(StoreError, match=r"not a store and not empty \(it holds letters.txt\)"):
        open_store(str(tmp_path), StoreSettings())
    with pytest.raises(StoreError, match="is a file"):
        open_store(str(tmp_path / "letters.txt"), StoreSettings())
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(str(tmp_path / "letters.txt" / "s"), StoreSettings())


def test_alerts_written_to_the_folder_before_the_first_pass_are_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").write_text("{}\n")
    open_store(str(tmp_path), StoreSettings()).close()
    assert (tmp_path / "alerts.jsonl").read_text() == "{}\n"


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / database.FILE).write_bytes(b"no database at all, but long enough to have a header " * 30)
    with pytest.raises(StoreError, match="is damaged or not a store"):
        open_store(str(tmp_path), StoreSettings())
    (tmp_path / database.FILE).unlink()
    other = sqlite3.connect(tmp_path / database.FILE)
    other.execute("CREATE TABLE notes (text)")
    other.close()
    with pytest.raises(StoreError, match="not a store of Wirewatch"):
        open_store(str(tmp_path), StoreSettings())


def test_a_store_of_another_version_is_refused(opened: Callable[..., Store], tmp_path: Path) -> None:
    opened().close()
    other = sqlite3.connect(tmp_path / "s" / database.FILE)
    other.execute("UPDATE meta SET value = 99 WHERE name = 'schema'")
    other.commit()
    other.close()
    with pytest.raises(StoreError, match=r"another version of Wirewatch \(schema 99"):
        opened()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        open_store(str(tmp_path / "s"), StoreSettings())


def test_many_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    code = ("import sys; from pipeline.config import StoreSettings; from pipeline.stores import open_store\n"
            "s = open_store(sys.argv[1], StoreSettings()); s.archive.refresh(); s.close(); print('ok')")
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "s")], stdout=subprocess.PIPE, text=True,
                                  cwd=Path(__file__).parents[2]) for _ in range(6)]
    assert [process.communicate(timeout=60)[0] for process in processes] == ["ok\n"] * 6


# ── the index is derived ──────────────────────────────────────────────────────────────────────────────────


def generation(folder: Path) -> Path:
    (found,) = (path for path in (folder / "index").iterdir() if path.is_dir())
    return found


def cut(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for path in generation(folder).glob(name):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return damage


def no_index(folder: Path) -> None:
    shutil.rmtree(folder / "index")


def no_generation(folder: Path) -> None:
    shutil.rmtree(generation(folder))


def no_segments(folder: Path) -> None:
    for path in generation(folder).glob("*.term"):
        path.unlink()


def other_version(folder: Path) -> None:
    connection = sqlite3.connect(folder / database.FILE)
    connection.execute("UPDATE meta SET value = 7 WHERE name = 'index'")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("damage", [
    cut("meta.json"), cut("*.idx"), cut("*.fast"), cut("*.pos"), no_index, no_generation, no_segments, other_version])
def test_a_damaged_index_is_made_anew(
    opened: Callable[..., Store], tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    store = opened()
    store.archive.index([story(n) for n in range(20)])
    store.archive.refresh()
    store.archive.delete_before(story(9).published)
    store.close()
    damage(tmp_path / "s")
    again = opened()
    status = again.archive.status()
    assert status["needs_reindex"]
    assert status["index"] != "ready"
    with caplog.at_level(logging.WARNING):
        assert total(again) == 10
    assert "making the search index anew" in caplog.text
    assert again.archive.status()["index"] == "ready"
    again.archive.index([story(100)])
    again.archive.refresh()
    assert total(again) == 11
    assert len([path for path in (tmp_path / "s/index").iterdir() if path.is_dir()]) == 1


def test_search_goes_on_during_reindex(opened: Callable[..., Store]) -> None:
    store, reader = opened(), opened()
    store.archive.index([story(n) for n in range(500)])
    store.archive.refresh()
    over = threading.Event()
    totals: set[int] = set()

    def search() -> None:
        while not over.is_set():
            totals.add(total(reader))

    searching = threading.Thread(target=search)
    searching.start()
    try:
        for _ in range(5):
            assert store.archive.reindex() == 500
    finally:
        over.set()
        searching.join()
    assert totals == {500}


def test_commits_in_between_while_catching_up(opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "COMMIT_EVERY", 100)
    monkeypatch.setattr(search_index, "_AT_ONCE", 30)
    store = opened()
    store.archive.index([story(n) for n in range(1000)])
    store.archive.index([story(n, body="revised") for n in range(0, 1000, 3)])
    store.archive.refresh()
    assert (total(store), total(store, "revised")) == (1000, 334)


def test_refresh_may_leave_the_last_changes(opened: Callable[..., Store]) -> None:
    store = opened()
    store.archive.refresh()
    store.archive.index([story(number) for number in range(5)])
    behind = store.archive._search.behind  # type: ignore[attr-defined]  # a search would apply so few itself
    store.archive.refresh(leaving=5)
    assert behind() == 5
    store.archive.refresh(leaving=2)
    assert behind() == 2
    store.archive.refresh()
    assert (behind(), total(store)) == (0, 5)


def test_a_story_that_changes_while_it_is_made_searchable_is_found_once(
    opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    given = [story(n, title=f"Flood {n}") for n in range(3)]
    store.archive.index(given)
    store.archive.mark({given[0].id: {"copied": True}})  # its change comes after those of stories with higher rows
    put, later = search_index.ColumnsWriter.put, [{"outlets": 2}, {"outlets": 3}]

    def and_change(self: search_index.ColumnsWriter, row: int, one: Story) -> None:
        put(self, row, one)
        if later:
            store.archive.mark({given[0].id: later.pop()})

    monkeypatch.setattr(search_index.ColumnsWriter, "put", and_change)
    store.archive.refresh()
    assert total(store, "flood") == 3
    store.archive.mark({given[0].id: {"outlets": 4}})
    store.archive.refresh()
    assert (total(store, "flood"), total(store, "outlets:>3")) == (3, 1)


def test_refresh_leaves_it_to_the_process_that_is_at_it(
    opened: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    store.archive.refresh()
    store.archive.index([story(1)])
    monkeypatch.setattr(search_index.SearchIndex.follow, "__defaults__", (0.1, 0))
    with alone(tmp_path / "s/index/writer.lock") as mine:
        assert mine
        store.archive.refresh()
        assert total(store) == 0
    store.archive.refresh()
    assert total(store) == 1


def test_a_full_disk_is_said_plainly(opened: Callable[..., Store]) -> None:
    store = opened()
    store.archive.index([story(1)])
    connection = store.archive._database._connection  # type: ignore[attr-defined]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="the disk is full"):
        store.archive.index([story(n, body=os.urandom(20_000).hex()) for n in range(2, 9)])
    assert store.archive.get([story(2).id]) == {}, "all or nothing"
    connection.execute(f"PRAGMA max_page_count = {pages + 10_000}")
    store.archive.index([story(n) for n in range(2, 9)])
    store.archive.refresh()
    assert total(store) == 8


def test_a_store_that_is_being_written_is_unavailable_in_the_end(
    opened: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.1)
    store = opened()
    other = sqlite3.connect(tmp_path / "s" / database.FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="other processes kept writing"):
        store.archive.index([story(1)])
    other.execute("ROLLBACK")
    other.close()
    assert store.archive.index([story(1)])[0].outcome == "new"


def test_deleting_gives_room_back(opened: Callable[..., Store]) -> None:
    store = opened()
    store.archive.index([story(n, body=os.urandom(4000).hex()) for n in range(200)])
    store.archive.refresh()
    before = store.archive.status()["size_bytes"]
    assert store.archive.delete_before(NOW + timedelta(days=1)) == 200
    store.close()
    assert opened().archive.status()["size_bytes"] < before / 4


# ── order, locks, blobs ───────────────────────────────────────────────────────────────────────────────────


def test_thousands_of_stories_of_one_moment_page_in_order(opened: Callable[..., Store]) -> None:
    store = opened()
    same = [story(n, published=NOW) for n in range(2000)]
    store.archive.index(same)
    store.archive.refresh()
    met: list[str] = []
    cursor = ""
    while True:
        page = store.archive.search(parse("*"), now=NOW, limit=300, cursor=cursor)
        met += [hit.story.id for hit in page.hits]
        cursor = page.cursor
        if not cursor:
            break
    assert met == sorted(s.id for s in same)


@given(st.text(), st.text())
def test_rank_sorts_as_ids_do(a: str, b: str) -> None:
    one, other = story_id(a), story_id(b)
    assert (rank(one) < rank(other)) == (one < other)
    assert 0 <= rank(a) < 2**63


def test_locks(tmp_path: Path) -> None:
    place = tmp_path / "lock"
    with alone(place) as first, alone(place) as second:
        assert (first, second) == (True, False)
    one, other = Shared(place), Shared(place)
    one.hold()
    other.hold()
    with alone(place) as mine:
        assert not mine
    one.release()
    one.release()
    other.release()
    with alone(place) as mine:
        assert mine


@given(stories(1))
def test_a_blob_is_the_story(made: object) -> None:
    assert unpack(pack(made)) == made  # type: ignore[arg-type]


@given(stories(1))
def test_marks_are_read_off_a_blob(made: Story) -> None:
    made = replace(made, body=f'{made.body} "cluster":"another","outlets":7')
    marks = Marks("theirs", "AP", True, "other", 3, 2)
    assert marks_of(pack(made)) == made.marks
    assert marks_of(marked(pack(made), marks)) == unpack(marked(pack(made), marks)).marks == marks


def test_a_blob_of_the_future_is_refused() -> None:
    with pytest.raises(StoreError, match="newer version"):
        unpack(b"\x09" + pack(story(1))[1:])
