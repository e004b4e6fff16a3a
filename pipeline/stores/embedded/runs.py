"""Which traces have which terms: sorted arrays in files, made anew as they grow (a log-structured merge).

    near/000000000001-000000004096.run    terms of the traces with these numbers, ascending, and their numbers

A run never changes; two neighbours of about one size become one. Traces after the last run are few, and whoever asks
keeps runs of them in memory. All of it is derived from the table `traces` and can be deleted at any time. A file is
looked into where it lies, so many terms cost little, and processes share its memory.
"""

import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

RUN: Final = 4_096
"""Traces that make a run of their own."""
_PAIR: Final = 8 + 4
"""Bytes of a term and a number."""
_NAME: Final = "{:012d}-{:012d}.run"


@dataclass(frozen=True, slots=True)
class Run:
    """The terms of the traces numbered `first` to `last`: arrays of one length, `terms` ascending."""

    first: int
    last: int
    terms: Any
    numbers: Any

    def find(self, terms: Any, room: Any) -> tuple[Any, Any]:
        """Places in `terms` and the numbers of traces that have the term there, as two arrays of one length: of each
        term the highest numbers, as many as there is room for. Quicker where terms ascend."""
        low = np.searchsorted(self.terms, terms, "left")
        places = np.nonzero(low < len(self.terms))[0]
        places = places[self.terms[low[places]] == terms[places]]
        high = np.searchsorted(self.terms, terms[places], "right")
        counts = np.minimum(high - low[places], room[places])
        ends = np.cumsum(counts)
        at = np.arange(counts.sum()) + np.repeat(high - ends, counts)
        return np.repeat(places, counts), self.numbers[at].astype(np.int64)


class Runs:
    """The runs in a folder. Reading is safe while others make and merge runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, Run] = {}

    def current(self) -> list[Run]:
        """Runs that follow one another without a gap from the first on, as many as there are."""
        for _ in range(20):
            names = _chain(self._names())
            try:
                self._open = {name: self._open.get(name) or _read(self.folder / name) for name in names}
            except FileNotFoundError:  # merged by another process just now: look again
                continue
            except ValueError:
                self.clear()
                continue
            return list(self._open.values())
        return []

    def add(self, first: int, last: int, terms: Any, numbers: Any, oldest: int) -> None:
        """Write the run of the traces numbered `first` to `last`, from their terms and the number of the trace for
        each, ascending; and merge.

        Traces below `oldest` are gone and left out. One process at a time may do this.
        """
        runs = merged([*self.current(), run_of(first, last, terms, numbers, oldest)], oldest)
        _write(self.folder, runs[-1])
        kept = {_NAME.format(run.first, run.last) for run in runs}
        for name in self._names() - kept:
            (self.folder / name).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all runs, to be made anew."""
        self._open = {}
        for name in self._names():
            (self.folder / name).unlink(missing_ok=True)

    def _names(self) -> set[str]:
        return {path.name for path in self.folder.glob("*.run")} if self.folder.is_dir() else set()


def _chain(names: set[str]) -> list[str]:
    """Of runs that overlap while one is being replaced, the longest that continue one another."""
    spans = sorted((int(first), -int(last)) for first, _, last in (name[:-4].partition("-") for name in names))
    chain, end = [], 0
    for first, last in spans:
        if first == end + 1:
            chain.append(_NAME.format(first, -last))
            end = -last
    return chain


def merged(runs: Sequence[Run], oldest: int) -> list[Run]:
    """Runs that follow one another, the last of them one with its neighbours for as long as these are not much larger;
    traces below `oldest` are left out of what is merged."""
    runs = [*runs]
    while len(runs) > 1 and len(runs[-2].terms) <= 2 * len(runs[-1].terms):
        right, left = runs.pop(), runs.pop()
        terms, numbers = (np.concatenate(both) for both in ((left.terms, right.terms), (left.numbers, right.numbers)))
        runs.append(run_of(left.first, right.last, terms, numbers, oldest))
    return runs


def run_of(first: int, last: int, terms: Any, numbers: Any, oldest: int) -> Run:
    """The run of terms and the numbers of the traces that have them; `numbers` ascend wherever `terms` are equal."""
    terms, numbers = np.asarray(terms, np.int64), np.asarray(numbers, np.uint32)
    kept = numbers >= oldest
    terms, numbers = terms[kept], numbers[kept]
    order = np.argsort(terms, kind="stable")
    return Run(first, last, terms[order], numbers[order])


def _read(path: Path) -> Run:
    first, _, last = path.name[:-4].partition("-")
    with path.open("rb") as file:
        count, rest = divmod(os.fstat(file.fileno()).st_size, _PAIR)
        if rest:
            raise ValueError(f"{path} was cut off")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if count else b""
    terms = np.frombuffer(mapped, np.int64, count)
    return Run(int(first), int(last), terms, np.frombuffer(mapped, np.uint32, count, offset=8 * count))


def _write(folder: Path, run: Run) -> None:
    folder.mkdir(exist_ok=True)
    partial = folder / "writing"
    with partial.open("wb") as file:
        file.write(run.terms.tobytes())
        file.write(run.numbers.tobytes())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / _NAME.format(run.first, run.last))
