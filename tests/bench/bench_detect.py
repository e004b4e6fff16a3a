"""How long detection takes: `python -m tests.bench.bench_detect [--pages N]` (all pages unless told).

On real pages of `../shared/eval/wire` (where present) and on the texts written for this project: milliseconds for 500
words, all seven topics with events, words cut included; beside it trafilatura's extraction of the same pages in the
same run, and one plain keyword regex over the same texts. CPU time of this process, best of three rounds.
"""

import argparse
import gzip
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.text import Text
from pipeline.core.text import _kept as cut_texts
from pipeline.core.topics import detect
from tests.core.detection import topics

ROOT = Path(__file__).parents[2]
WIRE = ROOT.parent / "shared" / "eval" / "wire"
KEYWORDS = re.compile(
    r"\b(?:missile|rocket|sanction|embargo|weapon|arms|drone|shell|nuclear|uranium|exercise|drill|annex|recogni[sz]e"
    r"|attack|bomb|strike|ammunition|tank|launch)\w*\b", re.IGNORECASE)


def best(work: Callable[[Any], object], items: Sequence[Any], rounds: int = 3) -> float:
    """Seconds of CPU for all items, best of some rounds, each with texts that were not cut before."""
    measured = []
    for _ in range(rounds):
        cut_texts.cache_clear()
        start = time.process_time()
        for item in items:
            work(item)
        measured.append(time.process_time() - start)
    return min(measured)


def found(story: tuple[str, str]) -> object:
    return detect(Text.of(story[0]), Text.of(story[1]), topics())


def line(name: str, seconds: float, words: int, stories: int) -> str:
    return f"{name:34} {seconds * 1e3 / words * 500:7.3f} ms / 500 words   {seconds * 1e3 / stories:7.3f} ms / story"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000)
    pages = parser.parse_args().pages
    topics()
    rows = [json.loads(text) for text in (ROOT / "tests/eval/labelled.jsonl").read_text("utf-8").splitlines()]
    own = [(row["title"], row["text"]) for row in rows]
    sets = {"own texts, dense with topics": own}
    raw: list[bytes] = []
    if WIRE.exists():
        golden = sorted((WIRE / "gold").glob("*.json"))
        bodies = {path.stem: json.loads(path.read_text("utf-8")) for path in golden}
        full = [(stem, data["body"]) for stem, data in bodies.items() if len(data.get("body") or "") > 800][:pages]
        files = {path.name.split(".")[0]: path for path in (WIRE / "articles").glob("*.html.gz")}
        raw = [gzip.decompress(files[stem].read_bytes()) for stem, _ in full if stem in files]
        sets["news pages"] = [(bodies[stem].get("title") or "", body) for stem, body in full]
    for name, stories in sets.items():
        words = sum(len(Text.of(title)) + len(Text.of(body)) for title, body in stories)
        print(f"{name}: {len(stories)} stories of {words / len(stories):.0f} words")
        seconds = best(found, stories)
        print(line("  all topics with events", seconds, words, len(stories)))
        print(line("  of it cutting into words", best(lambda s: (Text.of(s[0]), Text.of(s[1])), stories), words,
                   len(stories)))
        print(line("  one keyword regex", best(lambda s: KEYWORDS.findall(s[1]), stories), words, len(stories)))
        if name == "news pages" and raw:
            import trafilatura

            extraction = best(lambda page: trafilatura.extract(page, include_comments=False), raw, 1)
            print(line("  trafilatura on the pages", extraction, words, len(stories)))
            print(f"  detection is {seconds / len(stories) / (extraction / len(raw)):.1%} of extraction")


if __name__ == "__main__":
    main()
