"""Bytes of the web to text: which encoding a feed or page is really in.

The order is that of browsers (BOM, header, declaration), except that text which decodes as UTF-8 is UTF-8
whatever a server's default header claims: long text in another encoding practically never does by accident.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE: Final = (  # "<?" or "<!" or "<h" with no byte order mark
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_SUPERSETS: Final = {  # labels that mean a larger set in practice (WHATWG Encoding Standard, "names and labels")
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
_NONE: Final = ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs", "oem")
"""Python's own, which no text of the web is in."""
_ESCAPED: Final = ("iso2022", "hz", "utf-7")  # seven-bit encodings, which look like UTF-8
_HEADER: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML: Final = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.IGNORECASE)
_META: Final = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_HEAD: Final = 4096


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a feed or page, without its byte order mark; never fails, bad bytes become U+FFFD.

    `content_type` is the Content-Type header, whose charset counts where the bytes do not say otherwise.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for start, name in _BARE:
        if body.startswith(start):
            return body.decode(name, "replace")
    names = list(dict.fromkeys(_claimed(body[:_HEAD], content_type)))
    if not any(name.startswith(_ESCAPED) for name in names):
        text = body.decode("utf-8", "replace")
        bad = text.count("\ufffd")
        # A few bad bytes (a cut, a pasted quote) among many good characters: still UTF-8.
        if not bad or sum(not c.isascii() for c in text) - bad > 2 * bad:
            return text
    for name in names:
        try:
            return body.decode(name)
        except UnicodeError:
            continue
    return body.decode(names[0] if names else "cp1252", "replace")


def _claimed(head: bytes, content_type: str) -> Iterator[str]:
    for found in (_HEADER.search(content_type), _XML.search(head), _META.search(head)):
        if found is None:
            continue
        label = found[1] if isinstance(found[1], str) else found[1].decode("ascii", "replace")
        name = _codec(label)
        if name and not name.startswith(("utf-16", "utf-32")):  # those were settled by the first bytes
            yield name


def _codec(label: str) -> str:
    try:
        info = codecs.lookup(label.strip())
    except (LookupError, ValueError):
        return ""
    if not info._is_text_encoding:  # "hex", "zlib" and others are transforms, one of them a bomb
        return ""
    name = info.name
    return "" if name in _NONE else _SUPERSETS.get(name, name)
