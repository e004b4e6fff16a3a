"""Real servers on loopback: one coroutine a connection, free to misbehave."""

import asyncio
import contextlib
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.config import NetworkSettings
from pipeline.net import Client

T = TypeVar("T")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(work: Coroutine[Any, Any, T], limit_s: float = 20) -> T:
    """Run a coroutine; no test may take longer than its limit."""
    async def limited() -> T:
        async with asyncio.timeout(limit_s):
            return await work

    return asyncio.run(limited())


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A server on a free port, with all its connections ended at exit."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            try:
                await handler(reader, writer)
                await writer.drain()
            finally:
                writer.close()
        tasks.discard(task)

    server = await asyncio.start_server(connected, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Site:
    """A well-behaved HTTP/1.1 server: `pages` maps a path to (status, headers, body); every request is kept."""

    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    connections: int = 0
    think_s: float = 0.0
    open_now: Counter[str] = field(default_factory=Counter)
    most_at_once: Counter[str] = field(default_factory=Counter)

    def add(self, path: str, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            request = await self._read(reader)
            host = request.headers["host"]
            self.asked.append(request)
            self.open_now[host] += 1
            self.most_at_once[host] = max(self.most_at_once[host], self.open_now[host])
            await asyncio.sleep(self.think_s)
            self.open_now[host] -= 1
            status, headers, body = self.pages.get(request.path, (404, {}, b"no such page"))
            if status == 200 and headers.get("ETag") and request.headers.get("if-none-match") == headers["ETag"]:
                status, body = 304, b""
            closing = request.headers.get("connection") == "close"
            lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}",
                     *(f"{name}: {value}" for name, value in headers.items()),
                     *(["Connection: close"] if closing else [])]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
            if closing:
                return

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Request(method, path, headers, body, time.monotonic())


async def to_loopback(host: str) -> list[str]:
    """A name service for which every name is this machine."""
    return ["127.0.0.1"]


def client(**settings: Any) -> Client:
    """A client that finds every name on this machine, quick to give up, without delay."""
    defaults = {"allow_loopback": True, "per_host_delay_s": 0, "timeout_s": 5.0, "connect_timeout_s": 2.0}
    return Client(NetworkSettings(**{**defaults, **settings}), resolver=to_loopback)
