"""The threads of an archive: by the id of a thread or of one of its stories, and those that a query touches."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pipeline.core.query import Query, Tag, any_of, tag_value
from pipeline.core.story import Story
from pipeline.core.threads import Thread, thread_of
from pipeline.stores.base import Store
from pipeline.stores.unions import Node, groups

_PAGE: Final = 100


def find_thread(store: Store, id: str, now: datetime) -> Thread | None:
    """The thread that goes (or went, before it met another) by this id, or that this story belongs to; None where
    there is none."""
    story = store.archive.get([id]).get(id)
    asked = story.thread if story is not None and story.thread else id
    stories = together(store, [asked], now)[asked]
    told = [one for one in stories if one.thread]
    return thread_of(told) if told else None


def find_threads(store: Store, query: Query, now: datetime, limit: int, alone: bool = False) -> list[Thread]:
    """Threads with a story that the query finds, those first whose story is the latest; those of one story only
    where `alone`."""
    found: dict[str, Thread] = {}
    seen: set[str] = set()
    cursor = ""
    while len(found) < limit:
        page = store.archive.search(query, now=now, limit=_PAGE, cursor=cursor)
        new = list(dict.fromkeys(hit.story.thread for hit in page.hits if hit.story.thread))
        for stories in together(store, [id for id in new if id not in seen], now).values():
            if stories and len(stories) > (0 if alone else 1):
                thread = thread_of(stories)
                found.setdefault(thread.id, thread)
        seen.update(new)
        cursor = page.cursor
        if not cursor:
            break
    return list(found.values())[:limit]


def together(store: Store, ids: Iterable[str], now: datetime) -> dict[str, list[Story]]:
    """The stories of each thread, also such as are not searchable yet, by the id asked for; of one whose members were
    forgotten (stores/clusters.py), those that are found by its name."""
    named = groups(store.ledger, "thread", [Node(id, now) for id in ids])
    kept = store.archive.get([id for group in named.values() for id in group.members])
    found = {asked: [kept[id] for id in group.members if id in kept] for asked, group in named.items()}
    if few := [asked for asked, stories in found.items() if len(stories) < 2]:
        for story in store.archive.stories(any_of(Tag("thread", tag_value(id)) for id in few), now=now):
            stories = found.get(story.thread)
            if stories is not None and all(story.id != known.id for known in stories):
                stories.append(story)
    return found
