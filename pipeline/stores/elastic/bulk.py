"""Many writes in one request, each with its own outcome, repeated until each is answered.

This is what `helpers.streaming_bulk` does, and three things that it cannot: it repeats only the items that were
refused, with a limit in time; it goes on after a lost connection; and it says of which items an earlier try may
have been carried out although no answer came.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from elasticsearch import ApiError, TransportError

from pipeline.stores.elastic import trouble
from pipeline.stores.elastic.connection import Connection

MOST_BYTES: Final = 8_000_000
MOST_ITEMS: Final = 1_000

Action = Literal["index", "create", "delete"]


@dataclass(frozen=True, slots=True)
class Write:
    """One item: `source` is a JSON object (none for delete); `expected` the (seq_no, primary_term) to find."""

    action: Action
    alias: str
    id: str
    source: bytes = b""
    expected: tuple[int, int] | None = None

    def lines(self) -> bytes:
        meta: dict[str, Any] = {"_index": self.alias, "_id": self.id}
        if self.action != "delete":
            meta["require_alias"] = True
        if self.expected:
            meta["if_seq_no"], meta["if_primary_term"] = self.expected
        head = json.dumps({self.action: meta}).encode() + b"\n"
        return head if self.action == "delete" else head + self.source + b"\n"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write: HTTP `status`, `reason` where it was refused; `repeated`: an earlier try may count."""

    status: int
    reason: str = ""
    repeated: bool = False

    @property
    def done(self) -> bool:
        return self.status < 300

    @property
    def conflict(self) -> bool:
        return self.status == 409

    @property
    def homeless(self) -> bool:
        """The alias does not exist."""
        return self.status == 404 and "index_not_found" in self.reason


class Ensure(Protocol):
    """Makes the index behind an alias (`indices.Indices.ensure`)."""

    def __call__(self, alias: str, *, again: bool = False) -> None: ...


def send(connection: Connection, writes: Sequence[Write], ensure: Ensure | None = None) -> list[Written]:
    """Carry out writes in the order given, after `ensure` has made what they go to.

    Raises StoreUnavailable when patience ends, StoreError where the server refuses everything.
    """
    if ensure is not None:
        for alias in dict.fromkeys(write.alias for write in writes):
            ensure(alias)
    outcomes = [outcome for part in _parts(writes) for outcome in _send(connection, part)]
    lost = [place for place, outcome in enumerate(outcomes) if outcome.homeless]
    if ensure is not None and lost:  # removed since we looked, by `prune` or by hand
        for alias in dict.fromkeys(writes[place].alias for place in lost):
            ensure(alias, again=True)
        for place, outcome in zip(lost, send(connection, [writes[place] for place in lost]), strict=True):
            outcomes[place] = outcome
    return outcomes


def _parts(writes: Sequence[Write]) -> Iterator[Sequence[Write]]:
    first = size = 0
    for place, write in enumerate(writes):
        if place > first and (size + len(write.source) > MOST_BYTES or place - first == MOST_ITEMS):
            yield writes[first:place]
            first, size = place, 0
        size += len(write.source)
    if first < len(writes):
        yield writes[first:]


def _send(connection: Connection, writes: Sequence[Write]) -> list[Written]:
    outcomes: list[Written | None] = [None] * len(writes)
    lines = [write.lines() for write in writes]
    unsure: set[int] = set()
    left = list(range(len(writes)))
    patience = connection.patience(writing=True)
    while True:
        asked = [lines[place] for place in left]
        tried: list[int] = []

        def ask(es: Any, asked: list[bytes] = asked, left: list[int] = left, tried: list[int] = tried) -> Any:
            unsure.update(tried)  # not the first try of this request: the one before may have been carried out
            tried[:] = left
            return es.bulk(operations=asked)

        try:
            answer = connection.call(ask, patience=patience)
        except (ApiError, TransportError) as error:
            raise connection.explained(error) from error
        refused: list[int] = []
        for place, entry in zip(left, answer["items"], strict=True):
            (item,) = entry.values()
            status = int(item["status"])
            reason = trouble.reason_of(item) if "error" in item else str(item.get("result", ""))
            outcomes[place] = Written(status, reason, place in unsure)
            if status >= 300 and trouble.item_passes(status, reason):
                refused.append(place)
        if not refused:
            connection.accepted()
            return [outcome for outcome in outcomes if outcome is not None]
        if not patience.wait():
            last = outcomes[refused[0]]
            assert last is not None
            raise connection.refused(last.status, last.reason)
        unsure.update(refused)
        left = refused
