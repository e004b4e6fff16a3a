"""Manners towards a host: how many requests at once, and how long between the starts of two.

`Pace` decides for one host and is told the time; `Turns` lets tasks wait for their turn, in order of arrival.
The flow shards by host, so that one process makes nearly all requests to a host; for those to which redirects lead
the processes of a pass agree over `slots`.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.core.urls import host_of


class Slots(Protocol):
    """What other processes that ask the same hosts are told, see slots.py."""

    def enter(self, host: str, delay_s: float, now: float) -> float: ...

    def sent(self, host: str, now: float) -> None: ...

    def leave(self, host: str) -> None: ...


def stretched(delay_s: float) -> float:
    """The delay that is kept: a tenth longer, at most 50 ms. A busy server notes one request late, the next on time."""
    return delay_s + min(0.1 * delay_s, 0.05)


@dataclass(slots=True)
class Pace:
    """The state of one host; times in seconds of any one clock.

    The delay counts from the moment a request is written (`sent`), not from when it was let in: connecting may
    take long, and a server would see two requests closer than it should. So while one that was let in has not been
    written yet, no other is.
    """

    at_once: int
    delay_s: float = 0.0
    active: int = 0
    starting: bool = False
    last_sent: float = -math.inf

    def ready_in(self, now: float) -> float:
        """Seconds until the next may be let in: 0 now, infinity where another must be sent or leave first."""
        if self.active >= self.at_once or self.starting:
            return math.inf
        return max(0.0, self._free_at() - now)

    def enter(self) -> None:
        self.active += 1
        self.starting = self.delay_s > 0

    def sent(self, now: float) -> None:
        self.starting, self.last_sent = False, now

    def leave(self, now: float, *, sent: bool) -> None:
        """A request is over. One that failed before it was written counts as a try the host may have seen."""
        self.active -= 1
        if not sent:
            self.sent(now)

    def forgettable(self, now: float) -> bool:
        return self.active == 0 and now >= self._free_at()

    def _free_at(self) -> float:
        return self.last_sent + stretched(self.delay_s)


@dataclass(slots=True)
class _Host:
    pace: Pace
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    timer: asyncio.TimerHandle | None = None


class Turn:
    """Permission for one request; `sent()` is called when it has been written."""

    __slots__ = ("_host", "_name", "_turns", "was_sent")

    def __init__(self, turns: "Turns", name: str, host: _Host) -> None:
        self._turns, self._name, self._host, self.was_sent = turns, name, host, False

    def sent(self) -> None:
        if not self.was_sent:
            self.was_sent = True
            self._host.pace.sent(self._turns.now())
            if self._turns.slots is not None:
                self._turns.slots.sent(self._name, self._turns.now())
            self._turns.wake(self._host)

    @property
    def crowded(self) -> bool:
        """Whether others wait for the same host: its connection is worth keeping."""
        return any(not future.done() for future in self._host.waiting)


class Turns:
    """Turns at all hosts: `per_host` at once at each, `total` at once in all. Idle hosts are forgotten."""

    def __init__(self, *, per_host: int, total: int, slots: Slots | None = None) -> None:
        self._per_host = per_host
        self._total = asyncio.Semaphore(total)
        self._hosts: dict[str, _Host] = {}
        self._sweep_at = 256
        self.slots = slots
        self.now = asyncio.get_running_loop().time

    def __len__(self) -> int:
        """Hosts remembered."""
        return len(self._hosts)

    @asynccontextmanager
    async def turn(self, url: str, delay_s: float) -> AsyncIterator[Turn]:
        """Wait until the host of `url` may be asked, at least `delay_s` seconds after its last request."""
        name = host_of(url)
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(Pace(self._per_host))
        host.pace.delay_s = delay_s
        if host.waiting or host.pace.ready_in(self.now()) > 0:
            await self._wait(host)
        else:
            host.pace.enter()
        turn = Turn(self, name, host)
        entered = False
        try:
            if self.slots is not None:
                # Another process cannot wake us.
                while (wait_s := self.slots.enter(name, delay_s, self.now())) > 0:  # noqa: ASYNC110
                    await asyncio.sleep(wait_s)
                entered = True
            async with self._total:
                yield turn
        finally:
            if self.slots is not None and entered:
                if not turn.was_sent:
                    self.slots.sent(name, self.now())
                self.slots.leave(name)
            self._leave(name, host, sent=turn.was_sent)

    async def _wait(self, host: _Host) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        host.waiting.append(future)
        self.wake(host)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # let in and cancelled in the same moment
                host.pace.active -= 1
                host.pace.starting = False
                self.wake(host)
            raise

    def wake(self, host: _Host) -> None:
        """Let in as many as may enter now, and look again when the next may."""
        if host.timer is not None:
            host.timer.cancel()
            host.timer = None
        while host.waiting:
            if host.waiting[0].done():
                host.waiting.popleft()
                continue
            wait_s = host.pace.ready_in(self.now())
            if wait_s > 0:
                if wait_s < math.inf:
                    host.timer = asyncio.get_running_loop().call_later(wait_s, self.wake, host)
                return
            host.pace.enter()
            host.waiting.popleft().set_result(None)

    def _leave(self, name: str, host: _Host, *, sent: bool) -> None:
        now = self.now()
        host.pace.leave(now, sent=sent)
        self.wake(host)
        if self._forgettable(host, now):
            self._hosts.pop(name, None)
        elif len(self._hosts) >= self._sweep_at:
            for other in [key for key, kept in self._hosts.items() if self._forgettable(kept, now)]:
                del self._hosts[other]
            self._sweep_at = max(256, 2 * len(self._hosts))

    @staticmethod
    def _forgettable(host: _Host, now: float) -> bool:
        return not host.waiting and host.pace.forgettable(now)
