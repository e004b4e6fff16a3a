"""What changed from one revision of a story to the next: word by word, and in what was found in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from pipeline.core.story import Story
from pipeline.core.telling import event_line

_WORD: Final = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text that stayed, or that only the revision before (`removed`) or after (`added`) has."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """From one revision to the next. Each text is its pieces in order, empty where nothing changed; topics and events
    (as lines) are what went and what came."""

    title: tuple[Piece, ...]
    body: tuple[Piece, ...]
    topics: tuple[Piece, ...]
    events: tuple[Piece, ...]


def changes(before: Story, after: Story) -> Changes:
    """What `after` says otherwise than `before`."""
    return Changes(
        words_changed(before.title, after.title),
        words_changed(before.body, after.body),
        tuple(_went_and_came([t.topic for t in before.topics], [t.topic for t in after.topics])),
        tuple(_went_and_came(list(map(event_line, before.events)), list(map(event_line, after.events)))),
    )


def words_changed(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces of which `before` (same and removed) and `after` (same and added) are made, without loss; empty
    where the two are equal."""
    if before == after:
        return ()
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(Piece("removed", "".join(old[a:b])))
        if c < d:
            pieces.append(Piece("added", "".join(new[c:d])))
    return tuple(pieces)


def shortened(pieces: Sequence[Piece], around: int = 80) -> Iterator[Piece]:
    """The pieces, with at most about `around` characters of unchanged text on either side of a change."""
    for at, piece in enumerate(pieces):
        text = piece.text
        if piece.kind == "same":
            first, last = at == 0, at == len(pieces) - 1
            if len(text) > (around if first or last else 2 * around):
                head = "" if first else text[:around].rsplit(maxsplit=1)[0]
                tail = "" if last else text[-around:].split(maxsplit=1)[-1]
                text = f"… {tail}" if first else f"{head} … {tail}".rstrip()
        yield Piece(piece.kind, text)


def _went_and_came(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for text in dict.fromkeys(before):
        if text not in after:
            yield Piece("removed", text)
    for text in dict.fromkeys(after):
        if text not in before:
            yield Piece("added", text)
