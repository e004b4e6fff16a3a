"""A real HTTP server on loopback that takes webhooks, keeps them, and fails as often as it is told to."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from pipeline.core.errors import FetchError


@dataclass
class Receiver:
    """What came in: (headers, body) of every request that was answered with 2xx, and of all."""

    url: str = ""
    taken: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    refused: int = 0
    status: Callable[[], int] = lambda: 200


@contextmanager
def receiving(status: Callable[[], int] = lambda: 200) -> Iterator[Receiver]:
    receiver = Receiver(status=status)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender died in the middle
                self.close_connection = True
                return
            with lock:
                answer = receiver.status()
                if answer < 300:
                    receiver.taken.append((dict(self.headers.items()), body))
                else:
                    receiver.refused += 1
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def half_the_time(seed: int) -> Callable[[], int]:
    chance = random.Random(seed)
    return lambda: chance.choice((200, 500))


def post(url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> int:
    """The `post` of these tests; the real one goes through net/."""
    try:
        with urlopen(Request(url, body, dict(headers)), timeout=timeout_s) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        with error:
            raise FetchError(f"http-{error.code}", f"{url} answers {error.code}", url=url, status=error.code) from None
    except URLError as error:
        raise FetchError("connect", f"{url} cannot be reached: {error.reason}", url=url) from None
