"""What is wrong with a feed, as `Trouble`s to be told; pure.

`since` names the occurrence: it stays the same as long as a trouble lasts, so that telling it twice can be told
from its coming back. docs/feeds.md says when a feed counts as what.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from pipeline.core.alerts.triggers import Trouble
from pipeline.feeds.history import Ill
from pipeline.feeds.rhythm import DAY_S, HOUR_S, gap_s
from pipeline.feeds.schedule import FeedState, ill

RECOVERY_TOLD: Final = timedelta(days=7)
"""How long a feed that is well again is called so."""


def troubles(feed_id: str, state: FeedState, now: datetime) -> tuple[Trouble, ...]:
    """Everything that a person should know of a feed: what is wrong, that it moved, or that it is well again.

    What is wrong is judged as of the feed's last poll, so between two polls nothing changes.
    """
    found = [_TOLD[what](feed_id, state) for what in ill(state)]
    if state.moved_to and state.moved is not None:
        found.append(Trouble(
            feed_id, "moved", state.moved,
            f"It redirects to {state.moved_to} for good and is polled there; change its url "
            f"(`wirewatch feeds check {feed_id}` says where it stands).",
            state.url,
        ))
    past = state.history
    if past.recovered is not None and now - past.recovered < RECOVERY_TOLD:
        found.append(Trouble(feed_id, "recovered", past.recovered, f"It was {past.recovered_from}.", state.url))
    return tuple(found)


def began(feed_id: str, before: FeedState, after: FeedState, now: datetime) -> tuple[Trouble, ...]:
    """The troubles that the poll between two states has brought."""
    known = {(one.state, one.since) for one in troubles(feed_id, before, now)}
    return tuple(one for one in troubles(feed_id, after, now) if (one.state, one.since) not in known)


def _gone(feed: str, state: FeedState) -> Trouble:
    detail = "The server answers 410 (Gone). It is asked again once a week; remove the feed or change its url."
    return Trouble(feed, "gone", _at(state.gone), detail, state.url)


def _failing(feed: str, state: FeedState) -> Trouble:
    streak = state.history.failing
    last = f"the last success was {state.last_success:%Y-%m-%d %H:%M} UTC" if state.last_success else "it never worked"
    detail = f"{streak.count} polls failed in a row ({state.error}); {last}. Try `wirewatch feeds check {feed}`."
    return Trouble(feed, "failing", _at(streak.since), detail, state.url)


def _empty(feed: str, state: FeedState) -> Trouble:
    used = f"It used to show {state.shown}." if state.shown else "It has never shown any."
    return Trouble(feed, "silent", _at(state.history.empty.since), f"It answers without entries. {used}", state.url)


def _silent(feed: str, state: FeedState) -> Trouble:
    past = state.history
    since = _at(past.last_new)
    quiet = long((_at(state.last_success) - since).total_seconds())
    detail = (f"It answers, but gave nothing new for {quiet}; its longest silence was "
              f"{long(past.quiet_s)}. Usually there is something new every {long(gap_s(state.rhythm, since))}.")
    return Trouble(feed, "silent", since, detail, state.url)


def _flooding(feed: str, state: FeedState) -> Trouble:
    past = state.history
    since = _at(past.flooding)
    first = max(0, len(past.days) - 1 - (past.today - since.toordinal()))
    usual, flood = past.days[:first], past.days[first:]
    mean = sum(usual) / len(usual) if usual else 0
    detail = f"{max(flood, default=0)} new entries in a day, usually {mean:.3g} and at most {max(usual, default=0)}."
    return Trouble(feed, "flooding", since, detail, state.url)


def _unread(feed: str, state: FeedState) -> Trouble:
    streak = state.history.unread
    detail = (f"The feed answers, but its last {streak.count} articles gave no text; see `wirewatch failures list`. "
              "Where the feed itself carries the text, set full_text: feed.")
    return Trouble(feed, "failing", _at(streak.since), detail, state.url)


_TOLD: Final[dict[Ill, Callable[[str, FeedState], Trouble]]] = {
    "gone": _gone, "failing": _failing, "empty": _empty, "silent": _silent, "flooding": _flooding, "unread": _unread,
}


def _at(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a trouble without a beginning")
    return moment


def long(seconds: float) -> str:
    """A duration as a person says it."""
    for unit, length_s in (("days", DAY_S), ("hours", HOUR_S)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}"
    return f"{max(1, round(seconds / 60))} min"
