"""The feeds of `feeds.yaml` and of `feeds.added.yaml`, each with where it stands and what of it is secret."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pipeline.config.models import FeedSettings, FeedsFile
from pipeline.config.written import VARIABLE, filled, text_of, validated
from pipeline.core.errors import ConfigError, QueryError
from pipeline.core.secrets import Secrets
from pipeline.core.urls import canonical_url
from pipeline.core.yamltext import Path as YamlPath
from pipeline.core.yamltext import YamlText, parse_yaml

FEEDS: Final = "feeds.yaml"
ADDED_FEEDS: Final = "feeds.added.yaml"


@dataclass(frozen=True, slots=True)
class PlacedFeed:
    """A feed with its group's name, and where it stands."""

    feed: FeedSettings
    group: str
    file: Path
    line: int

    @property
    def at(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


def load_feeds(directory: Path) -> tuple[FeedSettings, ...]:
    """All feeds, flattened: ids filled in and unique, group tags added, queries checked."""
    return tuple(placed.feed for placed in placed_feeds(directory))


def placed_feeds(directory: Path) -> tuple[PlacedFeed, ...]:
    """The feeds of `feeds.yaml`, then those of `feeds.added.yaml`; ConfigError names file and line of each mistake."""
    found: list[PlacedFeed] = []
    mistakes: list[str] = []
    for path in (directory / FEEDS, directory / ADDED_FEEDS):
        if path.exists():
            try:
                _take_feeds(path, parse_yaml(text_of(path), str(path)), found, mistakes)
            except ConfigError as error:
                mistakes.extend(error.mistakes)
    if mistakes:
        raise ConfigError(list(map(feed_secrets(directory).hidden, mistakes)))
    return tuple(found)


def _take_feeds(path: Path, written: YamlText, found: list[PlacedFeed], mistakes: list[str]) -> None:
    """Add a file's feeds to those `found` before it, and what is wrong with them to `mistakes`."""
    from pipeline.core.query import parse as parse_query

    document = filled(written, everywhere=path.name != ADDED_FEEDS)
    file = validated(FeedsFile, document)
    ids = {placed.feed.id: placed.at for placed in found}
    urls = {canonical_url(placed.feed.url): placed.at for placed in found}
    for g, group in enumerate(file.groups):
        for f, feed in enumerate(group.feeds):
            at: YamlPath = ("groups", g, "feeds", f)
            as_written = written.data["groups"][g]["feeds"][f]
            full = feed.model_copy(update={
                "id": feed.id or feed_id(as_written["url"]),  # it is shown, and must hold no secret
                "tags": tuple(dict.fromkeys(group.tags + feed.tags)),
            })
            full._secrets = _secrets_of(full, as_written["url"])
            for known, value, name in ((ids, full.id, "id"), (urls, canonical_url(full.url), "url")):
                if value in known:
                    mistakes.append(f"{document.at((*at, name))}: {value} is already the {name} of the feed "
                                    f"at {known[value]}; keep one")
                known.setdefault(value, document.at(at))
            for name in ("include", "exclude"):
                if text := getattr(full, name):
                    try:
                        parse_query(text)
                    except QueryError as error:
                        mistakes.append(f"{document.at((*at, name))}: {error}")
            found.append(PlacedFeed(full, group.name, path, document.lines.get(at, 1)))


def _secrets_of(feed: FeedSettings, url: str) -> Secrets:
    """What stands in a feed's headers, and what its address (`url` as written) takes from the environment, and a
    user in it."""
    user = feed.url.partition("://")[2].partition("/")[0].rpartition("@")[0]  # refused, and told as a failure
    if not feed.headers and url == feed.url and not user:
        return Secrets()
    taken = ((os.environ.get(name, ""), f"${{{name}}}") for name in VARIABLE.findall(url) if url != feed.url)
    return Secrets.of([*taken, (user, "…"), *((value, "…") for value in feed.headers.values())])


def feed_secrets(directory: Path) -> Secrets:
    """What the feeds take from the environment, to be shown as `${NAME}`."""
    named: set[str] = set()
    for name in (FEEDS, ADDED_FEEDS):
        path = directory / name
        if path.exists():
            named.update(VARIABLE.findall(text_of(path)))
    return Secrets.of((os.environ[name], f"${{{name}}}") for name in sorted(named) if name in os.environ)


def feed_id(url: str) -> str:
    """A short stable name for a feed that was given none: host and path, as letters, digits and hyphens."""
    parts = urlsplit(url)
    name = f"{(parts.hostname or '').removeprefix('www.')}{parts.path}{'-' + parts.query if parts.query else ''}"
    return re.sub(r"[^\w.]+", "-", name).strip("-").lower() or "feed"
