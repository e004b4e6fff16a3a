"""Finds thousands of terms in a text in one pass: a dictionary from the first stem of a term to its terms.

A list file holds terms, one a line or separated by commas (core/phrases.py says how terms are written):

    # a comment
    [ballistic-missile]        the class of the terms below
    SRBM
    !missile defence           not meant where it stands in these words
    @rockets                   everything of the list rockets too
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.core.phrases import PhraseError, Word, parse_term
from pipeline.core.text import Text, stem
from pipeline.core.yamltext import suggest


class Hit(NamedTuple):
    """A term found: words [start, end), the symbol it stands for, its class."""

    start: int
    end: int
    symbol: str
    kind: str


@dataclass(frozen=True, slots=True)
class Term:
    """A run of words that stands for a symbol; `barred` terms cancel hits of the symbol that they overlap."""

    words: tuple[Word, ...]
    symbol: str
    kind: str = ""
    barred: bool = False


def parse_lists(files: Mapping[str, str]) -> tuple[dict[str, tuple[Term, ...]], list[str]]:
    """Lists by name (file name without folder and ending), and the mistakes as `file:line: …`."""
    names = {_list_name(file): file for file in files}
    own: dict[str, list[Term]] = {}
    includes: dict[str, list[tuple[str, str]]] = {}
    mistakes: list[str] = []
    for name, file in names.items():
        own[name], includes[name] = [], []
        for term, include, mistake in _parse_lines(name, files[file]):
            if term is not None:
                own[name].append(term)
            elif include:
                place, other = include
                if other in names and other != name:
                    includes[name].append((place, other))
                else:
                    mistakes.append(f"{file}:{place}: there is no list @{other}{suggest(other, names)}")
            else:
                mistakes.append(f"{file}:{mistake}")
        if not own[name] and not includes[name]:
            mistakes.append(f"{file}:1: the list is empty; write one term a line")
    return {name: tuple(_with_included(name, own, includes)) for name in names}, mistakes


def _list_name(file: str) -> str:
    return file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".txt")


def _parse_lines(name: str, text: str) -> Iterator[tuple[Term | None, tuple[str, str] | None, str]]:
    kind = ""
    for number, line in written_lines(text):
        if line.startswith("["):
            kind = line.strip("[] ")
            continue
        for written in line.split(","):
            written = written.strip()
            try:
                if written.startswith("@"):
                    yield None, (str(number), written[1:]), ""
                else:
                    for words in parse_term(written.removeprefix("!")):
                        yield Term(words, name, kind, written.startswith("!")), None, ""
            except PhraseError as error:
                yield None, None, f"{number}: {error}"


def written_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a list with their numbers from 1, without comments and empty ones."""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line and line != "#" and not line.startswith("# "):
            yield number, line


def _with_included(name: str, own: dict[str, list[Term]], includes: dict[str, list[tuple[str, str]]]) -> list[Term]:
    seen, waiting, out = {name}, [name], []
    while waiting:
        current = waiting.pop()
        out += [Term(term.words, name, term.kind, term.barred) for term in own[current]]
        for _, other in includes[current]:
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return out


@dataclass(frozen=True)
class Lexicon:
    """Terms ready to be found. Build with `of`."""

    _by_first: dict[str, list[tuple[tuple[Word, ...], list[Term]]]] = field(repr=False)
    _plain: dict[str, list[tuple[str, str]]] = field(repr=False)

    @classmethod
    def of(cls, terms: Iterable[Term]) -> "Lexicon":
        """Compile; terms with the same words share one look-up."""
        grouped: dict[tuple[Word, ...], list[Term]] = {}
        for term in terms:
            grouped.setdefault(term.words, []).append(term)
        by_first: dict[str, list[tuple[tuple[Word, ...], list[Term]]]] = {}
        plain: dict[str, list[tuple[str, str]]] = {}
        for words, group in grouped.items():
            first = words[0]
            key = stem(first.form) if first.exact else first.form
            if words == (Word(first.form),) and not any(term.barred for term in group):
                plain.setdefault(key, []).extend((term.symbol, term.kind) for term in group)
            else:
                by_first.setdefault(key, []).append((words, group))
        for entries in by_first.values():
            entries.sort(key=lambda entry: -len(entry[0]))
        return cls(by_first, plain)

    def find(self, text: Text) -> list[Hit]:
        """Every term, by start; of one symbol only the longest where several begin or nest, barred ones removed."""
        by_first, plain = self._by_first, self._plain
        hits: list[Hit] = []
        barred: dict[str, list[tuple[int, int]]] = {}
        until: dict[str, tuple[int, int]] = {}
        nowhere = (0, 0)
        for at, key in enumerate(text.stems):
            if key in by_first:
                for words, group in by_first[key]:
                    if not _stands_at(text, at, words):
                        continue
                    end = at + len(words)
                    for term in group:
                        if term.barred:
                            barred.setdefault(term.symbol, []).append((at, end))
                        elif until.get(term.symbol, nowhere)[1] < end or until[term.symbol] == (at, end):
                            until[term.symbol] = (at, end)
                            hits.append(Hit(at, end, term.symbol, term.kind))
            if key in plain:
                for symbol, kind in plain[key]:
                    known = until.get(symbol, nowhere)
                    if known[1] <= at or known == (at, at + 1):
                        until[symbol] = (at, at + 1)
                        hits.append(Hit(at, at + 1, symbol, kind))
        if barred:
            hits = [hit for hit in hits if not _is_barred(hit, barred.get(hit.symbol, ()))]
        return hits


def _stands_at(text: Text, at: int, words: tuple[Word, ...]) -> bool:
    if at + len(words) > len(text.stems):
        return False
    for offset, word in enumerate(words, at):
        if word.form == "#":
            if not text.words[offset][0].isdigit():
                return False
        elif (text.words if word.exact else text.stems)[offset] != word.form:
            return False
    for offset, word in enumerate(words, at):
        if word.capitals:
            start = text.starts[offset]
            if not text.raw[start].isupper():
                return False
            if word.capitals == 2 and not text.raw[start : text.ends[offset]].isupper():
                return False
    return True


def _is_barred(hit: Hit, spans: Iterable[tuple[int, int]]) -> bool:
    return any(
        hit.start < end and start < hit.end and not (hit.start <= start and end <= hit.end and hit[:2] != (start, end))
        for start, end in spans
    )
