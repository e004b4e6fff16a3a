"""Markup to plain text, for the short texts of feeds and metadata: linear in time on any input.

Article pages are another matter (extract.py).
"""

import html
import re
from typing import Final

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*>|<!--|-->|<[!?][^<>]*>")
_BLOCK: Final = frozenset({
    "address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "table", "td", "th", "tr", "ul",
})  # fmt: skip
_HIDDEN: Final = frozenset({
    "script", "style", "noscript", "iframe", "svg", "math", "template", "head", "title", "object", "textarea",
})  # fmt: skip
_ESCAPED_TAG: Final = re.compile(
    r"</?(?:p|br|a|b|i|u|em|strong|div|span|img|li|ul|ol|h[1-6]|blockquote|font)\b[^<>]*>"
)
_ESCAPED_ENTITY: Final = re.compile(
    r"&(?:#\d{2,6}|#x[0-9a-fA-F]{2,5}|amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip);"
)
_ATTRIBUTE: Final = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
_ATTRIBUTES: Final = re.compile(_ATTRIBUTE)
_WHOLE_TAG: Final = re.compile(rf"<[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE})*+")  # as the HTML tokenizer reads it
_HARMLESS_CHARS: Final = 60_000
_MOST_ATTRIBUTES: Final = 3_000
_CONTROL: Final = dict.fromkeys([*range(9), 0xB, 0xC, *range(0xE, 0x20), 0x7F])
_INVISIBLE: Final = {0xAD: None, 0x200B: None, 0xFEFF: None}  # soft hyphens and the like, which cut words in two


def plain_text(markup: str, limit: int = 1_000_000) -> str:
    """The text that a reader would see: tags gone, entities resolved, block elements on lines of their own.

    Text escaped twice, a common fault of feeds, is unescaped twice. At most `limit` characters of markup count.
    """
    lines = map(str.strip, _text(markup[:limit]).translate(_INVISIBLE).splitlines())
    return "\n".join(line for line in lines if line)


def plain_line(markup: str, limit: int = 2000) -> str:
    """`plain_text` on one line, for titles and names; spaces and signs within the line stay as written."""
    parts = map(str.strip, re.split(r"[\n\r\t]+", _text(markup[: 10 * limit])))
    return " ".join(part for part in parts if part)[:limit].strip()


def _text(text: str) -> str:
    had_tags = False
    if "<" in text:
        text, had_tags = _strip(text)
    if "&" in text:
        text = html.unescape(text)
        if not had_tags and _ESCAPED_TAG.search(text):
            text = _strip(text)[0]
        if "&" in text and _ESCAPED_ENTITY.search(text):
            text = html.unescape(text)
    return text.translate(_CONTROL)


def _strip(text: str) -> tuple[str, bool]:
    pieces: list[str] = []
    last, hidden = 0, ""
    had_tags = False
    for tag in _TAG.finditer(text):
        name = (tag[2] or tag[0][:4]).lower()
        if hidden:
            if (tag[1] and name == hidden) or (hidden == "<!--" and tag[0] == "-->"):
                hidden, last = "", tag.end()
            continue
        if tag[0] == "-->":
            continue
        pieces.append(text[last : tag.start()])
        last = tag.end()
        if tag[0] == "<!--":
            hidden = "<!--"
        if not tag[2]:
            continue
        had_tags = True
        if name in _HIDDEN and not tag[1] and not tag[0].endswith("/>"):
            hidden = name
        elif name in _BLOCK:
            pieces.append("\n")
    if not hidden:
        pieces.append(text[last:])
    return "".join(pieces), had_tags


def without_attribute_floods(text: str) -> str:
    """`text` with tags of thousands of attributes emptied: parsers compare each with every other, for hours."""
    return _WHOLE_TAG.sub(_without_flood, text) if len(text) > _HARMLESS_CHARS else text


def _without_flood(tag: re.Match[str]) -> str:
    if tag.end() - tag.start() < 2 * _MOST_ATTRIBUTES or len(_ATTRIBUTES.findall(tag[0])) < _MOST_ATTRIBUTES:
        return tag[0]
    name = re.match(r"<[\w:.-]*", tag[0])
    return f"{name[0]} " if name else ""
