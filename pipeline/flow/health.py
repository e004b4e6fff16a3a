"""How feeds do: told to rules that ask for it (`when: {health: …}`), and what their articles add to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pipeline.config import FeedSettings
from pipeline.core.alerts import AlertRule
from pipeline.core.alerts.triggers import Trouble
from pipeline.core.story import from_plain, to_plain
from pipeline.feeds import health, schedule
from pipeline.feeds.schedule import FeedState
from pipeline.flow.articles import Outcome
from pipeline.stores import outbox
from pipeline.stores.base import Ledger, Record, Store

_TRIES: Final = 10


class Teller:
    """Claims the troubles of feeds for the rules that ask for them; each is told once, however often it is claimed."""

    def __init__(self, store: Store, rules: Iterable[AlertRule], feeds: Mapping[str, FeedSettings]) -> None:
        self._store, self._feeds = store, feeds
        self._rules = [rule for rule in rules if rule.when is not None and rule.when.health]

    def tell(self, troubles: Sequence[Trouble], now: datetime) -> int:
        """How many of them are new to a rule."""
        if not (self._rules and troubles):
            return 0
        return outbox.notice(self._store, self._rules, [self._shown(one) for one in troubles], now)

    def _shown(self, trouble: Trouble) -> Trouble:
        """As people may read it: without the secrets of the feed."""
        feed = self._feeds.get(trouble.feed)
        if feed is None:
            return trouble
        return replace(trouble, detail=feed.hidden(trouble.detail), url=feed.hidden(trouble.url))


def read_of(outcomes: Iterable[Outcome]) -> dict[str, tuple[int, int]]:
    """By feed id: how many articles gave text, and how many did not."""
    counts: dict[str, tuple[int, int]] = {}
    for outcome in outcomes:
        unread = any(failure.stage in ("article", "extract") for failure in outcome.failures)
        read = not unread and outcome.story is not None and outcome.story.body_source == "page"
        if read or unread:
            before = counts.get(outcome.task.entry.feed, (0, 0))
            counts[outcome.task.entry.feed] = (before[0] + read, before[1] + unread)
    return counts


def note_articles(ledger: Ledger, counts: Mapping[str, tuple[int, int]], now: datetime) -> list[Trouble]:
    """Remember of feeds how many of their articles gave text; what is wrong with those for which it matters.

    Only states that this changes are written: most feeds give text, as they always did.
    """
    found: list[Trouble] = []
    for id, record in ledger.get("feed", list(counts)).items():
        for _ in range(_TRIES):  # another worker may have met articles of the same feed
            before = from_plain(FeedState, record.data)
            state = schedule.articles(before, *counts[id], now)
            if state == before:
                break
            if ledger.replace("feed", Record(id, to_plain(state), record.due, record.version)):
                found += health.troubles(id, state, now)
                break
            record = ledger.get("feed", [id])[id]
    return found
