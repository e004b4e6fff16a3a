"""Where a command works: which configuration and which store; and how it prints."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.core.errors import ConfigError, WirewatchError
from pipeline.core.jsonlines import object_of

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config import Config, Settings
    from pipeline.core.query import Query
    from pipeline.stores.base import Store

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="DIR", help="Configuration directory (default: configs/ here).",
                 show_default=False),
]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="DIR_OR_URL", help="Where stories live: a directory, or an Elasticsearch URL.",
                 show_default=False),
]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, max=64, help="Worker processes.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@dataclass
class _Given:
    """What was given before a command's name (`wirewatch --store X search …`, `wirewatch alerts --store X log`)."""

    config: Path | None = None
    store: str | None = None


_given = _Given()


def inherit(config: Path | None, store: str | None) -> None:
    """Options given before a command's name hold for the command."""
    _given.config = config or _given.config
    _given.store = store or _given.store


@dataclass(frozen=True, slots=True)
class Place:
    """A configuration directory and a store, as chosen on the command line, else by the configuration."""

    config: Path | None
    store: str | None

    @property
    def directory(self) -> Path:
        from pipeline.config import default_directory

        return self.config or _given.config or default_directory()

    def settings(self) -> "Settings":
        """`wirewatch.yaml` alone: quick."""
        from pipeline.config import load_settings

        return load_settings(self.directory)

    def load(self) -> "Config":
        """Everything under the configuration directory."""
        from pipeline.config import load

        return load(self.directory)

    def store_at(self, settings: "Settings") -> str:
        return self.store or _given.store or settings.store.at

    def say_unknown_topics(self, query: "Query") -> None:
        """Tell which topics a query asks for that nobody has defined, since it finds nothing."""
        from pipeline.config import unknown_topics

        for wrong in unknown_topics(query, [path.stem for path in (self.directory / "topics").glob("*.yaml")]):
            say(wrong)

    @contextmanager
    def opened(self, settings: "Settings | None" = None, *, create: bool = False) -> "Iterator[Store]":
        """The store, opened; it must exist unless `create`."""
        from pipeline.stores import open_store

        settings = settings or self.settings()
        store = open_store(self.store_at(settings), settings.store, create=create)
        try:
            yield store
        finally:
            store.close()


def console() -> "Console":
    """A terminal that shows colours where there is one."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def print_json(value: Any) -> None:
    """One JSON value on one line of standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def say(message: str) -> None:
    """A line for the person at the terminal, never mixed into the output."""
    typer.echo(message, err=True)


def read_objects(
    source: str, stream: Iterable[str] | None = None, mistakes: list[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of a JSON-lines file, of standard input (`-`), or of `stream`.

    Blank lines are left out. A line that is no object is added to `mistakes`, which names the line; without
    that list it is a ConfigError at once.
    """
    told = mistakes if mistakes is not None else []
    try:
        if stream is None:
            stream = sys.stdin if source == "-" else _lines(Path(source))
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                value = object_of(line)
            except ValueError as error:
                told.append(f"{source}:{number}: {error}")
                if mistakes is None:
                    raise ConfigError(told) from None
                continue
            yield number, value
    except OSError as error:
        raise WirewatchError(f"{source}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise WirewatchError(f"{source}: is not UTF-8 text: {error.reason} at byte {error.start}") from None


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as opened:
        yield from opened
