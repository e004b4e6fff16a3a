"""robots.txt (RFC 9309): what a host lets us fetch, and how slowly.

    2xx                       its rules for `wirewatch`, else for `*`; the first 500 KB count
    other, redirected for ever everything is allowed: the host has no rules
    5xx                       nothing is allowed for ten minutes, then it is asked again
    no answer (dns, tls, …)   the same; the refusal carries that reason instead of `robots`

Where an older copy is known, it goes on being used while the host gives no new one. Copies are kept for a day (RFC
9309, 2.4), as many as fit in 8 MB of text, and over the end of this process where there is a memory for them.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from pipeline.core.errors import FetchError
from pipeline.net.address import Target

AGENT: Final = "wirewatch"
MAX_BYTES: Final = 500_000
FRESH_S: Final = 86_400.0
RETRY_S: Final = 600.0
MAX_CRAWL_DELAY_S: Final = 30.0
"""A longer Crawl-delay is shortened to this; such hosts mean search engines that read every page."""
_MAX_TEXT: Final = 8_000_000  # parsed, about nine times that in memory
_OVERHEAD: Final = 600

_AGENT_LINE: Final = re.compile(r"\s*user[\s-]?\s*agent\b\s*:?\s*(?P<name>[^#]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one origin said. `parsed` is a Protego, None where there are no rules; `refusal` forbids everything."""

    expires: float
    parsed: Any = None
    refusal: FetchError | None = None
    crawl_delay_s: float = 0.0
    size: int = 0

    def allows(self, url: str) -> bool:
        return self.parsed is None or bool(self.parsed.can_fetch(url, AGENT))


def parse_rules(body: bytes, expires: float) -> Rules:
    """The rules for us in a robots.txt; takes time and memory in proportion to its length, whatever it says."""
    from protego import Protego

    text = "\n".join(_only_ours(line) for line in body.decode("utf-8-sig", "replace").splitlines())
    parsed = Protego.parse(text)
    delay = parsed.crawl_delay(AGENT) or 0.0
    return Rules(expires, parsed, crawl_delay_s=min(delay, MAX_CRAWL_DELAY_S), size=len(text))


def _only_ours(line: str) -> str:
    """Give the groups of all other robots one name: the parser's time and memory grow with agents × rules."""
    match = _AGENT_LINE.match(line)
    if not match:
        return line
    name = match["name"].strip().lower()
    ours = name == "*" or re.fullmatch(rf"{AGENT}(/\S*)?\*?", name)
    return f"User-agent: {'*' if name == '*' else AGENT if ours else '-'}"


class RobotsMemory(Protocol):
    """What hosts said, for whoever asks later; called in a thread."""

    def recall(self, origin: str) -> tuple[bytes, float] | None:
        """A body, and for how many seconds it holds (less than 0: not any more)."""
        ...

    def keep(self, origin: str, body: bytes, for_s: float) -> None: ...


class Robots:
    """The rules of all origins, asked for once each through `fetch`, which raises FetchError."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]], clock: Callable[[], float] = time.monotonic,
                 memory: RobotsMemory | None = None) -> None:
        self._fetch, self._clock, self._memory = fetch, clock, memory
        self._rules: OrderedDict[str, Rules] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Rules]] = {}
        self._size = 0

    def delay_s(self, target: Target) -> float:
        """The Crawl-delay of the target's origin in seconds, 0 where it is not known."""
        rules = self._rules.get(target.origin)
        return rules.crawl_delay_s if rules else 0.0

    async def check(self, target: Target) -> None:
        """Raise FetchError unless the origin lets us fetch the target."""
        rules = self._rules.get(target.origin)
        if rules is None or rules.expires <= self._clock():
            rules = await self._load(target.origin, rules)
        else:
            self._rules.move_to_end(target.origin)
        if rules.refusal is not None:
            refusal = rules.refusal
            raise FetchError(refusal.reason, str(refusal), url=target.url, status=refusal.status,
                             retry_after_s=max(0.0, rules.expires - self._clock()))
        if not rules.allows(target.url):
            raise FetchError("robots", f"{target.origin}/robots.txt forbids {target.path}", url=target.url)

    async def close(self) -> None:
        """Give up what is still being asked for."""
        for task in self._loading.values():
            task.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)

    async def _load(self, origin: str, old: Rules | None) -> Rules:
        task = self._loading.get(origin)
        if task is None:
            task = self._loading[origin] = asyncio.create_task(self._ask(origin, old))
            task.add_done_callback(lambda _: self._loading.pop(origin, None))
        return await asyncio.shield(task)  # one caller that gives up must not stop the others

    async def _ask(self, origin: str, old: Rules | None) -> Rules:
        if old is None and self._memory is not None:
            recalled = await asyncio.to_thread(self._memory.recall, origin)
            if recalled is not None:
                old = parse_rules(recalled[0], self._clock() + min(recalled[1], FRESH_S))
        if old is None or old.expires <= self._clock():
            old = await self._anew(origin, old)
        self._keep(origin, old)
        return old

    async def _anew(self, origin: str, old: Rules | None) -> Rules:
        try:
            body = await self._fetch(f"{origin}/robots.txt")
        except FetchError as error:
            rules = self._without(origin, error, old)
            if rules.refusal is not None or rules.expires < self._clock() + FRESH_S / 2:
                return rules
            body = b""
        else:
            rules = parse_rules(body, self._clock() + FRESH_S)
        if self._memory is not None:
            await asyncio.to_thread(self._memory.keep, origin, body, FRESH_S)
        return rules

    def _without(self, origin: str, error: FetchError, old: Rules | None) -> Rules:
        now = self._clock()
        if error.reason == "redirects" or (error.status is not None and error.status < 500):
            return Rules(now + FRESH_S)
        if old is not None and old.refusal is None:
            return replace(old, expires=now + RETRY_S)
        reason = "robots" if error.status is not None else error.reason
        sentence = f"the rules of {origin} are not to be had, so nothing is fetched there for now: {error}"
        return Rules(now + RETRY_S, refusal=FetchError(reason, sentence, url=error.url, status=error.status))

    def _keep(self, origin: str, rules: Rules) -> None:
        old = self._rules.pop(origin, None)
        self._size += rules.size + _OVERHEAD - (old.size + _OVERHEAD if old else 0)
        self._rules[origin] = rules
        while self._size > _MAX_TEXT and len(self._rules) > 1:
            _, dropped = self._rules.popitem(last=False)
            self._size -= dropped.size + _OVERHEAD
