"""One pass at a time on a store, and none locked out by a holder that died."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.core.errors import PassRunning
from pipeline.core.story import Failure
from pipeline.stores import failures, lease
from pipeline.stores.base import Ledger
from pipeline.stores.embedded import open_folder

HOLDER = """
import sys, time
from pathlib import Path
from pipeline.stores import lease
from pipeline.stores.embedded import open_folder
with lease.hold(open_folder(Path(sys.argv[1])).ledger):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = open_folder(tmp_path / "store")
    yield store.ledger
    store.close()


def test_a_second_holder_is_refused_until_the_first_lets_go(ledger: Ledger) -> None:
    with lease.hold(ledger):
        with pytest.raises(PassRunning, match=f"process {os.getpid()}"), lease.hold(ledger):
            pass
        with lease.hold(ledger, "other"):
            pass
    with lease.hold(ledger):
        pass


def test_a_holder_that_was_killed_is_seen_at_once(ledger: Ledger, tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "store")], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(PassRunning), lease.hold(ledger):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with lease.hold(ledger):
        pass


def test_a_holder_on_another_machine_is_void_when_its_term_is_over(ledger: Ledger) -> None:
    with lease.hold(ledger):
        found = ledger.get("lease", ["pass"])["pass"]
        elsewhere = replace(found, data={**found.data, "host": "elsewhere", "holder": "x"})
        ledger.put("lease", [elsewhere])
        with pytest.raises(PassRunning, match="elsewhere"), lease.hold(ledger):
            pass
        ledger.put("lease", [replace(elsewhere, due=datetime.now(UTC) - timedelta(seconds=1))])
        with lease.hold(ledger):
            pass


def test_failures_are_kept_once_counted_and_forgotten_on_success(ledger: Ledger) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    one = Failure("article", "id1", "timeout", "no answer", now, url="https://www.x.example/1")
    failures.record(ledger, [one, replace(one, key="id2", reason="http-404", url="https://y.example/2")])
    failures.record(ledger, [replace(one, at=now + timedelta(hours=1))])
    listed = list(failures.listing(ledger, stage="article"))
    assert [(f.key, f.attempts) for f in listed] == [("id1", 2), ("id2", 1)]
    assert [f.key for f in failures.listing(ledger, host="x.example")] == ["id1"]
    assert [f.key for f in failures.listing(ledger, reason="http-404")] == ["id2"]
    failures.resolve(ledger, "article", ["id1"])
    assert [f.key for f in failures.listing(ledger)] == ["id2"]
