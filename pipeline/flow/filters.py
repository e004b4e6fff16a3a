"""Which entries a feed's own `include` and `exclude` queries keep."""

from datetime import datetime
from functools import lru_cache

from pipeline.config import FeedSettings
from pipeline.core.document import Document
from pipeline.core.query import Query, matches, parse
from pipeline.core.story import Entry


def wanted(feed: FeedSettings, entry: Entry, now: datetime) -> bool:
    """Whether the feed's settings keep an entry."""
    return not left_out(feed, entry, now)


def left_out(feed: FeedSettings, entry: Entry, now: datetime) -> str:
    """Why an entry is left out, in words; empty where it is kept."""
    if not (feed.include or feed.exclude):
        return ""
    document = Document.of_entry(entry)
    if feed.include and not matches(_query(feed.include), document, now):
        return f"include does not match: {feed.include}"
    if feed.exclude and matches(_query(feed.exclude), document, now):
        return f"exclude matches: {feed.exclude}"
    return ""


@lru_cache(maxsize=4096)
def _query(text: str) -> Query:
    return parse(text)
