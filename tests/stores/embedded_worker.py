"""Processes of their own for tests: `python -m tests.stores.embedded_worker WHAT FOLDER …`."""

import sys

from pipeline.config import StoreSettings
from pipeline.stores import open_store
from pipeline.stores.base import Record
from tests.contracts.made import NOW, story

BATCH = 20


def write(folder: str, first: str, last: str, refresh_every: str) -> None:
    """Index stories in batches, revising each batch once, and say on stdout what is durable."""
    store = open_store(folder, StoreSettings())
    print("open", flush=True)
    for count, number in enumerate(range(int(first), int(last), BATCH), 1):
        batch = [story(n) for n in range(number, number + BATCH)]
        store.archive.index(batch)
        store.archive.index([story(n, body="revised text") for n in range(number, number + BATCH, 2)])
        print(f"durable {number + BATCH}", flush=True)
        store.ledger.put("entry", [Record(s.id, {"n": number}, NOW) for s in batch])
        if count % int(refresh_every) == 0:
            store.archive.refresh()
            print("refreshed", flush=True)
    store.archive.refresh()
    store.close()
    print("done", flush=True)


def hold_unrefreshed(folder: str) -> None:
    """Store a story and live on without making it searchable, until stdin ends."""
    store = open_store(folder, StoreSettings())
    store.archive.index([story(1)])
    print("stored", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    {"write": write, "hold": hold_unrefreshed}[sys.argv[1]](*sys.argv[2:])
