"""What hostile and broken servers do, each with the reason it must be refused with."""

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Callable
from typing import Final

import brotli
import zstandard

from tests.net.servers import Handler

ZEROS: Final = b"\0" * 5_000_000
TEXT: Final = b"The ministry said on Monday that the shipment had left the port. " * 200


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, 9, wbits=-15)


CODERS: Final[dict[str, tuple[str, Callable[[bytes], bytes]]]] = {
    "gzip": ("gzip", gzip.compress), "x-gzip": ("x-gzip", gzip.compress), "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate), "br": ("br", lambda data: brotli.compress(data, quality=4)),
    "zstd": ("zstd", zstandard.ZstdCompressor().compress),
}


def says(*parts: bytes, then: str = "close", every_s: float = 0.0) -> Handler:
    """Read the request, send the parts, then `close`, go `silent`, `reset`, or repeat the last part `forever`."""
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(every_s)
        while then == "forever":
            writer.write(parts[-1])
            await writer.drain()
            await asyncio.sleep(every_s)
        if then == "silent":
            await asyncio.sleep(3600)
        if then == "reset":
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return handler


def answers(body: bytes, *headers: str, status: str = "200 OK") -> Handler:
    """A complete answer with the headers given and a right Content-Length."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""])
    return says(head.encode() + body)


def redirects(location: str, status: int = 302) -> Handler:
    return answers(b"", f"Location: {location}", status=f"{status} Found")


async def _silent_from_the_start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def _closes_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return


OK: Final = b"HTTP/1.1 200 OK\r\n"
CHUNKED: Final = OK + b"Transfer-Encoding: chunked\r\n\r\n"
_EMPTY_BLOCK: Final = b"\x00\x00\x00\xff\xff"

BEHAVIOURS: Final[dict[str, tuple[Handler, str]]] = {
    # no answer, or none of HTTP
    "closes at once": (_closes_at_once, "connect"),
    "closes after the request": (says(), "connect"),
    "resets after the request": (says(then="reset"), "connect"),
    "resets within the headers": (says(OK + b"A: b\r\n", then="reset"), "connect"),
    "garbage": (says(b"\x00\xff\xfe garbage \x01\x02\r\n\r\n"), "protocol"),
    "ssh": (says(b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol"),
    "smtp": (says(b"220 mail.example ESMTP\r\n"), "protocol"),
    "redis": (says(b"-ERR wrong number of arguments\r\n", then="silent"), "protocol"),
    "a TLS alert": (says(b"\x15\x03\x01\x00\x02\x02\x46"), "protocol"),
    "html without a head": (says(b"<html>HTTP/0.9 lives</html>"), "protocol"),
    "unknown HTTP version": (says(b"HTTP/9.9 200 OK\r\n\r\n"), "protocol"),
    "status of letters": (says(b"HTTP/1.1 abc OK\r\n\r\n"), "protocol"),
    "status of four digits": (says(b"HTTP/1.1 2000 OK\r\n\r\n"), "protocol"),
    "negative status": (says(b"HTTP/1.1 -200 OK\r\n\r\n"), "protocol"),
    "header without colon": (says(OK + b"nonsense\r\n\r\n"), "protocol"),
    "header name with a space": (says(OK + b"Bad Name: x\r\n\r\n"), "protocol"),
    "NUL in a header": (says(OK + b"A: x\x00y\r\n\r\n"), "protocol"),
    "long status line": (says(b"HTTP/1.1 200 " + b"x" * 40_000 + b"\r\n\r\n"), "protocol"),
    "long header": (says(OK + b"A: " + b"x" * 40_000 + b"\r\n\r\n"), "protocol"),
    "long header name": (says(OK + b"x" * 40_000 + b": a\r\n\r\n"), "protocol"),
    "a thousand headers": (says(OK + b"A: b\r\n" * 1000 + b"\r\n"), "protocol"),
    "upgrade nobody asked for": (says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "http-101"),
    # never done
    "says nothing": (says(then="silent"), "timeout"),
    "reads nothing, says nothing": (_silent_from_the_start, "timeout"),
    "status line, then silence": (says(b"HTTP/1.1 200 OK\r\n", then="silent"), "timeout"),
    "headers, then silence": (says(OK + b"Content-Length: 9\r\n\r\n", then="silent"), "timeout"),
    "half a body, then silence": (says(OK + b"Content-Length: 9\r\n\r\nhalf", then="silent"), "timeout"),
    "half a chunk, then silence": (says(CHUNKED + b"9\r\nhalf", then="silent"), "timeout"),
    "status line, drop by drop": (says(*(bytes([b]) for b in b"HTTP/1.1 200 O" + b"K" * 99), every_s=0.05), "timeout"),
    "headers, drop by drop": (says(OK, b"A: b\r\n", then="forever", every_s=0.05), "timeout"),
    "one header, drop by drop": (says(OK + b"A: ", b"b", then="forever", every_s=0.02), "timeout"),
    "body, drop by drop": (says(OK + b"Content-Length: 999\r\n\r\n", b"x", then="forever", every_s=0.05), "timeout"),
    "body without end, drop by drop": (says(OK + b"\r\n", b"x", then="forever", every_s=0.05), "timeout"),
    "chunks, drop by drop": (says(CHUNKED, b"1\r\nx\r\n", then="forever", every_s=0.05), "timeout"),
    "early hints, drop by drop": (says(b"HTTP/1.1 103 Early Hints\r\n\r\n", then="forever", every_s=0.05), "timeout"),
    "gzip, drop by drop": (
        says(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(TEXT)[:20], b"\0", then="forever", every_s=0.05),
        "encoding|timeout"),
    # endless
    "endless headers": (says(OK, b"A: b\r\n" * 1000, then="forever"), "protocol"),
    "endless header line": (says(OK + b"A: ", b"x" * 10_000, then="forever"), "protocol"),
    "endless folded header": (says(OK + b"A: b\r\n", b" x" * 5000 + b"\r\n", then="forever"), "protocol"),
    "endless status line": (says(b"HTTP/1.1 200 ", b"x" * 10_000, then="forever"), "protocol"),
    "endless empty lines": (says(b"\r\n" * 1000, then="forever"), "protocol|timeout"),
    "endless early hints": (says(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 200, then="forever"), "protocol|timeout"),
    "endless body": (says(OK + b"\r\n", b"x" * 10_000, then="forever"), "too-large"),
    "endless chunks": (says(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n", then="forever"), "too-large"),
    "endless small chunks": (says(CHUNKED, b"1\r\nx\r\n" * 2000, then="forever"), "too-large|timeout"),
    "endless chunk extension": (says(CHUNKED, b"1;a=" + b"x" * 10_000, then="forever"), "protocol|timeout"),
    "endless chunk size": (says(CHUNKED, b"0" * 10_000, then="forever"), "protocol|timeout"),
    "endless trailers": (says(CHUNKED + b"0\r\n", b"A: b\r\n" * 1000, then="forever"), "protocol|timeout"),
    "endless gzip of nothing": (
        says(OK + b"Content-Encoding: deflate\r\n\r\n\x78\x9c", _EMPTY_BLOCK * 2000, then="forever"), "too-large"),
    "announces ten gigabytes": (says(OK + b"Content-Length: 10000000000\r\n\r\n", then="silent"), "too-large"),
    "one byte too many": (answers(b"x" * 100_001), "too-large"),
    "HTTP/1.0, endless": (says(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 10_000, then="forever"), "too-large"),
    # wrong framing
    "body ends early": (says(OK + b"Content-Length: 99\r\n\r\nhalf"), "protocol"),
    "chunks end early": (says(CHUNKED + b"4\r\nhalf\r\n"), "protocol"),
    "chunk size of letters": (says(CHUNKED + b"zz\r\nhalf\r\n"), "protocol"),
    "negative chunk size": (says(CHUNKED + b"-4\r\nhalf\r\n"), "protocol"),
    "giant chunk size": (says(CHUNKED + b"F" * 40 + b"\r\nhalf\r\n", then="silent"), "protocol"),
    "chunk longer than it says": (says(CHUNKED + b"2\r\nhalf\r\n0\r\n\r\n"), "protocol"),
    "negative length": (says(OK + b"Content-Length: -1\r\n\r\n"), "protocol"),
    "length of letters": (says(OK + b"Content-Length: many\r\n\r\n"), "protocol"),
    "two lengths": (says(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "protocol"),
    "length and chunks": (says(OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "protocol"),
    # codings
    **{f"bomb: {name}": (answers(code(ZEROS), f"Content-Encoding: {token}"), "too-large")
       for name, (token, code) in CODERS.items()},
    "bomb: gzip in gzip": (answers(gzip.compress(gzip.compress(ZEROS)), "Content-Encoding: gzip, gzip"), "too-large"),
    "bomb: gzip in br": (answers(brotli.compress(gzip.compress(ZEROS)), "Content-Encoding: gzip, br"), "too-large"),
    "bomb: br in zstd": (
        answers(zstandard.compress(brotli.compress(ZEROS, quality=4)), "Content-Encoding: br, zstd"), "too-large"),
    "bomb: in two headers": (
        answers(gzip.compress(gzip.compress(ZEROS)), "Content-Encoding: gzip", "Content-Encoding: gzip"), "too-large"),
    "bomb: chunked": (
        says(CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"),
             b"%x\r\n%b\r\n0\r\n\r\n" % (len(gzip.compress(ZEROS)), gzip.compress(ZEROS))), "too-large"),
    "bomb: many members": (answers(gzip.compress(b"") * 4000, "Content-Encoding: gzip"), "encoding"),
    "bomb: many frames": (answers(zstandard.compress(b"") * 4000, "Content-Encoding: zstd"), "encoding"),
    "three codings": (
        answers(gzip.compress(gzip.compress(gzip.compress(TEXT))), "Content-Encoding: gzip, gzip, gzip"), "encoding"),
    "a thousand codings": (answers(b"x", "Content-Encoding: " + "gzip, " * 1000 + "gzip"), "encoding"),
    "unknown coding": (answers(b"x", "Content-Encoding: compress"), "encoding"),
    "dictionary coding": (answers(b"x", "Content-Encoding: dcb"), "encoding"),
    **{f"plain text as {name}": (answers(TEXT, f"Content-Encoding: {token}"), "encoding")
       for name, (token, _) in CODERS.items()},
    **{f"{name} cut short": (answers(code(TEXT)[:-9], f"Content-Encoding: {token}"), "encoding")
       for name, (token, code) in CODERS.items()},
    "zstd with a giant window": (
        answers(b"\x28\xb5\x2f\xfd\x00\xa0" + b"\x01\x00\x00" * 99, "Content-Encoding: zstd"), "encoding"),
    # redirects
    "redirect to itself": (redirects("/"), "redirects"),
    "redirect to nothing": (redirects(""), "redirects"),
    "redirect to a fragment": (redirects("#top", 301), "redirects"),
    "redirect without a place": (answers(b"", status="302 Found"), "http-302"),
    "many choices": (answers(b"", "Location: /other", status="300 Multiple Choices"), "http-300"),
    **{f"redirect to {place}": (redirects(place, 300 + number % 2 * 7 + 1), reason) for number, (place, reason) in
       enumerate([
           ("http://169.254.169.254/latest/meta-data/", "forbidden-address"), ("http://10.0.0.1/", "forbidden-address"),
           ("//192.168.1.1/", "forbidden-address"), ("http://2852039166/", "forbidden-address"),
           ("http://0xa9fea9fe/", "forbidden-address"), ("http://[::ffff:10.0.0.1]/", "forbidden-address"),
           ("http://[fd00:ec2::254]/", "forbidden-address"), ("http://[64:ff9b::a00:1]/", "forbidden-address"),
           ("http://0.0.0.0/", "forbidden-address"), ("http://private.example/", "forbidden-address"),
           ("http://metadata.example/", "forbidden-address"), ("http://mixed6.example/", "forbidden-address"),
           ("http://user:pw@example.com/", "credentials"), ("http://8.8.8.8:22/", "port"),
           ("http://8.8.8.8:6379/", "port"), ("file:///etc/passwd", "scheme"), ("ftp://example.com/", "scheme"),
           ("gopher://127.0.0.1:6379/_x", "scheme"), ("data:text/html,hi", "scheme"), ("javascript:alert(1)", "scheme"),
           ("http:///", "redirects"), ("http://[::1", "url"), ("http://example.com\\@10.0.0.1/", "url"),
           ("/a\tb", "url"),
           ("http://" + "a" * 9000 + "/", "url"), ("http://gone.example/", "dns"),
       ])},
    # statuses
    **{f"status {status}": (answers(b"sorry", status=f"{status} Whatever"), f"http-{status}")
       for status in (400, 401, 403, 404, 405, 410, 418, 429, 451, 500, 502, 503, 504, 599, 999)},
}
