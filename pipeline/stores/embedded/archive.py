"""The Archive without a server: stories in SQLite, searched through tantivy."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import tantivy

from pipeline.core.errors import StoreError
from pipeline.core.query import Query
from pipeline.core.revisions import revise
from pipeline.core.story import Story
from pipeline.stores.base import Facet, Hit, Indexed, Interval, Page, Sort, batched
from pipeline.stores.embedded.database import SCHEMA_VERSION, Database, to_micros
from pipeline.stores.embedded.folding import count_clusters, newest_folded, outlets, relevant_folded
from pipeline.stores.embedded.packed import marked, marks_of, pack, unpack
from pipeline.stores.embedded.paging import Cursor, Folded, Found, Newest, Relevant, newest, read_cursor, relevant
from pipeline.stores.embedded.search_index import SearchIndex
from pipeline.stores.embedded.translate import between, both, translate

_AT_ONCE: Final = 500
_ROWS: Final = 1_000
_SNAPSHOTS: Final = 8
"""Snapshots kept so that paging by relevance goes on undisturbed while stories are added."""


class EmbeddedArchive:
    """`stores.base.Archive`."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database
        self._search = SearchIndex(folder, database)
        self._snapshots: OrderedDict[int, Any] = OrderedDict()
        self._healed = False
        self._lock = threading.RLock()

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────

    def index(self, stories: Sequence[Story]) -> list[Indexed]:
        out: list[Indexed] = []
        for some in batched(stories, _AT_ONCE):
            self._search.announce()
            with self._database.writing() as connection:
                out.extend(self._store(connection, some))
        return out

    def _store(self, connection: Any, some: list[Story]) -> list[Indexed]:
        stored = self._rows([story.id for story in some])
        first = self._database.meta("seq") + 1
        changes = 0
        out = []
        for story in some:
            try:
                indexed, changed = self._store_one(connection, story, stored, first + changes)
                changes += changed
            except (ValueError, TypeError, OverflowError) as error:  # not Unicode, a time without zone …
                said = str(error).splitlines()[0][:200]
                indexed = Indexed(story.id, "failed", error=f"the story cannot be stored: {said}")
            out.append(indexed)
        self._database.claim_numbers("seq", changes)
        return out

    def _store_one(
        self, connection: Any, story: Story, stored: dict[str, tuple[int, bytes]], seq: int
    ) -> tuple[Indexed, bool]:
        """What became of a story, and whether it took the change number `seq`."""
        if story.id not in stored:
            data = pack(story)
            row = connection.execute("INSERT INTO stories (id, seq, published, data) VALUES (?, ?, ?, ?)",
                                     (story.id, seq, to_micros(story.published), data)).lastrowid
            stored[story.id] = (row, data)
            return Indexed(story.id, "new", story.revision), True
        row, before = stored[story.id]
        old = unpack(before)
        outcome, kept = revise(old, story)
        if kept != old:
            data = pack(kept)
            if outcome == "revised":
                connection.execute("INSERT OR REPLACE INTO revisions VALUES (?, ?, ?)", (old.id, old.revision, before))
            connection.execute("UPDATE stories SET seq = ?, published = ?, data = ? WHERE row = ?",
                               (seq, to_micros(kept.published), data, row))
            stored[story.id] = (row, data)
        return Indexed(story.id, outcome, kept.revision), kept != old

    def mark(self, changes: Mapping[str, Mapping[str, Any]]) -> int:
        changed = 0
        for some in batched(changes, _AT_ONCE):
            self._search.announce()
            with self._database.writing() as connection:
                first = self._database.meta("seq") + 1
                news: list[tuple[int, bytes, int]] = []
                for id, (row, blob) in self._rows(some).items():
                    marks = marks_of(blob)
                    if (after := replace(marks, **changes[id])) != marks:
                        news.append((first + len(news), marked(blob, after), row))
                connection.executemany("UPDATE stories SET seq = ?, data = ? WHERE row = ?", news)
                self._database.claim_numbers("seq", len(news))
            changed += len(news)
        return changed

    def refresh(self, leaving: int = 0) -> None:
        self._search.follow(leaving=leaving)
        self._search.settled()

    def delete_before(self, before: datetime) -> int:
        deleted = 0
        while True:
            with self._database.writing() as connection:
                gone = connection.execute("SELECT row, id FROM stories WHERE published < ? LIMIT ?",
                                          (to_micros(before), _ROWS)).fetchall()
                seq = self._database.claim_numbers("seq", len(gone))
                connection.executemany("INSERT INTO removed VALUES (?, ?)",
                                       [(seq + place, row) for place, (row, _) in enumerate(gone)])
                connection.executemany("DELETE FROM revisions WHERE id = ?", [(id,) for _, id in gone])
                connection.executemany("DELETE FROM stories WHERE row = ?", [(row,) for row, _ in gone])
            deleted += len(gone)
            if len(gone) < _ROWS:
                break
        if deleted:
            self._search.follow()
            self._database.give_back()
        return deleted

    def reindex(self) -> int:
        return self._search.rebuild()

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────

    def get(self, ids: Sequence[str]) -> dict[str, Story]:
        return {id: unpack(data) for id, (_, data) in self._rows(ids).items()}

    def history(self, id: str) -> list[Story]:
        before = self._database.rows("SELECT data FROM revisions WHERE id = ? ORDER BY revision", (id,))
        now = self._database.rows("SELECT data FROM stories WHERE id = ?", (id,))
        return [unpack(data) for (data,) in (*before, *now)]

    def search(
        self,
        query: Query,
        *,
        now: datetime,
        limit: int = 20,
        sort: Sort = "newest",
        cursor: str = "",
        facets: Sequence[Facet] = (),
        timeline: Interval | None = None,
        fold: bool = False,
    ) -> Page:
        after = read_cursor(cursor)
        if after is not None and (after.sort, after.folded) != (sort, fold):
            raise StoreError(f"this cursor belongs to another search than {sort}{', folded' if fold else ''}; "
                             "start again without it")
        schema, searcher = self._search.schema, self._searcher(after)
        translated = translate(query, schema, now)
        if isinstance(after, Folded):
            translated = both(translated, between(schema, "row", high=after.row))
        columns = self._search.columns
        page, found, total = None, list[Found](), None
        if facets or timeline:
            from pipeline.stores.embedded.counting import count  # with numpy, which most searches do without

            page = count(searcher, schema, columns, translated, facets, timeline, fold)
            if limit > 0 and after is None and sort == "newest":  # as the total is known, the latest stories may do
                late = both(translated, between(schema, "published", low=columns.late))
                found, _ = self._page(searcher, late, limit + 1, after, sort, fold)
        if limit > 0 and len(found) <= limit:
            found, total = self._page(searcher, translated, limit + 1, after, sort, fold)
        if page is None:
            if total is None:
                total = int(searcher.search(translated, 1, order_by_field="row").count)
            page = Page(total, (), clusters=count_clusters(searcher, schema, columns, translated, total) if fold else 0)
        cursor = str(found[limit - 1].after) if len(found) > limit else ""
        hits = found[:limit]
        named = outlets(searcher, schema, columns, [one.fold for one in hits if one.fold is not None]) if fold else {}
        return replace(page, hits=self._hits(hits, named), cursor=cursor)

    def _page(
        self, searcher: Any, query: Any, limit: int, after: Cursor | None, sort: Sort, fold: bool
    ) -> tuple[list[Found], int | None]:
        schema = self._search.schema
        if sort == "newest":
            assert not isinstance(after, Relevant)
            if not fold:
                assert not isinstance(after, Folded)
                return newest(searcher, schema, query, limit, after)
            assert not isinstance(after, Newest)
            return newest_folded(searcher, schema, query, limit, after, self._search.applied(searcher)[1])
        assert not isinstance(after, Newest | Folded)
        seq, offset = self._search.applied(searcher)[0], after.offset if after else 0
        with self._lock:
            self._snapshots[seq] = searcher
            self._snapshots.move_to_end(seq)
            while len(self._snapshots) > _SNAPSHOTS:
                self._snapshots.popitem(last=False)
        if fold:
            return relevant_folded(searcher, query, limit, seq, offset), None
        return relevant(searcher, query, limit, seq, offset)

    def _searcher(self, after: Cursor | None = None) -> Any:
        if isinstance(after, Relevant) and after.seq in self._snapshots:
            return self._snapshots[after.seq]
        if not self._healed:
            self._healed = True
            self._search.heal()
        return self._search.searcher()

    def _hits(self, found: Sequence[Found], outlets: Mapping[int, tuple[str, ...]] | None = None) -> tuple[Hit, ...]:
        """The stories of a page; `outlets` names all that carry a cluster."""
        stories = self._stories([one.row for one in found])
        named = {one.row: (outlets or {}).get(one.fold, ()) for one in found if one.fold is not None}
        return tuple(
            Hit(story, one.score, tuple(name for name in named.get(one.row, ()) if name != story.source))
            for one in found if (story := stories.get(one.row)) is not None
        )

    def stories(self, query: Query | None = None, *, now: datetime) -> Iterator[Story]:
        last = -1
        searcher = None if query is None else self._searcher()
        translated = None if query is None else translate(query, self._search.schema, now)
        while True:
            if searcher is None:
                rows = [row for (row,) in self._database.rows(
                    "SELECT row FROM stories WHERE row > ? ORDER BY row LIMIT ?", (last, _ROWS))]
            else:
                later = both(translated, between(self._search.schema, "row", low=last + 1))
                hits = searcher.search(later, _ROWS, count=False, order_by_field="row", order=tantivy.Order.Asc).hits
                rows = [row for row, _ in hits]
            yield from self._stories(rows).values()
            if len(rows) < _ROWS:
                return
            last = rows[-1]

    def status(self) -> dict[str, Any]:
        ((number,),) = self._database.rows("SELECT count(*) FROM stories")
        state = self._search.state()
        return {
            "kind": "embedded",
            "place": str(self._folder),
            "stories": number,
            "size_bytes": sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file()),
            "schema_version": SCHEMA_VERSION,
            "index": state,
            "unsearchable_changes": self._search.behind() if state == "ready" else None,
            "needs_reindex": state != "ready",
        }

    def close(self) -> None:
        self._snapshots.clear()
        self._search.close()
        self._database.close()

    def _rows(self, ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        out: dict[str, tuple[int, bytes]] = {}
        for some in batched(dict.fromkeys(ids), _AT_ONCE):
            marks = ", ".join("?" * len(some))
            out.update((id, (row, data)) for id, row, data in self._database.rows(
                f"SELECT id, row, data FROM stories WHERE id IN ({marks})", some))
        return out

    def _stories(self, rows: Sequence[int]) -> dict[int, Story]:
        out: dict[int, Story] = {}
        for some in batched(rows, _AT_ONCE):
            marks = ", ".join("?" * len(some))
            out.update((row, unpack(data)) for row, data in self._database.rows(
                f"SELECT row, data FROM stories WHERE row IN ({marks})", some))
        return out
