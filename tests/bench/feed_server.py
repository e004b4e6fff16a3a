"""A server of many feeds that change by rounds, quick enough that it is not what is measured.

    python -m tests.bench.feed_server [ENTRIES]      prints its port, serves until its standard input ends

Feed `n` is `http://host<n % hosts>.example/feed/<n>`: RSS with ENTRIES (20) of about 400 characters each. It has
another entry in one round of ten; else feeds with an odd number answer 304, where they are asked with their ETag, and
the others the same body once more. Each entry has a page. `POST /round/<number>` moves to another round. It
answers as a proxy too.
"""

import asyncio
import random
import sys
from contextlib import suppress
from functools import lru_cache

EVERY = 10
HOSTS = 1000
_SYLLABLES = "ba co du fe gi ha jo ku la me ni po qua ro su ta vi wo xe zy bra cle dro fla gre".split()
WORDS = ["".join(random.Random(n).choices(_SYLLABLES, k=2 + n % 3)) for n in range(8000)]


def feed_url(number: int) -> str:
    return f"http://host{number % HOSTS}.example/feed/{number}"


def shown(number: int, now: int) -> int:
    """How many rounds brought feed `number` something new, in round `now`."""
    return (now + number % EVERY) // EVERY


@lru_cache(maxsize=200_000)
def _item(host: str, number: int, item: int) -> str:
    some = random.Random(number * 1000 + item)
    text = " ".join(some.choices(WORDS, k=60))
    return (f"<item><title>Report {item} of {number}: {' '.join(some.choices(WORDS, k=6))}</title>"
            f"<link>http://{host}/story/{number}/{item}</link><guid>http://{host}/story/{number}/{item}</guid>"
            f"<pubDate>Mon, 02 Nov 2026 {item // 60 % 24:02}:{item % 60:02}:00 GMT</pubDate>"
            f"<description>{text}</description></item>\n")


def _feed(host: str, number: int, changes: int) -> bytes:
    items = "".join(_item(host, number, item) for item in range(changes + _Feeds.entries, changes, -1))
    head = f"<title>Feed {number}</title><link>http://{host}/</link><description>Reports</description>"
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()


@lru_cache(maxsize=1000)
def _page(number: int, item: int) -> bytes:
    some = random.Random(number * 1000 + item)
    paragraphs = "".join(f"<p>{' '.join(some.choices(WORDS, k=60)).capitalize()}.</p>" for _ in range(4))
    title = f"Report {item} of {number}"
    return (f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}</article>"
            "</body></html>").encode()


class _Feeds(asyncio.Protocol):
    now = 0
    entries = 20

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            self._answer(head.decode("latin-1"))

    def _answer(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        path = first.split()[1]
        if path.startswith("http://"):
            path = "/" + path.split("/", 3)[3]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status, kind, tag, body = 200, "text/html", "", b""
        match path.split("/")[1:]:
            case ["feed", number]:
                changes = shown(int(number), _Feeds.now)
                tag, kind = f'"{number}-{changes}"' if int(number) % 2 else "", "text/xml"
                if tag and headers.get("if-none-match") == tag:
                    status = 304
                else:
                    body = _feed(headers["host"], int(number), changes)
            case ["story", number, item]:
                body = _page(int(number), int(item))
            case ["round", number]:
                _Feeds.now = int(number)
            case _:
                status = 404
        close = headers.get("connection", "").lower() == "close"
        told = f"HTTP/1.1 {status} {'OK' if status == 200 else 'No'}\r\nContent-Type: {kind}\r\n"
        told += (f"ETag: {tag}\r\n" if tag else "") + (f"Content-Length: {len(body)}\r\n" if status != 304 else "")
        self.transport.write(f"{told}{'Connection: close' + chr(13) + chr(10) if close else ''}\r\n".encode() + body)
        if close:
            self.transport.close()


async def main() -> None:
    if len(sys.argv) > 1:
        _Feeds.entries = int(sys.argv[1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Feeds, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    with suppress(OSError):
        await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
