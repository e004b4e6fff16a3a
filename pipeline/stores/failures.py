"""Failures kept in the ledger until what failed succeeds, is tried again, or is dropped by a person."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.core.story import Failure, from_plain, to_plain
from pipeline.core.urls import host_of
from pipeline.stores.base import Ledger, Record


def key(stage: str, item: str) -> str:
    """The ledger key of what failed: one failure for each item of a stage."""
    return f"{stage}:{item}"[:500]


def record(ledger: Ledger, failures: Sequence[Failure]) -> None:
    """Keep failures; one for the same stage and item replaces the one before and counts the attempts up."""
    latest = {key(f.stage, f.key): f for f in failures}
    before = ledger.get("failure", list(latest))
    rows = [
        Record(k, to_plain(replace(f, attempts=int(before[k].data["attempts"]) + 1 if k in before else f.attempts)))
        for k, f in latest.items()
    ]
    ledger.put("failure", rows)


def resolve(ledger: Ledger, stage: str, items: Sequence[str]) -> int:
    """Forget the failures of items that have succeeded since."""
    kept = ledger.get("failure", [key(stage, item) for item in items]) if items else {}
    return ledger.delete("failure", list(kept)) if kept else 0  # most often there is nothing: a write would cost more


def listing(ledger: Ledger, *, stage: str = "", host: str = "", reason: str = "") -> Iterator[Failure]:
    """The kept failures, by stage and key, filtered."""
    for row in ledger.scan("failure", f"{stage}:" if stage else ""):
        failure = from_plain(Failure, row.data)
        if (not host or host_of(failure.url) == host.removeprefix("www.")) and reason in ("", failure.reason):
            yield failure


def select(
    ledger: Ledger, keys: Sequence[str] = (), *, stage: str = "", host: str = "", reason: str = ""
) -> tuple[list[Failure], list[str]]:
    """The kept failures named by `stage:item` or item, all that the filters find where none is named; and the names
    under which there is none."""
    found = list(listing(ledger, stage=stage, host=host, reason=reason))
    if not keys:
        return found, []
    wanted = set(keys)
    chosen = [failure for failure in found if not _names(failure).isdisjoint(wanted)]
    met = {name for failure in chosen for name in _names(failure)}
    return chosen, [name for name in keys if name not in met]


def _names(failure: Failure) -> set[str]:
    return {key(failure.stage, failure.key), failure.key}


def drop(ledger: Ledger, chosen: Sequence[Failure]) -> int:
    """Forget failures; what failed is not tried again because of this."""
    return ledger.delete("failure", [key(failure.stage, failure.key) for failure in chosen]) if chosen else 0
