"""The one door to the network: every feed, article, robots.txt and webhook goes through `Client.fetch`.

    Client            redirects hop by hop, validators, robots, turns
    ├── address       which URLs and addresses (pure)
    ├── robots        what a host lets us fetch
    ├── manners       whose turn it is at a host
    │   └── slots     the same among processes
    └── transport     one request on the wire (aiohttp)
        └── decode    bodies unpacked within a limit

`connect_to` sends a host's requests to a server of the operator's choice, in clear, with path and Host header
unchanged; nothing is looked up for it, and that server may be anywhere. A host named there is exempt from the
gate. `*` stands for every host that may be asked anyhow: forbidden literals stay forbidden, and a URL that itself
names this machine (with `allow_loopback`) is not sent elsewhere. Redirects go through `connect_to` as well.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from importlib import metadata
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from pipeline.config import NetworkSettings
from pipeline.core.errors import ConfigError, FetchError
from pipeline.net.address import Target, check_target, join, parse_target, same_url
from pipeline.net.decode import ACCEPT_ENCODING
from pipeline.net.manners import Slots, Turns
from pipeline.net.refusal import Refusal
from pipeline.net.response import Exchange, Headers, Recorder, Redirect, Response, Validators, parse_retry_after
from pipeline.net.robots import MAX_BYTES, Robots, RobotsMemory

if TYPE_CHECKING:
    from pipeline.net.transport import Answer, Resolver, Transport

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OURS: Final = frozenset({
    "host", "connection", "content-length", "transfer-encoding", "accept-encoding", "if-none-match",
    "if-modified-since",
})
_SHARED: Final = frozenset({"accept", "accept-language", "content-type", "user-agent"})
"""Headers of the caller that go along to another origin; all others may be secrets."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """One fetch as asked for; `headers` are the caller's that still apply."""

    method: str
    headers: Mapping[str, str]
    data: bytes | None
    validators: Validators | None
    max_bytes: int
    timeout_s: float
    robots: bool
    cut: bool = False


class Client:
    """Fetches within the limits of `settings`; an async context manager, for one event loop.

    `resolver` takes the place of the system's name service (host -> addresses, raises OSError); its answers are
    checked like any other. `recorder` is called with every exchange. With `slots` the pace of hosts is kept together
    with other processes; `robots` remembers what hosts allow for longer than this client lives.
    """

    def __init__(self, settings: NetworkSettings, *, resolver: "Resolver | None" = None,
                 recorder: Recorder | None = None, slots: Slots | None = None,
                 robots: RobotsMemory | None = None) -> None:
        self._settings, self._resolver, self._recorder = settings, resolver, recorder
        self._slots, self._robots_memory = slots, robots
        self._routes = _routes(settings.connect_to)
        self._agent = user_agent(settings.contact)
        self._transport: Transport
        self._turns: Turns
        self._robots: Robots

    async def __aenter__(self) -> Self:
        from pipeline.net.transport import Transport

        settings = self._settings
        self._transport = Transport(settings, self._resolver)
        self._turns = Turns(per_host=settings.per_host_concurrency, total=settings.concurrency,
                            slots=self._slots)
        self._robots = Robots(self._fetch_robots, memory=self._robots_memory)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self._robots.close()
        await self._transport.close()

    async def fetch(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None,
                    data: bytes | None = None, validators: Validators | None = None, max_bytes: int | None = None,
                    timeout_s: float | None = None, robots: bool = False) -> Response:
        """The answer to one request, redirects followed: 2xx, or 304 where `validators` still hold.

        `validators` are sent to their own URL only, also when a redirect leads there. `max_bytes` and `timeout_s`
        take the place of the settings; time spent in line for the host does not count. With `robots`, the rules of
        every host on the way are kept. On a redirect to another origin only harmless headers go along. Raises
        FetchError, also for every status that is not 2xx or 304; its `redirects` are those followed until then.
        """
        ask = _Ask(
            method.upper(), _checked(headers or {}, url), data, validators, max_bytes or self._settings.max_bytes,
            timeout_s or self._settings.timeout_s, robots,
        )
        return await self._follow(url, ask)

    async def check_robots(self, url: str) -> float:
        """Raise FetchError where the gate or its host's robots.txt forbids `url`, of which nothing else is fetched;
        otherwise the Crawl-delay that is kept there, in seconds."""
        try:
            target, _ = self._route(url)
        except Refusal as refusal:
            raise FetchError(refusal.reason, f"{_shown(url)}: {refusal.sentence}", url=_shown(url)) from None
        await self._robots.check(target)
        return self._robots.delay_s(target)

    async def _fetch_robots(self, url: str) -> bytes:
        settings = self._settings
        ask = _Ask("GET", {}, None, None, MAX_BYTES, settings.timeout_s, robots=False, cut=True)
        return (await self._follow(url, ask)).body

    async def _follow(self, url: str, ask: _Ask) -> Response:
        hops: list[Redirect] = []
        spent_s, current = 0.0, url
        try:
            target, via = self._route(current)
            seen = {(ask.method, target.url)}
            while True:
                if ask.robots:
                    await self._robots.check(target)
                answer, took_s = await self._exchange(target, via, ask, ask.timeout_s - spent_s)
                spent_s += took_s
                if answer.status not in _REDIRECTS or answer.location is None:
                    break
                current = join(target, answer.location)
                origin, (target, via) = target, self._route(current)
                hops.append((answer.status, origin.url, target.url))
                ask = _redirected(ask, answer.status, origin, target)
                if (ask.method, target.url) in seen:
                    raise Refusal("redirects", "it redirects in a circle; it may insist on cookies")
                if len(hops) > self._settings.max_redirects:
                    raise Refusal("redirects", f"it redirects more than {self._settings.max_redirects} times")
                seen.add((ask.method, target.url))
            if not (200 <= answer.status < 300 or answer.status == 304):
                raise _status_error(target.url, answer)
        except Refusal as refusal:
            come_from = f" (redirected there by {_shown(url)})" if current != url else ""
            raise FetchError(refusal.reason, f"{_shown(current)}: {refusal.sentence}{come_from}",
                             url=_shown(current), redirects=tuple(hops)) from refusal.__cause__
        except FetchError as error:
            error.redirects = tuple(hops)
            raise
        return Response(url, target.url, answer.status, answer.headers, answer.body, tuple(hops), spent_s)

    def _route(self, url: str) -> tuple[Target, str | None]:
        """The target, and the server that takes its place; Refusal where it must not be asked."""
        target = parse_target(url)
        via = self._routes.get(target.host)
        if via is not None:
            return target, via
        allowed = self._settings.allow_loopback
        if "*" in self._routes and not (allowed and target.on_this_machine):
            check_target(replace(target, port=443), allow_loopback=False)
            return target, self._routes["*"]
        check_target(target, allow_loopback=allowed)
        return target, None

    async def _exchange(self, target: Target, via: str | None, ask: _Ask, left_s: float) -> "tuple[Answer, float]":
        headers = {"User-Agent": self._agent, "Accept-Encoding": ACCEPT_ENCODING, **ask.headers}
        if ask.validators is not None and same_url(ask.validators.url, target):
            if ask.validators.etag:
                headers["If-None-Match"] = ask.validators.etag
            if ask.validators.last_modified:
                headers["If-Modified-Since"] = ask.validators.last_modified
        delay_s = max(self._settings.per_host_delay_s, self._robots.delay_s(target))
        async with self._turns.turn(target.url, delay_s) as turn:
            if via is None and not turn.crowded:
                headers["Connection"] = "close"
            started = time.monotonic()
            try:
                async with asyncio.timeout(left_s):
                    answer = await self._transport.send(
                        target, via, method=ask.method, headers=headers, data=ask.data, max_bytes=ask.max_bytes,
                        cut=ask.cut, sent=turn.sent,
                    )
            except TimeoutError:
                raise Refusal("timeout", f"not finished within {ask.timeout_s:g} s") from None
        if self._recorder is not None:
            self._recorder(Exchange(
                target.url, ask.method, Headers((("Host", target.authority), *headers.items())), ask.data or b"",
                datetime.now(UTC), answer.status, answer.phrase, answer.headers, answer.body,
            ))
        return answer, time.monotonic() - started


def fetch_once(settings: NetworkSettings, url: str, **how: Any) -> Response:
    """`Client.fetch` for code that is not async: one request, with a client of its own."""
    async def fetch() -> Response:
        async with Client(settings) as client:
            return await client.fetch(url, **how)

    return asyncio.run(fetch())


@cache
def user_agent(contact: str) -> str:
    """`Wirewatch/<version> (+<contact>)`."""
    if not (contact.isascii() and contact.isprintable()):
        raise ConfigError([f"network.contact: {contact!r} cannot stand in a header; give a URL or mail address"])
    try:
        version = metadata.version("wirewatch")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"Wirewatch/{version} (+{contact})"


def _checked(headers: Mapping[str, str], url: str) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in headers.items():
        value = value.strip()
        if name.lower() in _OURS:
            raise FetchError("request", f"the header {name} is set by the client; leave it out", url=url)
        if not (name.isascii() and name.isprintable() and value.isprintable()):
            raise FetchError("request", f"the header {name!r} contains a line break or control character", url=url)
        kept["User-Agent" if name.lower() == "user-agent" else name] = value
    return kept


def _routes(connect_to: Mapping[str, str]) -> dict[str, str]:
    mistakes = [
        f"network.connect_to: {host}: {base!r} is not of the form http://127.0.0.1:8901"
        for host, base in connect_to.items() if not re.fullmatch(r"http://[^/@?#\s]+/?", base)
    ]
    if mistakes:
        raise ConfigError(mistakes)
    return {host.lower(): base.rstrip("/") for host, base in connect_to.items()}


def _redirected(ask: _Ask, status: int, origin: Target, target: Target) -> _Ask:
    """RFC 9110 15.4: 303 (and by custom 301 and 302 of a POST) go on as GET, without the body."""
    if ask.method != "HEAD" and (status == 303 or (status in (301, 302) and ask.method == "POST")):
        kept = {name: value for name, value in ask.headers.items() if name.lower() != "content-type"}
        ask = replace(ask, method="GET", data=None, headers=kept)
    if origin.origin != target.origin:
        ask = replace(ask, headers={name: value for name, value in ask.headers.items() if name.lower() in _SHARED})
    return ask


def _status_error(url: str, answer: "Answer") -> FetchError:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = answer.phrase or "unknown"
    retry_after = answer.headers.get("retry-after")
    return FetchError(
        f"http-{answer.status}", f"{url} answered {answer.status} ({phrase})", url=url, status=answer.status,
        retry_after_s=parse_retry_after(retry_after, datetime.now(UTC)) if retry_after else None,
    )


def _shown(url: str) -> str:
    """A URL fit for a message: no control characters, no credentials, not endless."""
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in url)
    scheme, separator, rest = text.partition("://")
    if separator and "@" in rest.partition("/")[0]:
        text = f"{scheme}://…@{rest.partition('@')[2]}"
    return text if len(text) <= 300 else text[:299] + "…"
