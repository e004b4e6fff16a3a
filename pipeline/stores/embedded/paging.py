"""Which stories a search shows, in which order, and what a cursor remembers.

Newest first is ordered by two numbers, `published` and `rank`; tantivy sorts by one. So the stories of one
moment that straddle the end of a page are fetched by `rank` in a search of their own: exact, and never more than
a page is read, however many stories share a moment.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import tantivy

from pipeline.core.errors import StoreError
from pipeline.stores.embedded.translate import between, both

_CURSOR: Final = re.compile(r"n\.(-?\d{1,18})\.(\d{1,19})(?:\.(\d{1,18}))?|r\.(\d{1,18})\.(\d{1,18})(f?)", re.ASCII)

_Numbers = tuple[int, int, int, int | None]


@dataclass(frozen=True, slots=True)
class Newest:
    """Go on after the story with these two numbers."""

    published: int
    rank: int
    sort: ClassVar = "newest"
    folded: ClassVar = False

    def __str__(self) -> str:
        return f"n.{self.published}.{self.rank}"


@dataclass(frozen=True, slots=True)
class Folded:
    """Go on after `at` among clusters of stories up to `row`: those that were there at the first page."""

    at: Newest
    row: int
    sort: ClassVar = "newest"
    folded: ClassVar = True

    def __str__(self) -> str:
        return f"{self.at}.{self.row}"


@dataclass(frozen=True, slots=True)
class Relevant:
    """Go on after `offset` stories, in the snapshot that had applied change `seq`; of clusters where `folded`."""

    seq: int
    offset: int
    folded: bool = False
    sort: ClassVar = "relevance"

    def __str__(self) -> str:
        return f"r.{self.seq}.{self.offset}{'f' if self.folded else ''}"


Cursor = Newest | Folded | Relevant


@dataclass(frozen=True, slots=True)
class Found:
    """One story of a page: its row in SQLite, its score, the cursor to go on after it, its cluster if any."""

    row: int
    score: float
    after: Cursor
    fold: int | None = None


def read_cursor(text: str) -> Cursor | None:
    """The inverse of `str`; StoreError for anything else, None for no cursor."""
    if not text:
        return None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise StoreError(f'"{text[:40]}" is not a cursor of this store; start again without one')
    published, rank, row, seq, offset, folded = match.groups()
    if published is None:
        return Relevant(int(seq), int(offset), bool(folded))
    at = Newest(int(published), int(rank))
    return at if row is None else Folded(at, int(row))


def newest(searcher: Any, schema: Any, query: Any, limit: int, after: Newest | None) -> tuple[list[Found], int | None]:
    """At most `limit` stories, by `published` descending, then by `rank` ascending, that come after `after`.

    Also how many stories `query` finds in all, where that came for nothing: on the first page.
    """
    found: list[_Numbers] = []
    rest = query
    if after is not None:
        moment = both(query, between(schema, "published", after.published, after.published))
        later = both(moment, between(schema, "rank", low=after.rank + 1))
        found, _ = _numbers(searcher, later, limit, "rank", tantivy.Order.Asc)
        rest = both(query, between(schema, "published", high=after.published - 1))
    total = None
    if len(found) < limit:
        wanted = limit - len(found)
        numbers, total = _numbers(searcher, rest, wanted + 1, "published", tantivy.Order.Desc)
        last = numbers[-1][0] if len(numbers) > wanted else None
        if last is not None and numbers[-2][0] == last:  # stories of this moment straddle the end: take the right ones
            numbers = [some for some in numbers if some[0] > last]
            moment = both(query, between(schema, "published", last, last))
            numbers += _numbers(searcher, moment, wanted - len(numbers), "rank", tantivy.Order.Asc)[0]
        found += sorted(numbers, key=_order)[:wanted]
    page = [Found(row, 0.0, Newest(published, rank), fold) for published, rank, row, fold in found]
    return page, total if after is None else None


def relevant(searcher: Any, query: Any, limit: int, seq: int, offset: int) -> tuple[list[Found], int]:
    """At most `limit` stories by descending score, after the first `offset`; and how many there are in all."""
    result = searcher.search(query, limit, offset=offset)
    addresses = [address for _, address in result.hits]
    rows, folds = (searcher.fast_field_values(name, addresses) for name in ("row", "fold"))
    page = [
        Found(row, float(score), Relevant(seq, offset + place), fold)
        for place, ((score, _), row, fold) in enumerate(zip(result.hits, rows, folds, strict=True), 1)
    ]
    return page, int(result.count)


def _numbers(searcher: Any, query: Any, limit: int, field: str, order: Any) -> tuple[list[_Numbers], int]:
    """(published, rank, row, fold) of the first `limit` stories by `field`, and how many stories there are."""
    result = searcher.search(query, limit, order_by_field=field, order=order)
    addresses = [address for _, address in result.hits]
    columns = [searcher.fast_field_values(name, addresses) for name in ("published", "rank", "row", "fold")]
    return list(zip(*columns, strict=True)), int(result.count)


def _order(numbers: _Numbers) -> tuple[int, int]:
    return -numbers[0], numbers[1]
