"""When a watch has something to do next, as the ledger knows it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.config import Config, FeedSettings, Settings
from pipeline.core.story import to_plain
from pipeline.feeds.schedule import FeedState
from pipeline.flow import watch as watching
from pipeline.flow.watch import LONGEST, Due
from pipeline.stores.base import Kind, Ledger, Record
from pipeline.stores.embedded import open_folder

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = open_folder(tmp_path / "store")
    yield store.ledger
    store.close()


def polled(ledger: Ledger, id: str, due: datetime, url: str = "") -> FeedSettings:
    url = url or f"http://{id}.example/feed"
    ledger.put("feed", [Record(id, to_plain(FeedState(url=url, due=due)), due=due)])
    return FeedSettings(id=id, url=url)


def test_nothing_to_do(ledger: Ledger) -> None:
    assert Due(ledger).next((), NOW) == NOW + LONGEST
    assert Due(ledger).next([polled(ledger, "a", NOW + 2 * LONGEST)], NOW) == NOW + LONGEST


def test_the_earliest_of_the_feeds_that_are_watched(ledger: Ledger) -> None:
    for n in range(45):  # no longer configured, or not enabled
        polled(ledger, f"gone{n}", NOW - SECOND)
    a, b = polled(ledger, "a", NOW + 9 * SECOND), polled(ledger, "b", NOW + 7 * SECOND)
    assert Due(ledger).next((a, b), NOW) == NOW + 7 * SECOND


def test_a_feed_that_was_never_polled_or_has_another_url_is_due_now(ledger: Ledger) -> None:
    due, feed = Due(ledger), polled(ledger, "a", NOW + 9 * SECOND)
    assert due.next([feed], NOW) == NOW + 9 * SECOND
    other = feed.model_copy(update={"url": "http://elsewhere.example/feed"})
    assert due.next([other], NOW) == NOW
    polled(ledger, "a", NOW + 8 * SECOND, other.url)
    assert due.next([other], NOW) == NOW + 8 * SECOND
    assert due.next((other, FeedSettings(id="b", url="http://b.example/")), NOW) == NOW


@pytest.mark.parametrize("kind", ["entry", "alert"])
def test_what_was_left_over(ledger: Ledger, kind: Kind) -> None:
    ledger.put(kind, [Record("x", {}, due=NOW + 3 * SECOND)])
    assert Due(ledger).next([polled(ledger, "a", NOW + 9 * SECOND)], NOW) == NOW + 3 * SECOND


def test_silences_and_bursts_are_looked_for_though_nothing_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hour:
        """Stops after an hour of waiting, which takes no time."""

        now = NOW

        def is_set(self) -> bool:
            return self.now >= NOW + timedelta(hours=1)

        def wait(self, seconds: float) -> None:
            self.now += timedelta(seconds=seconds)

    hour = Hour()
    passes: list[datetime] = []
    monkeypatch.setattr(watching, "STOPPING", hour)
    monkeypatch.setattr(watching, "run_pass", lambda *given, clock, **more: passes.append(clock()))
    open_folder(tmp_path / "store").close()
    config = Config(tmp_path, Settings(), (), topics=None, rules=())  # type: ignore[arg-type]
    watching.watch(lambda: config, str(tmp_path / "store"), clock=lambda: hour.now)
    assert passes == [NOW + n * watching.IDLE for n in range(6)]
