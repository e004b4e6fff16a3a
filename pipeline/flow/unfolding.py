"""What stories that have just come bring to their threads, for the rules that ask for it (`when: {thread: […]}`)."""

from collections.abc import Sequence
from datetime import datetime

from pipeline.core.alerts import AlertRule, Found
from pipeline.core.alerts.unfolding import unfolds
from pipeline.core.story import Failure, Story
from pipeline.core.threads import thread_of
from pipeline.flow.mistakes import mistake
from pipeline.stores.base import Store
from pipeline.stores.threads import together


def unfolding(
    store: Store, asked: Sequence[tuple[AlertRule, Story]], now: datetime
) -> tuple[list[Found], list[Failure]]:
    """What is new in the threads of stories that rules ask for, and what failed."""
    found: list[Found] = []
    failed: list[Failure] = []
    by_thread: dict[str, list[tuple[AlertRule, Story]]] = {}
    for rule, story in asked:
        if story.thread:
            by_thread.setdefault(story.thread, []).append((rule, story))
    for id, members in together(store, by_thread, now).items() if by_thread else ():
        try:
            thread = thread_of(members)
            for rule in dict.fromkeys(rule for rule, _ in by_thread[id]):
                fresh = {story.id for other, story in by_thread[id] if other is rule}
                found += unfolds(rule, thread, [story.id for story in members], fresh, now)
        except Exception as error:  # one thread costs one thread
            story = by_thread[id][0][1]
            failed.append(mistake("alert", story.id, error, now, feed=story.feeds[0], url=story.url))
    return found, failed
