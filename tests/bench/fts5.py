"""SQLite's own full-text search as a store to compare with: the same words and stems, the same questions.

Stories are rows; their stems and words are columns of an FTS5 table, and tags are rows of a table indexed
by (field, value), so that every question is one statement. It counts, sorts by time and makes the same facets.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipeline.core.document import Document, facet_values
from pipeline.core.query import (
    And,
    Event,
    Near,
    Not,
    Or,
    Phrase,
    Prefix,
    Published,
    Query,
    Tag,
    TextLeaf,
    Word,
    text_fields,
)
from pipeline.core.story import Story, to_json

_TABLES: Final = """
CREATE TABLE stories (row INTEGER PRIMARY KEY, published INTEGER, day TEXT, data BLOB);
CREATE INDEX by_time ON stories (published);
CREATE TABLE tags (field TEXT, value TEXT, row INTEGER, PRIMARY KEY (field, value, row)) WITHOUT ROWID;
CREATE TABLE shown (row INTEGER, field TEXT, value TEXT);
CREATE INDEX shown_row ON shown (row, field);
CREATE VIRTUAL TABLE words USING fts5 (
    title, body, title_words, body_words, content='', tokenize="unicode61 remove_diacritics 0");
"""
_WORDS: Final = "INSERT INTO words (rowid, title, body, title_words, body_words) VALUES (?, ?, ?, ?, ?)"


class Fts5:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.connection = sqlite3.connect(folder / "fts5.db", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.executescript(_TABLES)
        self.rows = 0

    def index(self, stories: Sequence[Story]) -> None:
        self.connection.execute("BEGIN")
        for story in stories:
            self.rows += 1
            document = Document.of(story)
            self.connection.execute("INSERT INTO stories VALUES (?, ?, ?, ?)", (
                self.rows, int(story.published.timestamp()), f"{story.published:%Y-%m-%d}", to_json(story)))
            self.connection.execute(_WORDS, (
                self.rows, " ".join(document.title.stems), " ".join(document.body.stems),
                " ".join(document.title.words), " ".join(document.body.words)))
            self.connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?, ?)", [
                (field, value, self.rows) for field, values in document.tags.items() for value in values])
            self.connection.executemany("INSERT INTO shown VALUES (?, ?, ?)", [
                (self.rows, field, value) for field, values in facet_values(story).items() for value in values])
        self.connection.execute("COMMIT")

    def search(self, query: Query, now: datetime, limit: int = 20) -> tuple[int, list[bytes]]:
        """How many stories match, and the newest; facets and days are counted too."""
        where, values = _where(query, now)
        run = self.connection.execute
        run("DROP TABLE IF EXISTS temp.found")
        run(f"CREATE TEMP TABLE found AS SELECT row, published, day FROM stories WHERE {where}", values)
        (total,) = run("SELECT count(*) FROM found").fetchone()
        hits = [data for (data,) in run(
            "SELECT data FROM stories WHERE row IN (SELECT row FROM found ORDER BY published DESC LIMIT ?)", (limit,))]
        run("SELECT field, value, count(*) FROM found JOIN shown USING (row) GROUP BY field, value").fetchall()
        run("SELECT day, count(*) FROM found GROUP BY day").fetchall()
        return total, hits


def _where(query: Query, now: datetime) -> tuple[str, list[Any]]:
    if (text := _match(query)) is not None:
        return "row IN (SELECT rowid FROM words WHERE words MATCH ?)", [text]
    if isinstance(query, Tag):
        return "row IN (SELECT row FROM tags WHERE field = ? AND value = ?)", [query.field, query.value]
    if isinstance(query, Event):
        return "row IN (SELECT row FROM tags WHERE field = 'event' AND value = ?)", [query.key]
    if isinstance(query, Published):
        return f"published {'>=' if query.side == 'after' else '<'} ?", [int(query.at(now).timestamp())]
    if isinstance(query, Not):
        where, values = _where(query.part, now)
        return f"NOT ({where})", values
    assert isinstance(query, And | Or)
    parts = [_where(part, now) for part in query.parts]
    joint = " AND " if isinstance(query, And) else " OR "
    return joint.join(f"({where})" for where, _ in parts), [value for _, values in parts for value in values]


def _match(query: Query) -> str | None:
    """The question as an FTS5 expression, where it is one of words only."""
    if isinstance(query, TextLeaf):
        ending = "_words" if isinstance(query, Prefix) else ""
        columns = " ".join(f"{field}{ending}" for field in text_fields(query.where))
        return f"({{{columns}}} : {_leaf(query)})"
    if isinstance(query, And | Or):
        wanted = [_match(part) for part in query.parts if not isinstance(part, Not)]
        unwanted = [_match(part.part) for part in query.parts if isinstance(part, Not)]
        if not wanted or None in wanted or None in unwanted or (unwanted and isinstance(query, Or)):
            return None
        text = (" AND " if isinstance(query, And) else " OR ").join(str(part) for part in wanted)
        return f"({text})" + "".join(f" NOT {part}" for part in unwanted)
    return None


def _leaf(leaf: TextLeaf) -> str:
    if isinstance(leaf, Word):
        return f'"{leaf.stem}"'
    if isinstance(leaf, Phrase):
        return '"' + " ".join(leaf.stems) + '"'
    if isinstance(leaf, Near):
        a, b = leaf.stems
        return f'NEAR("{a}" "{b}", {leaf.between})'
    if isinstance(leaf, Prefix):
        return f'"{leaf.prefix}" *'
    raise ValueError("exact forms are not among the questions")


