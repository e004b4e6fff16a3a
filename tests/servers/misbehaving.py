"""A loopback proxy in front of a real server that answers as told: busy, slowly, wrongly, or not at all."""

import asyncio
import contextlib
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web


@dataclass(frozen=True, slots=True)
class Act:
    """What to do with one request.

    `status` (with `body` and `headers`) answers without asking the server; `delay_s` waits first; `lose` asks the
    server and then closes the connection without an answer; `drop` closes it at once; `change` edits the server's
    answer.
    """

    status: int = 0
    body: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"X-Elastic-Product": "Elasticsearch"})
    delay_s: float = 0
    lose: bool = False
    drop: bool = False
    change: Callable[[bytes], bytes] | None = None


GOOD = Act()
Plan = Callable[[str, str], Act]
"""Method and path -> what to do; called for every request in turn."""


@dataclass
class Proxy:
    url: str
    plan: Plan
    requests: list[str]


@contextlib.contextmanager
def proxy(
    server: str, plan: Plan = lambda method, path: GOOD, *, certificate: tuple[bytes, bytes] | None = None
) -> Iterator[Proxy]:
    """Run a proxy to `server`; with a certificate and its key (PEM) it speaks TLS."""
    state = Proxy("", plan, [])
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_serve(server, state, ready, over, certificate))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield state
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)


async def _serve(server: str, state: Proxy, ready: threading.Event, over: asyncio.Event,
                 certificate: tuple[bytes, bytes] | None) -> None:
    async with ClientSession(timeout=ClientTimeout(60), auto_decompress=False) as session:

        async def handle(request: web.Request) -> web.StreamResponse:
            state.requests.append(f"{request.method} {request.path}")
            act = state.plan(request.method, request.path)
            body = await request.read()
            if act.delay_s:
                await asyncio.sleep(act.delay_s)
            if act.drop:
                return _closed(request)
            if act.status:
                return web.Response(status=act.status, text=act.body, headers=act.headers,
                                    content_type="application/json")
            headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
            async with session.request(request.method, server + request.raw_path, data=body or None,
                                       headers=headers) as answer:
                got = await answer.read()
                if act.lose:
                    return _closed(request)
                if act.change is not None:
                    got = act.change(got)
                kept = {k: v for k, v in answer.headers.items() if k.lower() in ("content-type", "x-elastic-product")}
                return web.Response(status=answer.status, body=got, headers=kept)

        app = web.Application(client_max_size=200_000_000)
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_context(certificate) if certificate else None)
        await site.start()
        port = runner.addresses[0][1]
        state.url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        ready.set()
        await over.wait()
        await runner.cleanup()


def _closed(request: web.Request) -> web.StreamResponse:
    transport: Any = request.transport
    if transport is not None:
        transport.abort()
    return web.Response()


def _context(certificate: tuple[bytes, bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in zip(("crt", "key"), certificate, strict=True):
            (Path(folder) / name).write_bytes(data)
        context.load_cert_chain(Path(folder) / "crt", Path(folder) / "key")
    return context
