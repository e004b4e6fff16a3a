"""The little language in which lists and topics name words: terms, alternatives, gaps and references to lists.

    missile            any form of the word (missile, missiles): compared by stem
    =arms              exactly this form
    Grad   SAM         a capital letter is required where one is written (except in text all in capitals)
    #                  a number, or a word that begins with a digit: `F-#` is F-16 and F-35B
    (a|the) deal       either; `(big)? deal` with or without
    @weapons           any term of the list weapons
    sell ..6 @weapons  at most six words between
"""

import re
from dataclasses import dataclass
from itertools import product
from typing import Final

from pipeline.core.text import normalise, stem

MAX_EXPANSIONS: Final = 2000
_PIECE: Final = re.compile(r"\s*(?:(?P<ref>@[\w-]+)|(?P<gap>\.\.\d+)|(?P<open>\()|(?P<bar>\|)|(?P<close>\)\??)"
                           r"|(?P<word>=?[^\s()|@]+))")
_WORDS: Final = re.compile(r"#|\w+")


class PhraseError(ValueError):
    """A phrase that cannot be understood; the message says why and what to write."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word to find. `form` is a stem, or the exact word where `exact`, or "#" for a number.

    `capitals`: 0 none required, 1 the first letter, 2 all letters.
    """

    form: str
    exact: bool = False
    capitals: int = 0


@dataclass(frozen=True, slots=True)
class Ref:
    """Any term of a list."""

    name: str


@dataclass(frozen=True, slots=True)
class Gap:
    """At most `words` other words."""

    words: int


Item = Word | Ref | Gap


def parse_phrase(text: str) -> list[tuple[Item, ...]]:
    """Every sequence that a phrase stands for; raises PhraseError."""
    pieces = _pieces(text)
    sequences, rest = _alternatives(pieces, 0, text)
    if rest != len(pieces):
        raise PhraseError(f'"{text}" has a ")" without "("')
    if len(sequences) > MAX_EXPANSIONS:
        raise PhraseError(f'"{text}" stands for {len(sequences)} sequences, at most {MAX_EXPANSIONS}: use a list')
    for sequence in sequences:
        if not any(isinstance(item, Word | Ref) for item in sequence):
            raise PhraseError(f'"{text}" can be empty: write at least one word that must be there')
        if isinstance(sequence[0], Gap) or isinstance(sequence[-1], Gap):
            raise PhraseError(f'"{text}": a gap "..n" stands between two words')
    return sequences


def parse_term(text: str) -> list[tuple[Word, ...]]:
    """Every run of words that a line of a list stands for: a phrase without lists and gaps."""
    out: list[tuple[Word, ...]] = []
    for sequence in parse_phrase(text):
        words = tuple(item for item in sequence if isinstance(item, Word))
        if len(words) != len(sequence):
            raise PhraseError(f'"{text}": a term of a list is words only, "@" and "..n" belong in topics')
        if words[0].form == "#":
            raise PhraseError(f'"{text}": a term cannot begin with "#"')
        out.append(words)
    return out


def _pieces(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text.rstrip()):
        match = _PIECE.match(text, position)
        if match is None:
            raise PhraseError(f'"{text}": cannot understand "{text[position:].strip()}"')
        found.append((match.lastgroup or "", match[match.lastgroup or 0]))
        position = match.end()
    if not found:
        raise PhraseError("an empty phrase")
    return found


def _alternatives(pieces: list[tuple[str, str]], at: int, text: str) -> tuple[list[tuple[Item, ...]], int]:
    done: list[tuple[Item, ...]] = []
    current: list[list[tuple[Item, ...]]] = []
    while at < len(pieces):
        kind, value = pieces[at]
        if kind == "close":
            break
        if kind == "bar":
            done += [sum(parts, ()) for parts in product(*current)]
            current = []
        elif kind == "open":
            inner, at = _alternatives(pieces, at + 1, text)
            if at >= len(pieces):
                raise PhraseError(f'"{text}" has a "(" without ")"')
            current.append([*inner, ()] if pieces[at][1] == ")?" else inner)
        elif kind == "ref":
            current.append([(Ref(value[1:]),)])
        elif kind == "gap":
            current.append([(Gap(int(value[2:])),)])
        else:
            current.append([_words(value, text)])
        at += 1
    return done + [sum(parts, ()) for parts in product(*current)], at


def _words(written: str, text: str) -> tuple[Item, ...]:
    exact = written.startswith("=")
    words: list[Item] = []
    for raw in _WORDS.findall(written.removeprefix("=").replace("_", " ")):
        if raw == "#":
            words.append(Word("#"))
            continue
        word = normalise(raw)
        letters = [c for c in raw if c.isalpha()]
        capitals = 0
        if letters and letters[0].isupper():
            capitals = 2 if len(letters) > 1 and all(c.isupper() for c in letters) else 1
        words.append(Word(word if exact else stem(word), exact, capitals))
    if not words:
        raise PhraseError(f'"{text}": "{written}" has no letter or digit')
    return tuple(words)
