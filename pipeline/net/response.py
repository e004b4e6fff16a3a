"""What comes back from a request: plain values that can be pickled, compared and stored."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Redirect = tuple[int, str, str]
"""Status, URL that answered with it, URL that it named."""


@dataclass(frozen=True, slots=True)
class Headers(Mapping[str, str]):
    """Header fields in the order they came; looked up in any case, repeated fields joined by `, `."""

    fields: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, name: str) -> str:
        wanted = name.lower()
        found = [value for key, value in self.fields if key.lower() == wanted]
        if not found:
            raise KeyError(name)
        return ", ".join(found)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self.fields))

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self.fields})


@dataclass(frozen=True, slots=True)
class Validators:
    """What one URL gave to ask later whether it changed. They belong to that URL and are sent to no other."""

    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer: 2xx with its decoded body, or 304 with none.

    `requested` is the URL as asked for, `url` the one that answered after `redirects`, normalised. `elapsed_s` is
    the time on the network in seconds; waiting in line for the host is not counted. `at` is when it was recorded,
    where it comes from the raw archive.
    """

    requested: str
    url: str
    status: int
    headers: Headers = Headers()
    body: bytes = field(default=b"", repr=False)
    redirects: tuple[Redirect, ...] = ()
    elapsed_s: float = 0.0
    at: datetime | None = None

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def content_type(self) -> str:
        """The Content-Type header, empty where there is none."""
        return self.headers.get("content-type", "")

    @property
    def validators(self) -> Validators | None:
        """What to hand to the next `fetch` of `url`; None where the server gave nothing."""
        etag, last_modified = self.headers.get("etag", ""), self.headers.get("last-modified", "")
        return Validators(self.url, etag, last_modified) if etag or last_modified else None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as they passed, for a recorder: redirects and errors too, body decoded."""

    url: str
    method: str
    request_headers: Headers
    request_body: bytes
    at: datetime
    status: int
    phrase: str
    headers: Headers
    body: bytes


Recorder = Callable[[Exchange], None]


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Seconds from a Retry-After header, given as seconds or as an HTTP date; None where it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())
