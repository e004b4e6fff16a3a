"""The raw archive: every page and feed as it was fetched, in WARC files that any WARC tool reads (ISO 28500).

`RawArchive.record` is a recorder for `Client`: it writes each answered GET as a response and a request record, one
gzip member each, so that a crash costs the last record at most. Bodies are stored decoded, with the original
coding in `X-Archive-Orig-Content-Encoding`; of the request only headers that can hold no secret. Not stored: 304
(nothing new), errors (their bodies are not read) and POSTs (they are not fetches). `read_warc` gives the pages
back, from these files and from those of other crawlers; `list_warc` says what is there, and `read_at` gives one.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, TypeVar
from urllib.parse import urlsplit

from pipeline.core.errors import WirewatchError
from pipeline.net.decode import Body
from pipeline.net.refusal import Refusal
from pipeline.net.response import Exchange, Headers

ROLL_BYTES: Final = 1_000_000_000
"""A file that has grown beyond this is closed and a new one begun."""

_PUBLIC: Final = frozenset({
    "host", "user-agent", "accept", "accept-language", "accept-encoding", "if-none-match", "if-modified-since",
})
_FRAMING: Final = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_ORIGINAL: Final = "X-Archive-Orig-"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer from an archive; `problem` says why `body` is missing or not whole, empty where all is well."""

    url: str
    status: int
    headers: Headers
    body: bytes = field(repr=False)
    at: datetime | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One answer of an archive, its body unread; `location` is the redirect as sent, `offset` where it stands."""

    url: str
    status: int
    content_type: str
    location: str
    at: datetime | None
    offset: int


class RawArchive:
    """Writes `wirewatch-<time>-<process>-<number>.warc.gz` files into `folder`; a context manager."""

    def __init__(self, folder: Path, *, roll_bytes: int = ROLL_BYTES) -> None:
        self._folder, self._roll_bytes = folder, roll_bytes
        self._file: BinaryIO | None = None
        self._writer: Any = None
        self._files = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = self._writer = None

    def record(self, exchange: Exchange) -> None:
        """Append one exchange, if it is one to keep; WirewatchError where the folder cannot be written."""
        kept = 200 <= exchange.status < 300 or "location" in exchange.headers
        if exchange.method != "GET" or not kept:
            return
        try:
            self._write(exchange)
        except OSError as error:
            raise WirewatchError(f"the raw archive {self._folder} cannot be written: {error.strerror}") from error

    def _write(self, exchange: Exchange) -> None:
        from warcio.statusandheaders import StatusAndHeaders

        writer = self._open()
        stamp = {"WARC-Date": exchange.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        phrase = exchange.phrase.encode("ascii", "replace").decode()
        status = StatusAndHeaders(f"{exchange.status} {phrase}", _stored(exchange), protocol="HTTP/1.1")
        response = writer.create_warc_record(
            exchange.url, "response", payload=BytesIO(exchange.body), length=len(exchange.body), http_headers=status,
            warc_headers_dict=dict(stamp),
        )
        parts = urlsplit(exchange.url)
        place = parts.path + ("?" + parts.query if parts.query else "")
        public = [(name, value) for name, value in exchange.request_headers.fields if name.lower() in _PUBLIC]
        asked = StatusAndHeaders(f"GET {place} HTTP/1.1", public, is_http_request=True)
        request = writer.create_warc_record(exchange.url, "request", http_headers=asked, warc_headers_dict=dict(stamp))
        writer.write_request_response_pair(request, response)

    def _open(self) -> Any:
        if self._file is not None and self._file.tell() >= self._roll_bytes:
            self.close()
        if self._writer is None:
            from warcio.warcwriter import WARCWriter

            self._folder.mkdir(parents=True, exist_ok=True)
            self._files += 1
            now = datetime.now(UTC)
            name = f"wirewatch-{now:%Y%m%dT%H%M%S%f}-{os.getpid()}-{self._files:04}.warc.gz"
            self._file = (self._folder / name).open("xb")
            self._writer = WARCWriter(self._file, gzip=True, warc_version="1.1")
            about = {"software": "Wirewatch", "format": "WARC File Format 1.1"}
            self._writer.write_record(self._writer.create_warcinfo_record(name, about))
        return self._writer


def read_warc(path: Path, *, max_bytes: int) -> Iterator[Page]:
    """The responses of one WARC file, gzip or plain, in order.

    Bodies are decoded within `max_bytes`; one that is larger, broken or cut off is given with its `problem`. A file
    that cannot be read, is no WARC or breaks off raises WirewatchError, after all pages before that place.
    """
    from warcio.archiveiterator import ArchiveIterator

    with _told_plainly(path) as given, path.open("rb") as file:
        records = iter(ArchiveIterator(file))
        while (page := _next(records, lambda record: _page(record, max_bytes))) is not None:
            given.append(1)
            yield page


def list_warc(path: Path) -> Iterator[Listed]:
    """What responses a WARC file has, in order; errors as those of `read_warc`."""
    from warcio.archiveiterator import ArchiveIterator

    with _told_plainly(path) as given, path.open("rb") as file:
        archive = ArchiveIterator(file)
        records = iter(archive)
        while (listed := _next(records, lambda record: _listed(record, archive.offset))) is not None:
            given.append(1)
            yield listed


def read_at(path: Path, offset: int, *, max_bytes: int) -> Page:
    """The response that `list_warc` found at `offset`; WirewatchError where there is none (any more)."""
    from warcio.archiveiterator import ArchiveIterator

    with _told_plainly(path), path.open("rb") as file:
        file.seek(offset)
        page = _next(iter(ArchiveIterator(file)), lambda record: _page(record, max_bytes))
    if page is None:
        raise WirewatchError(f"{path} has no page at {offset}; it was changed")
    return page


class _Broken(Exception):
    pass


@contextmanager
def _told_plainly(path: Path) -> Iterator[list[int]]:
    """What goes wrong with a file, in a sentence; the list is filled with what was given before."""
    given: list[int] = []
    try:
        yield given
    except _Broken as broken:
        what = f"breaks off after {len(given)} pages" if given else "is not a WARC file, or broken at its start"
        raise WirewatchError(f"{path} {what}") from broken.__cause__
    except OSError as error:
        raise WirewatchError(f"{path} cannot be read: {error.strerror}") from error


T = TypeVar("T")


def _next(records: Iterator[Any], take: Callable[[Any], T]) -> T | None:
    try:
        for record in records:
            if record.rec_type == "response" and record.http_headers is not None:
                return take(record)
    except OSError:
        raise
    except Exception as error:  # warcio stumbles over broken files in many ways
        raise _Broken from error
    return None


def _stored(exchange: Exchange) -> list[tuple[str, str]]:
    fields = [(_ORIGINAL + name if name.lower() in _FRAMING else name, value)
              for name, value in exchange.headers.fields]
    return [*fields, ("Content-Length", str(len(exchange.body)))]


def _page(record: Any, max_bytes: int) -> Page:
    from warcio.bufferedreaders import ChunkedDataReader

    headers = _headers(record)
    stream = record.raw_stream
    if headers.get("transfer-encoding", "").lower().strip() == "chunked":
        stream = ChunkedDataReader(stream)
    body, problem = b"", ""
    try:
        collected = Body(headers.get("content-encoding", ""), max_bytes)
        while chunk := stream.read(65_536):
            collected.feed(chunk)
        body = collected.finish()
    except Refusal as refusal:
        problem = refusal.sentence
    if not problem and getattr(record.raw_stream, "limit", 0) > 0:
        problem = "the record ends early"
    return Page(_url(record), _status(record), headers, body, _date(record), problem)


def _listed(record: Any, offset: int) -> Listed:
    headers = _headers(record)
    return Listed(_url(record), _status(record), headers.get("content-type", ""), headers.get("location", ""),
                  _date(record), offset)


def _headers(record: Any) -> Headers:
    return Headers(tuple((str(name), str(value)) for name, value in record.http_headers.headers))


def _url(record: Any) -> str:
    return str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")


def _status(record: Any) -> int:
    status = str(record.http_headers.get_statuscode() or "")
    return int(status) if status.isdecimal() else 0


def _date(record: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(record.rec_headers.get_header("WARC-Date") or "")
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
