"""Alerts as feeds: for each rule RULE.xml (RSS 2.0) and RULE.json (JSON Feed 1.1), to be served by any web server."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from pipeline.channels.base import tells
from pipeline.core.alerts.message import Item, Message, marked
from pipeline.core.errors import WirewatchError
from pipeline.core.telling import clean

_JSON_FEED: Final = "https://jsonfeed.org/version/1.1"


class FeedChannel:
    """Adds each item to the feed files of its rule, which keep the newest `limit` items.

    Files are replaced whole, so that a reader never meets half of one; an item that is sent again takes the
    place of itself. `url` is where the directory is served, where it is known.
    """

    def __init__(self, directory: Path, *, limit: int = 100, url: str = "") -> None:
        self._directory, self._limit, self._url = directory, limit, url.rstrip("/")

    def send(self, message: Message) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with _locked(self._directory / ".lock"):
                self._add(message)
        except OSError as error:
            raise WirewatchError(f"feeds cannot be written to {self._directory}: {error.strerror}") from error

    def _add(self, message: Message) -> None:
        path = self._directory / f"{message.rule}.json"
        items = [_entry(message, number, item) for number, item in enumerate(message.items)]
        fresh = {entry["id"] for entry in items}
        items += [entry for entry in _kept(path) if entry["id"] not in fresh]
        items.sort(key=lambda entry: str(entry["date_published"]), reverse=True)
        feed = {
            "version": _JSON_FEED,
            "title": f"Wirewatch: {message.rule}",
            "description": message.note or message.query,
            **({"home_page_url": self._url, "feed_url": f"{self._url}/{path.name}"} if self._url else {}),
            "items": items[: self._limit],
        }
        _replace(self._directory / f"{message.rule}.xml", _rss(feed))
        _replace(path, json.dumps(feed, ensure_ascii=False, indent=1).encode("utf-8", "replace"))


def _entry(message: Message, number: int, item: Item) -> dict[str, Any]:
    when = item.published or item.matched
    return {
        "id": f"{message.rule}/{item.story}" if item.story else f"{message.key}/{number}",
        **({"url": item.url} if item.url else {}),
        "title": item.title,
        "content_html": _html(item),
        "date_published": when.isoformat(),
        "tags": list(item.topics),
        **({"authors": [{"name": item.source}]} if item.source else {}),
    }


def _html(item: Item) -> str:
    lines = [f"<p>{'<br>'.join(escape(line) for line in tells(item))}</p>"]
    if item.excerpt:
        lines.append(f"<p>{marked(item.excerpt, item.excerpt_spans, '<mark>', '</mark>', escape)}</p>")
    return "".join(lines)


def _rss(feed: dict[str, Any]) -> bytes:
    rss = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(rss, "channel")
    _put(channel, "title", feed["title"])
    _put(channel, "link", feed.get("home_page_url", "https://github.com/wirewatch/wirewatch"))
    _put(channel, "description", feed["description"] or feed["title"])
    for entry in feed["items"]:
        item = ElementTree.SubElement(channel, "item")
        _put(item, "title", entry["title"])
        if "url" in entry:
            _put(item, "link", entry["url"])
        _put(item, "guid", entry["id"]).set("isPermaLink", "false")
        _put(item, "pubDate", format_datetime(datetime.fromisoformat(entry["date_published"])))
        _put(item, "description", entry["content_html"])
        for tag in entry.get("tags", ()):
            _put(item, "category", tag)
    ElementTree.indent(rss)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(rss, encoding="unicode").encode()


def _put(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name)
    element.text = clean(text)  # XML has no way to write a control character
    return element


def _kept(path: Path) -> list[dict[str, Any]]:
    """The entries of the feed as it stands; none where it is missing or no longer a feed."""
    try:
        entries = json.loads(path.read_bytes())["items"]
        return [entry for entry in entries if isinstance(entry["id"], str) and isinstance(entry["date_published"], str)]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []


def _replace(path: Path, content: bytes) -> None:
    file, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(file, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
