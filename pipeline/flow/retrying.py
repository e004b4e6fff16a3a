"""Failures that a person wants tried again: what failed becomes due for the next pass."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.core.story import Entry, Failure, Story, from_plain, to_plain
from pipeline.feeds.schedule import FeedState
from pipeline.stores.base import Ledger, Record, Store


def retry(store: Store, chosen: Sequence[Failure], now: datetime) -> list[Failure]:
    """Make what failed due now; returns what cannot be tried again, since nothing is known of it any more.

    A failure stays listed until the next pass succeeds with it. A server that asked to be left alone (Retry-After)
    still is.
    """
    feeds = [failure for failure in chosen if failure.stage in ("feed", "parse")]
    items = [failure for failure in chosen if failure.stage not in ("feed", "parse")]
    return [*_feeds(store.ledger, feeds, now), *_entries(store, items, now)]


def _feeds(ledger: Ledger, chosen: Sequence[Failure], now: datetime) -> list[Failure]:
    known = ledger.get("feed", [failure.key for failure in chosen])
    records = []
    for id, record in known.items():
        state = from_plain(FeedState, record.data)
        # Without validators and hash, an answer that is the same as before is read all the same.
        fresh = replace(state, due=now, validators_url="", etag="", last_modified="", body_hash="")
        records.append(Record(id, to_plain(fresh), due=now))
    if records:
        ledger.put("feed", records)
    return [failure for failure in chosen if failure.key not in known]


def _entries(store: Store, chosen: Sequence[Failure], now: datetime) -> list[Failure]:
    ids = list(dict.fromkeys(failure.key for failure in chosen))
    known = store.ledger.get("entry", ids)
    stories = store.archive.get([known[id].data.get("story", id) if id in known else id for id in ids])
    records: list[Record] = []
    lost: list[Failure] = []
    for failure in chosen:
        record = known.get(failure.key)
        data: dict[str, Any] = dict(record.data) if record is not None else {"feeds": {}, "seen": now.isoformat()}
        if "entry" not in data:
            story = stories.get(data.get("story", failure.key))
            if story is None:
                lost.append(failure)
                continue
            data["entry"] = to_plain(_entry(failure, story))
            data["seen"] = story.seen.isoformat()
        records.append(Record(failure.key, {**data, "attempts": 0}, due=now))
    if records:
        store.ledger.put("entry", records)
    return lost


def _entry(failure: Failure, story: Story) -> Entry:
    """The entry that a story was made of, as far as the story tells."""
    return Entry(
        id=failure.key,
        feed=failure.feed or (story.feeds[0] if story.feeds else ""),
        url=failure.url or story.url,
        title=story.title,
        summary=story.summary,
        content=story.body if story.body_source == "feed" and story.body != story.summary else "",
        authors=story.authors,
        published=story.published if story.published_from == "feed" else None,
        published_raw=story.published_raw,
        lang=story.lang,
    )
