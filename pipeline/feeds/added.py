"""Feeds added at run time: `feeds.added.yaml`, written by Wirewatch beside the `feeds.yaml` that people write."""

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from pipeline.config import ADDED_FEEDS, FeedSettings, PlacedFeed, feed_id, placed_feeds
from pipeline.core.errors import ConfigError, WirewatchError
from pipeline.core.urls import canonical_url
from pipeline.core.yamltext import parse_yaml

GROUP: Final = "Added"
"""The group of feeds that were given none."""
_HEAD: Final = """\
# Feeds added by `wirewatch feeds add` and `wirewatch feeds import`, which write this file anew: settings that you
# change here stay, comments do not. Feeds that you want to comment and to order belong into feeds.yaml.
# `wirewatch feeds remove ID` takes one out. ${NAME} stands for an environment variable under headers alone.
"""
_ID: Final = re.compile(r"\w[\w.-]*")
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed to be added; an `id` is made of the URL where none is given."""

    url: str
    id: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of new feeds: those that were added, and those known already, each with the feed that it is."""

    added: tuple[FeedSettings, ...] = ()
    known: tuple[tuple[NewFeed, PlacedFeed], ...] = ()


@dataclass(slots=True)
class _Taken:
    """Ids and canonical URLs in use."""

    ids: dict[str, PlacedFeed] = field(default_factory=dict)
    urls: dict[str, PlacedFeed] = field(default_factory=dict)

    def take(self, placed: PlacedFeed) -> None:
        self.ids[placed.feed.id] = placed
        self.urls[canonical_url(placed.feed.url)] = placed

    def free_id(self, url: str) -> str:
        wanted = feed_id(url)
        name, number = wanted, 2
        while name in self.ids:
            name, number = f"{wanted}-{number}", number + 1
        return name


def add(directory: Path, feeds: Sequence[NewFeed]) -> Added:
    """Add feeds whose address no feed has yet; the others are `known`, by any spelling of their address.

    Raises ConfigError where the configured feeds have mistakes, or an `id` that was asked for cannot be had. All
    are added, or none.
    """
    with _writing(directory) as (path, groups):
        taken = _Taken()
        for placed in placed_feeds(directory):
            taken.take(placed)
        by_name = {group["name"]: group for group in groups}
        added: list[FeedSettings] = []
        known: list[tuple[NewFeed, PlacedFeed]] = []
        for new in feeds:
            same = taken.urls.get(canonical_url(new.url))
            if same is not None:
                known.append((new, same))
                continue
            _check_id(new, taken)
            name = new.group or GROUP
            values: dict[str, Any] = {"id": new.id or taken.free_id(new.url), "url": new.url, "title": new.title,
                                      "tags": list(new.tags)}
            feed = FeedSettings.model_validate(values)
            if name not in by_name:
                by_name[name] = {"name": name, "feeds": []}
                groups.append(by_name[name])
            by_name[name].setdefault("feeds", []).append({key: value for key, value in values.items() if value})
            taken.take(PlacedFeed(feed, name, path, 1))
            added.append(feed)
        return Added(tuple(added), tuple(known))


def remove(directory: Path, name: str) -> FeedSettings | None:
    """Take out the added feed with this id or address; None where feeds.added.yaml has none."""
    with _writing(directory) as (_, groups):
        for group in groups:
            for number, values in enumerate(group.get("feeds") or ()):
                url = values["url"]
                if name in (values.get("id") or feed_id(url), url) or canonical_url(name) == canonical_url(url):
                    del group["feeds"][number]
                    if not group["feeds"] and set(group) <= {"name", "feeds"}:
                        groups.remove(group)
                    return FeedSettings.model_validate({"id": feed_id(url), **values})
    return None


def _check_id(new: NewFeed, taken: _Taken) -> None:
    if not new.id:
        return
    if not _ID.fullmatch(new.id):
        raise ConfigError([f"{new.id!r} cannot be an id: letters, digits, dots and hyphens, beginning with a letter "
                           "or digit"])
    if new.id in taken.ids:
        other = taken.ids[new.id]
        raise ConfigError([f"the id {new.id} is taken by {other.feed.url} ({other.at}); choose another with --id"])


@contextmanager
def _writing(directory: Path) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """The file and its groups as plain values, to be changed; what changed is written when all went well.

    One process at a time: others wait.
    """
    try:
        lock = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise ConfigError([f"{directory}: cannot be opened ({error.strerror}); name a configuration directory with "
                           "--config DIR"]) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = directory / ADDED_FEEDS
        groups = _groups(path)
        before = _text(groups)
        yield path, groups
        if (after := _text(groups)) != before:
            _replace(path, _HEAD + after)
    finally:
        os.close(lock)


def _groups(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read as UTF-8 text: {error}"]) from None
    data = parse_yaml(text, str(path)).data or {}
    groups = data.get("groups") if isinstance(data, dict) else None
    shaped = isinstance(groups or [], list) and all(
        isinstance(group, dict) and isinstance(group.get("name"), str)
        and all(isinstance(feed, dict) and isinstance(feed.get("url"), str) for feed in group.get("feeds") or ())
        for group in groups or ()
    )
    if not shaped:
        raise ConfigError([f"{path}: is not in the form in which it was written; `wirewatch check` says what is wrong"])
    return list(groups or ())


def _text(groups: Sequence[dict[str, Any]]) -> str:
    lines = ["groups:"] if groups else ["groups: []"]
    for group in groups:
        lines.append(f"  - name: {_inline(group['name'])}")
        lines += [f"    {key}: {_inline(value)}" for key, value in group.items() if key not in ("name", "feeds")]
        lines.append("    feeds:" if group.get("feeds") else "    feeds: []")
        lines += [f"      - {_inline(feed)}" for feed in group.get("feeds") or ()]
    return "\n".join(lines) + "\n"


def _inline(value: Any) -> str:
    """A value as YAML on one line."""
    style = None if isinstance(value, dict | list) else '"'
    text = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, default_style=style, width=2**31 - 1,
                     allow_unicode=True, sort_keys=False)
    return str(text).removesuffix("\n").removesuffix("...").strip()


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all, with the permissions that it had."""
    path = path.resolve()
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise WirewatchError(f"{path}: cannot be written: {error.strerror}; nothing was changed") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
