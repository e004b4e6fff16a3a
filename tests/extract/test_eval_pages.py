"""How good extraction is on real pages; the floors are deliberate: lowering one is a decision, not a fix."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from pipeline.extract import Article, extract_article
from tests.extract.shingles import f1

WIRE = Path(__file__).parents[2].parent / "shared" / "eval" / "wire"
pytestmark = pytest.mark.skipif(not WIRE.exists(), reason="the evaluation pages (../shared/eval/wire) are not here")


def files(kind: str) -> Iterator[tuple[dict[str, Any], dict[str, Any], bytes]]:
    for entry in json.loads((WIRE / "manifest.json").read_text())["files"]:
        if entry["kind"] == kind:
            gold = json.loads((WIRE / entry["gold"]).read_text()) if "gold" in entry else {}
            yield entry, gold, gzip.decompress((WIRE / entry["file"]).read_bytes())


@pytest.fixture(scope="module")
def extracted() -> list[tuple[dict[str, Any], dict[str, Any], bytes, Article]]:
    return [
        (entry, gold, page, extract_article(page, url=entry["url"]))
        for entry, gold, page in files("article_html")
        if "body" in gold
    ]


def test_bodies(extracted: list[tuple[dict[str, Any], dict[str, Any], bytes, Article]]) -> None:
    from trafilatura import bare_extraction

    def plain(page: bytes) -> str:
        document = bare_extraction(page, include_comments=False)
        return document.text if document is not None else ""

    ours = [f1(gold["body"], article.body) for _, gold, _, article in extracted]
    theirs = [f1(gold["body"], plain(page)) for _, gold, page, _ in extracted]
    print(f"\n{len(ours)} pages: shingle-4 F1 {mean(ours):.4f}, trafilatura {mean(theirs):.4f}")
    assert len(ours) == 227
    assert mean(ours) >= 0.968
    assert mean(ours) >= mean(theirs) + 0.015


def test_metadata(extracted: list[tuple[dict[str, Any], dict[str, Any], bytes, Article]]) -> None:
    dated = titled = lettered = 0
    pages = [(gold, article) for entry, gold, _, article in extracted if "title" in gold]
    for gold, article in pages:
        published = datetime.fromisoformat(gold["date"])
        days = {article.published.date().isoformat(), article.published_raw[:10]} if article.published else set()
        dated += published.date().isoformat() in days
        titled += " ".join(article.title.split()) == " ".join(gold["title"].split())
        lettered += bool(article.lang)
    print(f"\n{len(pages)} pages: date {dated}, title {titled}, language {lettered}")
    assert len(pages) == 136
    assert dated >= 134
    assert titled >= 125
    assert lettered >= 134


def test_segments() -> None:
    kept = wanted = taken = unwanted = 0
    for entry, gold, page in files("article_html"):
        if "with" not in gold:
            continue
        body = extract_article(page, url=entry["url"]).body
        kept += sum(text in body for text in gold["with"])
        wanted += len(gold["with"])
        taken += sum(text in body for text in gold["without"])
        unwanted += len(gold["without"])
    print(f"\nsegments: {kept} of {wanted} wanted, {taken} of {unwanted} unwanted")
    assert kept >= 236
    assert taken <= 19


def test_dates_of_pages_with_a_date_only() -> None:
    right = total = 0
    for entry, _, page in files("article_html_date_only"):
        if isinstance(entry["expected"]["date"], str):
            article = extract_article(page, url=entry["url"])
            total += 1
            right += article.published is not None and article.published.date().isoformat() == entry["expected"]["date"]
    print(f"\n{total} pages: date {right}")
    assert right >= 47
