"""The little language in which lists and topics name words: terms, alternatives, gaps and references to lists.

    missile            any form of the word (missile, missiles): compared by stem
    =arms              exactly this form
    Grad   SAM         a capital letter is required where one is written (except in text all in capitals)
    #                  a number, or a word that begins with a digit: `F-#` is F-16 and F-35B
    (a|the) deal       either; `(big)? deal` with or without
    @weapons           any term of the list weapons
    @weapons:drone     any term of one class of it; `@weapons:drone+armour` of two
    sell ..6 @weapons  at most six words between, none of them of the list @breaks (that, who, said …)
    @weapons ...6 sold at most six words of any kind between
"""

import re
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from pipeline.core.text import normalise, stem

MAX_EXPANSIONS: Final = 2000
_PIECE: Final = re.compile(
    r"\s*(?:(?P<ref>@[\w-]+(?::[\w+-]+)?)|(?P<gap>\.\.\.?\d+)|(?P<open>\()|(?P<bar>\|)|(?P<close>\)\??)"
    r"|(?P<word>=?[^\s()|@]+))"
)
_WORDS: Final = re.compile(r"#|\w+")


class PhraseError(ValueError):
    """A phrase that cannot be understood; the message says why and what to write."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word to find. `form` is a stem, or the exact word where `exact`, or "#" for a number.

    `capitals`: 0 none required, 1 the first letter, 2 all letters. `written` is for showing only.
    """

    form: str
    exact: bool = False
    capitals: int = 0
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """Any term of a list, or of one class of it (`list:class`)."""

    name: str


@dataclass(frozen=True, slots=True)
class Gap:
    """At most `words` other words; any words where `free`, otherwise none of the list of breaks."""

    words: int
    free: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Any of several runs of words and lists, as written in brackets."""

    text: str
    runs: tuple[tuple[Word, ...], ...] = ()
    refs: tuple[Ref, ...] = ()


Item = Word | Ref | Gap | Group


def parse_phrase(text: str) -> list[tuple[Item, ...]]:
    """Every sequence that a phrase stands for (several only where parts are optional); raises PhraseError."""
    sequences = _parsed(text)
    for sequence in sequences:
        if isinstance(sequence[0], Gap) or isinstance(sequence[-1], Gap):
            raise PhraseError(f'"{text}": a gap "..n" stands between two words')
    return sequences


def parse_term(text: str) -> list[tuple[Word, ...]]:
    """Every run of words that a line of a list stands for: a phrase without lists and gaps."""
    out: list[tuple[Word, ...]] = []
    for sequence in _parsed(text):
        choices: list[tuple[tuple[Word, ...], ...]] = []
        for item in sequence:
            if isinstance(item, Word):
                choices.append(((item,),))
            elif isinstance(item, Group) and not item.refs:
                choices.append(item.runs)
            else:
                raise PhraseError(f'"{text}": a term of a list is words only, "@" and "..n" belong in topics')
        out += [sum(runs, ()) for runs in product(*choices)]
    if len(out) > MAX_EXPANSIONS:
        raise PhraseError(f'"{text}" stands for {len(out)} terms, at most {MAX_EXPANSIONS}: write several lines')
    if any(words[0].form == "#" for words in out):
        raise PhraseError(f'"{text}": a term cannot begin with "#"')
    return out


def _parsed(text: str) -> list[tuple[Item, ...]]:
    pieces = _pieces(text)
    sequences, rest = _alternatives(pieces, 0, text)
    if rest != len(pieces):
        raise PhraseError(f'"{text}" has a ")" without "("')
    if len(sequences) > MAX_EXPANSIONS:
        raise PhraseError(f'"{text}" stands for {len(sequences)} sequences, at most {MAX_EXPANSIONS}: use a list')
    if not all(any(not isinstance(item, Gap) for item in sequence) for sequence in sequences):
        raise PhraseError(f'"{text}" can be empty: write at least one word that must be there')
    return sequences


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
            chosen = _grouped(inner)
            current.append([*chosen, ()] if pieces[at][1] == ")?" else chosen)
        elif kind == "ref":
            current.append([(_ref(value[1:]),)])
        elif kind == "gap":
            current.append([(Gap(int(value.lstrip(".")), value.startswith("...")),)])
        else:
            current.append([_words(value, text)])
        at += 1
    return done + [sum(parts, ()) for parts in product(*current)], at


def _grouped(inner: list[tuple[Item, ...]]) -> list[tuple[Item, ...]]:
    """Alternatives as one Group where each is a run of words or one list; as they are otherwise."""
    if len(inner) < 2:
        return inner
    runs: list[tuple[Word, ...]] = []
    refs: list[Ref] = []
    for sequence in inner:
        words = tuple(item for item in sequence if isinstance(item, Word))
        if words and len(words) == len(sequence) and words[0].form != "#":
            runs.append(words)
        elif len(sequence) == 1 and isinstance(sequence[0], Ref):
            refs.append(sequence[0])
        elif len(sequence) == 1 and isinstance(sequence[0], Group):
            runs += sequence[0].runs
            refs += sequence[0].refs
        else:
            return inner
    runs, refs = list(dict.fromkeys(runs)), list(dict.fromkeys(refs))
    written = [written_words(run) for run in runs] + ["@" + ref.name for ref in refs]
    return [(Group(f"({'|'.join(written)})", tuple(runs), tuple(refs)),)]


def written_words(words: tuple[Word, ...]) -> str:
    """A run of words as they were written."""
    return " ".join(word.written for word in words)


def _ref(written: str) -> Item:
    name, _, kinds = written.partition(":")
    refs = tuple(Ref(f"{name}:{kind}") for kind in kinds.split("+") if kind)
    if not refs:
        return Ref(name)
    return refs[0] if len(refs) == 1 else Group(f"(@{written})", (), refs)


def _words(written: str, text: str) -> tuple[Item, ...]:
    exact = written.startswith("=")
    words: list[Item] = []
    for raw in _WORDS.findall(written.removeprefix("=").replace("_", " ")):
        if raw == "#":
            words.append(Word("#", written="#"))
            continue
        word = normalise(raw)
        letters = [c for c in raw if c.isalpha()]
        capitals = 0
        if letters and letters[0].isupper():
            capitals = 2 if len(letters) > 1 and all(c.isupper() for c in letters) else 1
        words.append(Word(word if exact else stem(word), exact, capitals, ("=" if exact else "") + raw))
    if not words:
        raise PhraseError(f'"{text}": "{written}" has no letter or digit')
    return tuple(words)
