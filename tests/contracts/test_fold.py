"""Search that shows near-copies once: each cluster exactly once, in order, with everything counted by cluster.

What is right is said by brute force in memory (`Folded`); both stores must say the same, whatever is asked.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from pipeline.core.document import Document, facet_values
from pipeline.core.errors import StoreError
from pipeline.core.query import Query, matches, parse
from pipeline.core.story import Story
from pipeline.stores.base import FACET_VALUES, Archive, Facet, Interval, Page, Sort
from tests.contracts.made import NOW, story, topics
from tests.contracts.strange import about, collections, queries
from tests.contracts.test_agreement import gathered, renumbered

CASES = int(os.environ.get("WIREWATCH_LONG", "60"))
FACETS: tuple[Facet, ...] = ("topic", "source", "country", "lang", "status", "day")
INTERVALS: tuple[Interval, ...] = ("hour", "day", "week", "month")


def cluster(story: Story) -> str:
    return story.cluster if story.copied and story.cluster else story.id


class Folded:
    """What folding means, by brute force."""

    def __init__(self, stories: Sequence[Story], query: Query) -> None:
        self.all = stories
        self.found = sorted((s for s in stories if matches(query, Document.of(s), NOW)),
                            key=lambda s: (NOW - s.published, s.id))

    def first_ids(self) -> list[str]:
        first = {cluster(s): s.id for s in reversed(self.found)}
        return [s.id for s in self.found if first[cluster(s)] == s.id]

    def facet(self, name: Facet) -> tuple[tuple[str, int], ...]:
        pairs = {(value, cluster(s)) for s in self.found
                 for value in ([f"{s.published:%Y-%m-%d}"] if name == "day" else facet_values(s)[name])}
        counts = Counter(value for value, _ in pairs)
        return tuple(sorted(counts.items(), key=lambda c: c if name == "day" else (-c[1], c[0]))[:FACET_VALUES])

    def timeline(self, interval: Interval) -> tuple[tuple[datetime, int], ...]:
        counts = Counter(start for start, _ in {(begin(s.published, interval), cluster(s)) for s in self.found})
        return tuple(sorted(counts.items()))

    def outlets(self, shown: Story) -> tuple[str, ...]:
        first: dict[str, datetime] = {}
        for s in self.all:
            if cluster(s) == cluster(shown) and s.source and s.source != shown.source:
                first[s.source] = min(s.published, first.get(s.source, s.published))
        return tuple(sorted(first, key=lambda name: (first[name], name)))


def begin(moment: datetime, interval: Interval) -> datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if interval == "hour":
        return hour
    day = hour.replace(hour=0)
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


def put(archive: Archive, *stories: Story) -> None:
    assert {i.outcome for i in archive.index(stories)} == {"new"}
    archive.refresh()


def pages(archive: Archive, query: Query, limit: int, sort: Sort = "newest") -> list[Page]:
    out = [archive.search(query, now=NOW, limit=limit, sort=sort, fold=True)]
    while out[-1].cursor:
        assert len(out[-1].hits) == limit
        out.append(archive.search(query, now=NOW, limit=limit, sort=sort, cursor=out[-1].cursor, fold=True))
    return out


def ids(found: Sequence[Page]) -> list[str]:
    return [hit.story.id for page in found for hit in page.hits]


def copy(number: int, of: int, source: str, **changes: Any) -> Story:
    """A story in the cluster of story `of`."""
    return story(number, source=source, cluster=story(of).id, copied=True, **changes)


# ── by example ────────────────────────────────────────────────────────────────────────────────────────────


def wire(archive: Archive) -> None:
    """Three copies of one text, two of another, a story of its own; 0 is the newest."""
    put(archive, copy(0, 5, "Paper", body="Shells, an update.", topics=topics("sanctions")),
        story(1, body="Shells.", source="Alone"), copy(2, 4, "Blog", body="Shells."),
        copy(3, 5, "AP", body="Shells."), copy(4, 4, "Paper", body="Shells."), copy(5, 5, "Wire", body="Shells."),
        copy(6, 5, "AP", body="Nothing of the kind."))


def test_one_hit_stands_for_its_copies(archive: Archive) -> None:
    wire(archive)
    page = archive.search(parse("shells"), now=NOW, fold=True)
    assert [(hit.story.id, hit.outlets) for hit in page.hits] == [
        (story(0).id, ("AP", "Wire")), (story(1).id, ()), (story(2).id, ("Paper",))]
    assert (page.total, page.clusters, page.cursor) == (6, 3, "")
    unfolded = archive.search(parse("shells"), now=NOW)
    assert (unfolded.total, len(unfolded.hits), {hit.outlets for hit in unfolded.hits}) == (6, 6, {()})


def test_the_hit_is_the_first_that_the_query_finds(archive: Archive) -> None:
    wire(archive)
    for text, expected in (("shells -update", [1, 2, 3]), ("source:Wire", [5]), ("source:Paper", [0, 4]),
                           ("kind", [6]), ("shells before:2026-11-20T11:57", [4, 5])):
        page = archive.search(parse(text), now=NOW, fold=True)
        assert [hit.story.id for hit in page.hits] == [story(n).id for n in expected], text
        assert page.clusters == len(expected)
    assert archive.search(parse("kind"), now=NOW, fold=True).hits[0].outlets == ("Wire", "Paper"), "all that carry it"


def test_facets_and_timeline_count_clusters(archive: Archive) -> None:
    wire(archive)
    page = archive.search(parse("shells"), now=NOW, fold=True, limit=0, facets=("source", "topic", "day"),
                          timeline="hour")
    assert (page.total, page.clusters, page.hits) == (6, 3, ())
    assert page.facets == {"source": (("Paper", 2), ("AP", 1), ("Alone", 1), ("Blog", 1), ("Wire", 1)),
                           "topic": (("sanctions", 1),), "day": (("2026-11-20", 3),)}
    assert [n for _, n in page.timeline] == [3, 1], "a cluster counts in each hour in which a story of it is found"
    for source, number in page.facets["source"]:
        assert archive.search(parse(f"shells source:{source}"), now=NOW, fold=True).clusters == number


def test_marks_fold_what_was_apart(archive: Archive) -> None:
    put(archive, story(0), story(1), story(2))
    assert archive.search(parse("*"), now=NOW, fold=True).clusters == 3
    archive.mark({story(n).id: {"cluster": story(2).id, "copied": True} for n in (0, 2)})
    archive.refresh()
    page = archive.search(parse("*"), now=NOW, fold=True)
    assert ([hit.story.id for hit in page.hits], page.clusters) == ([story(0).id, story(1).id], 2)


@pytest.mark.parametrize("sort", ["newest", "relevance"])
@pytest.mark.parametrize("limit", [2, 50])
def test_pages_meet_every_cluster_once(archive: Archive, sort: Sort, limit: int) -> None:
    """One cluster of 150 that fills the first pages, others strewn in between, many at the same moment."""
    many = [copy(n, 999, f"Outlet {n}", published=NOW - timedelta(minutes=n // 9)) for n in range(150)]
    some = [copy(n, 200 + n % 7, f"Outlet {n}", published=NOW - timedelta(minutes=n // 30)) for n in range(200, 260)]
    lone = [story(n, published=NOW - timedelta(minutes=n % 20)) for n in range(300, 312)]
    put(archive, *many, *some, *lone)
    found = pages(archive, parse("story"), limit, sort)
    met = [cluster(hit.story) for page in found for hit in page.hits]
    assert len(met) == len(set(met)) == 20
    assert {(page.total, page.clusters) for page in found} == {(222, 20)}
    if sort == "newest":
        assert ids(found) == Folded([*many, *some, *lone], parse("story")).first_ids()


@pytest.mark.parametrize("sort", ["newest", "relevance"])
def test_clusters_are_met_though_copies_arrive_meanwhile(archive: Archive, sort: Sort) -> None:
    """A copy that arrives would move its cluster to a page that was shown already."""
    put(archive, *(copy(10 * n + i, 10 * n, f"Outlet {i}") for n in range(1, 11) for i in (0, 1)))
    met, cursor, added = list[str](), "", 0
    while True:
        page = archive.search(parse("story"), now=NOW, limit=2, cursor=cursor, sort=sort, fold=True)
        met += [cluster(hit.story) for hit in page.hits]
        cursor = page.cursor
        if not cursor:
            break
        put(archive, *(copy(1000 + 20 * added + n, 10 * n, "Late", published=NOW) for n in range(1, 11)))
        added += 1
    assert sorted(met) == sorted(story(10 * n).id for n in range(1, 11))


def test_a_cursor_goes_on_with_its_own_kind_of_search(archive: Archive) -> None:
    put(archive, *(story(n) for n in range(5)))
    folded, plain = (archive.search(parse("*"), now=NOW, limit=2, fold=fold).cursor for fold in (True, False))
    for cursor, fold, sort in ((folded, False, "newest"), (plain, True, "newest"), (folded, True, "relevance")):
        with pytest.raises(StoreError, match="cursor"):
            archive.search(parse("*"), now=NOW, cursor=cursor, fold=fold, sort=sort)  # type: ignore[arg-type]


# ── against brute force ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.timeout(0)
def test_generated_queries_fold_as_brute_force_says(fresh_archive: Callable[[], Archive]) -> None:
    rows: list[tuple[Story, ...]] = gathered(collections(5), 12, 7)
    stories = [renumbered(s, 100 * place + number) for place, row in enumerate(rows) for number, s in enumerate(row)]
    archive = fresh_archive()
    put(archive, *stories)
    asked = st.one_of(about(tuple(stories)), queries)
    cases = st.tuples(asked, st.sampled_from([2, 5, 100]), st.sampled_from(INTERVALS))
    folded_something = 0
    for query, limit, interval in gathered(cases, CASES, 8):
        expected = Folded(stories, query)
        page = archive.search(query, now=NOW, limit=100, fold=True, facets=FACETS, timeline=interval)
        assert [hit.story.id for hit in page.hits] == expected.first_ids(), query
        assert (page.total, page.clusters) == (len(expected.found), len(expected.first_ids())), query
        assert page.facets == {name: expected.facet(name) for name in FACETS}, query
        assert page.timeline == expected.timeline(interval), query
        folded_something += page.clusters < page.total
        assert [hit.outlets for hit in page.hits] == [expected.outlets(hit.story) for hit in page.hits], query
        if limit > 5:
            continue
        if len(page.hits) <= 4 * limit:
            assert ids(pages(archive, query, limit)) == expected.first_ids(), query
        best = archive.search(query, now=NOW, limit=100, sort="relevance").hits
        firsts = {cluster(hit.story): hit.story.id for hit in reversed(best)}
        shown = [hit.story.id for hit in archive.search(query, now=NOW, limit=100, sort="relevance", fold=True).hits]
        assert shown == [hit.story.id for hit in best if firsts[cluster(hit.story)] == hit.story.id], query
    assert folded_something > CASES // 4, "queries that find no copies prove little"
