"""What looking for bursts costs a pass, by the number of stories of the eight weeks that it looks back on.

    python -m tests.bench.bench_bursts_cost [--write] [stories …]       10,000 100,000 1,000,000

An embedded archive of short stories: half of them copies, each with one of seven topics, one in ten with an event of
two of twenty states. A rule is looked at every ten minutes.
"""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline.config import StoreSettings
from pipeline.core import bursts as core
from pipeline.core.alerts import rule_from_plain
from pipeline.core.story import Claim, Event, Party, Story, TopicMatch
from pipeline.stores import bursts, open_store
from tests.bench.report import table, write_section

NOW = datetime(2026, 3, 4, 12, 5, tzinfo=UTC)
TOPICS = ("arms-transfer", "missile-launch", "sanctions", "military-exercise", "nuclear-program", "attack", "rest")
STATES = tuple("US RU UA CN KP KR IR IL SY GB FR DE JP IN TR VE PL IT ES BR".split())
RULES = (("all that a query finds", "shells", "query"), ("each topic", "*", "topic"),
         ("each pair of states", "*", "pair"))
BATCH = 5_000


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:] if argument != "--write"] or [10_000, 100_000, 1_000_000]
    rows = [row for size in sizes for row in measured(size)]
    text = ("Stories of eight weeks in an embedded archive, half of them copies; a rule is looked at every ten "
            "minutes. What is usual is learnt once a day for each series, as far as there is time in a look. "
            "Milliseconds.\n\n"
            + table(("stories", "looked at", "series", "first look", "later look", "CPU of that"), rows))
    print(text)
    if "--write" in sys.argv:
        write_section("bursts-cost", "What looking for bursts costs", text)


def measured(size: int) -> Iterator[tuple[str, ...]]:
    """The lines for an archive of this size."""
    with tempfile.TemporaryDirectory() as place:
        store = open_store(str(Path(place) / "store"), StoreSettings())
        try:
            chance = random.Random(size)
            for start in range(0, size, BATCH):
                store.archive.index([made(n, size, chance) for n in range(start, min(size, start + BATCH))])
            store.archive.refresh()
            for name, query, counted in RULES:
                rule = rule_from_plain({"name": counted, "query": query, "channels": ["none"],
                                        "when": {"burst": [counted]}})
                series = len(list(bursts._series(store, rule, NOW - core.GAP, NOW)))
                looks = []
                for look in range(20):
                    cpu, wall = time.process_time(), time.perf_counter()
                    bursts.tell(store, [rule], NOW + look * bursts.EVERY)
                    looks.append((time.perf_counter() - wall, time.process_time() - cpu))
                yield (f"{size:,}", name, f"{series}", f"{1000 * looks[0][0]:,.0f}",
                       *(f"{1000 * value:,.0f}" for value in looks[-1]))
        finally:
            store.close()


def made(number: int, size: int, chance: random.Random) -> Story:
    at = NOW - core.HISTORY * chance.random()
    topic = TOPICS[min(6, int(chance.expovariate(0.5)))]
    events: tuple[Event, ...] = ()
    if number % 10 == 0:
        doer, other = chance.sample(STATES, 2)
        events = (Event(topic, {"supplier": Party(doer, doer), "recipient": Party(other, other)},
                        (Claim("alleged"),), ()),)
    word = "shells" if number % 50 == 0 else "rails"
    return Story(f"s{number:08}", f"https://news.example/{number}", f"Report {number} of {word}", f"A word on {word}.",
                 f"outlet-{number % 400}", at, at, at, lang="en", topics=(TopicMatch(topic, ()),), events=events,
                 cluster=f"s{number // 2 * 2:08}", copied=True)


if __name__ == "__main__":
    main()
