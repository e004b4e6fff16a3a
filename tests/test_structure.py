"""Imports point one way, heavy libraries stay at home, and search starts quickly."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pipeline"
EDGES = {"net", "feeds", "extract", "pages", "stores", "channels"}
MAY_IMPORT = {
    "core": {"core"},
    "config": {"core", "config"},
    **{edge: {"core", "config", edge} for edge in EDGES},
    "extract": {"core", "config", "extract", "pages"},
    "flow": {"core", "config", "flow", *EDGES},
    "demo": {"core", "config", "flow", "demo", *EDGES},
    "cli": {"core", "config", "flow", "demo", "cli", *EDGES},
    "__main__": {"cli"},
}
ONLY_IN = {
    "apache_beam": "flow/",
    "feedparser": "feeds/parse.py",
    "trafilatura": ("extract.py", "pages/"),
    "elasticsearch": "stores/elastic/",
    "tantivy": "stores/embedded/",
    "sqlite3": "stores/embedded/",
    "aiohttp": "net/",
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part == "__init__":
        return
    for name in imported(path):
        words = name.split(".")
        if words[0] == "pipeline" and len(words) > 1:
            assert words[1] in MAY_IMPORT[part], f"{path.name} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_heavy_library_has_one_home(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    for name in imported(path):
        home = ONLY_IN.get(name.split(".")[0])
        homes = (home,) if isinstance(home, str) else home or ()
        assert home is None or place.startswith((*homes, "demo/")), f"{place} imports {name}"


def test_searching_imports_nothing_heavy() -> None:
    """The command line up to the search itself: no Beam, no trafilatura, no Elasticsearch, no feedparser."""
    code = (
        "import sys\n"
        "from pipeline.cli import app\n"
        "from pipeline.core import query, render\n"
        "import pipeline.stores.embedded\n"
        "heavy = {'apache_beam', 'trafilatura', 'elasticsearch', 'feedparser', 'aiohttp', 'numpy', 'lxml'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
