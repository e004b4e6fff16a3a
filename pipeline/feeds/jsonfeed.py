"""JSON Feed 1.0 and 1.1 (jsonfeed.org), in the terms in which feedparser tells of RSS and Atom; pure."""

import html
import json
from dataclasses import dataclass
from typing import Any, Final

_VERSION: Final = "jsonfeed.org/version/"
_ITEMS: Final = 20_000
"""What is read of one feed."""


@dataclass(frozen=True, slots=True)
class JsonFeed:
    """As feedparser's result: `feed` about the whole, `entries` with its keys. `cut`: there were more items."""

    feed: dict[str, Any]
    entries: list[dict[str, Any]]
    cut: bool = False

    def get(self, name: str) -> Any:
        """What is known beyond: the format's name."""
        return "json" if name == "version" else None


def read_json(text: str) -> JsonFeed | None:
    """A JSON Feed; None where the text is something else. Values of a wrong kind count as missing."""
    if not text.lstrip().startswith("{") or _VERSION not in text.replace("\\/", "/"):
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if _VERSION not in _string(data, "version") or not isinstance(data.get("items"), list):
        return None
    head = {"title": _string(data, "title"), "language": _string(data, "language"),
            "link": _string(data, "home_page_url")}
    items = [item for item in data["items"][:_ITEMS] if isinstance(item, dict)]
    return JsonFeed(head, [_entry(item, _authors(data)) for item in items], len(data["items"]) > _ITEMS)


def _entry(item: dict[str, Any], authors: list[dict[str, str]]) -> dict[str, Any]:
    id = str(item["id"]) if isinstance(item.get("id"), str | int | float) else ""
    content = _string(item, "content_html") or html.escape(_string(item, "content_text"), quote=False)
    return {
        "id": id,
        "link": _string(item, "url") or _string(item, "external_url"),
        "title": html.escape(_string(item, "title"), quote=False),
        "title_detail": {"language": _string(item, "language")},
        "summary": html.escape(_string(item, "summary"), quote=False),
        "content": [{"value": content}],
        "published": _string(item, "date_published"),
        "updated": _string(item, "date_modified"),
        "authors": _authors(item) or authors,
    }


def _authors(data: dict[str, Any]) -> list[dict[str, str]]:
    """`authors` of 1.1, `author` of 1.0."""
    given = data.get("authors")
    people = given if isinstance(given, list) else [data.get("author")]
    return [{"name": _string(person, "name")} for person in people[:50] if isinstance(person, dict)]


def _string(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
