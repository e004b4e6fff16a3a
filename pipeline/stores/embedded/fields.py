"""What tantivy is given: a story's words and stems joined by spaces, its tags, and numbers to sort and find it by.

    title body author                  stems, with positions
    title_words body_words …           unstemmed words, with positions
    topic status source … event        tags as they are compared
    row published rank                 the story's row in SQLite, microseconds, the order of its id (fast)
    bits0 bits1 bits2 bits3            in one of them, two to the power of the row's place among ROWS_AT_ONCE (fast)
    outlets origins                    counts (fast)
    copied fold                        whether it is in a cluster with others; a number for that cluster (fast)

One more document, found by `marker`, says which change was applied last and the highest row it brought. It is
committed together with the stories, so what it says is always so.
"""

import hashlib
import re
from typing import Any, Final

import tantivy

from pipeline.core.document import DOCUMENT_VERSION, Document, fold_key
from pipeline.core.query import COUNT_FIELDS, TAG_FIELDS, TEXT_FIELDS
from pipeline.core.story import Story
from pipeline.core.text import ANALYSIS_VERSION
from pipeline.stores.embedded.database import to_micros

LAYOUT_VERSION: Final = 4
"""Goes up whenever the fields here change."""
INDEX_VERSION: Final = (LAYOUT_VERSION * 1000 + ANALYSIS_VERSION) * 1000 + DOCUMENT_VERSION

BITS: Final = ("bits0", "bits1", "bits2", "bits3")
ROWS_AT_ONCE: Final = 52
"""Rows in one sum of bits: as many as a floating-point number holds exactly."""
_TAGS: Final[tuple[str, ...]] = (*TAG_FIELDS, "event")
_HEX: Final = re.compile(r"[0-9a-f]{15}")


def schema() -> Any:
    """The tantivy schema."""
    made = tantivy.SchemaBuilder()
    for field in TEXT_FIELDS:
        made.add_text_field(field, tokenizer_name="whitespace", index_option="position")
        made.add_text_field(f"{field}_words", tokenizer_name="whitespace", index_option="position")
    for name in (*_TAGS, "copied", "marker"):
        made.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("row", "published", "rank", "applied", "fold", *COUNT_FIELDS):
        made.add_integer_field(name, indexed=True, fast=True)
    for name in BITS:
        made.add_integer_field(name, fast=True)
    return made.build()


def story_fields(story: Story, row: int) -> Any:
    """The tantivy document of a story."""
    document, out = Document.of(story), tantivy.Document()
    for field, text in document.texts.items():
        if text.words:
            out.add_text(field, " ".join(text.stems))
            out.add_text(f"{field}_words", " ".join(text.words))
    for name in _TAGS:
        for value in document.tag(name):
            out.add_text(name, value)
    for count, number in document.counts.items():
        out.add_integer(count, number)
    if key := fold_key(story):
        out.add_text("copied", "yes")
        out.add_integer("fold", rank(key))
    out.add_integer("row", row)
    out.add_integer(BITS[row // ROWS_AT_ONCE % len(BITS)], 1 << row % ROWS_AT_ONCE)
    out.add_integer("published", to_micros(story.published))
    out.add_integer("rank", rank(story.id))
    return out


def marker_fields(applied: int, highest_row: int) -> Any:
    """The document that says how far the index is."""
    out = tantivy.Document()
    out.add_text("marker", "applied")
    out.add_integer("applied", applied)
    out.add_integer("row", -1 - highest_row)
    return out


def rank(id: str) -> int:
    """A number that sorts as the id does: its first 60 bits (of a hash where it is not hexadecimal)."""
    digits = id[:15] if _HEX.match(id) else hashlib.sha256(id.encode("utf-8", "surrogateescape")).hexdigest()[:15]
    return int(digits, 16)
