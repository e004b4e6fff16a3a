"""A page's text to an lxml tree, whatever the text is."""

from typing import Any

from pipeline.core.markup import without_attribute_floods


def parse_page(text: str) -> Any:
    """The root element of a page without comments, or None where there is nothing to parse.

    libxml2 itself cuts nesting at 256 levels.
    """
    import lxml.etree
    import lxml.html

    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        text = without_attribute_floods(text)
        return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return None
