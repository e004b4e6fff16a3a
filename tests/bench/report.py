"""Measured figures in `docs/benchmarks.md`: every benchmark writes its own section, and leaves the others alone."""

import os
import platform
import re
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

PLACE: Final = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_HEAD: Final = """# Benchmarks

Figures measured by the programs in `tests/bench/`; each writes its section here when it is run with `--write`.
"""


def write_section(name: str, title: str, text: str, place: Path = PLACE) -> None:
    """Replace the section `name` (a word), or add it at the end; says on which machine and when."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = f"{start}\n## {title}\n\n{text.strip()}\n\n_{machine()}, {datetime.now(UTC):%Y-%m-%d}._\n{end}\n"
    page = place.read_text("utf-8") if place.exists() else _HEAD
    found = re.compile(re.escape(start) + ".*?" + re.escape(end) + "\n", re.DOTALL)
    page = found.sub(lambda _: section, page) if found.search(page) else f"{page.rstrip()}\n\n{section}"
    place.write_text(page, "utf-8")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers are aligned to the right."""
    body = [[str(cell) for cell in row] for row in rows]
    aligned = [
        "---:" if body and all(re.match(r"[-–~<>≥]?[\d.,]", row[column]) for row in body) else "---"
        for column in range(len(header))
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, aligned, *body))


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which `percent` of 100 lie (inclusive method); the only value where there is one."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}" if seconds < 0.1 else f"{seconds * 1000:,.0f}"


def machine() -> str:
    """`2 cores of X, Python 3.11.7, load 1.2`, with nothing that names the machine itself."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
        model = f" ({found[1].strip()})" if found else ""
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores{model}, Python {platform.python_version()}{load}"
