"""How many processes an import gets."""

import os
from pathlib import Path

import pytest

from pipeline.config import ClusterSettings, StoreSettings
from pipeline.flow import importing
from pipeline.flow.importing import Imported, Work
from tests.clusters.made import NOW
from tests.core.detection import topics


@pytest.mark.parametrize(
    ("lines", "asked", "processors", "given"),
    [(1_999, None, 8, None), (2_000, None, 8, 4), (2_000, None, 3, 3), (2_000, None, 2, 2), (2_000, None, 1, 1),
     (3, 3, 1, 3), (3, 1, 8, None), (2_000, 1, 8, 1)],
)
def test_many_lines_get_workers_and_one_process_that_makes_them_searchable(
    lines: int, asked: int | None, processors: int, given: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int] = []

    def several(store: object, lines: object, work: Work, workers: int) -> list[Imported]:
        used.append(workers)
        return []

    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    monkeypatch.setattr(importing, "_searchable_meanwhile", several)
    monkeypatch.setattr(importing, "_take", lambda store, some, work: Imported())
    work = Work(str(tmp_path / "store"), StoreSettings(), ClusterSettings(), topics(), NOW)
    importing.import_lines(((number, {}) for number in range(lines)), work, asked, lambda done: None)
    assert used == ([] if given is None else [given])
