"""Feeds made to hang, crash or fill the memory of whoever parses them, by their names."""

from typing import Final

LINK: Final = "<link>http://outlet.example/1</link>"
_ITEM: Final = f"<item><title>t</title>{LINK}<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate></item>"
_BROKEN: Final = 1_400_000


def rss(items: str, names: str = "") -> bytes:
    return f"<rss version='2.0' {names}><channel>{items}</channel></rss>".encode()


def item(inside: str, names: str = "") -> bytes:
    return rss(f"<item>{LINK}{inside}</item>", names)


def broken(inside: str) -> bytes:
    return rss(f"<br><item>{LINK}<description>{inside}")


def atom(inside: str) -> bytes:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><entry>{inside}</entry></feed>".encode()


def json_feed(number: int, rest: str) -> bytes:
    items = ",".join(f'{{"id":"{n}","url":"http://outlet.example/{n}",{rest.replace("#", str(n))}}}'
                     for n in range(number))
    return f'{{"version":"https://jsonfeed.org/version/1.1","items":[{items}]}}'.encode()


_MEDIA: Final = "xmlns:media='http://search.yahoo.com/mrss/'"
_DC: Final = "xmlns:dc='http://purl.org/dc/elements/1.1/'"
_GEO: Final = "xmlns:georss='http://www.georss.org/georss'"

ENDLESS: Final = {
    "an author of one long word": item("<author>" + "a" * 1_000_000 + "</author>"),
    "bases within bases": item("<a xml:base='x/'>" * 20_000 + "</a>" * 20_000),
    "a title of blank space": item("<title>" + " \n" * 7_000_000 + "</title>"),
}
"""By quadratic expressions and loops of feedparser: hours, or many seconds."""

FEEDS: Final = ENDLESS | {
    "100,000 items": rss(_ITEM * 100_000),
    "20,000 items, broken": rss("<br>" + _ITEM * 20_000),
    "open elements": broken("<div>" * 20_000),
    "brackets": broken("<" * _BROKEN),
    "ampersands": broken("&" * _BROKEN),
    "entities": broken("&amp;" * (_BROKEN // 5)),
    "entities that nobody knows": broken("&foo;" * (_BROKEN // 5)),
    "comments within comments": broken("<!--" * (_BROKEN // 4)),
    "CDATA within CDATA": broken("<![CDATA[" * 20_000),
    "instructions": broken("<?" * 20_000),
    "document types": broken("<!DOCTYPE " * 20_000),
    "quotes": broken("<a b='" * 20_000),
    "attributes": broken(("<a " + "b=c " * 60 + ">") * 5000),
    "references, well-formed": item("<description>" + "&#65;" * 3_000_000 + "</description>"),
    "escaped markup": item("<description>" + "&lt;b&gt;" * 2_000_000 + "</description>"),
    "one long title": item("<title>" + "a" * 15_000_000 + "</title>"),
    "a date of blank space": item("<pubDate>" + " " * 7_000_000 + "x</pubDate>"),
    "a date of digits": item("<pubDate>" + "1" * 7_000_000 + "</pubDate>"),
    "dates of no form": rss("".join(f"<item>{LINK}<pubDate>99 zug {n} 1:1</pubDate></item>" for n in range(15_000))),
    "elements within elements": item("<a>" * 20_000 + "</a>" * 20_000),
    "name spaces": item("".join(f"<a xmlns:b{n}='http://b/{n}'>" for n in range(20_000)) + "</a>" * 20_000),
    "links of one item": item(LINK * 30_000),
    "identifiers of one item": item("<guid>http://x.example/1</guid>" * 30_000),
    "authors of one item": item("<author>a b (c)</author>" * 30_000),
    "creators of one item": item("<dc:creator>a b (c)</dc:creator>" * 29_000, _DC),
    "enclosures of one item": item("<enclosure url='http://x/' />" * 50_000),
    "media of one item": item("<media:content url='http://x/' /><media:thumbnail url='u'/>" * 25_000, _MEDIA),
    "an author of addresses": item("<author>" + "a.b@c" * 1_000_000 + "</author>"),
    "an author of brackets": item("<author>" + "(" * 1_000_000 + "</author>"),
    "a polygon": item("<georss:polygon>" + "1 " * 1_000_000 + "</georss:polygon>", _GEO),
    "contributors": atom("<contributor><name>x</name></contributor>" * 14_000),
    "contents": atom("<content>x</content>" * 29_000),
    "XHTML": atom("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>" + "<b>x</b>" * 29_000
                  + "</div></content>"),
    "a link of steps up": item("<link>http://x.example/" + "/../a" * 1_000_000 + "</link>"),
    "a root of prefixes": b"<" + b"rss:" * 1_000_000 + b">",
    "a page of comments": b"<!--" * 1_000_000 + b"<html>",
    "categories": broken("<category>a" * 100_000),
    "JSON of dates": json_feed(20_000, '"date_published":"99 zug # 1:1"'),
    "JSON of brackets": json_feed(20, '"content_html":"' + "<" * 900_000 + '"'),
    "JSON within JSON": b'{"version":"https://jsonfeed.org/version/1.1","a":' + b"[" * 500_000,
}
