"""How stories are stored: each once, in one month, whatever crashes or meets.

First a story's *home* is created: a small document under the story's id that says which month holds it. One
writer makes it, and its month stays. Then the story is created there. A story whose home exists already is read
back, merged (`core.revisions`) and replaced under its sequence number; a conflict means that another writer was
quicker, so look again. A crash after the home leaves a home without a story, which the next attempt fills.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from pipeline.core.errors import StoreError
from pipeline.core.revisions import revise
from pipeline.core.story import Story, to_json
from pipeline.stores.base import Indexed
from pipeline.stores.elastic import bulk
from pipeline.stores.elastic.bulk import Write, Written
from pipeline.stores.elastic.documents import source_of
from pipeline.stores.elastic.indices import Indices, month_of
from pipeline.stores.elastic.reading import Reader, Stored

_ROUNDS: Final = 20
Outcome = Literal["new", "revised", "unchanged"]


@dataclass(slots=True)
class Draft:
    """A story on its way in: where it goes, and the last write of it whose fate is not known yet."""

    story: Story
    month: str = ""
    source: bytes = b""
    result: Indexed | None = None
    housed: bool = False
    """Whether its home was made for it just now."""
    sent: tuple[Outcome, Story] | None = None
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        self.month = month_of(self.story.seen)
        self._try(self.story.id.encode)

    def analysed(self) -> "Draft":
        """Itself, ready for indexing; failed where the story cannot be written as JSON."""
        self.source = self._try(lambda: source_of(self.story))
        return self

    def _try(self, write: Callable[[], bytes]) -> bytes:
        try:
            return write()
        except ValueError as error:
            self.fail(f"not valid Unicode: {str(error)[:300]}")
            return b""

    def settle(self, outcome: Outcome, revision: int) -> None:
        self.result = Indexed(self.story.id, outcome, revision)

    def fail(self, error: str) -> None:
        self.result = Indexed(self.story.id, "failed", error=error)


class Writer:
    """Stores drafts; several threads may do so at once."""

    def __init__(self, indices: Indices, reader: Reader) -> None:
        self._indices = indices
        self._reader = reader
        self._connection = indices.connection

    def claim(self, drafts: Sequence[Draft]) -> None:
        """Create the homes of drafts, no two with the same id; those that stand already are left as they are."""
        named = [d for d in drafts if d.result is None]
        outcomes = self._send([Write("create", self._indices.homes, d.story.id, _home(d)) for d in named])
        for d, outcome in zip(named, outcomes, strict=True):
            d.housed = outcome.done
            if not outcome.done and not outcome.conflict:
                d.fail(outcome.reason)

    def store(self, drafts: Sequence[Draft]) -> list[Indexed]:
        """Store drafts that are claimed and analysed."""
        left = [d for d in drafts if d.result is None]
        self._create([d for d in left if d.housed])
        for _ in range(_ROUNDS):
            left = [d for d in left if d.result is None]
            if not left:
                break
            self._merge(left)
        for d in drafts:
            if d.result is None:
                d.fail("other writers kept changing this story; try again")
        return [d.result for d in drafts if d.result is not None]

    def mark(self, changes: Mapping[str, Mapping[str, Any]]) -> int:
        """Set marks of those stories that exist; returns how many changed."""
        left = list(changes)
        changed = 0
        for _ in range(_ROUNDS):
            found = self._reader.find(left)
            wanted = [
                (id, stored, story) for id, stored in found.items()
                if stored.story is not None and (story := replace(stored.story, **changes[id])) != stored.story
            ]
            outcomes = self._send([
                Write("index", self._indices.month(stored.month), id, source_of(story), stored.version)
                for id, stored, story in wanted
            ])
            left = []
            for (id, _, _), outcome in zip(wanted, outcomes, strict=True):
                changed += outcome.done
                if outcome.conflict:
                    left.append(id)
                elif not outcome.done:
                    raise StoreError(f"Elasticsearch at {self._connection.at} refused to mark a story: "
                                     f"{outcome.reason}")
            if not left:
                break
        return changed

    def _create(self, drafts: Sequence[Draft]) -> None:
        """Create stories whose home is made; one that exists after all is left for `_merge`."""
        outcomes = self._send([Write("create", self._at(d), d.story.id, d.source) for d in drafts])
        for d, outcome in zip(drafts, outcomes, strict=True):
            self._note(d, outcome, "new", d.story)

    def _merge(self, drafts: Sequence[Draft]) -> None:
        """One round for stories that may be stored already."""
        stored = self._reader.find([d.story.id for d in drafts])
        homeless: list[Draft] = []
        absent: list[Draft] = []
        changed: list[tuple[Draft, Stored, Outcome, Story]] = []
        for d in drafts:
            found = stored.get(d.story.id)
            if found is None:
                homeless.append(d)
                continue
            d.month = found.month
            if found.story is None:
                absent.append(d)
                continue
            if d.sent is not None and d.sent[1] == found.story:  # an earlier write whose answer was lost
                d.settle(d.sent[0], found.story.revision)
                continue
            outcome, story = revise(found.story, d.story)
            if story == found.story:
                d.settle(outcome, story.revision)
            else:
                changed.append((d, found, outcome, story))
        self.claim(homeless)
        self._fill(absent, stored)
        self._replace(changed)

    def _fill(self, drafts: Sequence[Draft], stored: dict[str, Stored]) -> None:
        """Create stories whose home stands empty: touched first, so that a `prune` going on lets it stand."""
        ours = [d for d in drafts if stored[d.story.id].by == d.mark]
        others = [d for d in drafts if stored[d.story.id].by != d.mark]
        touched = self._send(
            [Write("index", self._indices.homes, d.story.id, _home(d), stored[d.story.id].home) for d in others]
        )
        self._create([*ours, *(d for d, outcome in zip(others, touched, strict=True) if outcome.done)])

    def _replace(self, changed: Sequence[tuple[Draft, Stored, Outcome, Story]]) -> None:
        """Replace stored stories by what became of them, earlier texts kept first."""
        earlier = [
            Write("index", self._indices.revisions, f"{d.story.id}.{found.story.revision}",
                  b'{"story":' + to_json(found.story) + b"}")
            for d, found, outcome, _ in changed
            if outcome == "revised" and found.story is not None
        ]
        for outcome in self._send(earlier):
            if not outcome.done:
                raise StoreError(f"Elasticsearch at {self._connection.at} refused to keep an earlier revision: "
                                 f"{outcome.reason}")
        outcomes = self._send(
            [Write("index", self._at(d), d.story.id, source_of(story), found.version) for d, found, _, story in changed]
        )
        for (d, _, what, story), outcome in zip(changed, outcomes, strict=True):
            self._note(d, outcome, what, story)

    def _note(self, d: Draft, outcome: Written, what: Outcome, story: Story) -> None:
        if outcome.done:
            d.settle(what, story.revision)
        elif outcome.conflict:
            d.sent = (what, story) if outcome.repeated else None
        else:
            d.fail(outcome.reason)

    def _at(self, d: Draft) -> str:
        return self._indices.month(d.month)

    def _send(self, writes: Sequence[Write]) -> list[Written]:
        return bulk.send(self._connection, writes, self._indices.ensure)


def _home(d: Draft) -> bytes:
    return json.dumps({"month": d.month, "by": d.mark}).encode()
