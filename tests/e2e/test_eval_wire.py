"""Real feeds and pages, served on loopback under their own addresses: nothing is lost, and counts add up."""

import gzip
import json
from contextlib import closing
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.urls import story_id
from tests.e2e.workspace import Workspace
from tests.faults.passes import Passes
from tests.servers.site import Answer, Site

WIRE = Path(__file__).parents[2].parent / "shared" / "eval" / "wire"
pytestmark = [
    pytest.mark.skipif(not WIRE.is_dir(), reason="../shared/eval/wire is not here"),
    pytest.mark.timeout(600),
]


def manifest() -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = json.loads((WIRE / "manifest.json").read_text())["files"]
    return files


def rss(links: list[str]) -> bytes:
    now = format_datetime(datetime(2026, 11, 1, tzinfo=UTC))
    items = "".join(
        f"<item><title>Page {n}</title><link>{escape(link)}</link><pubDate>{now}</pubDate></item>"
        for n, link in enumerate(links)
    )
    return f'<rss version="2.0"><channel><title>pages</title>{items}</channel></rss>'.encode()


def test_every_entry_becomes_a_story_and_every_page_is_used(tmp_path: Path) -> None:
    files = manifest()
    feeds = [f for f in files if f["kind"].startswith("feed_")]
    pages = {f["url"]: f for f in files if f["kind"].startswith("article_html") and f["url"].startswith("http")}
    site = Site({})
    with site:
        for f in feeds:
            body = (WIRE / f["file"]).read_bytes()
            site.put(f"http://feeds.example/{Path(f['file']).name}", Answer(body, "text/xml"))
        for url, f in pages.items():
            raw = gzip.decompress((WIRE / f["file"]).read_bytes())
            site.put(url, Answer(raw, "text/html"))
        site.put("http://feeds.example/pages.rss", Answer(rss(list(pages)), "text/xml"))
        names = [*(Path(f["file"]).name for f in feeds), "pages.rss"]
        settings = [{"url": f"http://feeds.example/{name}", "id": name} for name in names]
        workspace = Workspace.make(tmp_path, server=site.url, feeds=settings,
                                   network={"robots": "ignore", "per_host_concurrency": 8})
        summary = workspace.json("run", "--workers", "2")

        expected = list(pages)
        relative: list[str] = []
        for f in feeds:
            for entry in json.loads((WIRE / f["expected"]["detail"]).read_text())["entries"]:
                if entry["link"]:  # a relative one is resolved, against a base that the expected list does not tell
                    (expected if entry["link"].startswith("http") else relative).append(entry["link"])
        assert summary["feeds"] == {"due": 74, "ok": 74, "not_modified": 0, "failed": 0}
        assert summary["stories"]["failed"] == 0
        stories = {story["id"]: story for story in workspace.exported()}
        failures = workspace.json("failures")
        assert set(stories) == {story_id(s["url"]) for s in stories.values()}
        assert not [link for link in relative if not any(s["url"].endswith(link) for s in stories.values())]
        # A page may name another address of its own site as canonical: then its story stands there.
        lost = [link for link in expected if story_id(link) not in stories]
        assert not [link for link in lost if link not in pages]
        assert len(lost) <= 0.1 * len(pages), lost
        assert summary["entries"]["new"] == len({story_id(link) for link in expected}) + len(set(relative))
        assert summary["stories"]["indexed"] == len(stories)
        assert summary["entries"]["new"] - len(lost) <= len(stories) <= summary["entries"]["new"]
        with_page = [s for s in stories.values() if s["body_source"] == "page"]
        failed = {f["url"] for f in failures if f["stage"] in ("article", "extract")}
        assert len(with_page) >= 0.95 * len(pages)
        assert all(s["body_source"] == "page" or s["url"] in failed or s["url"] in pages for s in stories.values())
        # Nothing changed: the second pass parses no feed and indexes nothing.
        again = workspace.json("run")
        assert again["feeds"] == {"due": 74, "ok": 0, "not_modified": 74, "failed": 0}
        assert again["entries"] == {"seen": 0, "new": 0}
        assert again["stories"] == {"indexed": 0, "revised": 0, "failed": 0}


def test_polled_series_index_exactly_the_new_links_and_nothing_twice(tmp_path: Path) -> None:
    series = [f["file"].rstrip("/") for f in manifest() if f["kind"] == "poll_series"]
    steps = {name: json.loads((WIRE / name / "expected.json").read_text()) for name in series}
    with Site({}) as site:
        feeds = [
            {"url": f"http://{name.replace('_', '-')}.example/feed", "id": name, "full_text": "feed"}
            for name in (Path(name).name for name in series)
        ]
        passes = Passes.make(tmp_path, site, feeds=feeds)
        known: set[str] = set()
        for step in range(24):
            new: set[str] = set()
            for name, feed in zip(series, feeds, strict=True):
                body = gzip.decompress((WIRE / steps[name][step]["file"]).read_bytes())
                site.put(feed["url"], Answer(body, "text/xml"))
                new |= set(steps[name][step]["new_links"])
            summary = passes.run().plain()
            assert summary["feeds"]["failed"] == 0
            with closing(passes.open_store()) as store:
                urls = [story.url for story in store.archive.stories(now=passes.now)]
            assert len(urls) == len(set(urls))
            assert set(urls) - known == new, f"step {step}"
            assert summary["stories"]["indexed"] == len(new)
            known = set(urls)
        assert len(known) == sum(len(s["new_links"]) for one in steps.values() for s in one)
