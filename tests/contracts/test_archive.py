"""What an Archive promises."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.core.errors import StoreError
from pipeline.core.query import parse
from pipeline.core.story import Story
from pipeline.stores.base import Archive, Indexed, Store
from tests.contracts.made import NOW, story, topics, transfer


def put(archive: Archive, *stories: Story) -> list[Indexed]:
    out = archive.index(stories)
    archive.refresh()
    return out


def ids(archive: Archive, text: str, limit: int = 100, **how: object) -> list[str]:
    page = archive.search(parse(text), now=NOW, limit=limit, **how)  # type: ignore[arg-type]
    return [hit.story.id for hit in page.hits]


# ── storing ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_story_comes_back_as_it_was_indexed(archive: Archive) -> None:
    rich = story(
        1, title="Ünïcode “title” 北京", body="Body\n\nwith 🚀 and \x00 zero", authors=("A. Writer", "B"),
        summary="S", published=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), published_from="page",
        published_raw="odd", tags=("t",), countries=("KP",), topics=topics("arms-transfer"),
        events=(transfer("alleged", "denied", supplier="KP"),), body_source="feed", revision=3, cluster="c",
        origin="AP")
    assert archive.index([rich]) == [Indexed(rich.id, "new", 3)]
    assert archive.get([rich.id, "missing"]) == {rich.id: rich}, "at once, without a refresh"
    archive.refresh()
    assert list(archive.stories(now=NOW)) == [rich]
    assert [hit.story for hit in archive.search(parse("*"), now=NOW).hits] == [rich]


def test_again_is_unchanged(archive: Archive) -> None:
    first = story(1)
    assert [i.outcome for i in put(archive, first, first)] == ["new", "unchanged"]
    assert put(archive, first) == [Indexed(first.id, "unchanged", 1)]
    assert archive.history(first.id) == [first]
    assert archive.search(parse("*"), now=NOW).total == 1


def test_unchanged_takes_over_what_is_new_about_it(archive: Archive) -> None:
    put(archive, story(1, tags=("a",)))
    later = story(1, feeds=("other",), tags=("b",), topics=topics("sanctions"), published=NOW, updated=NOW,
                  events=(transfer("denied"),), countries=("IR",))
    assert [i.outcome for i in put(archive, later)] == ["unchanged"]
    kept = archive.get([later.id])[later.id]
    assert (kept.feeds, kept.tags) == (("example", "other"), ("a", "b"))
    assert kept.published == story(1).published
    for text in ("feed:example feed:other", "topic:sanctions", "status:denied", "country:IR tag:b"):
        assert ids(archive, text) == [later.id], text


def test_another_text_is_a_revision_in_the_same_place(archive: Archive) -> None:
    first = story(1, body="A missile was fired.", topics=topics("missile-launch"))
    second = story(1, body="No missile was fired, a correction.", published=NOW, seen=NOW, updated=NOW)
    put(archive, first)
    assert put(archive, second) == [Indexed(first.id, "revised", 2)]
    kept = archive.get([first.id])[first.id]
    assert (kept.body, kept.published, kept.seen, kept.updated) == (second.body, first.published, first.seen, NOW)
    assert [s.revision for s in archive.history(first.id)] == [1, 2]
    assert archive.history(first.id)[0] == first
    assert ids(archive, "correction") == [first.id]
    assert ids(archive, "topic:missile-launch") == []
    assert archive.search(parse("missile"), now=NOW).total == 1
    put(archive, replace(second, title="Third"))
    assert [s.revision for s in archive.history(first.id)] == [1, 2, 3]
    assert archive.history("missing") == []


def test_one_bad_story_does_not_stop_the_others(archive: Archive) -> None:
    bad = story(2, body="a lone surrogate \ud800 cannot be written")
    out = put(archive, story(1), bad, story(3))
    assert [i.outcome for i in out] == ["new", "failed", "new"]
    assert out[1].id == bad.id
    assert out[1].error
    assert ids(archive, "*") == [story(1).id, story(3).id]


def test_many_at_once(archive: Archive) -> None:
    many = [story(i) for i in range(1201)]
    assert {i.outcome for i in put(archive, *many)} == {"new"}
    assert len(archive.get([s.id for s in many])) == 1201
    assert archive.search(parse("story"), now=NOW).total == 1201
    assert {s.id for s in archive.stories(parse("story"), now=NOW)} == {s.id for s in many}
    assert {s.id for s in archive.stories(now=NOW)} == {s.id for s in many}
    assert archive.index([]) == []


def test_several_writers_at_once(reopen: Callable[[], Store]) -> None:
    archives = [reopen().archive for _ in range(3)]
    shared = [story(i) for i in range(50)]

    def work(number: int) -> list[str]:
        own = [story(100 * (number + 1) + i) for i in range(50)]
        done = [i.outcome for s in (shared, own) for i in archives[number].index(s)]
        archives[number].refresh()
        return done

    with ThreadPoolExecutor(3) as pool:
        outcomes = [outcome for done in pool.map(work, range(3)) for outcome in done]
    assert outcomes.count("new") == 200
    assert outcomes.count("unchanged") == 100
    for archive in archives:
        assert archive.search(parse("*"), now=NOW).total == 200


def test_refreshed_is_there_for_others(reopen: Callable[[], Store]) -> None:
    writer, reader = reopen().archive, reopen().archive
    assert ids(reader, "*") == []
    put(writer, story(1))
    assert ids(reader, "*") == [story(1).id]
    put(writer, story(1, body="other words"))
    assert ids(reader, "other") == [story(1).id]


def test_what_is_old_is_deleted(archive: Archive) -> None:
    put(archive, *(story(i) for i in range(10)))
    put(archive, story(9, body="revised"))
    assert archive.delete_before(NOW - timedelta(minutes=5)) == 4
    assert ids(archive, "*") == [story(i).id for i in range(6)]
    assert archive.get([story(9).id]) == {}
    assert archive.history(story(9).id) == []
    assert archive.delete_before(NOW - timedelta(minutes=5)) == 0
    assert [i.outcome for i in put(archive, story(9))] == ["new"], "what was deleted may come again"
    assert ids(archive, "*")[-1] == story(9).id


def test_reindex_changes_nothing_that_is_found(reopen: Callable[[], Store]) -> None:
    archive, other = reopen().archive, reopen().archive
    put(archive, *(story(i) for i in range(20)))
    archive.delete_before(NOW - timedelta(minutes=9))
    before = ids(archive, "story"), ids(other, "story")
    assert archive.reindex() == 10
    assert (ids(archive, "story"), ids(other, "story")) == before
    put(other, story(50))
    assert len(ids(archive, "*")) == 11


def test_status_is_for_people(archive: Archive) -> None:
    put(archive, story(1))
    status = archive.status()
    assert status["stories"] == 1
    assert status["needs_reindex"] is False
    assert status["size_bytes"] > 0
    assert {"kind", "place", "schema_version"} <= set(status)


# ── searching ─────────────────────────────────────────────────────────────────────────────────────────────


def test_newest_first_then_by_id(archive: Archive) -> None:
    same = [story(i, published=NOW) for i in range(30)]
    put(archive, *same, story(40), story(41, published=NOW + timedelta(microseconds=1)))
    expected = [story(41).id, *sorted(s.id for s in same), story(40).id]
    assert ids(archive, "*") == expected
    for limit in (1, 7, 30, 31):
        assert ids(archive, "*", limit) == expected[:limit]


def test_relevance_puts_the_better_match_first(archive: Archive) -> None:
    put(archive, story(1, body="sanctions " + "filler " * 60), story(2, body="sanctions sanctions sanctions talk"),
        story(3, body="nothing of the kind"))
    page = archive.search(parse("sanctions"), now=NOW, sort="relevance")
    assert [hit.story.id for hit in page.hits] == [story(2).id, story(1).id]
    assert page.hits[0].score > page.hits[1].score > 0
    assert [hit.score for hit in archive.search(parse("sanctions"), now=NOW).hits] == [0, 0]


@pytest.mark.parametrize("sort", ["newest", "relevance"])
@pytest.mark.parametrize("size", [1, 3, 10, 100])
def test_pages_meet_every_story_once(archive: Archive, sort: str, size: int) -> None:
    stories = [story(i, published=NOW - timedelta(minutes=i // 4)) for i in range(25)]
    put(archive, *stories)
    met, cursor = [], ""
    while True:
        page = archive.search(parse("story"), now=NOW, limit=size, cursor=cursor, sort=sort)  # type: ignore[arg-type]
        assert page.total == 25
        met += [hit.story.id for hit in page.hits]
        cursor = page.cursor
        if not cursor:
            break
        assert len(page.hits) == size
    assert sorted(met) == sorted(s.id for s in stories)
    if sort == "newest":
        assert met == ids(archive, "story")


@pytest.mark.parametrize("sort", ["newest", "relevance"])
def test_paging_goes_on_while_stories_are_added(archive: Archive, sort: str) -> None:
    stories = [story(10 * i, published=NOW - timedelta(minutes=10 * (i // 3))) for i in range(1, 21)]
    put(archive, *stories)
    met, cursor, added = [], "", 0
    while True:
        page = archive.search(parse("story"), now=NOW, limit=4, cursor=cursor, sort=sort)  # type: ignore[arg-type]
        met += [hit.story.id for hit in page.hits]
        cursor = page.cursor
        if not cursor:
            break
        put(archive, story(1000 + added, body="story " * 9, published=NOW), story(10 * added + 15))
        added += 1
    assert sorted(set(met) & {s.id for s in stories}) == sorted(s.id for s in stories)
    assert len(met) == len(set(met))


def test_a_cursor_of_another_kind_is_refused(archive: Archive) -> None:
    put(archive, *(story(i) for i in range(5)))
    with pytest.raises(StoreError, match="cursor"):
        archive.search(parse("*"), now=NOW, cursor="nonsense")
    cursor = archive.search(parse("*"), now=NOW, limit=2).cursor
    with pytest.raises(StoreError, match="cursor"):
        archive.search(parse("*"), now=NOW, cursor=cursor, sort="relevance")


def test_no_limit_still_counts(archive: Archive) -> None:
    put(archive, story(1), story(2))
    page = archive.search(parse("*"), now=NOW, limit=0, facets=["source"])
    assert (page.total, page.hits) == (2, ())
    assert page.facets == {"source": (("Example", 2),)}
    assert archive.search(parse("nowhere"), now=NOW).total == 0


def test_facets_count_everything_found(archive: Archive) -> None:
    put(
        archive,
        story(1, source="AP", countries=("KP", "RU"), topics=topics("sanctions", "arms-transfer"), lang="en-GB"),
        story(2, source="AP", countries=("KP",), events=(transfer("denied"), transfer("denied", "alleged"))),
        story(3, source="ap", countries=("RU",), published=NOW - timedelta(days=2)),
        story(4, source="Reuters", lang="", body="apart"),
    )
    page = archive.search(parse("-apart"), now=NOW, limit=1,
                          facets=["topic", "source", "country", "lang", "status", "day"])
    assert page.facets == {
        "topic": (("arms-transfer", 1), ("sanctions", 1)),
        "source": (("AP", 2), ("ap", 1)),
        "country": (("KP", 2), ("RU", 2)),
        "lang": (("en", 2), ("en-GB", 1)),
        "status": (("alleged", 1), ("denied", 1)),
        "day": (("2026-11-18", 1), ("2026-11-20", 2)),
    }
    second = archive.search(parse("-apart"), now=NOW, limit=1, cursor=page.cursor, facets=["source"])
    assert second.facets == {"source": (("AP", 2), ("ap", 1))}


@pytest.mark.parametrize(("interval", "expected"), [
    ("hour", ["1969-12-31T23", "2026-11-16T00", "2026-11-20T11", "2026-11-20T12"]),
    ("day", ["1969-12-31T00", "2026-11-16T00", "2026-11-20T00"]),
    ("week", ["1969-12-29T00", "2026-11-16T00"]),
    ("month", ["1969-12-01T00", "2026-11-01T00"]),
])
def test_timeline(archive: Archive, interval: str, expected: list[str]) -> None:
    moments = [NOW, NOW - timedelta(minutes=30), NOW - timedelta(minutes=1), datetime(2026, 11, 16, tzinfo=UTC),
               datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]
    put(archive, *(story(i, published=moment) for i, moment in enumerate(moments)))
    timeline = archive.search(parse("*"), now=NOW, timeline=interval).timeline  # type: ignore[arg-type]
    assert [f"{moment:%Y-%m-%dT%H}" for moment, _ in timeline] == expected
    assert sum(number for _, number in timeline) == 5
    assert archive.search(parse("*"), now=NOW).timeline == ()


def test_times_are_exact_and_relative_to_now(archive: Archive) -> None:
    put(archive, story(0, published=NOW), story(1, published=NOW - timedelta(hours=1)),
        story(2, published=NOW - timedelta(hours=1, microseconds=1)))
    assert ids(archive, "since:1h") == [story(0).id, story(1).id]
    assert ids(archive, "before:1h") == [story(2).id]
    assert ids(archive, "after:2026-11-20T12:00") == [story(0).id]
    page = archive.search(parse("since:1h"), now=NOW + timedelta(hours=1))
    assert [hit.story.id for hit in page.hits] == [story(0).id]


def test_event_facts_belong_to_one_event(archive: Archive) -> None:
    put(
        archive,
        story(1, events=(transfer("alleged", supplier="KP", recipient="RU"), transfer("denied", supplier="IR"))),
        story(2, events=(transfer("alleged", "denied", supplier="IR", recipient="RU", weapon="drones"),)),
    )
    assert ids(archive, "event:(supplier:KP status:alleged)") == [story(1).id]
    assert ids(archive, "event:(supplier:KP status:denied)") == []
    assert ids(archive, "event:(arms-transfer supplier:IR status:denied)") == [story(1).id, story(2).id]
    assert ids(archive, "event:(status:denied status:alleged weapon:drones recipient:RU)") == [story(2).id]
    assert ids(archive, "event:(missile-launch)") == []
