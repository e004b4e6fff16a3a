"""One request on the wire, without redirects: the only module that imports aiohttp.

aiohttp resolves nothing and unpacks nothing here on its own: names go through `_Gate`, which hands out checked
addresses only; sockets are made for checked addresses only; bodies stay coded until `Body` decodes them within
its limit. Proxies and netrc of the environment are not used, cookies are not kept.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pipeline.config import NetworkSettings
from pipeline.net.address import Target, check_connection, parse_address
from pipeline.net.decode import Body
from pipeline.net.refusal import Refusal
from pipeline.net.response import Headers

Resolver = Callable[[str], Awaitable[Sequence[str]]]
"""Host name -> IP addresses as text; raises OSError where there are none."""

_MAX_HEADER_BYTES: Final = 16_384
_MAX_HEADERS: Final = 128
_KEEP_S: Final = 4.0
_DNS_TTL_S: Final = 60
_READ_BUFFER: Final = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, phrase, headers; the body of a 2xx only. `location` is the redirect as sent, bytes as surrogates."""

    status: int
    phrase: str
    headers: Headers
    location: str | None
    body: bytes


class Transport:
    """Connections of one event loop. `via` of `send` is a base URL that replaces scheme, host and port."""

    def __init__(self, settings: NetworkSettings, resolver: Resolver | None) -> None:
        self._gate = _Gate(resolver, settings)
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout_s)
        trusted = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        self._gated = self._session(aiohttp.TCPConnector(
            limit=0, resolver=self._gate, ssl=trusted, keepalive_timeout=_KEEP_S, ttl_dns_cache=_DNS_TTL_S,
            dns_cache_max_size=10_000, socket_factory=self._gate.socket,
        ))
        self._mapped = self._session(aiohttp.TCPConnector(limit=0)) if settings.connect_to else None

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        tracing = aiohttp.TraceConfig()
        tracing.on_request_headers_sent.append(_tell_sent)
        return aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
            auto_decompress=False, max_line_size=_MAX_HEADER_BYTES, max_field_size=_MAX_HEADER_BYTES,
            max_headers=_MAX_HEADERS, read_bufsize=_READ_BUFFER, trace_configs=[tracing],
        )

    async def close(self) -> None:
        await self._gated.close()
        if self._mapped is not None:
            await self._mapped.close()
        self._gate.shut()

    async def send(self, target: Target, via: str | None, *, method: str, headers: Mapping[str, str],
                   data: bytes | None, max_bytes: int, cut: bool, sent: Callable[[], None]) -> Answer:
        """One request and its answer. Raises Refusal, TimeoutError when cancelled by a deadline.

        `cut` keeps the first `max_bytes` of a longer body; `sent` is called when the request has been written.
        """
        session = self._mapped if via is not None and self._mapped is not None else self._gated
        url = URL((via or target.origin) + target.path, encoded=True)
        try:
            response = await session.request(
                method, url, headers={"Host": target.authority, **headers}, data=data, allow_redirects=False,
                trace_request_ctx=sent,
            )
            try:
                return await _read(response, max_bytes, cut)
            finally:
                response.close()
        except (aiohttp.ClientError, ssl.SSLError, OSError) as error:
            raise _explain(error, via or target.origin, self._timeout.sock_connect) from error


@cache
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Verifies against the system's authorities, or those that the two usual variables name; 30 ms to load."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(("http/1.1",))
    return context


async def _tell_sent(session: aiohttp.ClientSession, context: Any, params: object) -> None:
    context.trace_request_ctx()


async def _read(response: aiohttp.ClientResponse, max_bytes: int, cut: bool) -> Answer:
    status = response.status
    headers = Headers(tuple((name, _text(value)) for name, value in response.headers.items()))
    body = b""
    if 200 <= status < 300 and response.method != "HEAD":
        length = response.content_length
        if length is not None and length > max_bytes and not cut:
            raise Refusal("too-large", f"the body is announced as {length} bytes, the limit is {max_bytes}")
        collected = Body(headers.get("content-encoding", ""), max_bytes, cut=cut)
        async for chunk in response.content.iter_any():
            collected.feed(chunk)
            if collected.full:
                break
        body = collected.finish()
    return Answer(status, _text(response.reason or ""), headers, response.headers.get("Location"), body)


def _text(value: str) -> str:
    """Bytes that are not UTF-8 arrive as surrogates, which no file or database takes."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class _Gate(AbstractResolver):
    """Looks names up and lets only addresses through that may be connected to; one bad address spoils the name."""

    def __init__(self, resolver: Resolver | None, settings: NetworkSettings) -> None:
        self._resolver = resolver or self._look_up
        self._allow_loopback = settings.allow_loopback
        self._threads = ThreadPoolExecutor(min(settings.concurrency, 64), thread_name_prefix="dns")

    async def resolve(self, host: str, port: int = 0,
                      family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        try:
            texts = await self._resolver(host)
        except OSError as error:
            raise Refusal("dns", f"no address is known for the name {host} ({error.strerror or error})") from None
        if not texts:
            raise Refusal("dns", f"no address is known for the name {host}")
        addresses = [parse_address(text) for text in texts]
        for address in addresses:
            try:
                check_connection(address, port, allow_loopback=self._allow_loopback)
            except Refusal as refusal:
                raise Refusal(refusal.reason, f"{host} leads to {address}: {refusal.sentence}") from None
        return [
            ResolveResult(hostname=host, host=str(address), port=port, proto=0, flags=socket.AI_NUMERICHOST,
                          family=socket.AF_INET if address.version == 4 else socket.AF_INET6)
            for address in addresses
        ]

    async def _look_up(self, host: str) -> list[str]:
        def ask() -> list[str]:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            return list(dict.fromkeys(str(info[4][0]) for info in found))

        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The last look before a connection: the address itself, whatever way it came."""
        family, kind, protocol, _, place = info
        try:
            check_connection(parse_address(str(place[0])), place[1], allow_loopback=self._allow_loopback)
        except Refusal as refusal:
            raise PermissionError(errno.EACCES, refusal.sentence) from None
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """aiohttp's hook; the threads outlive a session."""

    def shut(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _explain(error: Exception, where: str, connect_timeout_s: float | None) -> Refusal:
    """Why a request failed, in a word and a sentence."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
        return Refusal("tls", f"the certificate of {where} is not valid: {getattr(cause, 'verify_message', cause)}")
    if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)):
        cause = getattr(error, "os_error", error)
        return Refusal("tls", f"no secure connection to {where}: {getattr(cause, 'reason', None) or cause}")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Refusal("timeout", f"no connection to {where} within {connect_timeout_s:g} s")
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, PermissionError):
            return Refusal("forbidden-address", str(error.os_error.strerror))
        return Refusal("connect", f"no connection to {where}: {_os_reason(error.os_error)}")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Refusal("connect", f"{where} closed the connection without an answer")
    if isinstance(error, aiohttp.ClientResponseError):
        return Refusal("protocol", f"{where} does not speak HTTP as it should: {_first_line(error.message)}")
    if isinstance(error, aiohttp.ClientPayloadError):
        return Refusal("protocol", f"the body from {where} broke off: {_first_line(str(error))}")
    if isinstance(error, OSError):
        return Refusal("connect", f"the connection to {where} broke: {_os_reason(error)}")
    reason = _first_line(str(error)) or type(error).__name__
    return Refusal("protocol", f"the exchange with {where} failed: {reason}")


def _os_reason(error: OSError) -> str:
    return (os.strerror(error.errno) if error.errno else str(error)) or type(error).__name__


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0].rstrip(":")[:200]
