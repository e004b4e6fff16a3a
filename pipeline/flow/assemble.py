"""An entry and what its page gave become a Story; pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal

from pipeline.config import FeedSettings
from pipeline.core.story import Entry, Story
from pipeline.core.text import Text
from pipeline.core.topics import Topics, detect
from pipeline.core.urls import host_of, story_id
from pipeline.extract import Article
from pipeline.stores.entries import Task

CLOCK_SKEW: Final = timedelta(hours=24)
"""A date further ahead than this is wrong, not early: the next source of a date is taken."""
READ_CHARS: Final = 100_000
"""Topics are looked for in so much of a text: a long report whole, and seconds of a text that is made to cost hours."""


def make_story(task: Task, feed: FeedSettings, article: Article | None, now: datetime) -> Story:
    """The story of an entry: the page's text where there is one, unless the feed's own is longer (a teaser)."""
    entry = task.entry
    from_page = article is not None and len(article.body) >= max(len(entry.text), 1)
    url = _address(entry, article)
    published, published_from = _date(entry, article, now)
    return Story(
        id=story_id(url),
        url=url,
        title=entry.title or (article.title if article else ""),
        body=article.body if article is not None and from_page else entry.text,
        body_source="page" if from_page else "feed",
        source=feed.source or host_of(url),
        published=published or task.seen,
        published_from=published_from,
        published_raw=entry.published_raw or (article.published_raw if article else ""),
        seen=task.seen,
        updated=now,
        feeds=(entry.feed,),
        tags=feed.tags,
        authors=(article.authors if article else ()) or entry.authors,
        summary=entry.summary,
        lang=(article.lang if article else "") or entry.lang or feed.lang,
    )


def with_detection(story: Story, topics: Topics) -> Story:
    """The story with its topics, events and countries found by today's rules."""
    found = detect(Text.of(story.title), Text.of(story.body[:READ_CHARS]), topics)
    return replace(story, topics=found.topics, events=found.events, countries=found.countries)


def _address(entry: Entry, article: Article | None) -> str:
    """The page's own canonical address where it names another page of the same site (AMP, print, mobile)."""
    other = article.canonical_url if article else ""
    if other and story_id(other) != entry.id and _site(other) == _site(entry.url):
        return other
    return entry.url


def _site(url: str) -> str:
    host = host_of(url)
    for prefix in ("m.", "amp.", "mobile."):
        host = host.removeprefix(prefix)
    return host


def _date(
    entry: Entry, article: Article | None, now: datetime
) -> tuple[datetime | None, Literal["feed", "page", "fetched"]]:
    dates: tuple[tuple[datetime | None, Literal["feed", "page"]], ...] = (
        (entry.published, "feed"),
        (article.published if article else None, "page"),
    )
    for date, source in dates:
        if date is not None and date <= now + CLOCK_SKEW:
            return date, source
    return None, "fetched"
