"""Content codings undone as the bytes come in, never making more than a limit of them."""

import zlib
from typing import Any, Final, Protocol

from pipeline.net.refusal import Refusal

ACCEPT_ENCODING: Final = "gzip, deflate, br, zstd"
MAX_NESTED: Final = 2
"""Codings on top of each other; more than one is rare, more than two an attack."""
_MAX_MEMBERS: Final = 1000
_ZSTD_SLICE: Final = 1024
_ZSTD_MAGIC: Final = frozenset({0x28, *range(0x50, 0x60)})  # first byte of a frame, of a skippable frame
_ZSTD_WINDOW: Final = 8 << 20  # the most that HTTP allows: RFC 9659


class _Decoder(Protocol):
    """Undoes one coding. `feed` returns at most `room` bytes; where it returns that many, the rest is lost."""

    def feed(self, data: bytes, room: int) -> bytes: ...

    @property
    def ended(self) -> bool: ...


class Body:
    """Collects one body and decodes it.

    More than `limit` bytes, as sent or after any decoding, are refused as `too-large`; with `cut` the first `limit`
    bytes are kept and `full` becomes true instead. Unknown codings and broken data are refused as `encoding`.
    """

    def __init__(self, content_encoding: str, limit: int, *, cut: bool = False) -> None:
        self._codings = _parse_codings(content_encoding)
        self._decoders: list[_Decoder] = [_DECODERS[name]() for name in reversed(self._codings)]
        self._limit, self._cut = limit, cut
        self._made = [0] * (len(self._decoders) + 1)
        self._parts: list[bytes] = []
        self.full = False

    def feed(self, chunk: bytes) -> None:
        data = self._count(0, chunk)
        for step, decoder in enumerate(self._decoders, 1):
            try:
                data = decoder.feed(data, self._limit - self._made[step] + 1)
            except Refusal:
                raise
            except Exception as error:  # zlib, brotli and zstandard each have their own
                if isinstance(error, MemoryError):
                    raise
                raise Refusal("encoding", f"the {self._codings[-step]} body is broken ({error})") from None
            data = self._count(step, data)
        if data:
            self._parts.append(data)

    def finish(self) -> bytes:
        """The whole body; Refusal where a coded body ends early."""
        if self._made[0] and not self.full:
            for step, decoder in enumerate(self._decoders, 1):
                if not decoder.ended:
                    raise Refusal("encoding", f"the {self._codings[-step]} body ends early")
        return b"".join(self._parts)

    def _count(self, step: int, data: bytes) -> bytes:
        before = self._made[step]
        self._made[step] += len(data)
        if self._made[step] <= self._limit:
            return data
        if not self._cut:
            raise Refusal("too-large", f"the body is larger than {self._limit} bytes")
        self.full = True
        self._made[step] = self._limit
        return data[: self._limit - before]


def _parse_codings(content_encoding: str) -> list[str]:
    names = [name for part in content_encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    unknown = [name for name in names if name not in _DECODERS]
    if unknown:
        raise Refusal("encoding", f"the body is coded as {unknown[0][:40]!r}, which was not asked for")
    if len(names) > MAX_NESTED:
        raise Refusal("encoding", f"the body is coded {len(names)} times over")
    return names


class _Gzip:
    """RFC 1952, several members one after the other, padding ignored."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._members = 1

    def feed(self, data: bytes, room: int) -> bytes:
        made: list[bytes] = []
        while data and room > 0:
            if self._inflate.eof:
                if not data.startswith(b"\x1f"):
                    break
                self._members += 1
                if self._members > _MAX_MEMBERS:
                    raise Refusal("encoding", f"the gzip body has more than {_MAX_MEMBERS} members")
                self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
            part = self._inflate.decompress(data, room)
            made.append(part)
            room -= len(part)
            data = self._inflate.unused_data if self._inflate.eof else b""
        return b"".join(made)

    @property
    def ended(self) -> bool:
        return self._inflate.eof


class _Deflate:
    """`deflate` as the RFC means it (zlib format) and as some servers send it (no wrapper)."""

    def __init__(self) -> None:
        self._inflate: Any = None
        self._head = b""

    def feed(self, data: bytes, room: int) -> bytes:
        if self._inflate is None:
            data = self._head + data
            if len(data) < 2:
                self._head = data
                return b""
            wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        made: bytes = b"" if self._inflate.eof else self._inflate.decompress(data, room)
        return made

    @property
    def ended(self) -> bool:
        return self._inflate is not None and bool(self._inflate.eof)


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._stream: Any = brotli.Decompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        if self.ended:
            return b""
        made: bytes = self._stream.process(data, output_buffer_limit=room)
        while len(made) < room and not self._stream.can_accept_more_data():
            more = self._stream.process(b"", output_buffer_limit=room - len(made))
            if not more:
                break
            made += more
        return made

    @property
    def ended(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    """RFC 8878, several frames one after the other. Fed in small slices: the library has no bound on what one call
    may make, but a slice has (one block of at most 128 KiB for every 4 bytes)."""

    def __init__(self) -> None:
        import zstandard

        self._library = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._stream: Any = self._library.decompressobj()
        self._frames = 1

    def feed(self, data: bytes, room: int) -> bytes:
        made: list[bytes] = []
        for start in range(0, len(data), _ZSTD_SLICE):
            rest = data[start:start + _ZSTD_SLICE]
            while rest and room > 0:
                if self._stream.eof:
                    if rest[0] not in _ZSTD_MAGIC:
                        return b"".join(made)
                    self._frames += 1
                    if self._frames > _MAX_MEMBERS:
                        raise Refusal("encoding", f"the zstd body has more than {_MAX_MEMBERS} frames")
                    self._stream = self._library.decompressobj()
                part = self._stream.decompress(rest)
                made.append(part)
                room -= len(part)
                rest = self._stream.unused_data if self._stream.eof else b""
        return b"".join(made)

    @property
    def ended(self) -> bool:
        return bool(self._stream.eof)


_DECODERS: Final[dict[str, type[_Decoder]]] = {
    "gzip": _Gzip, "x-gzip": _Gzip, "deflate": _Deflate, "br": _Brotli, "zstd": _Zstd,
}
