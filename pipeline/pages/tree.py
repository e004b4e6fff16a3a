"""A page's text to an lxml tree, whatever the text is."""

import re
from typing import Any, Final

_ATTRIBUTE: Final = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
_TAG: Final = re.compile(rf"<[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE})*+")  # as the HTML tokenizer reads them
_ATTRIBUTES: Final = re.compile(_ATTRIBUTE)
_HARMLESS_CHARS: Final = 60_000
_MOST_ATTRIBUTES: Final = 3_000


def parse_page(text: str) -> Any:
    """The root element of a page without comments, or None where there is nothing to parse.

    libxml2 cuts nesting at 256 levels, but compares each attribute of a tag with every other: tags with
    thousands of them (real ones have a dozen) would keep it busy for hours, and are emptied first.
    """
    import lxml.etree
    import lxml.html

    if len(text) > _HARMLESS_CHARS:
        text = _TAG.sub(_without_flood, text)
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return None


def _without_flood(tag: re.Match[str]) -> str:
    if tag.end() - tag.start() < 2 * _MOST_ATTRIBUTES or len(_ATTRIBUTES.findall(tag[0])) < _MOST_ATTRIBUTES:
        return tag[0]
    return re.sub(r"\W.*", "", tag[0][1:], flags=re.DOTALL).join(("<", " "))
