"""Search that shows each cluster once: its pages, and the outlets that a hit stands for.

A story that is in no cluster with others has no `fold`; whoever has one is shown only where it is the first of its
cluster among all that the query finds. So a page asks once more, and only about the clusters on it, whether the query
finds something of them before the page; pages far in cost no more than the first.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import tantivy

from pipeline.stores.embedded.columns import Columns
from pipeline.stores.embedded.paging import Folded, Found, Newest, Relevant, newest, relevant
from pipeline.stores.embedded.translate import between, both, copied, either, except_for

_Q: Final = tantivy.Query
_ALL: Final = 1_000_000


def of_clusters(schema: Any, folds: Sequence[int]) -> Any:
    """Every story of these clusters."""
    return _Q.term_set_query(schema, "fold", list(folds))


def newest_folded(
    searcher: Any, schema: Any, query: Any, limit: int, after: Folded | None, highest: int
) -> tuple[list[Found], int | None]:
    """At most `limit` clusters, newest first, that come after `after`; rows above `highest` are left out from then on.

    (What is added while someone turns pages would otherwise move its cluster to a page that was shown already.)
    Also how many stories `query` finds in all, where that came for nothing: on the first page.
    """
    row = after.row if after else highest
    at: Newest | None = after.at if after else None
    shown: list[Found] = []
    met: set[int] = set()
    rest, size = query, 4 * limit  # some are copies of each other, and asking again costs more than some more at once
    total: int | None = None
    while len(shown) < limit:
        found, all = newest(searcher, schema, rest, size, at)
        total = all if at is None else total
        fresh = {one.fold for one in found if one.fold is not None} - met
        if after and fresh:
            here = both(_until(schema, after.at), both(query, of_clusters(schema, sorted(fresh))))
            met.update(_sizes(searcher, here))
        for one in found:
            if one.fold is None or one.fold not in met:
                assert isinstance(one.after, Newest)
                shown.append(Found(one.row, 0.0, Folded(one.after, row), one.fold))
                met.update(() if one.fold is None else (one.fold,))
        if len(found) < size:
            break
        last = found[-1].after
        assert isinstance(last, Newest)
        at, size = last, 2 * size
        rest = except_for(query, of_clusters(schema, sorted(met))) if met else query
    return shown[:limit], total


def relevant_folded(searcher: Any, query: Any, limit: int, seq: int, offset: int) -> list[Found]:
    """At most `limit` clusters by descending score, after those among the first `offset` stories."""
    size = offset + 2 * limit
    while True:
        found, _ = relevant(searcher, query, size, seq, 0)
        met: set[int] = set()
        shown: list[Found] = []
        for place, one in enumerate(found):
            if one.fold in met:
                continue
            met.update(() if one.fold is None else (one.fold,))
            if place >= offset:
                shown.append(replace(one, after=Relevant(seq, place + 1, True)))
        if len(shown) >= limit or len(found) < size:
            return shown[:limit]
        size *= 2


def outlets(searcher: Any, schema: Any, columns: Columns, folds: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """For each of these clusters all outlets that carry it, whichever had it first first."""
    if not folds:
        return {}
    first: defaultdict[int, dict[str, int]] = defaultdict(dict)
    found = searcher.search(of_clusters(schema, folds), searcher.num_docs, count=False, order_by_field="row")
    for fold, published, _, numbers in (columns.of(row) for row, _ in found.hits):
        for facet, outlet in (columns.names[number] for number in numbers):
            if facet == "source":
                first[fold][outlet] = min(published, first[fold].get(outlet, published))
    return {fold: tuple(sorted(moments, key=lambda outlet: (moments[outlet], outlet)))
            for fold, moments in first.items()}


def count_clusters(searcher: Any, schema: Any, columns: Columns, query: Any, total: int) -> int:
    """How many clusters there are of the `total` stories that `query` finds."""
    copies = both(query, copied(schema))
    try:
        sizes = _sizes(searcher, copies)
    except ValueError as error:
        if "bucket" not in str(error).lower():
            raise
        from pipeline.stores.embedded.counting import count  # with numpy, which most searches do without

        number = int(searcher.search(copies, 1, order_by_field="row").count)
        return total - number + count(searcher, schema, columns, copies, (), None, True).clusters
    return total - sum(sizes.values()) + len(sizes)


def _sizes(searcher: Any, query: Any) -> dict[int, int]:
    """How many stories of each cluster the query finds; ValueError where tantivy makes no more groups (65,000)."""
    asked = {"terms": {"field": "fold", "size": _ALL, "segment_size": _ALL}}
    return {int(cluster["key"]): int(cluster["doc_count"])
            for cluster in searcher.aggregate(query, {"of": asked})["of"]["buckets"]}


def _until(schema: Any, at: Newest) -> Any:
    """What comes before the page that follows `at`."""
    same = both(between(schema, "published", at.published, at.published), between(schema, "rank", high=at.rank))
    return either([between(schema, "published", low=at.published + 1), same])
