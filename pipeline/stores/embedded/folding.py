"""Search that shows each cluster once: its pages, and the outlets that a hit stands for.

A story that is in no cluster with others has no `fold`; whoever has one is shown only where it is the first of its
cluster among all that the query finds. So a page asks once more, and only about the clusters on it, whether the query
finds something of them before the page; pages far in cost no more than the first.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import tantivy

from pipeline.stores.embedded.counting import ALL, clusters_of
from pipeline.stores.embedded.paging import Folded, Found, Newest, Relevant, newest, relevant
from pipeline.stores.embedded.translate import between, both, either, except_for

_Q: Final = tantivy.Query


def of_clusters(schema: Any, folds: Sequence[int]) -> Any:
    """Every story of these clusters."""
    return _Q.term_set_query(schema, "fold", list(folds))


def newest_folded(
    searcher: Any, schema: Any, query: Any, limit: int, after: Folded | None, highest: int
) -> list[Found]:
    """At most `limit` clusters, newest first, that come after `after`; rows above `highest` are left out from then on.

    (What is added while someone turns pages would otherwise move its cluster to a page that was shown already.)
    """
    row = after.row if after else highest
    at: Newest | None = after.at if after else None
    shown: list[Found] = []
    met: set[int] = set()
    rest, size = query, limit
    while len(shown) < limit:
        found, _ = newest(searcher, schema, rest, size, at)
        fresh = {one.fold for one in found if one.fold is not None} - met
        if after and fresh:
            here = both(_until(schema, after.at), both(query, of_clusters(schema, sorted(fresh))))
            met.update(clusters_of(searcher, here))
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
    return shown[:limit]


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


def outlets(searcher: Any, schema: Any, folds: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """For each of these clusters all outlets that carry it, whichever had it first first."""
    if not folds:
        return {}
    by_time = {"first": {"min": {"field": "published"}}}
    named = {"of": {"terms": {"field": "shown_source", **ALL}, "aggs": by_time}}
    asked = {"clusters": {"terms": {"field": "fold", **ALL}, "aggs": named}}
    counted = searcher.aggregate(of_clusters(schema, folds), asked)
    return {
        int(cluster["key"]): tuple(
            str(outlet["key"])
            for outlet in sorted(cluster["of"]["buckets"], key=lambda o: (o["first"]["value"], o["key"]))
        )
        for cluster in counted["clusters"]["buckets"]
    }


def _until(schema: Any, at: Newest) -> Any:
    """What comes before the page that follows `at`."""
    same = both(between(schema, "published", at.published, at.published), between(schema, "rank", high=at.rank))
    return either([between(schema, "published", low=at.published + 1), same])
