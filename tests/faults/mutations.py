"""Feeds and pages damaged at random, and by tricks that are known to hurt: the same number gives the same bytes."""

import gzip
import random
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from pipeline.demo.site import Reply, site
from pipeline.demo.wire import sample_wire
from tests.extract.test_hostile_pages import HEAD, PROSE
from tests.faults.passes import wire

SHARED: Final = Path(__file__).parents[3] / "shared" / "eval" / "wire"
LARGEST: Final = 12_000
"""Samples are cut to this many bytes: damage is the point, and many small cases find more than a few large ones."""

_TAG: Final = re.compile(rb"<(/?)([\w:]{1,20})[^<>]{0,300}>")
_ENCODINGS: Final = ("utf-16", "utf-16-be", "utf-32", "latin-1", "cp1251", "shift_jis", "gb18030", "utf-7", "cp037",
                     "iso2022_jp", "hz", "big5", "euc_kr", "koi8-r")
_LABELS: Final = (*_ENCODINGS, "utf-8", "", "x-user-defined", "hex", "zlib", "unicode_escape", "idna", "rot13",
                  "undefined", "\"utf-8", "a" * 300)
_PIECES: Final = (
    b"&#0;", b"&#xD800;", b"&#x110000;", b"&#99999999999;", b"&lol9;", b"&nbsp;", b"&amp;amp;amp;", b"&", b"&#x;",
    b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'><!ENTITY c '&b;&b;'>]>", b"<![CDATA[", b"]]>", b"<!--",
    b"-->", b"<?xml", b"?>", b"<script>", b"</script>", b"<style>", b"<svg>", b"<template>", b"<plaintext>",
    b"<![if IE]>", b"\x00", b"\x1a", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80",
    "\u202e\u2028\ufeff\u0085".encode(), "\N{GRINNING FACE}".encode(), b"xmlns='http://www.w3.org/1999/xhtml'",
    b"<item>", b"</item>", b"<entry>", b"<channel>", b"</rss>", b"<rss version='2.0'>", b"<feed>", b"<rdf:RDF>",
    b"<link>javascript:alert(1)</link>", b"<link>http://[::1</link>", b"<link>http://\xff.example/</link>",
    b"<pubDate>Mon, 99 Foo 99999 99:99:99 +9999</pubDate>", b"<updated>0000-00-00T00:00:00Z</updated>",
    b"<pubDate>1234567890123456789012345678901234567890</pubDate>", b"<ttl>99999999999999999999</ttl>",
    b"<content:encoded>", b"<base href='http://['>", b"<meta charset=hex>", b"<html lang='\xff'>",
    b"<script type='application/ld+json'>{\"@graph\":[", b"{\"@type\":\"NewsArticle\",\"datePublished\":1e999}",
    b"<link rel=canonical href='//[x'>", b"<time datetime='99999-99-99'>", b"<georss:polygon>1 a</georss:polygon>",
)


@cache
def feeds() -> tuple[bytes, ...]:
    """Samples of feeds: this project's own, and real ones where they are at hand."""
    own = [answer.body for url, answer in wire(2, 3).items() if url.endswith("feed")]
    own += [reply.body for reply in _demo() if b"<rss" in reply.body or b"<feed" in reply.body or b"<rdf" in reply.body]
    cases = [path.read_bytes() for path in sorted(SHARED.glob("feedparser_cases/**/*.xml"))[::10]]
    real = [path.read_bytes() for path in sorted(SHARED.glob("feeds/*")) if path.suffix != ".json"]
    return tuple(body[:LARGEST] for body in own + cases + real)


@cache
def pages() -> tuple[bytes, ...]:
    """Samples of pages, likewise."""
    own = [answer.body for url, answer in wire(1, 3).items() if not url.endswith("feed")]
    own += [reply.body for reply in _demo() if b"<html" in reply.body]
    own.append((HEAD + PROSE * 4).encode())
    real = [gzip.decompress(path.read_bytes()) for path in sorted(SHARED.glob("articles/*.html.gz"))[::8]]
    return tuple(body[:LARGEST] for body in own + real)


def _demo() -> list[Reply]:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return list(site(sample_wire(now), 1).values())


def mutated(samples: Sequence[bytes], number: int) -> tuple[bytes, str]:
    """Case `number`: a body of one of the samples with one to five kinds of damage, and a Content-Type."""
    some = random.Random(number)
    body = some.choice(samples)
    for _ in range(some.choice((1, 1, 2, 3, 5))):
        body = some.choice(_DAMAGE)(some, body, samples)[: 4 * LARGEST]
    kind = some.choice(("", "text/html", "text/xml; charset=", "text/html; charset="))
    return body, kind + some.choice(_LABELS) if kind.endswith("=") else kind


def _place(some: random.Random, body: bytes) -> int:
    return some.randrange(len(body) + 1)


def _flip(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    changed = bytearray(body)
    for _ in range(some.choice((1, 10, 100, 1000)) if body else 0):
        changed[some.randrange(len(changed))] = some.randrange(256)
    return bytes(changed)


def _cut(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    return body[: _place(some, body)]


def _drop(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    start = _place(some, body)
    return body[:start] + body[start + some.choice((1, 20, 500)) :]


def _repeat(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    start = _place(some, body)
    piece = body[start : start + some.choice((5, 50, 1000))]
    return body[:start] + piece * some.choice((2, 10, 300)) + body[start:]


def _splice(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    other = some.choice(samples)
    return body[: _place(some, body)] + other[_place(some, other) :]


def _insert(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    for _ in range(some.choice((1, 5, 30))):
        start = _place(some, body)
        body = body[:start] + some.choice(_PIECES) * some.choice((1, 1, 3, 200)) + body[start:]
    return body


def _at_tag(some: random.Random, body: bytes, change: Callable[[re.Match[bytes]], bytes]) -> bytes:
    """The body with one of its tags replaced."""
    tag = _TAG.search(body, _place(some, body)) or _TAG.search(body)
    return body if tag is None else body[: tag.start()] + change(tag) + body[tag.end() :]


def _duplicate(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    return _at_tag(some, body, lambda tag: tag[0] * some.choice((2, 20, 3000)))


def _unclose(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    return _at_tag(some, body, lambda tag: tag[0][:-1])


def _nest(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    depth = some.choice((10, 300, 5000))
    ends = some.choice((0, depth))
    return _at_tag(some, body, lambda tag: b"<%s>" % tag[2] * depth + tag[0] + b"</%s>" % tag[2] * ends)


def _attributes(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    value = b"x" * some.choice((10, 5000, LARGEST))
    many = b" ".join(b"a%d='%s'" % (n, value[:20]) for n in range(some.choice((1, 100, 2000))))
    quote = some.choice((b"'", b'"', b""))
    return _at_tag(some, body, lambda tag: b"<%s href=%s%s%s %s>" % (tag[2], quote, value, quote, many))


def _bomb(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 9))
    tag = some.choice((b"rss", b"feed", b"html"))
    start = _place(some, body)
    return (b'<!DOCTYPE %s [<!ENTITY l0 "ha">%s]>' % (tag, entities)) + body[:start] + b"&l8;" + body[start:]


def _recode(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    return body.decode("utf-8", "replace").encode(some.choice(_ENCODINGS), "replace")


def _relabel(some: random.Random, body: bytes, samples: Sequence[bytes]) -> bytes:
    return b'<?xml version="1.0" encoding="%s"?><meta charset=%s>' % (
        some.choice(_LABELS).encode(), some.choice(_LABELS).encode()) + body


_DAMAGE: Final = (_flip, _cut, _drop, _repeat, _splice, _insert, _insert, _duplicate, _unclose, _nest, _attributes,
                  _bomb, _recode, _relabel)
