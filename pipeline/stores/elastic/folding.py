"""Search that shows each cluster once, on Elasticsearch: what is asked besides the page itself.

A story that is in no cluster with others has no `find.fold`. `collapse` does not go with `search_after`, so pages are
read story by story, and of those that have copies one more request says which is the first of its cluster. Clusters
are counted by a script that collects them in sets: exact, where `cardinality` would be an estimate.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pipeline.stores.base import Interval

_HAS_COPIES: Final = {"exists": {"field": "find.fold"}}
_OUTLETS: Final = 10_000
"""Outlets that carry one cluster, at most."""

_MAP: Final = """
long floor(long number, long unit) { return number % unit < 0 ? number / unit - 1 : number / unit; }
def fold = doc['find.fold'].value;
state.sets.computeIfAbsent('clusters', n -> new HashMap()).computeIfAbsent('', v -> new HashSet()).add(fold);
for (facet in params.facets.entrySet()) {
  def sets = state.sets.computeIfAbsent(facet.getKey(), n -> new HashMap());
  for (value in doc[facet.getValue()]) { sets.computeIfAbsent(value, v -> new HashSet()).add(fold); }
}
long published = doc['find.published_us'].value;
long day = floor(published, 86400000000L);
for (interval in params.intervals.entrySet()) {
  long start = day;
  if (interval.getValue() == 'hour') { start = floor(published, 3600000000L); }
  if (interval.getValue() == 'week') { start = floor(day + 3, 7L) * 7 - 3; }
  if (interval.getValue() == 'month') { start = LocalDate.ofEpochDay(day).withDayOfMonth(1).toEpochDay(); }
  state.sets.computeIfAbsent(interval.getKey(), n -> new HashMap())
    .computeIfAbsent(String.valueOf(start), v -> new HashSet()).add(fold);
}
"""
_COMBINE: Final = """
for (sets in state.sets.values()) {
  for (value in new ArrayList(sets.keySet())) { sets.put(value, new ArrayList(sets.get(value))); }
}
return state.sets;
"""
_REDUCE: Final = """
def all = new HashMap();
for (sets in states) {
  if (sets == null) { continue; }
  for (name in sets.entrySet()) {
    def merged = all.computeIfAbsent(name.getKey(), n -> new HashMap());
    for (value in name.getValue().entrySet()) {
      merged.computeIfAbsent(value.getKey(), v -> new HashSet()).addAll(value.getValue());
    }
  }
}
for (sets in all.values()) {
  for (value in new ArrayList(sets.keySet())) { sets.put(value, sets.get(value).size()); }
}
return all;
"""


def fold_of(hit: Mapping[str, Any]) -> str:
    """The cluster of a hit that was asked for with `docvalue_fields`, empty where it is alone."""
    return str(hit.get("fields", {}).get("find.fold", [""])[0])


def aggregations(counted: dict[str, Any], facets: Mapping[str, str], timeline: Interval | None,
                 days: bool) -> dict[str, Any]:
    """Aggregations that count clusters: stories without copies by `counted`, copies in sets for the same values.

    `facets` maps each facet to the field that holds its values; `days` asks for the facet of that name.
    """
    intervals = {**({"day": "day"} if days else {}), **({"timeline": timeline} if timeline else {})}
    sets = {"init_script": "state.sets = new HashMap();", "map_script": _MAP, "combine_script": _COMBINE,
            "reduce_script": _REDUCE, "params": {"facets": dict(facets), "intervals": intervals}}
    return {
        "alone": {"filter": {"bool": {"must_not": [_HAS_COPIES]}}, "aggs": counted},
        "copies": {"filter": _HAS_COPIES, "aggs": {"sets": {"scripted_metric": sets}}},
    }


def sizes(totals: Mapping[str, Any]) -> tuple[int, dict[str, dict[str, int]]]:
    """How many clusters there are; and how many copied ones for each value of each facet and start of an interval."""
    sets = totals["copies"]["sets"]["value"] or {}
    return totals["alone"]["doc_count"] + sets.get("clusters", {}).get("", 0), sets


def without(query: dict[str, Any], folds: Iterable[str]) -> dict[str, Any]:
    """The query but for these clusters, scored alike."""
    return {"bool": {"must": [query], "must_not": [{"terms": {"find.fold": sorted(folds)}}]}}


def firsts(request: Mapping[str, Any], folds: Sequence[str]) -> dict[str, Any]:
    """The request for the first story of each of these clusters in the order of another request."""
    chosen = {"terms": {"find.fold": list(folds)}}
    asked = {key: request[key] for key in ("sort", "search_type") if key in request} | {
        "size": len(folds), "source": False, "track_total_hits": False, "collapse": {"field": "find.fold"}}
    if "search_type" in request:  # filtered afterwards, each story has the very score that it has on the page
        return asked | {"query": request["query"], "post_filter": chosen}
    return asked | {"query": {"bool": {"filter": [request["query"], chosen]}}}


def outlets(folds: Sequence[str]) -> dict[str, Any]:
    """The request for all outlets of these clusters."""
    by_time = {"first": {"min": {"field": "find.published_us"}}}
    named = {"outlets": {"terms": {"field": "source", "size": _OUTLETS}, "aggs": by_time}}
    return {
        "query": {"bool": {"filter": [{"terms": {"find.fold": list(folds)}}]}}, "size": 0, "track_total_hits": False,
        "aggs": {"clusters": {"terms": {"field": "find.fold", "size": len(folds)}, "aggs": named}},
    }


def outlets_told(answer: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """For each cluster all outlets that carry it, whichever had it first first."""
    return {
        cluster["key"]: tuple(
            outlet["key"] for outlet in sorted(cluster["outlets"]["buckets"],
                                               key=lambda outlet: (outlet["first"]["value"], outlet["key"]))
            if outlet["key"]
        )
        for cluster in answer["aggregations"]["clusters"]["buckets"]
    }
