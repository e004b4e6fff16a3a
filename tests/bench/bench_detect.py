"""How long detection takes.

    python -m tests.bench.bench_detect [--write] [--pages N]      all pages unless told

On real pages of `../shared/eval/wire` (where present) and on the texts written for this project: milliseconds for 500
words, all seven topics with events, words cut included; beside it trafilatura's extraction of the same pages in the
same run, and one plain keyword regex over the same texts. CPU time of this process, best of five rounds.
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
from tests.bench.report import table, write_section
from tests.core.detection import topics

ROOT = Path(__file__).parents[2]
WIRE = ROOT.parent / "shared" / "eval" / "wire"
KEYWORDS = re.compile(
    r"\b(?:missile|rocket|sanction|embargo|weapon|arms|drone|shell|nuclear|uranium|exercise|drill|annex|recogni[sz]e"
    r"|attack|bomb|strike|ammunition|tank|launch)\w*\b", re.IGNORECASE)


def best(work: Callable[[Any], object], items: Sequence[Any], rounds: int = 5) -> float:
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


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pages", type=int, default=1000)
    arguments.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    given = arguments.parse_args()
    topics()
    rows = [json.loads(text) for text in (ROOT / "tests/eval/labelled.jsonl").read_text("utf-8").splitlines()]
    text = measured("the labelled texts written for it, dense with topics", [(r["title"], r["text"]) for r in rows], [])
    if WIRE.exists():
        golden = sorted((WIRE / "gold").glob("*.json"))
        bodies = {path.stem: json.loads(path.read_text("utf-8")) for path in golden}
        full = [stem for stem, data in bodies.items() if len(data.get("body") or "") > 800][: given.pages]
        files = {path.name.split(".")[0]: path for path in (WIRE / "articles").glob("*.html.gz")}
        raw = [gzip.decompress(files[stem].read_bytes()) for stem in full if stem in files]
        stories = [(bodies[stem].get("title") or "", bodies[stem]["body"]) for stem in full]
        text = measured("news pages of all kinds and many countries", stories, raw) + "\n\n" + text
    text = (
        "All seven topics with events and claims, one process; milliseconds of processor time, best of five rounds."
        " Every round cuts its texts anew; the stems of words met before are kept, as in a running pipeline.\n\n" + text
    )
    print(text)
    if given.write:
        write_section("detect", "Detection", text)


def measured(name: str, stories: Sequence[tuple[str, str]], pages: Sequence[bytes]) -> str:
    """A table of what the steps cost on stories; with their pages, of what extraction costs beside it."""
    words = sum(len(Text.of(title)) + len(Text.of(body)) for title, body in stories)
    steps = {
        "detection": best(found, stories) / len(stories),
        "… of it cutting into words": best(lambda s: (Text.of(s[0]), Text.of(s[1])), stories) / len(stories),
        "one keyword regex": best(lambda s: KEYWORDS.findall(s[1]), stories) / len(stories),
    }
    if pages:
        import trafilatura

        extraction = best(lambda page: trafilatura.extract(page, include_comments=False), pages, 1) / len(pages)
        steps["extraction of the pages by trafilatura"] = extraction
        name += f"; detection is {steps['detection'] / extraction:.1%} of extraction"
    each = words / len(stories)
    return f"{len(stories)} stories of {each:.0f} words, {name}:\n\n" + table(
        ("", "ms for 500 words", "ms a story"),
        [(step, f"{cost * 1e3 / each * 500:.3f}", f"{cost * 1e3:.3f}") for step, cost in steps.items()],
    )


if __name__ == "__main__":
    main()
