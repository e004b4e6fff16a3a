"""Fetch the pages of a shard's entries and make stories of them; every task comes out exactly once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from pipeline.config import FeedSettings, Settings
from pipeline.core.errors import FetchError, ReadError
from pipeline.core.story import Failure, Story
from pipeline.flow.assemble import make_story
from pipeline.flow.mistakes import mistake
from pipeline.flow.overlap import overlapped
from pipeline.flow.reading import apart
from pipeline.net.response import Response, Validators
from pipeline.stores import entries
from pipeline.stores.base import Store, batched
from pipeline.stores.entries import Ref, Task

HOSTS_AT_ONCE: Final = 64
PASSING: Final = frozenset({"timeout", "dns", "connect", "protocol", "http-408", "http-425", "http-429"})
"""Reasons that may be gone the next time; so may every server error (http-5xx)."""
AT_ONCE: Final = 100
PAGES_AT_ONCE: Final = 16
"""Entries whose texts, and pages, are in memory together."""
HTML_TYPES: Final = ("", "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml")


class Fetcher(Protocol):
    """What a pass needs of `net.client.Client`; a replay answers from recordings instead."""

    async def fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, validators: Validators | None = None,
        robots: bool = False,
    ) -> Response: ...


OpenFetcher = Callable[[], AbstractAsyncContextManager[Fetcher]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task came to: its story (None: the stored one stays as it is), whether its article is worth another
    try later, and what failed on the way."""

    task: Task
    story: Story | None
    again: bool = False
    failures: tuple[Failure, ...] = ()


def fetch_stories(
    refs: Iterable[Ref],
    feeds: Mapping[str, FeedSettings],
    settings: Settings,
    client: OpenFetcher,
    clock: Callable[[], datetime],
    store: Store,
) -> Iterator[Outcome]:
    """Make every task a story, from its page where one is to be had, else from the feed's own text.

    A story that is stored with the text of its page does not lose it because the page fails now.
    """
    wanted: dict[str, Ref] = {}
    for ref in refs:
        if ref[0] not in wanted or ref[1] == "changed":  # the newest state of an entry is enough
            wanted[ref[0]] = ref
    pages: list[tuple[str, Ref]] = []
    ready: list[Ref] = []
    for ref in wanted.values():
        _, why, url, feed_id = ref
        if why == "carried" or (feed_id in feeds and feeds[feed_id].full_text == "feed"):
            ready.append(ref)
        else:
            pages.append((url, ref))
    for some in batched(ready, AT_ONCE):
        for task in entries.load(store.ledger, some):
            story = None if task.why == "carried" else make_story(task, _feed(feeds, task), None, clock())
            yield Outcome(task, story)
    if not pages:
        return

    async def fetch(opened: Fetcher, ref: Ref) -> Response | FetchError:
        feed = feeds.get(ref[3])
        robots = settings.network.robots != "ignore" if feed is None or feed.robots is None else feed.robots
        try:
            return await opened.fetch(ref[2], robots=robots)
        except FetchError as error:
            return error

    network = settings.network
    answers = overlapped(
        pages, client, fetch, per_host=network.per_host_concurrency, hosts_at_once=HOSTS_AT_ONCE,
        pause_s=network.per_host_delay_s,
    )
    for task, answer in _with_tasks(answers, store):
        now = (answer.at if isinstance(answer, Response) else None) or clock()
        try:
            outcome = _outcome(task, _feed(feeds, task), answer, settings, now)
        except Exception as error:  # one page costs one page
            found = mistake("extract", task.entry.id, error, now, feed=task.entry.feed, url=task.entry.url)
            outcome = Outcome(task, make_story(task, _feed(feeds, task), None, now), failures=(found,))
        if outcome.failures and task.why != "new":
            known = store.archive.get([task.story]).get(task.story)
            if known is not None and known.body_source == "page":
                outcome = Outcome(task, None, outcome.again, outcome.failures)
        yield outcome


def _with_tasks(
    answers: Iterable[tuple[Ref, Response | FetchError]], store: Store
) -> Iterator[tuple[Task, Response | FetchError]]:
    for some in batched(answers, PAGES_AT_ONCE):
        tasks = {task.entry.id: task for task in entries.load(store.ledger, [ref for ref, _ in some])}
        yield from ((tasks[ref[0]], answer) for ref, answer in some if ref[0] in tasks)


def _feed(feeds: Mapping[str, FeedSettings], task: Task) -> FeedSettings:
    return feeds.get(task.entry.feed, FeedSettings(url=task.entry.url))


def _outcome(
    task: Task, feed: FeedSettings, answer: Response | FetchError, settings: Settings, now: datetime
) -> Outcome:
    from pipeline.extract import extract_article

    if isinstance(answer, FetchError):
        again = answer.reason in PASSING or answer.reason.startswith("http-5")
        failure = _failure("article", task, answer.reason, str(answer), now)
        return Outcome(task, make_story(task, feed, None, now), again, (failure,))
    content_type = answer.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in HTML_TYPES:
        failure = _failure("article", task, "not-html", f"{task.entry.url} is {kind}, not a page of text", now)
        return Outcome(task, make_story(task, feed, None, now), failures=(failure,))
    try:
        article = apart(extract_article, answer.body, url=answer.url, content_type=content_type)
    except ReadError as error:
        failure = _failure("extract", task, error.reason, f"{task.entry.url}: {error}", now)
        return Outcome(task, make_story(task, feed, None, now), failures=(failure,))
    story = make_story(task, feed, article, now)
    if len(article.body) < settings.extract.min_chars and story.body_source == "feed":
        message = (
            f"{task.entry.url}: the page gave {len(article.body)} characters of text, fewer than extract.min_chars "
            f"({settings.extract.min_chars}); the feed's own {len(task.entry.text)} are kept"
        )
        return Outcome(task, story, failures=(_failure("extract", task, "too-short", message, now),))
    return Outcome(task, story)


def _failure(stage: str, task: Task, reason: str, message: str, now: datetime) -> Failure:
    entry = task.entry
    return Failure(stage, entry.id, reason, message, now, feed=entry.feed, url=entry.url)
