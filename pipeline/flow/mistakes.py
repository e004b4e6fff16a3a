"""What is unexpected costs one item, never the pass: a mistake of our own becomes a Failure like any other."""

import traceback
from dataclasses import replace
from datetime import datetime
from typing import Final

from pipeline.config import FeedSettings
from pipeline.core.story import Failure

BUG: Final = "bug"
_DETAIL_CHARS: Final = 6000


def mistake(
    stage: str, key: str, error: Exception, now: datetime, *, feed: str = "", url: str = ""
) -> Failure:
    """The Failure of an item that made our own code raise what it should not; the traceback is in its detail."""
    said = ": ".join(filter(None, (type(error).__name__, " ".join(str(error).split())[:300])))
    message = (
        f"a mistake of Wirewatch itself at {url or key}, in {stage}: {said}; please report it "
        f"(`wirewatch failures show {stage}:{key}` shows where)"
    )
    trace = "".join(traceback.format_exception(error))
    return Failure(stage, key, BUG, message, now, feed=feed, url=url, detail={"traceback": trace[-_DETAIL_CHARS:]})


def without_secrets(failure: Failure, feed: FeedSettings) -> Failure:
    """The failure of a feed as it is kept: the ledger is copied and shown, and needs no secret to try again."""
    return replace(failure, url=feed.hidden(failure.url), message=feed.hidden(failure.message),
                   detail=feed.hidden_in(failure.detail))
