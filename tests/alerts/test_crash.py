"""Killed at any moment between match and mark, against a receiver that fails half the time: nothing is lost, and
nothing comes twice but what was under way, under the same key. 20 rounds under CI, 300 with WIREWATCH_LONG=1.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.alerts.crashing import RULES, stories
from tests.alerts.receiver import Receiver, half_the_time, receiving
from tests.servers import elasticsearch

ROUNDS = 300 if os.environ.get("WIREWATCH_LONG") else 20 if os.environ.get("CI") else 8
STORIES = 12


@pytest.fixture(scope="module")
def prepared() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, "-m", "tests.alerts.crashing"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    yield process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
    assert process.stdout is not None
    process.stdout.close()


def run(prepared: "subprocess.Popen[str]", task: dict[str, object], kill_after: float | None) -> tuple[int, float]:
    """Exit status and seconds of one pass, killed -9 after `kill_after` seconds."""
    assert prepared.stdin is not None
    assert prepared.stdout is not None
    begun = time.monotonic()
    prepared.stdin.write(json.dumps(task) + "\n")
    prepared.stdin.flush()
    pid = int(prepared.stdout.readline())
    over = threading.Event()

    def kill() -> None:
        if not over.wait(kill_after):
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    if kill_after is not None:
        killer.start()
    status = int(prepared.stdout.readline())
    over.set()
    if kill_after is not None:
        killer.join()
    return status, time.monotonic() - begun


def check(receiver: Receiver, crashes: int) -> None:
    expected = {("plain", f"c{n // 2}") for n in range(STORIES)} | {("gathering", f"c{n // 2}") for n in range(STORIES)}
    expected |= {("by-topic", s.id) for s in stories(STORIES)}
    keys: dict[tuple[str, str], set[str]] = {}
    times: Counter[str] = Counter()
    for headers, body in receiver.taken:
        message = json.loads(body)
        assert headers["Idempotency-Key"] == message["key"]
        times[message["key"]] += 1
        for item in message["items"]:
            told = item["story"] if message["rule"] == "by-topic" else item["cluster"]
            keys.setdefault((message["rule"], told), set()).add(message["key"])
    assert set(keys) == expected, "each is told, and nothing else"
    assert {match: found for match, found in keys.items() if len(found) > 1} == {}, "a repeat has the same key"
    assert sum(times.values()) - len(times) <= crashes, "one repeat for each crash at most"


def rounds(
    prepared: "subprocess.Popen[str]", store: str, prefix: str, count: int,
    clean: Callable[[str], None] = lambda prefix: None,
) -> None:
    chance = random.Random(count)
    whole, kills, repeats = 1.0, 0, 0
    for number in range(count):
        with receiving(half_the_time(number)) as receiver:
            task: dict[str, object] = {
                "store": store.format(number), "prefix": f"{prefix}{number}", "hook": receiver.url,
                "began": time.time(), "stories": STORIES,
            }
            crashes = 0
            for _ in range(chance.randint(1, 4) if number else 0):
                status, _ = run(prepared, task, chance.uniform(0, whole))
                assert status in (0, -signal.SIGKILL)
                crashes += status != 0
            status, seconds = run(prepared, task, None)
            assert status == 0
            if not number:
                whole = seconds
            check(receiver, crashes)
            clean(f"{prefix}{number}")
            kills += crashes
            repeats += len(receiver.taken) - len({headers["Idempotency-Key"] for headers, _ in receiver.taken})
    print(f"{count} rounds, {kills} kills, {repeats} repeats")
    assert kills >= count // 3, "too few kills prove little"


def test_embedded(prepared: "subprocess.Popen[str]", tmp_path: Path) -> None:
    rounds(prepared, f"{tmp_path}/{{}}", "crash-", ROUNDS)


@pytest.mark.timeout(3600)
def test_elastic(prepared: "subprocess.Popen[str]", elasticsearch_url: str) -> None:
    rounds(prepared, elasticsearch_url, f"crash-{uuid.uuid4().hex[:8]}-", ROUNDS,
           lambda prefix: elasticsearch.wipe(elasticsearch_url, prefix))


def test_all_kinds_of_rules_take_part() -> None:
    assert [bool(rule.cooldown) for rule in RULES] == [False, True, False]
