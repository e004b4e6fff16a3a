"""The sample wire on a real loopback HTTP server: every invented host behind one port, told apart by Host."""

import asyncio
import gzip
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from pipeline.config import NetworkSettings
from pipeline.demo.forms import State
from pipeline.demo.site import Reply, Site, site
from pipeline.demo.wire import Wire, sample_wire


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the server saw it, and how it was answered; header names in lower case."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    status: int


class SampleWire:
    """A context manager that serves the sample wire on a free port of 127.0.0.1 while it is open.

    It starts in state 1, with all dates counted back from `now`; `advance()` moves on to state 2. `slow_s` is how
    long its slow feed takes. `requests` is what was asked so far, in order.
    """

    def __init__(self, *, now: datetime, slow_s: float = 0.3, port: int = 0) -> None:
        self.wire: Wire = sample_wire(now)
        self.state: State = 1
        self._site: Site = site(self.wire, 1)
        self._slow_s, self._port = slow_s, port
        self._requests: list[Request] = []

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def network(self) -> NetworkSettings:
        """Settings that lead every request of a pass to this server, without delays."""
        return NetworkSettings.model_validate({
            "connect_to": {"*": self.url}, "allow_loopback": True, "per_host_delay_s": 0, "per_host_concurrency": 8,
            "timeout_s": 10,
        })

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request answered so far."""
        return tuple(self._requests)

    def advance(self) -> None:
        """Go on to state 2: new articles, an update and a correction."""
        self.state, self._site = 2, site(self.wire, 2)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sample-wire", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._stop()

    async def _open(self) -> None:
        server = web.Server(self._answer, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        host = request.headers.get("Host", "").rpartition(":")[0] or request.headers.get("Host", "")
        known = self._site
        reply = known.get((host, request.path_qs)) or known.get((host, request.path)) or Reply(404, b"Not found\n")
        if reply.slow:
            await asyncio.sleep(self._slow_s)
        response = _response(reply, request.headers)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._requests.append(Request(request.method, host, request.path_qs, headers, response.status))
        return response


def _response(reply: Reply, asked: Mapping[str, str]) -> web.Response:
    """The reply as HTTP: validators, 304 where they still hold, gzip where it is welcome."""
    headers = {"Content-Type": reply.content_type, "Vary": "Accept-Encoding", **reply.headers}
    if reply.status != 200:
        return web.Response(status=reply.status, body=reply.body, headers=headers)
    headers["ETag"] = f'W/"{hashlib.sha256(reply.body).hexdigest()[:16]}"'
    if reply.modified is not None:
        headers["Last-Modified"] = format_datetime(reply.modified, usegmt=True)
    if _unchanged(reply, headers["ETag"], asked):
        return web.Response(status=304, headers={k: v for k, v in headers.items() if k != "Content-Type"})
    body = reply.body
    if "gzip" in asked.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
    return web.Response(body=body, headers=headers)


def _unchanged(reply: Reply, etag: str, asked: Mapping[str, str]) -> bool:
    if (tags := asked.get("If-None-Match")) is not None:
        return etag in [tag.strip() for tag in tags.split(",")] or tags.strip() == "*"
    try:
        since = parsedate_to_datetime(asked.get("If-Modified-Since", ""))
    except ValueError:
        return False
    aware = since if since.tzinfo else since.replace(tzinfo=UTC)
    return reply.modified is not None and reply.modified <= aware
