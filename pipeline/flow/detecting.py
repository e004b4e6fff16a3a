"""What happens to an outcome at detection."""

from dataclasses import replace
from datetime import datetime

from pipeline.core.topics import Topics
from pipeline.flow.articles import Outcome
from pipeline.flow.assemble import with_detection
from pipeline.flow.mistakes import mistake


def detected(outcome: Outcome, topics: Topics, now: datetime) -> Outcome:
    """The outcome whose story has its topics, events and countries; without them where finding them fails."""
    story = outcome.story
    if story is None:
        return outcome
    try:
        return replace(outcome, story=with_detection(story, topics))
    except Exception as error:  # one story costs one story
        found = mistake("detect", outcome.task.entry.id, error, now, feed=outcome.task.entry.feed, url=story.url)
        return replace(outcome, failures=(*outcome.failures, found))
