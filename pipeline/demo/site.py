"""What every host of the sample wire answers in each state: feeds, pages and robots.txt."""

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.demo.forms import Outlet, ServedFeed, State
from pipeline.demo.wire import Article, Version, Wire

Site = Mapping[tuple[str, str], "Reply"]
_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
_DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `slow` asks the server to take its time, `modified` becomes Last-Modified."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/html"
    modified: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False


def site(wire: Wire, state: State) -> Site:
    """Every (host, path with query) that exists in `state`, and what it answers; all else is a 404."""
    replies: dict[tuple[str, str], Reply] = {}
    for outlet in wire.outlets.values():
        listed = [article for article in wire.articles if article.outlet is outlet]
        replies[outlet.host, "/robots.txt"] = Reply(body=outlet.robots.encode(), content_type="text/plain")
        replies[outlet.host, "/"] = _page("index", outlet, related=_related(listed, None))
        for name, feed in outlet.feeds.items():
            replies[outlet.host, feed.path] = _feed(outlet, feed, wire.of_feed(name, state), state)
        for article in listed:
            if (version := article.version(state)) and article.page != "missing":
                replies[outlet.host, article.path] = _article(article, version, listed)
                if outlet.page == "broadcast":
                    replies[outlet.host, f"/amp{article.path}"] = _article(article, version, listed, "amp")
    return replies


def _feed(outlet: Outlet, feed: ServedFeed, articles: list[Article], state: State) -> Reply:
    if feed.moved_to:
        return Reply(301, headers={"Location": feed.moved_to})
    if feed.status != 200:
        busy = {"Retry-After": "120"} if feed.status == 503 else {}
        return Reply(feed.status, f"{feed.status}\n".encode(), "text/plain", headers=busy)
    told = [(article, version) for article in articles if (version := article.version(state))]
    newest = max(version.updated for _, version in told)
    text = _environment().get_template(f"{feed.format}.xml").render(
        outlet=outlet, feed=feed, newest=newest.isoformat(), items=[_item(feed, *pair) for pair in told]
    )
    if feed.broken:
        text = _break(text)
    kind = {"rss2": "application/rss+xml", "rss1": "text/xml", "atom": "application/atom+xml"}[feed.format]
    return Reply(200, _encoded(text, feed.charset), kind, newest, slow=feed.slow)


def _item(feed: ServedFeed, article: Article, version: Version) -> dict[str, Any]:
    number = hashlib.sha256(article.url.encode()).hexdigest()[:10]
    mark = "&" if "?" in article.path else "?"
    path = {"plain": article.path, "tracked": f"{article.path}{mark}utm_source=rss&utm_medium=feed",
            "amp": f"/amp{article.path}"}[feed.links]
    return {
        "title": version.title,
        "link": f"https://{article.outlet.host}{path}",
        "path": path,
        "guid": f"{article.outlet.host}-{number}",
        "number": number,
        "authors": article.authors,
        "published": _date(feed, _local(article.outlet, article.published)),
        "updated": _date(feed, _local(article.outlet, version.updated)),
        "summary": version.summary,
        "html": "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in version.paragraphs),
    }


def _date(feed: ServedFeed, at: datetime) -> str:
    if feed.dates == "iso":
        return at.isoformat()
    if feed.dates == "gmt9":
        seoul = at.astimezone(timezone(timedelta(hours=9)))
        return seoul.strftime("%a, %d %b %Y %H:%M:%S GMT+9")
    if feed.dates == "french":
        return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S %z}"
    return format_datetime(at) if feed.dates == "rfc822" else ""


def _break(text: str) -> str:
    """Faults of hand-made feeds: bare ampersands, an HTML entity, an item cut off in its title."""
    head, _, _ = text.rpartition("</channel>")
    return head.replace("&amp;", "&").replace("</title>", "&nbsp;</title>") + "<item><title>Harbour bridge to cl"


def _article(article: Article, version: Version, listed: list[Article], template: str = "") -> Reply:
    teaser = article.page == "teaser"
    return _page(
        template or article.outlet.page, article.outlet,
        title=version.title,
        paragraphs=version.paragraphs[:1] if teaser else version.paragraphs,
        teaser=teaser,
        authors=article.authors,
        section=article.section,
        published=_local(article.outlet, article.published),
        updated=_local(article.outlet, version.updated),
        canonical=article.url,
        amp=f"https://{article.outlet.host}/amp{article.path}",
        related=_related(listed, article),
        comments=_comments(article),
        modified=version.updated,
    )


def _page(template: str, outlet: Outlet, *, modified: datetime | None = None, **values: Any) -> Reply:
    text = _environment().get_template(f"{template}.html").render(outlet=outlet, **values)
    charset = "utf-8" if template in ("amp", "index") else outlet.charset
    said = "text/html" if outlet.declared == "meta" else f"text/html; charset={charset}"
    return Reply(200, _encoded(text, charset), said, modified)


def _related(listed: list[Article], article: Article | None) -> list[dict[str, str]]:
    """Links to other articles of the outlet; only to those of state 1, so that no page changes by its links."""
    others = [other for other in listed if other is not article and other.first is not None]
    at = int(hashlib.sha256(article.url.encode()).hexdigest(), 16) % len(others) if article and others else 0
    return [{"path": other.path, "title": other.first.title, "ago": f"{3 + n} hours"}
            for n, other in enumerate((others[at:] + others[:at])[:3]) if other.first]


def _comments(article: Article) -> list[dict[str, str]]:
    known = [line.partition(": ") for line in (files(__package__) / "comments.txt").read_text("utf-8").splitlines()]
    at = int(hashlib.sha256(article.url.encode()).hexdigest(), 16) % len(known)
    return [{"name": name, "text": text} for name, _, text in (known[at:] + known[:at])[:4]]


def _local(outlet: Outlet, at: datetime) -> datetime:
    return at.astimezone(timezone(timedelta(hours=outlet.utc_offset_h)))


def _encoded(text: str, charset: str) -> bytes:
    return text.encode(charset, "xmlcharrefreplace")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )
