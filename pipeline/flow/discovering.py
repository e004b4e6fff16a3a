"""An address that a person gives, looked into: a feed, or a page and the feeds that it names, each verified."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from pipeline.config import NetworkSettings, Settings
from pipeline.core.charsets import decode
from pipeline.core.errors import FetchError, ReadError
from pipeline.core.urls import canonical_url
from pipeline.feeds import discovery
from pipeline.feeds.discovery import Candidate
from pipeline.feeds.parse import ParsedFeed, how_to_find, parse_feed
from pipeline.flow.reading import apart
from pipeline.net import Client
from pipeline.net.response import Response
from pipeline.pages.tree import parse_page

MOST: Final = 30
"""Addresses that pages may have asked for one search."""
_LISTS: Final = 3
"""Pages named by the first whose feeds are looked for."""


class Asks(Protocol):
    """What looking needs of `net.client.Client`."""

    async def fetch(self, url: str, *, robots: bool = False) -> Response: ...


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that answered and was read. `url` is the address to keep, `title` the feed's own, else its link's."""

    url: str
    title: str
    format: str
    entries: int
    why: str = "given"
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What an address came to: the feeds found, what was tried in vain (address, reason), how many addresses of a
    page were too many to be asked, and `problem`, where it is neither a feed nor a page that has one."""

    feeds: tuple[FoundFeed, ...] = ()
    tried: tuple[tuple[str, str], ...] = ()
    unasked: int = 0
    problem: str = ""


def look(url: str, settings: Settings) -> Looked:
    """Fetch `url` and find the feeds there; raises FetchError where it does not answer."""
    async def looking() -> Looked:
        async with Client(settings.network) as client:
            answer = await client.fetch(url, robots=settings.network.robots == "all")
            given = parsed(answer)
            if is_feed(given):
                return Looked((_found(Candidate(url, "given"), answer, given),))
            found = await feeds_of(answer, client, settings.network)
            return found if found.feeds else replace(found, problem=given.problem.replace(how_to_find(answer.url), ""))

    return asyncio.run(looking())


async def feeds_of(answer: Response, client: Asks, network: NetworkSettings) -> Looked:
    """The feeds that a page names; where it names none that works, those at the usual places of its site."""
    search = _Search(client, network, {hashlib.sha256(answer.body).hexdigest()})
    await search.page(answer)
    if not search.feeds:  # many sites have a page that lists their feeds, and name that
        for page in search.pages[:_LISTS]:
            await search.page(page)
    if not search.feeds:
        await search.ask(discovery.usual(answer.url))
    return Looked(tuple(search.feeds), tuple(search.tried), search.unasked)


@dataclass(slots=True)
class _Search:
    client: Asks
    network: NetworkSettings
    bodies: set[str]
    """Digests of what was seen: one feed under two addresses is found once."""
    feeds: list[FoundFeed] = field(default_factory=list)
    tried: list[tuple[str, str]] = field(default_factory=list)
    pages: list[Response] = field(default_factory=list)
    """What answered, and is no feed."""
    asked: set[str] = field(default_factory=set)
    unasked: int = 0

    async def page(self, answer: Response) -> None:
        """Ask what a page names, as long as there is room."""
        try:
            named = apart(named_by, answer.body, answer.url, answer.content_type)
        except ReadError:
            named = ()
        fresh = [one for one in named if canonical_url(one.url) not in self.asked]
        room = max(0, MOST - len(self.asked))
        self.unasked += len(fresh[room:])
        await self.ask(fresh[:room])

    async def ask(self, candidates: Sequence[Candidate]) -> None:
        """Ask them all; the client keeps the manners. Nobody asked for them by name, so robots.txt is kept."""
        async def one(candidate: Candidate) -> Response | FetchError:
            try:
                return await self.client.fetch(candidate.url, robots=self.network.robots != "ignore")
            except FetchError as error:
                return error

        self.asked.update(canonical_url(candidate.url) for candidate in candidates)
        for candidate, answer in zip(candidates, await asyncio.gather(*map(one, candidates)), strict=True):
            if isinstance(answer, FetchError):
                self.tried.append((candidate.url, answer.reason))
                continue
            read = parsed(answer)
            digest = hashlib.sha256(answer.body).hexdigest()
            if not is_feed(read):
                self.tried.append((candidate.url, "no-feed"))
                self.pages.append(answer)
            elif digest not in self.bodies:
                self.bodies.add(digest)
                self.feeds.append(_found(candidate, answer, read))


def named_by(body: bytes, url: str, content_type: str) -> tuple[Candidate, ...]:
    """The feeds that a page names."""
    root = parse_page(decode(body, content_type))
    return tuple(discovery.named(root, url)) if root is not None else ()


def parsed(answer: Response, feed: str = "", fallback_lang: str = "") -> ParsedFeed:
    """An answer's body, read as a feed."""
    try:
        return apart(parse_feed, answer.body, feed=feed, url=answer.url, content_type=answer.content_type,
                     fallback_lang=fallback_lang)
    except ReadError as error:
        return ParsedFeed(problem=f"{answer.url}: {error}.")


def is_feed(read: ParsedFeed) -> bool:
    """Whether a pass would take it for a feed: one that is empty, or of which something could be read."""
    return bool(read.entries) or not read.problem


def _found(candidate: Candidate, answer: Response, read: ParsedFeed) -> FoundFeed:
    return FoundFeed(lasting_url(candidate.url, answer), read.title or candidate.title, read.format,
                     len(read.entries), candidate.why, read.problem)


def lasting_url(url: str, answer: Response) -> str:
    """The address to keep: where redirects for good (301, 308) lead, up to the first that is not."""
    for status, _, to in answer.redirects:
        if status not in (301, 308):
            break
        url = to
    return url
