"""When to poll a feed, and what to remember of it; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.config import FeedSettings
from pipeline.feeds.parse import Hints


@dataclass(frozen=True, slots=True)
class FeedState:
    """Everything that is remembered of one feed between polls.

    Validators belong to the one URL that gave them (`validators_url`). `due` None: never polled, so due at once.
    `not_before` is what the server itself asked for (Retry-After); no pass polls earlier.
    """

    validators_url: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    moved_to: str = ""
    gone: bool = False
    due: datetime | None = None
    not_before: datetime | None = None
    last_success: datetime | None = None
    errors: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll gave. `error` is the reason of a failure, otherwise empty."""

    status: int | None = None
    url: str = ""
    etag: str = ""
    last_modified: str = ""
    redirects: tuple[tuple[int, str, str], ...] = ()
    error: str = ""
    retry_after_s: float | None = None
    body_hash: str = ""
    entries: int = 0
    undated: int = 0
    hints: Hints = field(default_factory=Hints)

    @classmethod
    def of(
        cls, status: int, url: str, headers: Mapping[str, str], redirects: Sequence[tuple[int, str, str]]
    ) -> "Poll":
        return cls(status, url, headers.get("etag", ""), headers.get("last-modified", ""), tuple(redirects))


def is_due(state: FeedState, now: datetime) -> bool:
    """Whether the feed's own pace says that it is time."""
    return not state.gone and (state.due is None or state.due <= now)


def may_poll(state: FeedState, now: datetime) -> bool:
    """Whether a person who asks for a poll now may have one: unless the feed is gone or the server said later."""
    return not state.gone and (state.not_before is None or state.not_before <= now)


def after(state: FeedState, poll: Poll, new: int, feed: FeedSettings, now: datetime) -> FeedState:
    """The state after a poll that gave `new` entries not known before."""
    wait = timedelta(seconds=max(feed.interval_min_s, poll.retry_after_s or 0))
    if poll.error:
        if poll.retry_after_s:
            state = replace(state, not_before=now + timedelta(seconds=poll.retry_after_s))
        return replace(state, errors=state.errors + 1, error=poll.error, gone=poll.status == 410, due=now + wait)
    state = replace(state, errors=0, error="", gone=False, last_success=now, due=now + wait)
    if poll.status == 304:
        return state
    return replace(
        state,
        validators_url=poll.url if poll.etag or poll.last_modified else "",
        etag=poll.etag,
        last_modified=poll.last_modified,
        body_hash=poll.body_hash or state.body_hash,
    )
