"""One week of polling: how long after its publication an entry is found, beside polling at a fixed interval.

`pytest tests/feeds/test_simulation.py -s` prints the table of docs/feeds.md.
"""

import gzip
import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from tests.feeds.polling import DAY, HOUR, WEEK, Poller, Source, feed

WIRE = Path(__file__).parents[2].parent / "shared" / "eval" / "wire"
TURNS = 4
Kinds = dict[str, list[Source]]


# ── what is published ─────────────────────────────────────────────────────────────────────────────────────


def generated(seed: int) -> Kinds:
    """Feeds as they are met: an agency, newsrooms with nights and weekends, weekly blogs, offices in bursts."""
    rng = Random(seed)
    shape: dict[str, tuple[int, Callable[[Random], list[float]], tuple[int, ...]]] = {
        "busy agency": (6, _agency, (30, 50, 100)),
        "newsroom, day and night": (12, _newsroom, (20, 30, 50)),
        "weekly blog": (12, _blog, (10,)),
        "government site, in bursts": (10, _government, (20, 40)),
    }
    return {
        kind: [Source(sorted(t for t in times(rng) if t < WEEK), rng.choice(windows), dated=rng.random() < 0.8)
               for _ in range(count)]
        for kind, (count, times, windows) in shape.items()
    }


def _by_chance(rng: Random, most_a_day: float, share: Callable[[float], float], start: float) -> list[float]:
    """Times of a Poisson process that has `share(t)` of its highest rate, by thinning."""
    time, times = start, []
    while (time := time + rng.expovariate(most_a_day / DAY)) < WEEK:
        if rng.random() < share(time):
            times.append(time)
    return times


def _agency(rng: Random) -> list[float]:
    peak = rng.uniform(0, DAY)
    share: Callable[[float], float] = lambda t: (2 + math.cos(2 * math.pi * (t - peak) / DAY)) / 3  # noqa: E731
    return _by_chance(rng, rng.uniform(200, 700), share, -WEEK)


def _newsroom(rng: Random) -> list[float]:
    ahead = rng.choice((-6, 0, 1, 8)) * HOUR

    def share(time: float) -> float:
        day, hour = divmod((time + ahead) / HOUR, 24)
        return (1.0 if 7 <= hour < 21 else 0.05) * (0.4 if day % 7 >= 5 else 1.0)

    times = _by_chance(rng, rng.uniform(25, 140), share, -2 * WEEK)
    # Desks put a quarter of their stories on the full hour.
    return [t // HOUR * HOUR + rng.uniform(0, 120) if rng.random() < 0.25 else t for t in times]


def _blog(rng: Random) -> list[float]:
    usual = rng.uniform(0, WEEK)
    regular = [week * WEEK + usual + rng.gauss(0, 2 * HOUR) for week in range(-20, 1) if rng.random() < 0.9]
    return regular + [week * WEEK + rng.uniform(0, WEEK) for week in range(-20, 1) if rng.random() < 0.1]


def _government(rng: Random) -> list[float]:
    ahead, times = rng.choice((-6, 0, 1, 8)) * HOUR, []
    for day in range(-60, 7):
        if day % 7 < 5 and rng.random() < 0.4:
            time = day * DAY + rng.uniform(9, 17) * HOUR - ahead
            for _ in range(1 + int(rng.expovariate(0.25))):
                times.append(time)
                time += rng.choice((0, 60, 600, rng.expovariate(1 / 2400)))
    return times


def series() -> Kinds:
    """The two agencies as they were polled; their last whole days are repeated until they fill the weeks."""
    found: Kinds = {}
    for name, days in (("ap_2026_03", 3), ("reuters_direct_2026_06", 3)):
        steps = json.loads((WIRE / "series" / name / "expected.json").read_text("utf-8"))
        polls = [datetime.fromisoformat(step["polled_at"]).timestamp() for step in steps]
        dates: dict[str, float] = {}
        for step, polled in zip(steps, polls, strict=True):
            for item in etree.fromstring(gzip.decompress((WIRE / step["file"]).read_bytes())).iter("item"):
                dated = parsedate_to_datetime(item.findtext("pubDate")).timestamp()
                dates.setdefault(item.findtext("link"), min(dated, polled))
        start = polls[-1] - days * DAY
        midnight = start - start % DAY
        real = [time - midnight for time in sorted(dates.values()) if time >= start]
        again = [time + turn * days * DAY for turn in range(-4, 4) for time in real]
        found[f"series {name.partition('_')[0]}"] = [Source([t for t in again if -WEEK <= t < WEEK], 500)]
    return found


def real_feeds() -> Kinds:
    """Feeds of news sites by the dates of their entries; the first three of ten days are what is known of them."""
    dates: dict[str, set[float]] = {}
    with gzip.open(WIRE / "rss2023" / "entries_window.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            dates.setdefault(entry["source"], set()).add(datetime.fromisoformat(entry["published"]).timestamp())
    start = datetime.fromisoformat("2023-02-16T00:00:00+00:00").timestamp()
    return {"real feeds 2023": [Source(sorted(t - start + 3 * DAY for t in times), 50)
                                for times in dates.values() if len(times) > 100]}


# ── how it is found ───────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Week:
    """What one way of polling gave: requests, delays of the entries found in seconds, entries missed."""

    requests: int
    delays: list[float]
    lost: int = 0

    @property
    def mean_s(self) -> float:
        return sum(self.delays) / len(self.delays)


def total(weeks: Sequence[Week]) -> Week:
    return Week(sum(week.requests for week in weeks), [d for week in weeks for d in week.delays],
                sum(week.lost for week in weeks))


def _found(source: Source, polls: Sequence[float]) -> Week:
    """Every entry is found at the first poll after it, or at the end of the week."""
    week, first = Week(len(polls), []), bisect_left(source.times, 0.0)
    for time in [*polls, WEEK]:
        end = bisect_right(source.times, time)
        week.delays += [time - published for published in source.times[first:end]]
        week.lost += max(0, end - first - source.window)
        first = end
    return week


def scheduled(sources: Sequence[Source]) -> Week:
    rng = Random(1)
    return total([
        _found(source, list(Poller(source, feed(id=f"feed-{n}")).run(rng.uniform(0, 600), WEEK)))
        for n, source in enumerate(sources)
    ])


def fixed(sources: Sequence[Source], requests: int) -> Week:
    """As many requests, at one interval for all, beginning at any time of it: the mean of several weeks."""
    interval_s, rng, weeks = len(sources) * WEEK / requests, Random(1), []
    for source in list(sources) * TURNS:
        first = rng.uniform(0, interval_s)
        polls = [first + k * interval_s for k in range(math.ceil((WEEK - first) / interval_s))]
        weeks.append(_found(source, polls))
    week = total(weeks)
    return Week(round(week.requests / TURNS), week.delays, week.lost)


def table(kinds: Kinds) -> float:
    """Print delays by kind and in all; returns how much lower the mean delay is than at a fixed interval."""
    ours = {kind: scheduled(sources) for kind, sources in kinds.items()}
    everything = total(list(ours.values()))
    feeds = [source for sources in kinds.values() for source in sources]
    at_fixed = fixed(feeds, everything.requests)
    print(f"\n{'':28}{'feeds':>6}{'a day':>7}{'requests':>9}{'delay':>10}{'fixed, same':>13}{'gain':>6}")
    for kind, sources in kinds.items():
        week, same = ours[kind], fixed(sources, ours[kind].requests)
        print(_row(kind, len(sources), week, same))
    print(_row("all", len(feeds), everything, at_fixed))
    assert abs(at_fixed.requests - everything.requests) <= 0.01 * everything.requests
    assert everything.lost <= 0.001 * len(everything.delays)
    return 1 - everything.mean_s / at_fixed.mean_s


def _row(name: str, feeds: int, ours: Week, same: Week) -> str:
    return (f"{name:28}{feeds:6}{len(ours.delays) / feeds / 7:7.1f}{ours.requests:9}{ours.mean_s / 60:6.1f} min"
            f"{same.mean_s / 60:9.1f} min{1 - ours.mean_s / same.mean_s:6.0%}")


# ── the week ──────────────────────────────────────────────────────────────────────────────────────────────


def test_generated_feeds() -> None:
    assert table(generated(1)) >= 0.5


@pytest.mark.skipif(not WIRE.is_dir(), reason="needs ../shared/eval/wire")
def test_polled_series_and_generated_feeds() -> None:
    assert table(series() | generated(3)) >= 0.5


@pytest.mark.skipif(not WIRE.is_dir(), reason="needs ../shared/eval/wire")
def test_real_feeds() -> None:
    assert table(real_feeds()) >= 0.15


def test_rhythm_pays_for_each_newsroom_by_itself() -> None:
    gains = []
    for source in generated(4)["newsroom, day and night"]:
        week = scheduled([source])
        gains.append(1 - week.mean_s / fixed([source], week.requests).mean_s)
    assert sum(gains) / len(gains) > 0.1
