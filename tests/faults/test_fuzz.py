"""Damaged feeds and pages: no crash, no hang, no growth in memory; 100,000 of them with WIREWATCH_LONG=1.

WIREWATCH_LONG=N asks N; `pytest tests/faults/test_fuzz.py -s` then tells now and then how far it is.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.core.story import to_json
from pipeline.extract import extract_article
from pipeline.feeds.parse import parse_feed
from tests.faults.mutations import SHARED, feeds, mutated, pages

ASKED = int(os.environ.get("WIREWATCH_LONG", "0"))
CASES = (100_000 if ASKED == 1 else ASKED or 300) // 2
LONGEST_S, GROWTH_MB = 10.0, 60
URL = "https://outlet.example/a"


def read_feed(body: bytes, content_type: str) -> None:
    parsed = parse_feed(body, feed="f", url=URL, content_type=content_type)
    to_json(parsed)
    for entry in parsed.entries:
        assert entry.url.startswith(("http://", "https://"))
        assert "\0" not in entry.title + entry.text


def read_page(body: bytes, content_type: str) -> None:
    article = extract_article(body, url=URL, content_type=content_type)
    to_json(article)
    assert "\0" not in article.title + article.body
    assert article.canonical_url


def memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
@pytest.mark.timeout(0 if ASKED else 120)
@pytest.mark.parametrize(("samples", "read"), [(feeds, read_feed), (pages, read_page)])
def test_what_is_damaged_is_read_or_refused(
    samples: Callable[[], Sequence[bytes]], read: Callable[[bytes, str], None]
) -> None:
    slowest, worst, warm = 0.0, 0, 0.0
    for number in range(CASES):
        begun = time.thread_time()
        try:
            read(*mutated(samples(), number))
        except Exception as error:
            error.add_note(f"case {number} of {samples.__name__}")
            raise
        took = time.thread_time() - begun
        if took > slowest:
            slowest, worst = took, number
        if number == CASES // 4:  # caches, and the largest of the first cases, are part of what is normal
            warm = memory_mb()
        if ASKED and number % 1000 == 999:
            told = f"slowest {slowest:.2f} s (case {worst}), {memory_mb():.0f} MB"
            print(f"{number + 1:,} {samples.__name__}: {told}", flush=True)
    assert slowest < LONGEST_S, f"case {worst}"
    assert memory_mb() - warm < GROWTH_MB


@pytest.mark.parametrize(("title", "read_as"), [
    ("a&#xD800;b", "a\ufffdb"), ("a&#1114112;b", "a\ufffdb"), ("a&#99999999999999999999;b", "a\ufffdb"),
    ("a&#x1F600;b", "a\U0001f600b"), ("a&#8217;b", "a\u2019b"),
])
def test_characters_that_do_not_exist_cost_themselves_alone(title: str, read_as: str) -> None:
    item = f"<item><title>{title}</title><link>HTTP://x.example/1</link></item>"
    for end in ("", "<br>"):  # well-formed, and not
        parsed = parse_feed(f"<rss><channel>{item}{end}</channel></rss>".encode(), feed="f", url=URL)
        assert [(entry.title, entry.url) for entry in parsed.entries] == [(read_as, "http://x.example/1")]


def test_what_breaks_feedparser_is_told() -> None:
    broken = b"<rss><channel><item><link>http://x.example/1</link></item><br></width></channel></rss>"
    assert "too broken" in parse_feed(broken, feed="f", url=URL).problem


CASES_OF_FEEDPARSER = sorted(SHARED.glob("feedparser_cases/**/*.xml"))


@pytest.mark.skipif(not CASES_OF_FEEDPARSER, reason="../shared/eval/wire is not here")
def test_every_case_of_feedparser_is_read_or_refused() -> None:
    assert len(CASES_OF_FEEDPARSER) == 1455
    for path in CASES_OF_FEEDPARSER:
        begun = time.thread_time()
        read_feed(path.read_bytes(), "")
        assert time.thread_time() - begun < LONGEST_S / 5, path.name
