"""How often a series that does nothing unusual alarms, and how soon one that rises does; on simulated series.

    python -m tests.bench.bench_bursts [--write] [series]      400 series of each kind, two weeks each

Eight weeks of history with the rhythm of a newsroom's week; looked at at the end of every hour. "Wild" series have days
that are busier than others for no reason (a factor with that variance).
"""

import sys

import numpy as np

from tests.bench.report import table, write_section
from tests.bench.series import HISTORY, WEEK, risen, simulated, watched

RATES = (0.01, 0.1, 0.5, 2.0, 10.0, 50.0)
WILD = (0.0, 0.1, 0.3)
RISES = (3.0, 5.0, 10.0)
WATCHED = 2


def main() -> None:
    numbers = [int(argument) for argument in sys.argv[1:] if argument != "--write"]
    series = numbers[0] if numbers else 400
    rows = [row(rate, wild, series) for wild in WILD for rate in RATES]
    text = (
        f"Counts an hour over eight weeks, looked at every hour for {WATCHED} weeks; {series} series of each kind for "
        f"false alarms, {series // 4} for each rise, which lasts a day and begins at any hour. Delay: median hours "
        "until told, and the share told within the day.\n\n"
        + table(("events an hour", "days vary by", "false alarms a series and week", *(f"{n:g} times" for n in RISES)),
                rows)
    )
    print(text)
    if "--write" in sys.argv:
        write_section("bursts", "Bursts", text)


def row(rate: float, wild: float, series: int) -> list[str]:
    chance = np.random.default_rng(int(rate * 1000 + wild * 10))
    false = sum(
        len(watched(simulated(chance, rate, HISTORY // WEEK + WATCHED, wild), HISTORY, HISTORY + WATCHED * WEEK).alarms)
        for _ in range(series)
    )
    cells = [f"{rate:g}", f"{wild ** 0.5:.0%}".replace("%", " %"), f"{false / (series * WATCHED):.4f}"]
    for times in RISES:
        delays = [delay for _ in range(series // 4) if (delay := delay_of(chance, rate, wild, times)) is not None]
        share = f"{len(delays) / (series // 4):.0%}".replace("%", " %")
        cells.append(f"{np.median(delays):.0f} h, {share}" if delays else "never")
    return cells


def delay_of(chance: np.random.Generator, rate: float, wild: float, times: float) -> int | None:
    """Hours until a rise is told, None where it never is."""
    start = HISTORY + int(chance.integers(0, WEEK))
    series = risen(chance, simulated(chance, rate, HISTORY // WEEK + 3, wild), rate, start, times)
    alarms = watched(series, start, start + 24).alarms
    return alarms[0] + 1 if alarms else None


if __name__ == "__main__":
    main()
