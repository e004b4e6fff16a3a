"""A story as a small blob: its JSON, deflated with a dictionary of what every story repeats.

    1 <deflated JSON>
    2 <length of marks: 2 bytes> <JSON of marks> <deflated JSON>      the marks take the place of those in the story
"""

import json
import zlib
from dataclasses import replace
from typing import Final

from pipeline.core.errors import StoreError
from pipeline.core.story import Marks, Story, fields_of, from_json, to_json

_FORM: Final = b"\x01"
_MARKED: Final = b"\x02"
_MARKS: Final = b'"cluster":'
"""Where the marks begin, the last fields of a story; in a text the quotation marks would be escaped."""
_COMMON: Final = (
    b" told reporters that it had been into would which after their there about people government minister "
    b"military president officials security forces country national international foreign ministry according to "
    b"the United States and the in of the for the on to said on Monday Tuesday Wednesday Thursday Friday Saturday "
    b'Sunday ","when":""}],"countries":["US","RU","UA","CN","KP","KR","JP","IR","IL"],"status":"reported","holder":'
    b'null,"status":"alleged","claims":[{"text":"","code":null,"kind":""},"recipient":{"weapon":{"actor":{"target":{'
    b'"roles":{"supplier":{"events":[{"topic":"armed-attack","secondary":false}]"rule":"nuclear-program'
    b'military-exercise missile-launch arms-transfer sanctions","evidence":[{"field":"body","start":1,"end":2,'
    b'"text":"","topics":[{"topic":"","cluster":"","origin":""}"body_source":"page","revision":1,"authors":["By"],'
    b'"summary":"","lang":"en","tags":[],"feeds":["published_from":"feed","published_raw":" GMT","seen":"2026-01-01T'
    b'00:00:00Z","updated":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z","source":"","body":"","title":"'
    b'{"id":"","url":"https://www.'
)
"""Part of the format: another dictionary needs another `_FORM`."""


def pack(story: Story) -> bytes:
    """About half the size of the JSON; raises ValueError for text that is not valid Unicode."""
    squeeze = zlib.compressobj(3, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, _COMMON)
    return _FORM + squeeze.compress(to_json(story)) + squeeze.flush()


def marked(blob: bytes, marks: Marks) -> bytes:
    """The blob of the same story with these marks."""
    head = json.dumps(list(fields_of(marks).values()), separators=(",", ":")).encode()
    return _MARKED + len(head).to_bytes(2) + head + _split(blob)[1]


def unpack(blob: bytes) -> Story:
    """The inverse of `pack`."""
    marks, deflated = _split(blob)
    story = from_json(Story, zlib.decompressobj(-15, _COMMON).decompress(deflated))
    return story if marks is None else replace(story, **fields_of(marks))


def marks_of(blob: bytes) -> Marks:
    """The marks of the story, without reading the rest of it."""
    marks, deflated = _split(blob)
    if marks is None:
        story = zlib.decompressobj(-15, _COMMON).decompress(deflated)
        marks = from_json(Marks, b"{" + story[story.rindex(_MARKS) :])
    return marks


def _split(blob: bytes) -> tuple[Marks | None, bytes]:
    if blob[:1] == _FORM:
        return None, blob[1:]
    if blob[:1] != _MARKED:
        raise StoreError("a stored story has an unknown form; it was written by a newer version of Wirewatch")
    end = 3 + int.from_bytes(blob[1:3])
    return Marks(*json.loads(blob[3:end])), blob[end:]
