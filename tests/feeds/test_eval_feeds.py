"""Real feeds against what an independent reading found in them: entries, titles, dates."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.markup import plain_line
from pipeline.feeds.parse import ParsedFeed, parse_feed

WIRE = Path(__file__).parents[2].parent / "shared" / "eval" / "wire"
pytestmark = pytest.mark.skipif(not WIRE.is_dir(), reason="../shared/eval/wire is not here")


def read() -> list[tuple[dict[str, Any], list[dict[str, Any]], ParsedFeed]]:
    files = json.loads((WIRE / "manifest.json").read_text())["files"]
    out = []
    for file in files:
        if file["kind"].startswith("feed_"):
            name = Path(file["file"]).name
            parsed = parse_feed((WIRE / file["file"]).read_bytes(), feed=name, url=f"https://feeds.example/{name}")
            out.append((file, json.loads((WIRE / file["expected"]["detail"]).read_text())["entries"], parsed))
    return out


def plain(title: str | None) -> str:
    return re.sub(r"\s+", "", plain_line(title or ""))


def same_link(ours: str, expected: str) -> bool:
    return ours == expected.strip() or (not expected.startswith("http") and ours.endswith(expected))


def test_entries_are_those_that_are_there_and_every_date_is_read() -> None:
    wrong, undated = [], []
    for file, expected, parsed in read():
        wanted = [e for e in expected if e["link"]]
        right = len(wanted) == len(parsed.entries) and all(
            same_link(entry.url, e["link"]) and plain(entry.title) == plain(e["title"])
            for entry, e in zip(parsed.entries, wanted, strict=True)
        )
        if not right:
            wrong.append(file["file"])
        by_link = {e["link"]: e for e in wanted}
        undated += [
            (file["file"], by_link[entry.url].get("published_raw"))
            for entry in parsed.entries
            if entry.published is None and entry.url in by_link and by_link[entry.url].get("published_raw")
        ]
    assert len(wrong) <= 1, wrong
    assert not undated, undated[:10]


def test_undated_news_feeds_carry_no_date_at_all() -> None:
    undated: dict[str, int] = {}
    for file, _, parsed in read():
        if file["kind"] == "feed_news" and parsed.undated:
            undated[file["file"]] = parsed.undated
    for name in undated:
        text = (WIRE / name).read_bytes().decode("utf-8", "replace").lower()
        items = re.split(r"<(?:\w+:)?(?:item|entry)[\s>]", text)[1:]
        dates = sum(bool(re.search(r"<(?:\w+:)?(pubdate|date|published|updated|issued|modified)\b", i)) for i in items)
        bare = len(items) - dates
        assert bare >= undated[name], f"{name}: {undated[name]} undated, but only {bare} items without a date"
