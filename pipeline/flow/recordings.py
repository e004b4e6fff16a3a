"""What WARC files hold, and a fetcher that answers from them instead of the network."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipeline.config import FeedSettings, feed_id
from pipeline.core.errors import ConfigError, FetchError, WirewatchError
from pipeline.core.story import Failure
from pipeline.net.address import join, parse_target
from pipeline.net.refusal import Refusal
from pipeline.net.response import Redirect, Response, Validators
from pipeline.net.warc import Listed, list_warc, read_at

MISSING: Final = "not-recorded"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HOPS: Final = 10
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer: when it came, and where it stands; `location` is where it leads if it is a redirect."""

    at: datetime
    file: int
    offset: int
    location: str = ""


@dataclass(frozen=True, slots=True)
class Recordings:
    """`pages` has the newest answer of each URL, `feeds` all answers of each feed, oldest first, by feed id."""

    files: tuple[str, ...]
    pages: Mapping[str, Kept]
    feeds: Mapping[str, tuple[Kept, ...]]
    settings: Mapping[str, FeedSettings]

    def newest(self, url: str) -> tuple[str, Kept, tuple[Redirect, ...]]:
        """The address that finally answers, its newest answer and the redirects on the way; FetchError if none."""
        try:
            target = parse_target(url)
        except Refusal as refusal:
            raise FetchError(refusal.reason, f"{url}: {refusal.sentence}", url=url) from None
        hops: list[Redirect] = []
        while True:
            kept = self.pages.get(target.url)
            if kept is None or len(hops) > _HOPS:
                raise FetchError(MISSING, f"{target.url} is not in the recordings", url=url, redirects=tuple(hops))
            if not kept.location:
                return target.url, kept, tuple(hops)
            hops.append((301, target.url, kept.location))
            target = parse_target(kept.location)

    def response(
        self, requested: str, url: str, kept: Kept, redirects: tuple[Redirect, ...], max_bytes: int
    ) -> Response:
        """The answer itself; FetchError where it cannot be read."""
        try:
            page = read_at(Path(self.files[kept.file]), kept.offset, max_bytes=max_bytes)
        except WirewatchError as error:
            raise FetchError("recording", str(error), url=url) from error
        if page.problem:
            raise FetchError("recording", f"{url}, as recorded: {page.problem}", url=url)
        return Response(requested, url, page.status, page.headers, page.body, redirects, at=kept.at)


@dataclass(frozen=True, slots=True)
class Replaying:
    """In the place of a `Recording`: fetchers that answer from the recordings, and nothing to fail."""

    recordings: Recordings
    max_bytes: int

    @asynccontextmanager
    async def client(self) -> AsyncIterator["Replaying"]:
        yield self

    async def fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, validators: Validators | None = None,
        robots: bool = False,
    ) -> Response:
        """The newest recorded answer; what was asked of robots.txt then needs not be asked again."""
        final, kept, redirects = self.recordings.newest(url)
        return self.recordings.response(url, final, kept, redirects, self.max_bytes)

    def failures(self, now: datetime) -> list[Failure]:
        return []


def find_files(places: Iterable[Path]) -> list[Path]:
    """The WARC files among `places` and below those that are directories, by name; ConfigError where there is none."""
    files: list[Path] = []
    mistakes = []
    for place in places:
        found = [p for p in place.rglob("*") if p.name.endswith((".warc", ".warc.gz"))] if place.is_dir() else [place]
        if not found:
            mistakes.append(f"{place}: there is no file named *.warc or *.warc.gz below it")
        elif not found[0].exists():
            mistakes.append(f"{place}: there is no such file")
        files += found
    if mistakes:
        raise ConfigError(mistakes)
    return sorted(files, key=lambda path: path.name)


def read_recordings(
    files: Iterable[Path], feeds: Iterable[FeedSettings], warn: Callable[[str], None]
) -> Recordings:
    """List what WARC files hold; the answers of `feeds`, and others that look like feeds, are taken for feeds.

    A file that breaks off gives what comes before, and a warning.
    """
    names: list[str] = []
    pages: dict[str, Kept] = {}
    polled: dict[str, list[Kept]] = {}
    owners: dict[str, FeedSettings] = {}
    for feed in feeds:
        try:
            owners[parse_target(feed.url).url] = feed
        except Refusal:
            continue
    settings: dict[str, FeedSettings] = {}
    for number, path in enumerate(files):
        names.append(str(path))
        try:
            for listed in list_warc(path):
                _take(listed, number, pages, polled, owners, settings)
        except WirewatchError as error:
            warn(f"{error}; what comes before is used")
    versions = {id: tuple(sorted(kept, key=lambda one: (one.at, one.file, one.offset))) for id, kept in polled.items()}
    return Recordings(tuple(names), pages, versions, settings)


def _take(
    listed: Listed, file: int, pages: dict[str, Kept], polled: dict[str, list[Kept]],
    owners: dict[str, FeedSettings], settings: dict[str, FeedSettings],
) -> None:
    at = listed.at or _LONG_AGO
    try:
        target = parse_target(listed.url)
        moved = listed.location if listed.status in _REDIRECTS else ""
        kept = Kept(at, file, listed.offset, parse_target(join(target, moved)).url if moved else "")
    except Refusal:
        return
    if not (kept.location or 200 <= listed.status < 300) or target.path == "/robots.txt":
        return
    known = pages.get(target.url)
    if known is None or known.at <= at:
        pages[target.url] = kept
    owner = owners.get(target.url)
    if kept.location:
        if owner is not None:
            owners.setdefault(kept.location, owner)
    elif owner is not None or _like_a_feed(listed.content_type):
        feed = owner or FeedSettings(url=target.url, id=feed_id(target.url))
        settings[feed.id] = feed
        polled.setdefault(feed.id, []).append(kept)


def _like_a_feed(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind != "application/xhtml+xml" and any(word in kind for word in ("xml", "rss", "atom"))
