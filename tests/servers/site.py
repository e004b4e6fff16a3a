"""A real HTTP server on loopback that answers for many hosts at once, for `network.connect_to: {"*": …}`."""

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit


@dataclass
class Answer:
    """What a page says: `headers` are added to Content-Length, ETag and Content-Type."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or is killed, is part of what is tested."""


class Site:
    """Serves `pages` (URL -> Answer) for whatever host the request names; 404 for the rest.

    ETags are made of the bodies and honoured; `requests` counts by URL, `statuses` by status, `heard` has the headers
    of the last request for a URL.
    """

    def __init__(self, pages: dict[str, Answer]) -> None:
        self.pages = {_key(url): answer for url, answer in pages.items()}
        self.requests: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.heard: dict[str, dict[str, str]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                key = _key(f"http://{self.headers['Host']}{self.path}")
                answer = site.pages.get(key) or Answer(b"not here", status=404)
                tag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
                status, body = answer.status, answer.body
                if status == 200 and self.headers.get("If-None-Match") == tag:
                    status, body = 304, b""
                site.requests[key] += 1
                site.heard[key] = {name.lower(): value for name, value in self.headers.items()}
                site.statuses[status] += 1
                self.send_response(status)
                self.send_header("ETag", tag)
                if status != 304:
                    self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def put(self, url: str, answer: Answer) -> None:
        self.pages[_key(url)] = answer

    def __enter__(self) -> "Site":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _key(url: str) -> str:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{(parts.hostname or '').lower()}{parts.path or '/'}{query}"
