"""A wire of a few feeds with pages, and passes over it in this process, for faults that are put in by hand."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from pipeline.config import Config, load, load_feeds, load_settings
from pipeline.core.alerts import load_rules
from pipeline.core.story import Failure, Story
from pipeline.flow.run import Summary, run_pass
from pipeline.stores import failures, open_store
from pipeline.stores.base import Store
from tests.e2e.workspace import REPOSITORY, Workspace
from tests.servers.site import Answer, Site

WORDS = "the wire told of harbour trains and quiet markets while officials met in the capital to speak of grain".split()


def page(title: str, seed: int) -> Answer:
    some = random.Random(seed)
    paragraphs = "".join(f"<p>{title}: {' '.join(some.choices(WORDS, k=60)).capitalize()}.</p>" for _ in range(4))
    html = (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}</article>"
        "</body></html>"
    )
    return Answer(html.encode())


def feed(host: str, items: Sequence[tuple[str, str]]) -> Answer:
    """An RSS feed of (path, title)."""
    text = "".join(
        f"<item><title>{title}</title><link>{host}{path}</link><description>{title}, told shortly.</description></item>"
        for path, title in items
    )
    return Answer(f'<rss version="2.0"><channel><title>{host}</title>{text}</channel></rss>'.encode(), "text/xml")


def wire(feeds: int = 3, items: int = 4) -> dict[str, Answer]:
    """`http://outletN.example/feed` with pages `/0`, `/1` …; titles are `Convoy N M`."""
    pages: dict[str, Answer] = {}
    for number in range(feeds):
        host = f"http://outlet{number}.example"
        titles = [(f"/{item}", f"Convoy {number} {item}") for item in range(items)]
        pages[f"{host}/feed"] = feed(host, titles)
        pages |= {f"{host}{path}": page(title, 100 * number + n) for n, (path, title) in enumerate(titles)}
    return pages


def feeds_of(feeds: int = 3, **settings: Any) -> list[dict[str, Any]]:
    return [
        {"url": f"http://outlet{number}.example/feed", "id": f"outlet{number}", **settings} for number in range(feeds)
    ]


@cache
def _project() -> Config:
    return load(REPOSITORY / "configs")


@dataclass
class Passes:
    """Passes over a workspace, in this process, at times of the test's choice."""

    workspace: Workspace
    now: datetime = datetime(2026, 11, 2, 12, tzinfo=UTC)

    @classmethod
    def make(cls, root: Path, site: Site, **settings: Any) -> "Passes":
        values = {"feeds": feeds_of(), **settings}
        values["network"] = {"robots": "ignore", **settings.get("network", {})}
        return cls(Workspace.make(root, server=site.url, **values))

    @property
    def config(self) -> Config:
        """As it stands now; the project's own topics are loaded once for all tests."""
        folder = self.workspace.root / "configs"
        settings = load_settings(folder)
        files = {str(path): path.read_text() for path in (folder / "alerts").glob("*.yaml")}
        return replace(_project(), settings=settings, feeds=load_feeds(folder),
                       rules=load_rules(files, tuple(settings.channels)))

    def run(self, **how: Any) -> Summary:
        config = self.config
        ahead = self.now - datetime.now(UTC)
        return run_pass(config, str(self.workspace.store), feeds=config.feeds,
                        clock=lambda: datetime.now(UTC) + ahead, stream=StringIO(), **how)

    def open_store(self) -> Store:
        return open_store(str(self.workspace.store), self.config.settings.store)

    def stories(self) -> dict[str, Story]:
        """By path after the host's number: `0/1`."""
        store = self.open_store()
        try:
            found = list(store.archive.stories(now=self.now))
        finally:
            store.close()
        return {story.url.removeprefix("http://outlet").replace(".example", ""): story for story in found}

    def failures(self) -> list[Failure]:
        store = self.open_store()
        try:
            return list(failures.listing(store.ledger))
        finally:
            store.close()
