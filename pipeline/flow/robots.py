"""What hosts allow (robots.txt), kept in the ledger from one pass to the next: an origin is asked once a day.

    kind "robots"   origin: {"body": what it said}, due when that does not hold any more
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from pipeline.core.errors import StoreError
from pipeline.stores.base import Ledger, Record

LARGEST: Final = 100_000
"""A longer one is asked for in every pass: it is no use to keep those."""
OLD: Final = timedelta(days=7)
"""What has not held for this long is of no use any more, also where a host gives no new one."""


class KeptRobots:
    """`net.robots.RobotsMemory` over a ledger; a ledger that is away for a moment costs a request."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger, self._clock = ledger, clock

    def recall(self, origin: str) -> tuple[bytes, float] | None:
        try:
            found = self._ledger.get("robots", [origin]).get(origin)
        except StoreError:
            return None
        if found is None or found.due is None:
            return None
        return str(found.data["body"]).encode(), (found.due - self._clock()).total_seconds()

    def keep(self, origin: str, body: bytes, for_s: float) -> None:
        if len(body) > LARGEST:
            return
        record = Record(origin, {"body": body.decode("utf-8", "replace")}, self._clock() + timedelta(seconds=for_s))
        with suppress(StoreError):
            self._ledger.put("robots", [record])


def forget(ledger: Ledger, now: datetime) -> None:
    """Remove what is old; some in each pass is enough."""
    if old := ledger.due("robots", now - OLD):
        ledger.delete("robots", [record.key for record in old])
