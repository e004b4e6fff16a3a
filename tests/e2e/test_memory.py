"""A pass over ten thousand entries stays small. `tests/bench/bench_pass.py` does the same with their pages."""

from pathlib import Path

from tests.e2e.large import large_wire, measured_run
from tests.e2e.workspace import Workspace
from tests.servers.site import Site


def test_ten_thousand_entries_stay_below_600_mb(tmp_path: Path) -> None:
    feeds, pages = large_wire(10_000)
    with Site(pages) as site:
        workspace = Workspace.make(tmp_path, server=site.url, feeds=[{**feed, "full_text": "feed"} for feed in feeds])
        summary, peak_mb, _ = measured_run(workspace)
        assert summary["stories"] == {"indexed": 10_000, "revised": 0, "failed": 0}
        assert peak_mb < 600
        again, _, _ = measured_run(workspace)
        assert again["feeds"] == {"due": 100, "ok": 0, "not_modified": 100, "failed": 0}
