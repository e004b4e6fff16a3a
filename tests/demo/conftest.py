"""The sample wire, open for a whole module; `ask` speaks plain HTTP to it."""

import gzip
import http.client
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from pipeline.demo.server import SampleWire

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        body = response.read()
        self.body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def wire() -> Iterator[SampleWire]:
    with SampleWire(now=NOW, slow_s=0.2) as opened:
        yield opened


@pytest.fixture(scope="module")
def ask(wire: SampleWire) -> Ask:
    def get(url: str, **headers: str) -> Answer:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(wire.url).port, timeout=10)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"Host": parts.netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
        try:
            connection.request("GET", target, headers=sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    return get
