"""Several processes that ask one host keep its pace together."""

import multiprocessing
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.net import slots
from pipeline.net.slots import LOOK_S, STALE_S, Slots


@pytest.fixture
def place(tmp_path: Path) -> Path:
    slots.create(tmp_path / "slots")
    return tmp_path / "slots"


def test_the_delay_counts_from_the_moment_a_request_was_written(place: Path) -> None:
    one, other = Slots(place, 2), Slots(place, 2)
    assert one.enter("a.example", 1.0, 100.0) == 0
    assert other.enter("a.example", 1.0, 100.1) == LOOK_S
    one.sent("a.example", 103.0)
    assert other.enter("a.example", 1.0, 103.5) == pytest.approx(0.55)
    assert other.enter("a.example", 1.0, 104.05) == 0


def test_no_more_at_once_than_allowed(place: Path) -> None:
    one, other = Slots(place, 2), Slots(place, 2)
    assert [one.enter("a.example", 0.0, 1.0), other.enter("a.example", 0.0, 1.0)] == [0, 0]
    assert one.enter("a.example", 0.0, 1.0) == LOOK_S
    assert one.enter("b.example", 0.0, 1.0) == 0
    other.leave("a.example")
    assert one.enter("a.example", 0.0, 1.0) == 0


def test_a_process_that_died_while_writing_stops_nobody_for_ever(place: Path) -> None:
    one, other = Slots(place, 2), Slots(place, 2)
    assert one.enter("a.example", 1.0, 100.0) == 0
    assert other.enter("a.example", 1.0, 100.0 + STALE_S - 1) == LOOK_S
    assert other.enter("a.example", 1.0, 100.0 + STALE_S + 1) == 0


def _ask(place: Path, times: int, told: Any) -> None:
    mine = Slots(place, 1)
    for _ in range(times):
        while (wait_s := mine.enter("a.example", 0.02, time.monotonic())) > 0:
            time.sleep(wait_s)
        mine.sent("a.example", time.monotonic())
        told.put(time.monotonic())
        mine.leave("a.example")


def test_processes_take_turns(place: Path) -> None:
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    processes = [context.Process(target=_ask, args=(place, 8, told)) for _ in range(3)]
    for process in processes:
        process.start()
    times = sorted(told.get(timeout=60) for _ in range(24))
    for process in processes:
        process.join()
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.02
