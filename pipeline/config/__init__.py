"""`configs/` as one frozen Config; every mistake at once, as `file:line: path: what is wrong, what is allowed`.

    configs/wirewatch.yaml   Settings: store, network, extraction, channels
    configs/feeds.yaml       feeds: groups of FeedSettings with shared tags
    configs/feeds.added.yaml the same form, written by `wirewatch feeds add | import | remove`
    configs/topics/*.yaml    topic rules (core/topics.py)
    configs/lists/*.txt      term lists that topics refer to
    configs/alerts/*.yaml    alert rules (core/alerts)

`${NAME}` inside a string takes a secret from the environment variable NAME; in feeds.added.yaml, which holds what
strangers wrote, inside headers alone.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config.feeds import ADDED_FEEDS, FEEDS, PlacedFeed, feed_id, feed_secrets, load_feeds, placed_feeds
from pipeline.config.models import (
    ChannelSettings,
    ClusterSettings,
    ConsoleChannel,
    FeedSettings,
    Model,
    NetworkSettings,
    Settings,
    StoreSettings,
    Tag,
    WebhookChannel,
)
from pipeline.config.written import read, text_of, validated
from pipeline.core.errors import ConfigError
from pipeline.core.yamltext import suggest

if TYPE_CHECKING:  # `wirewatch search` needs the settings alone, and quickly
    from pipeline.core.alerts import AlertRule
    from pipeline.core.query import Query
    from pipeline.core.topics import Topics

__all__ = [
    "ADDED_FEEDS", "FEEDS", "ChannelSettings", "ClusterSettings", "Config", "ConsoleChannel", "FeedSettings",
    "Model", "NetworkSettings", "PlacedFeed", "Settings", "StoreSettings", "Tag", "WebhookChannel",
    "default_directory", "feed_id", "feed_secrets", "load", "load_feeds", "load_settings", "placed_feeds",
    "unknown_topics",
]


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that `configs/` says, checked."""

    directory: Path
    settings: Settings
    feeds: tuple[FeedSettings, ...]
    topics: "Topics"
    rules: "tuple[AlertRule, ...]"


def default_directory() -> Path:
    """`$WIREWATCH_CONFIG`, else `configs/` here, else the configuration that ships with the package."""
    if named := os.environ.get("WIREWATCH_CONFIG"):
        return Path(named)
    here = Path("configs")
    if (here / "wirewatch.yaml").is_file():
        return here
    package = Path(__file__).parents[1]
    shipped = package / "configs"
    return shipped if shipped.is_dir() else package.parent / "configs"


def load(directory: Path) -> Config:
    """Load and check all of a configuration directory; raises ConfigError with every mistake in it."""
    mistakes: list[str] = []

    def attempt(part: Any, *args: Any) -> Any:
        try:
            return part(*args)
        except ConfigError as error:
            mistakes.extend(error.mistakes)
            return None

    settings = attempt(load_settings, directory)
    feeds = attempt(load_feeds, directory)
    topics = attempt(_load_topics, directory)
    channels = tuple(settings.channels) if settings is not None else None
    rules = attempt(_load_rules, directory, channels)
    if topics is not None and rules is not None:
        for rule in rules:
            mistakes += [f"{directory / 'alerts'}: rule {rule.name}: query: {said}"
                         for said in unknown_topics(rule.query, topics.names)]
    if mistakes:
        raise ConfigError(mistakes)
    return Config(directory, settings, feeds, topics, rules)


def unknown_topics(query: "Query", names: Collection[str]) -> list[str]:
    """A sentence for each topic that a query asks for and nobody has defined: it would silently match nothing."""
    from pipeline.core.query import tag_value, topics_named

    known = {tag_value(name): name for name in names}
    unknown = sorted(topics_named(query) - set(known))
    return [f"there is no topic {name}{suggest(name, known.values())}" for name in unknown]


def load_settings(directory: Path) -> Settings:
    """`wirewatch.yaml` alone; all defaults where the file is missing or empty."""
    if not directory.is_dir():
        raise ConfigError([f"{directory}: no such configuration directory; name one with --config DIR"])
    path = directory / "wirewatch.yaml"
    return validated(Settings, read(path)) if path.exists() else Settings()


def _load_topics(directory: Path) -> "Topics":
    topics = tuple((str(p), text_of(p)) for p in sorted((directory / "topics").glob("*.yaml")))
    lists = tuple((str(p), text_of(p)) for p in sorted((directory / "lists").glob("*.txt")))
    return _topics(topics, lists)


@lru_cache(maxsize=1)
def _topics(topics: tuple[tuple[str, str], ...], lists: tuple[tuple[str, str], ...]) -> "Topics":
    """Made once as long as the files say the same: `watch` reads them before every pass."""
    from pipeline.core.topics import load_topics

    return load_topics(dict(topics), dict(lists))


def _load_rules(directory: Path, channels: Sequence[str] | None) -> "tuple[AlertRule, ...]":
    """Without `channels` (the settings did not load) every channel name is taken as known."""
    from pipeline.core.alerts import load_rules

    files = {str(p): text_of(p) for p in sorted((directory / "alerts").glob("*.yaml"))}
    return load_rules(files, channels)
