"""The files of the sample wire: `outlets.yaml`, and `stories/*.md` with their front matter."""

import re
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import Field

from pipeline.config import Model
from pipeline.core.story import ClaimStatus

State = Literal[1, 2]
Page = Literal["whole", "teaser", "missing", "disallowed"]


class ServedFeed(Model):
    """A feed as an outlet serves it, with its manners and faults."""

    path: str
    title: str
    format: Literal["rss2", "rss1", "atom"] = "rss2"
    charset: str = "utf-8"
    dates: Literal["rfc822", "iso", "gmt9", "french", "none"] = "rfc822"
    text: Literal["summary", "html", "full"] = "summary"
    links: Literal["plain", "tracked", "amp"] = "plain"
    ids: bool = True
    media: bool = False
    ttl_min: int = 0
    slow: bool = False
    broken: bool = False
    status: int = 200
    moved_to: str = ""


class Outlet(Model):
    """A host: the template, address pattern and encoding of its pages, and its feeds by id."""

    host: str
    name: str
    page: str = ""
    path: str = "/{slug}"
    lang: str = "en"
    charset: str = "utf-8"
    declared: Literal["header", "meta", "both"] = "both"
    quotes: Literal["straight", "curly"] = "straight"
    utc_offset_h: int = 0
    menu: tuple[str, ...] = ()
    robots: str = ""
    feeds: dict[str, ServedFeed]


class Second(Model):
    """How a carried text differs in state 2."""

    kind: Literal["update", "correction"]
    ago: str
    title: str = ""
    change: dict[str, str] = Field(default_factory=dict)
    insert: dict[int, str] = Field(default_factory=dict)
    end: tuple[str, ...] = ()


class Carrier(Model):
    """One outlet's version of a text: its edits, in the order change, keep, insert, dateline, end."""

    by: str
    feeds: tuple[str, ...]
    ago: str
    slug: str = ""
    section: str = "world"
    title: str = ""
    dateline: str = ""
    authors: tuple[str, ...] = ()
    change: dict[str, str] = Field(default_factory=dict)
    keep: int = 0
    insert: dict[int, str] = Field(default_factory=dict)
    end: tuple[str, ...] = ()
    page: Page = "whole"
    state: State = 1
    second: Second | None = None


class ToldEvent(Model):
    """An event as the story's author sees it.

    A role is a state's ISO code where it is two capitals, otherwise words of the text. `status` gives the holders
    of each claim as ISO codes, none where the text names none or no state.
    """

    topic: str
    roles: dict[str, str]
    status: dict[ClaimStatus, tuple[str, ...]]


class Truth(Model):
    """What a careful reader says about a text; `maybe` are topics on which careful readers differ.

    Stories with the same `matter` belong to one thread.
    """

    topics: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    events: tuple[ToldEvent, ...] = ()
    matter: str = ""


class Text(Truth):
    """One file of `stories/`."""

    title: str
    carried: tuple[Carrier, ...]


@cache
def outlets() -> dict[str, Outlet]:
    """`outlets.yaml`, by short name; raises pydantic's ValidationError."""
    data = yaml.safe_load((files(__package__) / "outlets.yaml").read_text("utf-8"))
    return {name: Outlet.model_validate(outlet) for name, outlet in data.items()}


@cache
def texts() -> tuple[tuple[str, Text, tuple[str, ...]], ...]:
    """`stories/*.md` in the order of their names: name, front matter, paragraphs."""
    found = []
    for file in sorted((files(__package__) / "stories").iterdir(), key=lambda f: f.name):
        name, _, kind = file.name.rpartition(".")
        if kind == "md":
            _, front, body = re.split(r"^---\n", file.read_text("utf-8"), maxsplit=2, flags=re.MULTILINE)
            paragraphs = tuple(" ".join(block.split()) for block in re.split(r"\n\s*\n", body.strip()))
            found.append((name, Text.model_validate(yaml.safe_load(front)), paragraphs))
    return tuple(found)
