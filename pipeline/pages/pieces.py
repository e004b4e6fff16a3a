"""Parts of an article that stand apart on the page: a body cut up by advertisements, and the standfirst."""

import re
from itertools import islice
from typing import Any, Final

_NOT_BODY: Final = frozenset({"li", "td", "th", "blockquote", "figure", "a", "aside", "footer", "nav", "form"})
_NOT_LEDE: Final = frozenset({"figure", "figcaption", "aside", "footer", "nav", "a", "li", "button", "form"})
_LEDE_TAGS: Final = frozenset({"p", "h2", "h3", "h4", "div", "span", "strong", "b"})


def join_body(tree: Any) -> None:
    """Move into one element, in place, the paragraphs of a body that is spread over several alike.

    Only where elements of one tag and class hold at least two prose paragraphs each, three fifths of the page's
    prose together, none within another and no heading of the first order after the first.
    """
    groups: dict[tuple[str, str], dict[Any, int]] = {}
    counts: dict[Any, int] = {}
    total = 0
    for p in tree.iter("p"):
        parent = p.getparent()
        chars = len("".join(p.itertext()).strip())
        if chars < 60 or parent is None or parent.tag in _NOT_BODY:
            continue
        total += chars
        counts[parent] = counts.get(parent, 0) + 1
        names = parent.get("class")
        if names:
            group = groups.setdefault((parent.tag, names), {})
            group[parent] = group.get(parent, 0) + chars
    for group in groups.values():
        parts = list(group)
        if not 2 <= len(parts) <= 100 or sum(group.values()) < 0.6 * total:
            continue
        if any(counts[part] < 2 or group[part] < 300 for part in parts):
            continue
        if any(part.find(".//h1") is not None for part in parts[1:]):
            continue
        if any(above in group for part in parts for above in part.iterancestors()):
            continue
        for part in parts[1:]:
            parts[0].extend(list(part))
        return


def find_standfirst(tree: Any, description: str, body: str) -> str:
    """The sentence between headline and text that the page also gives as its description; empty where none."""
    wanted = words(description)
    if not 40 <= len(wanted) <= 700 or wanted[:60] in words(body[:3000]):
        return ""
    heading = next(tree.iter("h1"), None)
    started = heading is None
    left = 200
    for element in tree.iter():
        if not started:
            started = element is heading
            continue
        if element.tag not in _LEDE_TAGS:
            continue
        left -= 1
        if left < 0:
            break
        if element.tag in ("div", "span") and len(element) > 3:
            continue
        text = " ".join("".join(element.itertext()).split()) if element.find(".//script") is None else ""
        if not 40 <= len(text) <= 800:
            continue
        shown = words(text)
        alike = shown == wanted or (len(shown) > 60 and (wanted.startswith(shown) or shown.startswith(wanted)))
        if alike and not any(above.tag in _NOT_LEDE for above in element.iterancestors()):
            return text
    return ""


def prose_lines(tree: Any, limit: int = 1_000_000) -> list[str]:
    """The paragraphs of a page that are long enough to be prose, up to `limit` characters; linear in time."""
    lines: list[str] = []
    for p in islice(tree.iter("p"), 100_000):
        line = " ".join("".join(p.itertext()).split())
        if len(line) >= 40 and limit > 0:
            lines.append(line[:limit])
            limit -= len(line)
    return lines


def too_much(tree: Any, most: int) -> bool:
    """Whether a close look at a tree costs more than `most`: for each element its depth, and ten for itself."""
    level, depth, left = [tree], 0, most
    while level:
        depth += 1
        level = [child for element in level for child in element]
        left -= (depth + 10) * len(level)
        if left < 0:
            return True
    return False


def words(text: str) -> str:
    """Only the words of a text, in lower case, for comparing."""
    return " ".join(re.findall(r"\w+", text.lower()))
