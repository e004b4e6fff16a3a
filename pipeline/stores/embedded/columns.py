"""What facets, timelines and folding count by: a few numbers of every story, found by its row.

    rows        for each row its cluster, when it was published, and where its facet values are
    values      numbers of facet values, those of one story side by side
    names.json  the facet and the value that each number stands for

They lie beside tantivy's files of the same generation and are written just before each commit, so whatever a
snapshot finds is there. Files only grow, but for a row that is written again; what it refers to is written before it.
So whoever reads while another process writes may see a story as it is about to be, but never half of it.
"""

import json
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from pipeline.core.document import facet_values, fold_key
from pipeline.core.errors import StoreError
from pipeline.core.story import Story
from pipeline.stores.embedded.database import to_micros
from pipeline.stores.embedded.fields import rank

ALONE: Final = -1
"""Instead of the number of a cluster, for a story that is in none with others."""
LATE: Final = 5_000
"""So many stories tell what the latest are like."""
_SAMPLE: Final = 10
"""Of so many stories one is looked at to find the latest."""
_ROW: Final = struct.Struct("<qqq")
_SIZE_BITS: Final = 16
"""Of the third number of a row: how many values it has, and GONE; the other bits say where they begin."""
_GONE: Final = 2**15
"""That the story was removed since; older snapshots still count it."""
_MOST: Final = _GONE - 1
_VALUE: Final = struct.Struct("<i")
_FILES: Final = {"rows": b"", "values": bytes(_VALUE.size), "names.json": b"[]"}
"""What each begins with. No values begin at 0, so a row in which nothing was written is known by its third number."""


class Row(NamedTuple):
    """One row: its cluster, when it was published, where its facet values begin, and their numbers."""

    fold: int
    published: int
    start: int
    numbers: tuple[int, ...]


class Copies(NamedTuple):
    """Stories that are in clusters with others, cluster after cluster; those of one by the time of publication."""

    rows: Any
    clusters: Any


class Columns:
    """The columns of one generation as far as they are written; usable from several threads."""

    def __init__(self, folder: Path, size: int | None = None) -> None:
        """`size`: of how many rows, all where it is None."""
        self._folder, self._size = folder, size
        self._read()

    def _read(self) -> None:
        rows, values, names = (self._folder / name for name in _FILES)
        most = None if self._size is None else self._size * _ROW.size
        self._rows, self._values = memoryview(_mapped(rows, _ROW.size))[:most], _mapped(values, _VALUE.size)
        self.names: list[tuple[str, str]] = [(facet, value) for facet, value in json.loads(names.read_bytes())]
        """The facet and the value of each number."""

    def __len__(self) -> int:
        return len(self._rows) // _ROW.size

    @cached_property
    def rows(self) -> Any:
        """Every row that has a story."""
        import numpy as np

        where = self._column(2)
        return np.flatnonzero((where != 0) & (where & _GONE == 0))

    def alone(self, rows: Any) -> Any:
        """Whether each row is in no cluster with others."""
        return self._column(0)[rows] == ALONE

    def by_cluster(self, rows: Any) -> Copies:
        """These rows of copies in the order of their clusters, which are numbered from 1."""
        import numpy as np

        rows = rows[np.argsort(self.published(rows), kind="stable")]
        folds = self._column(0)[rows]
        order = np.argsort(folds, kind="stable")
        return Copies(rows[order], np.cumsum(np.diff(folds[order], prepend=ALONE) != 0))

    @cached_property
    def copies(self) -> tuple[Copies, Any]:
        """All there are, and for each row where among them it is, or ALONE.

        What takes a while once saves sorting most of them for each question.
        """
        import numpy as np

        written = np.flatnonzero(self._column(2))
        copies = self.by_cluster(written[~self.alone(written)])
        places = np.full(len(self), ALONE, np.int32)
        places[copies.rows] = np.arange(len(copies.rows))
        return copies, places

    @cached_property
    def late(self) -> int:
        """A moment since which about LATE stories were published, in microseconds since 1970."""
        import numpy as np

        some = self._column(1)[::_SAMPLE]
        return int(np.partition(some, -LATE // _SAMPLE)[-LATE // _SAMPLE]) if len(self) > LATE else 0

    def published(self, rows: Any) -> Any:
        """Microseconds since 1970."""
        return self._column(1)[rows]

    def values(self, rows: Any) -> tuple[Any, Any]:
        """The numbers of all facet values of these rows, one row after the other; and how many each row has."""
        import numpy as np

        where = self._column(2)[rows]
        narrow = np.int32 if len(self._values) < 2**31 else np.int64  # what is half as wide takes less time
        sizes = (where & _MOST).astype(narrow)
        starts = (where >> _SIZE_BITS).astype(narrow)
        places = np.repeat(starts - np.cumsum(sizes, dtype=narrow) + sizes, sizes)
        places += np.arange(len(places), dtype=narrow)
        self._reach(lambda: int(places.max(initial=-1)) < len(self._values) // _VALUE.size)
        numbers = np.frombuffer(self._values, "<i4").take(places)
        self._reach(lambda: int(numbers.max(initial=-1)) < len(self.names))
        return numbers, sizes

    def _reach(self, there: Callable[[], bool]) -> None:
        """Read again where another process has written since; StoreError where that does not help."""
        if not there():
            self._read()
            if not there():
                raise StoreError(f"{self._folder}: it is damaged; `wirewatch store reindex` makes it anew")

    def _column(self, number: int) -> Any:
        import numpy as np

        return np.frombuffer(self._rows, "<i8").reshape(-1, 3)[:, number]

    def of(self, row: int) -> Row:
        """All that is written for one row; empty where nothing is."""
        if row >= len(self):
            return Row(ALONE, 0, 0, ())
        fold, published, where = _ROW.unpack_from(self._rows, row * _ROW.size)
        start, size = where >> _SIZE_BITS, where & _MOST
        self._reach(lambda: start + size <= len(self._values) // _VALUE.size)
        numbers = struct.unpack_from(f"<{size}i", self._values, start * _VALUE.size)
        self._reach(lambda: max(numbers, default=-1) < len(self.names))
        return Row(fold, published, start, numbers)


class ColumnsWriter:
    """Writes columns; one at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        for name, empty in _FILES.items():
            if not (folder / name).exists():
                (folder / name).write_bytes(empty)
        self._numbers = {name: number for number, name in enumerate(Columns(folder).names)}
        self._named = len(self._numbers)
        self._waiting: dict[int, Row | None] = {}

    def put(self, row: int, story: Story) -> None:
        """Keep in mind what to write for a story."""
        numbers = tuple(
            self._numbers.setdefault((facet, value), len(self._numbers))
            for facet, values in facet_values(story).items() for value in values
        )
        key = fold_key(story)
        self._waiting[row] = Row(rank(key) if key else ALONE, to_micros(story.published), 0, numbers[:_MOST])

    def remove(self, row: int) -> None:
        """Keep in mind that a row has no story any more."""
        self._waiting[row] = None

    def write(self) -> None:
        """Write to the disk what is waiting."""
        if len(self._numbers) > self._named:
            self._write_names()
        order = sorted(self._waiting)
        with _updated(self._folder / "values") as file:
            records = self._write_values(order, file)
        with _updated(self._folder / "rows") as file:
            ends = [place for place, (row, later) in enumerate(pairwise(order), 1) if later != row + 1]
            for start, end in pairwise([0, *ends, len(order)]):
                if start < end:
                    file.seek(order[start] * _ROW.size)
                    file.write(b"".join(records[start:end]))
        self._waiting.clear()

    def _write_names(self) -> None:
        new = self._folder / "names.new"
        with new.open("wb") as file:
            file.write(json.dumps(list(self._numbers), separators=(",", ":")).encode())
            _to_disk(file)
        new.replace(self._folder / "names.json")
        self._named = len(self._numbers)

    def _write_values(self, order: list[int], file: BinaryIO) -> list[bytes]:
        """Write the values that rows do not have already; returns the rows as they are to be written."""
        before, records, added = Columns(self._folder), list[bytes](), list[int]()
        end = file.seek(0, os.SEEK_END) // _VALUE.size
        file.seek(end * _VALUE.size)
        for row in order:
            new, known = self._waiting[row], before.of(row)
            fold, published, _, numbers = new or known
            start = known.start
            if numbers != known.numbers or not start:
                start = end + len(added)
                added += numbers
            size = len(numbers) | (0 if new else _GONE)
            records.append(_ROW.pack(fold, published, start << _SIZE_BITS | size))
        file.write(struct.pack(f"<{len(added)}i", *added))
        return records


def _mapped(path: Path, unit: int) -> mmap.mmap | bytes:
    """The whole entries of a file, read where they are needed."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size // unit * unit
        return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""


@contextmanager
def _updated(path: Path) -> Iterator[BinaryIO]:
    """A file to change in place, on the disk at the end."""
    with path.open("r+b") as file:
        yield file
        _to_disk(file)


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
