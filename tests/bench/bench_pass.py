"""A first and a second pass over 10,000 entries with pages: time, and memory of the process at its largest.

    python -m tests.bench.bench_pass [--entries 10000] [--write]
"""

import argparse
import tempfile
from pathlib import Path

from tests.bench.report import table, write_section
from tests.e2e.large import large_wire, measured_run
from tests.e2e.workspace import Workspace
from tests.servers.site import Site


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    feeds, pages = large_wire(chosen.entries)
    rows = []
    with tempfile.TemporaryDirectory() as root, Site(pages) as site:
        workspace = Workspace.make(Path(root), server=site.url, feeds=feeds, network={"robots": "ignore"})
        for name in ("first: everything is new", "second: nothing changed"):
            summary, peak_mb, cpu_s = measured_run(workspace)
            new, seconds = summary["entries"]["new"], summary["seconds"]
            rows.append((name, f"{new:,}", f"{seconds:.1f}", f"{cpu_s:.1f}", f"{peak_mb:.0f}"))
    told = table(("pass", "new entries", "seconds", "CPU seconds", "peak resident, MB"), rows)
    print(told)
    if chosen.write:
        text = (f"{len(feeds)} feeds on loopback with 100 entries each, a page of 4 paragraphs behind each entry, one "
                f"worker (goal: below 600 MB).\n\n{told}")
        write_section("pass", "A pass over ten thousand entries", text)


if __name__ == "__main__":
    main()
