"""The lease that stops two passes over one store from overlapping; it ends when its holder dies."""

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline.core.errors import PassRunning, StoreError
from pipeline.stores.base import Ledger, Record

TERM: Final = timedelta(seconds=60)
"""A lease that was not renewed for this long is void."""


@contextmanager
def hold(ledger: Ledger, name: str = "pass") -> Iterator[None]:
    """Hold the lease for the length of the block, renewed in the background; raises PassRunning if it is taken."""
    mine = uuid.uuid4().hex
    _take(ledger, name, mine)
    over = threading.Event()

    def renew() -> None:
        while not over.wait(TERM.total_seconds() / 4):
            with suppress(StoreError):  # a store that is away for a moment: try again at the next beat
                ledger.put("lease", [_record(name, mine)])

    beat = threading.Thread(target=renew, daemon=True)
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()
        with suppress(StoreError):
            found = ledger.get("lease", [name]).get(name)
            if found is not None and found.data["holder"] == mine:
                ledger.delete("lease", [name])


def _take(ledger: Ledger, name: str, holder: str) -> None:
    record = _record(name, holder)
    if ledger.create("lease", [record])[0]:
        return
    found = ledger.get("lease", [name]).get(name)
    if found is None:
        taken = ledger.create("lease", [record])[0]
    elif _void(found):
        taken = ledger.replace("lease", Record(name, record.data, record.due, found.version))
    else:
        taken = False
    if not taken:
        other = found.data if found is not None else {"host": "another machine", "pid": "?"}
        raise PassRunning(
            f"another pass is running on this store (process {other['pid']} on {other['host']}); "
            f"wait until it ends, or for {TERM.total_seconds():.0f} s if it was killed"
        )


def _record(name: str, holder: str) -> Record:
    pid = os.getpid()
    data: dict[str, Any] = {"holder": holder, "host": socket.gethostname(), "pid": pid, "born": _born(pid)}
    return Record(name, data, due=datetime.now(UTC) + TERM)


def _void(found: Record) -> bool:
    if found.due is None or found.due <= datetime.now(UTC):
        return True
    same_machine = found.data["host"] == socket.gethostname()
    return same_machine and not _alive(int(found.data["pid"]), str(found.data["born"]))


def _alive(pid: int, born: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _born(pid) == born


def _born(pid: int) -> str:
    """When a process started, so that a reused process id is not taken for it (Linux; elsewhere empty)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
