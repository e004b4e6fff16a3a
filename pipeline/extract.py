"""HTML of an article page to its text and metadata: the only place that knows trafilatura."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.core.charsets import decode
from pipeline.core.dates import parse_date


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says of itself; every field may be empty, `body` is paragraphs separated by newlines.

    `published_raw` is the date as written; `canonical_url` is absolute and of the page's own site.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_raw: str = ""
    lang: str = ""
    canonical_url: str = ""
    publisher: str = ""
    body: str = ""


def extract_article(body: bytes, *, url: str, content_type: str = "") -> Article:
    """The article in an HTML page; an empty `body` where there is none."""
    from trafilatura import bare_extraction

    document = bare_extraction(decode(body, content_type), url=url, include_comments=False, with_metadata=True)
    if document is None:
        return Article()
    return Article(
        title=document.title or "",
        authors=tuple((document.author or "").split("; ")) if document.author else (),
        published=parse_date(document.date or ""),
        published_raw=document.date or "",
        lang=document.language or "",
        canonical_url=document.url or url,
        publisher=document.sitename or "",
        body=document.text or "",
    )
