"""Read a feed again as it was recorded: all that its polls ever showed, each entry in its newest state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pipeline.config import FeedSettings
from pipeline.core.errors import FetchError, ReadError
from pipeline.core.story import Entry, Failure
from pipeline.feeds.parse import parse_feed
from pipeline.flow.filters import wanted
from pipeline.flow.mistakes import mistake, without_secrets
from pipeline.flow.reading import apart
from pipeline.flow.recordings import Kept, Recordings
from pipeline.stores import entries
from pipeline.stores.base import Store
from pipeline.stores.entries import Task

NEWER: Final = timedelta(hours=1)
"""A stored story that was made this much later than its recording comes from a later fetch, and is left alone."""


@dataclass(frozen=True, slots=True)
class Reread:
    """What the recordings of one feed came to; `seen` counts distinct entries."""

    feed: FeedSettings
    seen: int
    tasks: tuple[Task, ...]
    failures: tuple[Failure, ...]


def reread(feed: FeedSettings, recordings: Recordings, store: Store, max_bytes: int, now: datetime) -> Reread:
    """The tasks of one feed: what is new, and what is stored but can be made anew from the recordings."""
    newest: dict[str, tuple[Entry, datetime]] = {}
    made: dict[str, Task] = {}
    failures: tuple[Failure, ...] = ()
    try:
        for at, shown in _versions(feed, recordings, max_bytes, now):
            fresh = [entry for entry in shown if entry.id not in newest]
            made |= {t.entry.id: t for t in entries.claim(store.ledger, fresh, at) if t.why == "new"}
            newest |= {entry.id: (entry, at) for entry in shown}
    except (FetchError, ReadError) as error:
        reason = error.reason if isinstance(error, ReadError) else "recording"
        failures = (Failure("parse", feed.id, reason, str(error), now, feed=feed.id, url=feed.url),)
    except Exception as error:  # one feed costs one feed
        failure = mistake("parse", feed.id, error, now, feed=feed.id, url=feed.url)
        return Reread(feed, len(newest), (), (without_secrets(failure, feed),))
    tasks = list(_tasks(feed, newest, made, recordings, store))
    entries.keep(store.ledger, tasks, now)
    return Reread(feed, len(newest), tuple(tasks), tuple(without_secrets(failure, feed) for failure in failures))


def _versions(
    feed: FeedSettings, recordings: Recordings, max_bytes: int, now: datetime
) -> Iterator[tuple[datetime, Sequence[Entry]]]:
    before = b""
    for kept in recordings.feeds[feed.id]:
        answer = recordings.response(feed.url, feed.url, kept, (), max_bytes)
        if answer.body == before:
            continue
        before = answer.body
        parsed = apart(
            parse_feed, answer.body, feed=feed.id, url=feed.url, content_type=answer.content_type,
            fallback_lang=feed.lang,
        )
        yield kept.at, [entry for entry in parsed.entries if wanted(feed, entry, now)]


def _tasks(
    feed: FeedSettings,
    newest: dict[str, tuple[Entry, datetime]],
    made: dict[str, Task],
    recordings: Recordings,
    store: Store,
) -> Iterator[Task]:
    known = store.ledger.get("entry", [id for id in newest if id not in made])
    told = {id: Task(newest[id][0], "changed", datetime.fromisoformat(record.data["seen"]),
                     known_as=record.data.get("story", "")) for id, record in known.items()}
    stored = store.archive.get([task.story for task in told.values()])
    for id, (entry, at) in newest.items():
        if id in made:
            yield Task(entry, "new", made[id].seen)
        elif id in told:
            task = told[id]
            story = stored.get(task.story)
            recorded = at if feed.full_text == "feed" else _page_at(recordings, entry.url)
            if story is not None and (recorded is None or story.updated > recorded + NEWER):
                task = Task(entry, "carried", task.seen, known_as=task.known_as)
            yield task


def _page_at(recordings: Recordings, url: str) -> datetime | None:
    try:
        kept: Kept = recordings.newest(url)[1]
    except FetchError:
        return None
    return kept.at
