"""The scorer of the article extraction benchmark: overlap of four-word shingles, as multisets."""

import re
from collections import Counter

_WORD = re.compile(r"\w+")


def shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """Every run of `size` words; a text shorter than that is one shingle."""
    words = _WORD.findall(text)
    if not words:
        return Counter()
    last = max(1, len(words) - size + 1)
    return Counter(tuple(words[start : start + size]) for start in range(last))


def f1(gold: str, found: str) -> float:
    """F1 of precision and recall over shingles; 1 for two empty texts."""
    wanted, given = shingles(gold), shingles(found)
    if not wanted and not given:
        return 1.0
    both = sum((wanted & given).values())
    return 2 * both / (sum(wanted.values()) + sum(given.values()))
