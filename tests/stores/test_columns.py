"""The columns that facets and folding count by: written beside an index, read while they are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tantivy

from pipeline.config import StoreSettings
from pipeline.core.errors import StoreError
from pipeline.core.query import parse
from pipeline.core.story import Story
from pipeline.stores import open_store
from pipeline.stores.base import Archive
from pipeline.stores.embedded import columns as columns_module
from pipeline.stores.embedded import counting, folding
from pipeline.stores.embedded.columns import ALONE, Columns, ColumnsWriter
from pipeline.stores.embedded.database import to_micros
from pipeline.stores.embedded.fields import BITS, ROWS_AT_ONCE, rank, schema
from tests.contracts.made import NOW, story, topics


@contextmanager
def opened(folder: Path) -> Iterator[Archive]:
    store = open_store(str(folder / "s"), StoreSettings())
    try:
        yield store.archive
    finally:
        store.close()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        yield archive


def written(folder: Path, stories: dict[int, Story]) -> Columns:
    writer = ColumnsWriter(folder)
    for row, one in stories.items():
        writer.put(row, one)
    writer.write()
    return Columns(folder)


def values(columns: Columns, *rows: int) -> list[tuple[int, tuple[str, str]]]:
    numbers, sizes = columns.values(np.array(rows, np.int64))
    return [(row, columns.names[number]) for row, number in zip(np.repeat(rows, sizes), numbers, strict=True)]


def about(number: int, *countries: str, **more: Any) -> Story:
    return story(number, countries=countries, source=f"Paper {number}", lang="en", **more)


def told(row: int, *countries: str) -> list[tuple[int, tuple[str, str]]]:
    return [(row, ("source", f"Paper {row}")), *((row, ("country", name)) for name in countries), (row, ("lang", "en"))]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    copy = about(9, "FR", "DE", cluster=story(1).id, copied=True)
    columns = written(tmp_path / "c", {2: about(2, "FR"), 9: copy, 4: about(4)})
    assert values(columns, 9, 2, 4) == told(9, "FR", "DE") + told(2, "FR") + told(4)
    rows = np.array([2, 9])
    assert [columns.of(row).fold for row in rows] == [ALONE, rank(story(1).id)]
    assert columns.rows.tolist() == [2, 4, 9]
    assert columns.published(rows).tolist() == [to_micros(story(2).published), to_micros(copy.published)]
    assert len(columns) == 10
    assert values(columns) == []


def test_values_are_added_only_where_they_change(tmp_path: Path) -> None:
    before = {row: about(row, "FR") for row in range(5)}
    written(tmp_path / "c", before)
    size = (tmp_path / "c/values").stat().st_size
    folded = about(3, "FR", cluster=story(1).id, copied=True)
    columns = written(tmp_path / "c", before | {3: folded})
    assert [columns.of(row).fold for row in (3, 4)] == [rank(story(1).id), ALONE]
    assert (tmp_path / "c/values").stat().st_size == size
    columns = written(tmp_path / "c", {1: about(1, "FR", "IT")})
    assert (tmp_path / "c/values").stat().st_size == size + 4 * len(told(1, "FR", "IT"))
    assert values(columns, 0, 1, 4) == told(0, "FR") + told(1, "FR", "IT") + told(4, "FR")


def test_whoever_reads_sees_what_is_written_meanwhile(tmp_path: Path) -> None:
    columns = written(tmp_path / "c", {1: about(1, "FR"), 2: about(2)})
    written(tmp_path / "c", {1: about(1, "IT", "ES")})
    assert values(columns, 1, 2) == told(1, "IT", "ES") + told(2)


def test_copies_stand_in_the_order_of_their_clusters_and_times(tmp_path: Path) -> None:
    hours = {1: ("b", 3), 2: ("", 0), 4: ("a", 9), 5: ("b", 1), 7: ("a", 8), 8: ("b", 2)}
    columns = written(tmp_path / "c", {
        row: about(row, cluster=cluster * 20, copied=bool(cluster), published=NOW + timedelta(hours=hour))
        for row, (cluster, hour) in hours.items()
    })
    copies, places = columns.copies
    assert copies.rows.tolist() == [7, 4, 5, 8, 1]
    assert copies.clusters.tolist() == [1, 1, 2, 2, 2]
    assert places.tolist() == [ALONE, 4, ALONE, ALONE, 1, 2, ALONE, 0, 3]


def test_a_removed_story_is_none_of_the_rows_but_older_snapshots_count_it(tmp_path: Path) -> None:
    before = written(tmp_path / "c", {
        row: about(row, "FR", cluster=story(1).id, copied=True) for row in range(1, 6)
    }).of(2)
    writer = ColumnsWriter(tmp_path / "c")
    writer.remove(2)
    writer.remove(8)
    writer.write()
    columns = Columns(tmp_path / "c")
    assert columns.rows.tolist() == [1, 3, 4, 5]
    assert columns.of(2) == before
    assert 2 in columns.copies[0].rows
    assert written(tmp_path / "c", {2: about(2, "IT")}).rows.tolist() == [1, 2, 3, 4, 5]


def test_a_story_without_values_is_one_of_the_rows(tmp_path: Path) -> None:
    columns = written(tmp_path / "c", {0: story(0, source="", lang="", cluster=story(1).id, copied=True)})
    assert (columns.rows.tolist(), columns.copies[0].rows.tolist(), values(columns, 0)) == ([0], [0], [])


def test_rows_that_a_snapshot_does_not_have_are_left_out(tmp_path: Path) -> None:
    written(tmp_path / "c", {row: about(row, cluster=story(1).id, copied=True) for row in range(1, 6)})
    columns = Columns(tmp_path / "c", 4)
    assert len(columns) == 4
    assert columns.rows.tolist() == sorted(columns.copies[0].rows) == [1, 2, 3]


def test_a_number_cut_short_by_a_crash_is_written_over(tmp_path: Path) -> None:
    written(tmp_path / "c", {1: about(1, "FR")})
    for name in ("rows", "values"):
        with (tmp_path / "c" / name).open("ab") as file:
            file.write(b"\xff\xff\xff")
    columns = written(tmp_path / "c", {2: about(2, "IT")})
    assert values(columns, 1, 2) == told(1, "FR") + told(2, "IT")


def page(archive: Archive, text: str = "*") -> Any:
    found = archive.search(parse(text), now=NOW, limit=0, fold=True, timeline="hour",
                           facets=("topic", "source", "country", "lang", "status", "day"))
    return found.total, found.clusters, found.facets, found.timeline


def test_few_and_many_and_in_parts_count_alike(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the rows are fetched; a part ends amid the rows of one sum, of a cluster, and after all of them."""
    made = [
        story(n, source=f"Paper {n % 7}", countries=("FR", "IT", "ES")[: n % 4], topics=topics("sanctions")[: n % 2],
              published=NOW - timedelta(hours=n // 9), body="Shells." if n % 3 else "Nothing.",
              **({"cluster": story(n - n % 5).id, "copied": True} if n % 2 else {}))
        for n in range(600)
    ]
    archive.index(made)
    archive.refresh()
    for text in ("*", "shells", "country:FR", "source:nobody"):
        monkeypatch.setattr(counting, "_MANY", 1)
        few = page(archive, text)
        monkeypatch.setattr(counting, "LATE", len(made))
        monkeypatch.setattr(counting, "_MANY", 2)
        with monkeypatch.context() as without:  # what is not found is fetched
            without.delattr(counting, "_by_bits")
            assert page(archive, text) == few
        monkeypatch.setattr(counting, "_MANY", 10**9)
        assert page(archive, text) == few
        for groups in (1, 2):
            monkeypatch.setattr(counting, "_GROUPS", groups)
            assert page(archive, text) == few
        monkeypatch.setattr(counting, "_SORTED", 0)
        assert page(archive, text) == few
        monkeypatch.setattr(counting, "_PIECE", 2)  # fewer than a cluster has
        assert page(archive, text) == few
        monkeypatch.undo()


def test_late_stories_may_be_unlike_the_others(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far more, or far fewer, are found than they let expect: what is counted, and what a page shows, is the same."""
    archive.index([story(n, source="A" if n < 300 else "B", published=NOW + timedelta(hours=n // 3),
                         cluster=story(n - n % 4).id, copied=n % 8 < 4) for n in range(400)])
    archive.refresh()
    asked = list(product(("*", "source:A", "source:B"), (True, False), (5, 90)))

    def answers(**counted: Any) -> list[Any]:
        pages = [archive.search(parse(text), now=NOW, limit=limit, fold=fold, **counted) for text, fold, limit in asked]
        return [(page.total, page.hits, page.cursor, page.clusters) for page in pages]

    for late in (1, 30, 100, 400):
        monkeypatch.setattr(columns_module, "LATE", late)
        monkeypatch.setattr(counting, "LATE", late)
        archive.index([story(1000 + late, source="A", published=NOW)])
        archive.refresh()  # so that columns are read anew
        assert answers(facets=("source",)) == answers()


def test_most_of_an_older_snapshot_is_counted_without_what_came_since(archive: Archive) -> None:
    """As many stories as before, but not the same: what is not found cannot be taken from the new ones."""
    archive.index([story(n, source=f"Paper {n}", published=NOW + timedelta(days=n)) for n in range(5)])
    archive.refresh()
    first = archive.search(parse("*"), now=NOW, limit=2, sort="relevance", facets=("source",))
    archive.delete_before(NOW + timedelta(days=1))
    archive.index([story(5, source="Paper 5", published=NOW + timedelta(days=5))])
    archive.refresh()
    again = archive.search(parse("*"), now=NOW, limit=2, sort="relevance", facets=("source",), cursor=first.cursor)
    assert again.total == first.total == 5
    assert again.facets == first.facets
    now = archive.search(parse("*"), now=NOW, limit=0, facets=("source",))
    assert sorted(now.facets["source"]) == [(f"Paper {n}", 1) for n in range(1, 6)]


def test_more_clusters_than_tantivy_makes_groups(tmp_path: Path) -> None:
    index, columns, clusters = tantivy.Index(schema()), ColumnsWriter(tmp_path / "c"), 66_000
    one = story(1, copied=True)
    writer = index.writer(num_threads=1)
    for row in range(clusters + 1):
        cluster = f"{1 + row % clusters:015x}"
        made = tantivy.Document(copied="yes", fold=rank(cluster), row=row)
        made.add_integer(BITS[row // ROWS_AT_ONCE % len(BITS)], 1 << row % ROWS_AT_ONCE)
        writer.add_document(made)
        columns.put(row, replace(one, cluster=cluster))
    writer.commit()
    columns.write()
    index.reload()
    searcher, read, everything = index.searcher(), Columns(tmp_path / "c"), tantivy.Query.all_query()
    with pytest.raises(ValueError, match="bucket"):
        searcher.aggregate(everything, {"of": {"terms": {"field": "fold", "size": clusters}}})
    assert folding.count_clusters(searcher, schema(), read, everything, clusters + 1) == clusters


def test_moments_far_apart_are_counted(archive: Archive) -> None:
    """Many more hours lie between them than an array should hold."""
    archive.index([story(n, published=NOW.replace(year=year)) for n, year in enumerate((1, 1969, 2026, 2026, 9999))])
    archive.refresh()
    found = archive.search(parse("*"), now=NOW, limit=0, timeline="hour", fold=True)
    assert found.timeline == tuple((NOW.replace(year=year), n) for year, n in ((1, 1), (1969, 1), (2026, 2), (9999, 1)))


@pytest.mark.parametrize("name", ["rows", "values", "names.json"])
def test_an_index_without_its_columns_is_made_anew(tmp_path: Path, name: str) -> None:
    with opened(tmp_path) as archive:
        archive.index([about(n, "FR") for n in range(3)])
        archive.refresh()
        expected = page(archive)
    (file,) = (tmp_path / "s/index").glob(f"*/columns/{name}")
    file.unlink()
    with opened(tmp_path) as archive:
        assert page(archive) == expected


@pytest.mark.parametrize("name", ["values", "names.json"])
def test_columns_cut_short_are_told(tmp_path: Path, name: str) -> None:
    with opened(tmp_path) as archive:
        archive.index([about(n, "FR") for n in range(3)])
        archive.refresh()
    (file,) = (tmp_path / "s/index").glob(f"*/columns/{name}")
    file.write_bytes(b"[]" if name == "names.json" else b"")
    with opened(tmp_path) as archive:
        with pytest.raises(StoreError, match="it is damaged; `wirewatch store reindex` makes it anew"):
            page(archive)
        archive.reindex()
        assert page(archive)[0] == 3
