"""What flows through the pipeline: entries of feeds, the stories made of them, and what went wrong.

All values are frozen; all times are aware UTC datetimes; all offsets count characters (code points).
`to_json` and `from_json` turn any of them to JSON and back without loss.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar, cast

TextField = Literal["title", "body"]
ClaimStatus = Literal["reported", "alleged", "denied", "planned", "hypothetical"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as parsed: plain text (no markup), absolute link.

    `id` is the id of the story that it announces (`core.urls.story_id(url)`); `summary` is the feed's short
    text and `content` its full text where the feed carries one; `published_raw` is the date as written.
    """

    id: str
    feed: str
    url: str
    title: str
    summary: str = ""
    content: str = ""
    guid: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_raw: str = ""
    updated: datetime | None = None
    lang: str = ""

    @property
    def text(self) -> str:
        """The longest text that the feed itself gives."""
        return self.content if len(self.content) > len(self.summary) else self.summary


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something was found: `text == story.<field>[start:end]`, and the rule that says so."""

    field: TextField
    start: int
    end: int
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """A topic found in a story. `secondary`: only a passing mention or background carries it."""

    topic: str
    evidence: tuple[Evidence, ...]
    secondary: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """Whoever or whatever fills a role: words of the text, and a code where one is known.

    `code` is the ISO 3166-1 alpha-2 code of a state, otherwise None; `kind` is a class such as a weapon's
    (`ballistic-missile`) or an armed group's id (`hezbollah`), otherwise empty.
    """

    text: str
    code: str | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One standing of an event: its status, who holds it where the text says so, and where that is said."""

    status: ClaimStatus
    holder: Party | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One distinct act told in a story: roles by name (`supplier`, `recipient`, `weapon`, `actor`, …)."""

    topic: str
    roles: dict[str, Party]
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    when: str = ""

    @property
    def status(self) -> tuple[ClaimStatus, ...]:
        """The set of claim statuses, sorted."""
        return tuple(sorted({claim.status for claim in self.claims}))


@dataclass(frozen=True, slots=True)
class Story:
    """One article, once: what is indexed, searched and matched by alert rules.

    - `id` is a hash of the canonical URL, so indexing twice is harmless;
    - `source` is the outlet (a feed's `source` setting, or else the host), `feeds` every feed that carried it;
    - `published_from` says where the date comes from; `fetched` means that neither feed nor page gave a
      believable one, and `published` is then the time it was first seen;
    - `seen` is when it was first met, `updated` when this revision was made; `revision` counts from 1;
    - `body_source` is `feed` where the page could not be fetched or gave less text than the feed itself;
    - `countries` are the ISO codes of the states that title and body name;
    - `cluster` is the id of the near-copy cluster (its own id when alone), `copied` whether other stories are in
      it, `origin` the agency it came from, `thread` the id of the matter it belongs to (empty without events);
    - `outlets` and `origins` count who tells its thread, or without one its cluster: outlets that carry it, and
      independent origins of what they carry (a wire carried by forty papers is one). Exact to ten, then rounded down.
    """

    id: str
    url: str
    title: str
    body: str
    source: str
    published: datetime
    seen: datetime
    updated: datetime
    published_from: Literal["feed", "page", "fetched"] = "feed"
    published_raw: str = ""
    feeds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    summary: str = ""
    lang: str = ""
    body_source: Literal["page", "feed"] = "page"
    revision: int = 1
    countries: tuple[str, ...] = ()
    topics: tuple[TopicMatch, ...] = ()
    events: tuple[Event, ...] = ()
    cluster: str = ""
    origin: str = ""
    copied: bool = False
    thread: str = ""
    outlets: int = 1
    origins: int = 1

    @property
    def marks(self) -> "Marks":
        """What its relations to other stories say of it."""
        return Marks(self.cluster, self.origin, self.copied, self.thread, self.outlets, self.origins)


@dataclass(frozen=True, slots=True)
class Marks:
    """Those fields of a Story that its relations to other stories decide (stores/clusters.py)."""

    cluster: str = ""
    origin: str = ""
    copied: bool = False
    thread: str = ""
    outlets: int = 1
    origins: int = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be done, kept so that it can be inspected and tried again.

    `stage` is one of feed, parse, article, extract, detect, index, join, alert, deliver; `key` names the item
    within the stage (a feed id, a URL, a story id); `reason` is a short stable word, `message` one sentence.
    """

    stage: str
    key: str
    reason: str
    message: str
    at: datetime
    feed: str = ""
    url: str = ""
    attempts: int = 1
    detail: dict[str, str] = field(default_factory=dict)


def fields_of(marks: Marks) -> dict[str, Any]:
    """Marks as fields of a Story, for `dataclasses.replace`."""
    return {name: getattr(marks, name) for name in Marks.__slots__}


T = TypeVar("T")


_adapters: dict[type[Any], Any] = {}


def _adapter(kind: type[Any]) -> Any:
    if kind not in _adapters:
        from pydantic import TypeAdapter

        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(value: Any) -> bytes:
    """A dataclass of this package as compact JSON."""
    return cast(bytes, _adapter(type(value)).dump_json(value))


def to_plain(value: Any) -> dict[str, Any]:
    """A dataclass of this package as what JSON can hold (datetimes as ISO 8601 strings)."""
    return cast(dict[str, Any], _adapter(type(value)).dump_python(value, mode="json"))


def from_json(kind: type[T], data: bytes | str) -> T:
    """The inverse of `to_json`; raises ValueError (pydantic's, which names the field) on anything else."""
    return cast(T, _adapter(kind).validate_json(data))


def from_plain(kind: type[T], data: Any) -> T:
    """The inverse of `to_plain`."""
    return cast(T, _adapter(kind).validate_python(data))
