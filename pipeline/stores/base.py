"""The two things a store is: an Archive of stories, and a Ledger of everything else that must survive.

Both have an embedded implementation (no server) and one on Elasticsearch; `tests/contracts/` holds both to the
promises written here. All methods are synchronous, raise StoreUnavailable where the store does not answer and
StoreError where it refuses, and may be called from several processes at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, Literal, Protocol

from pipeline.core.query import Query
from pipeline.core.story import Story

Kind = Literal["feed", "entry", "alert", "failure", "rule", "lease", "burst", "meta", "robots", "cluster", "thread"]
Facet = Literal["topic", "source", "country", "lang", "status", "day"]
Sort = Literal["newest", "relevance"]
Interval = Literal["hour", "day", "week", "month"]
FACET_VALUES: Final = 100


# ── Ledger ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a ledger: a JSON object under a key, and when it next needs attention.

    `due` None means: never. `version` is the store's own mark of this state of the row, set on reading.
    """

    key: str
    data: Mapping[str, Any]
    due: datetime | None = None
    version: str = ""


class Ledger(Protocol):
    """Small durable records by kind and key.

    Everything that must survive a crash is a record: a feed's state, an entry that is not yet a story, an alert
    that is not yet delivered, a failure, a saved rule, the lease of a pass. What a record means is written once,
    over this protocol, in the module named after it (`entries`, `failures`, `lease`, `outbox`, …).
    A write is durable and visible to `get` when the call returns, and to `due` and `scan` of any later call.
    """

    def create(self, kind: Kind, records: Sequence[Record]) -> list[bool]:
        """Insert what does not exist; for each record, whether this call made it (one winner per key)."""
        ...

    def get(self, kind: Kind, keys: Sequence[str]) -> dict[str, Record]:
        """The records that exist among `keys`."""
        ...

    def put(self, kind: Kind, records: Sequence[Record]) -> None:
        """Insert or overwrite; the last of several records with one key stays."""
        ...

    def replace(self, kind: Kind, record: Record) -> bool:
        """Overwrite only if the stored `version` still is `record.version`; whether it did."""
        ...

    def replace_each(self, kind: Kind, records: Sequence[Record]) -> list[bool]:
        """`replace` for each of several records with different keys, in one go; for each, whether it did."""
        ...

    def due(self, kind: Kind, now: datetime, limit: int = 1000, *, after: Record | None = None) -> list[Record]:
        """The records with `due <= now`, earliest first, then by key; with `after`, those behind that one."""
        ...

    def scan(self, kind: Kind, prefix: str = "") -> Iterator[Record]:
        """All records whose key starts with `prefix`, by key."""
        ...

    def delete(self, kind: Kind, keys: Sequence[str]) -> int:
        """Remove; returns how many existed."""
        ...

    def close(self) -> None: ...


# ── Archive ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Indexed:
    """What became of one story handed to `index`: `error` is set where `outcome` is "failed"."""

    id: str
    outcome: Literal["new", "revised", "unchanged", "failed"]
    revision: int = 1
    error: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result. `score` is BM25 for relevance, 0 for newest.

    Where clusters are folded, `outlets` names the other outlets that carry the story: the sources of all stories of
    its cluster, found or not, but for its own, whichever had it first first.
    """

    story: Story
    score: float = 0.0
    outlets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a search's results.

    `total` is exact; `cursor` continues after the last hit ("" at the end) and stays valid while stories are
    added; `facets` maps each facet asked for to (value, count), most first, then by value, at most FACET_VALUES
    (days: all, ascending); `timeline` is (start of interval in UTC, count), ascending, empty intervals left out,
    weeks starting on Monday. Facets and timeline count everything that the query finds, on every page.

    Where clusters are folded, `clusters` is how many are found (a story without copies is one), exact, and facets
    and timeline count clusters: how many have a story that the query finds with this value, or in this interval.
    """

    total: int
    hits: tuple[Hit, ...]
    cursor: str = ""
    facets: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    timeline: tuple[tuple[datetime, int], ...] = ()
    clusters: int = 0


class Archive(Protocol):
    """Stories: one current revision for each id, earlier revisions kept behind it."""

    def index(self, stories: Sequence[Story]) -> list[Indexed]:
        """Store stories, durable on return, searchable after `refresh`; results in the order given.

        Idempotent by id; what a story that is already there becomes is `core.revisions.revise`. Same title and
        body as stored: `unchanged` (new `feeds`, topics or events are still taken over). Another title or body:
        `revised`, with the revision counted up, `seen` and `published` of the first revision kept, and the text
        before kept for `history`. One bad story does not stop the others.
        """
        ...

    def refresh(self, leaving: int = 0) -> None:
        """Make everything indexed so far searchable (also by other processes); an embedded store may be asked to leave
        the last so many changes for a later call, because they are soon followed by others of the same stories."""
        ...

    def get(self, ids: Sequence[str]) -> dict[str, Story]:
        """The current revisions of those that exist; sees what `index` stored at once."""
        ...

    def history(self, id: str) -> list[Story]:
        """All revisions, oldest first; empty where the id is unknown."""
        ...

    def search(
        self,
        query: Query,
        *,
        now: datetime,
        limit: int = 20,
        sort: Sort = "newest",
        cursor: str = "",
        facets: Sequence[Facet] = (),
        timeline: Interval | None = None,
        fold: bool = False,
    ) -> Page:
        """What `query` finds, as of `now` (for relative times).

        With `fold`, near-copies are shown once: of each cluster the story that comes first in the order among those
        that the query finds; `limit` counts clusters, and following the cursor meets each cluster exactly once.

        "newest" is by `published`, latest first, then by id ascending; following the cursor then meets every
        story that was there at the first page exactly once, whatever is added meanwhile. For "relevance" that
        holds as long as the store can keep its snapshot (some minutes, within one process where embedded).
        Raises StoreError for a cursor that is not one of this store.
        """
        ...

    def stories(self, query: Query | None = None, *, now: datetime) -> Iterator[Story]:
        """Every story that `query` finds (all without one), in any order, memory flat."""
        ...

    def delete_before(self, before: datetime) -> int:
        """Remove stories published before; returns how many."""
        ...

    def mark(self, changes: Mapping[str, Mapping[str, Any]]) -> int:
        """Set what relations to other stories say of a story (id -> fields of `Marks`, and what they become), in no
        new revision; returns how many stories changed.

        Seen by `get` at once. Ids that are not there are left out. A revision made meanwhile is not lost, nor are
        other fields that are being set.
        """
        ...

    def status(self) -> dict[str, Any]:
        """Facts for a person: kind, place, stories, size in bytes, schema version, whether it needs a reindex."""
        ...

    def reindex(self) -> int:
        """Rebuild what is derived (search index, mappings) from the stories; search goes on meanwhile."""
        ...

    def close(self) -> None: ...


# ── Traces ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Trace:
    """What is left of a story so that like ones find it: `terms` (0 <= term < 2**47) and opaque `data`.

    `id` is at most 100 characters, `at` the story's time of publication.
    """

    id: str
    at: datetime
    terms: tuple[int, ...]
    data: bytes


class Traces(Protocol):
    """Stories by terms that like stories share, found at once by every process.

    Who leaves its own trace first and then looks for others cannot miss another who does the same: of two stories
    that arrive at the same moment, at least one finds the other.
    """

    def leave(self, traces: Sequence[Trace]) -> None:
        """Insert or overwrite, by id; durable, and found by any later call of any process, on return."""
        ...

    def sharing(self, asked: Sequence[Trace], within: timedelta, most: int = 64) -> list[tuple[str, ...]]:
        """For each trace, the ids of others that share one of its terms, those that share most first.

        Only traces `at` most `within` earlier or later count. Where more than `most` share a term, at least that
        many of them are found.
        """
        ...

    def get(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The `data` of those that exist."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove the traces of stories published before; returns how many."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Store:
    """An opened store: `open_store` (stores/__init__.py) makes one from a directory or a URL."""

    archive: Archive
    ledger: Ledger
    traces: Traces

    def close(self) -> None:
        self.archive.close()
        self.ledger.close()
        self.traces.close()


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of at most `size` items (itertools.batched is 3.12+)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
