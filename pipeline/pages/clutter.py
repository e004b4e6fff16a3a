"""What surrounds an article on its page: taken out of the tree before the text is looked for.

Menus, share buttons, sign-up boxes, related stories, captions and dialogs are known by element, role, and the
words of class and id names, never by site. Nothing goes that holds a good part of the page's paragraphs.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

_ELEMENTS: Final = frozenset({
    "style", "svg", "noscript", "template", "iframe", "canvas", "button", "select", "input", "textarea", "object",
    "embed", "audio", "video", "dialog", "nav", "figcaption",
})  # fmt: skip
_KEPT: Final = frozenset({"html", "body", "main", "article", "h1", "script", "head"})
_ROLES: Final = frozenset({"dialog", "alertdialog", "navigation", "complementary", "tooltip", "search", "banner"})
_TEASER_PARTS: Final = frozenset({"h2", "h3", "h4", "h5", "p", "div", "article", "section", "figure"})
_CLUTTER: Final = frozenset({
    "newsletter", "newsletters", "signup", "singup", "subscribe", "modal", "popup", "popover", "overlay", "lightbox",
    "cookie", "cookies", "consent", "gdpr", "breadcrumb", "breadcrumbs", "share", "sharing", "shares", "social",
    "related", "recommended", "recommendations", "recommendation", "trending", "outbrain", "taboola", "advert",
    "adverts", "advertisement", "advertising", "ad", "ads", "sponsored", "sponsor", "biography", "disclaimer",
    "feedback", "copyright", "toolbar", "comment", "comments", "disqus", "readmore", "promo", "promos", "whatsapp",
    "telegram", "tooltip", "login", "register", "donate", "donation", "survey", "syndication", "pagination", "pager",
    "appeal", "disclosure", "tagcloud", "mostread", "bookmark", "infolinks",
})  # fmt: skip
_CLUTTER_PAIRS: Final = frozenset({
    ("read", "more"), ("read", "next"), ("read", "also"), ("see", "also"), ("also", "like"), ("most", "read"),
    ("most", "popular"), ("sign", "up"), ("author", "bio"), ("about", "author"), ("author", "box"),
    ("author", "card"), ("more", "topic"), ("more", "topics"), ("more", "stories"), ("more", "from"),
    ("print", "header"), ("print", "footer"), ("article", "tools"), ("story", "tools"), ("article", "card"),
    ("tag", "list"), ("follow", "us"), ("post", "info"),
})  # fmt: skip
_CAPTION: Final = frozenset({"caption", "imagedescription", "credit", "credits", "bildunterschrift", "copyright"})
_CAPTION_PAIRS: Final = frozenset({
    ("img", "description"), ("image", "description"), ("photo", "description"), ("image", "info"), ("photo", "info"),
    ("image", "text"), ("media", "info"),
})  # fmt: skip
_LABEL: Final = frozenset({
    "byline", "bylines", "author", "authors", "date", "dateline", "published", "timestamp", "kicker", "tag", "tags",
    "topics", "keywords", "category", "categories", "source", "sources", "agencies", "eyebrow", "rubric", "meta",
    "metadata", "readtime", "duration", "label",
})  # fmt: skip
_HIDDEN: Final = frozenset({
    "hidden", "hide", "invisible", "is-hidden", "u-hidden", "visually-hidden", "visuallyhidden", "sr-only",
    "screen-reader-text", "a11y-hidden", "screenreader", "d-none", "element-invisible",
})  # fmt: skip
_INLINE: Final = frozenset({"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "time", "u"})
_TEXTUAL: Final = _INLINE | {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "blockquote"}
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SLUG_WORDS: Final = 5  # a longer name is the headline of a section, not a class of elements
_SPARED: Final = 40  # suspects that may turn out to be the article; each costs a look at all below it


@lru_cache(maxsize=20_000)
def _kind(names: str) -> str:
    """What a class or id attribute says of its element: hidden, clutter, caption, label or nothing."""
    kind = ""
    for name in names[:300].split():
        if name.lower() in _HIDDEN or "visually-hidden" in name.lower():
            return "hidden"
        words = [word.lower() for word in _WORD.findall(name)]
        if not words or len(words) > _SLUG_WORDS or "embed" in words:
            continue
        pairs = set(pairwise(words))
        if not _CLUTTER.isdisjoint(words) or pairs & _CLUTTER_PAIRS:
            kind = "clutter"
        elif not _CAPTION.isdisjoint(words) or pairs & _CAPTION_PAIRS:
            kind = kind or "caption"
        elif not _LABEL.isdisjoint(words):
            kind = kind or "label"
    return kind


def remove_clutter(tree: Any) -> None:
    """Take out, in place, what is not the article; linear in the size of the tree."""
    body = tree.find("body")
    pending = [tree if body is None else body]
    most = 0.25 * paragraph_chars(pending[0])
    spared, found = _SPARED, []
    while pending:
        element = pending.pop()
        tag = element.tag
        if not isinstance(tag, str):
            continue
        if tag not in _KEPT and spared > 0 and (suspect := _suspect(element, tag)):
            if _removable(element, suspect, most):
                found.append(element)
                continue
            spared -= suspect in ("clutter", "hidden", "element")
        pending.extend(element.iterchildren(reversed=True))
    for element in found:
        _take_out(element)


def _suspect(element: Any, tag: str) -> str:
    if tag in _ELEMENTS:
        return "caption" if tag == "figcaption" else "element"
    if element.get("hidden") is not None:
        return "hidden"
    if element.get("role") in _ROLES:
        return "clutter"
    kind = _kind(names) if (names := element.get("class")) else ""
    if not kind and (names := element.get("id")):
        kind = _kind(names)
    if kind in ("clutter", "label") and tag in _INLINE and element.getparent().tag in _TEXTUAL:
        kind = ""  # a keyword or a date within a sentence
    if not kind and tag in ("p", "li", "a"):
        kind = "link"
    return kind


def _removable(element: Any, suspect: str, most: float) -> bool:
    if suspect == "link":
        return _all_link(element)
    if suspect == "label":
        return _chars(element) <= 200 and element.find(".//h1") is None
    if suspect == "caption":
        return _chars(element) <= 600 and element.find(".//h1") is None
    if element.tag == "p" and _chars(element) > (300 if suspect == "clutter" else 100):
        return False
    return paragraph_chars(element) <= most and element.find(".//h1") is None


def _all_link(element: Any) -> bool:
    """A paragraph or item that is nothing but a link, or a link around blocks: it leads to another story."""
    if element.tag == "a":
        around = any(child.tag in _TEASER_PARTS for child in element)
        return around and _chars(element) < 400 and element.find(".//h1") is None
    links = element.findall(".//a")
    if not links:
        return False
    whole = len("".join("".join(element.itertext()).split()))
    return whole > 12 and sum(len("".join("".join(a.itertext()).split())) for a in links) >= 0.9 * whole


def paragraph_chars(element: Any) -> int:
    """Characters in the paragraphs below `element` that are long enough to be prose."""
    return sum(chars for p in element.iter("p") if (chars := _chars(p)) >= 40)


def _chars(element: Any) -> int:
    return len("".join(element.itertext()).strip())


def _take_out(element: Any) -> None:
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = f"{before.tail or ''} {element.tail}"
        else:
            parent.text = f"{parent.text or ''} {element.tail}"
    parent.remove(element)
