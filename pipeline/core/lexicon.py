"""Finds thousands of terms in a text in one pass: a dictionary from the first stem of a term to its terms.

A list file holds terms, one a line or separated by commas (core/phrases.py says how terms are written):

    # a comment
    [ballistic-missile]        the class of the terms below
    SRBM
    !missile defence, rocket scientist     a whole line of what is not meant
    @rockets                   everything of the list rockets too; what it bars is meant where this list names it
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from pipeline.core.phrases import PhraseError, Word, parse_term
from pipeline.core.text import Text, stem
from pipeline.core.yamltext import suggest


class Hit(NamedTuple):
    """A term found: words [start, end), the list that it is of ("" for a rule's own words), its class."""

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
        barred = line.startswith("!")
        for written in line.removeprefix("!").split(","):
            written = written.strip()
            try:
                if written.startswith("@"):
                    yield None, (str(number), written[1:]), ""
                else:
                    for words in parse_term(written):
                        yield Term(words, name, kind, barred), None, ""
            except PhraseError as error:
                yield None, None, f"{number}: {error}"


def written_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a list with their numbers from 1, without comments and empty ones."""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line and line != "#" and not line.startswith("# "):
            yield number, line


def _with_included(name: str, own: dict[str, list[Term]], includes: dict[str, list[tuple[str, str]]]) -> list[Term]:
    meant = {term.words for term in own[name] if not term.barred}
    seen, waiting, out = {name}, [name], []
    while waiting:
        current = waiting.pop()
        out += [Term(term.words, name, term.kind, term.barred) for term in own[current]
                if current == name or not (term.barred and term.words in meant)]
        for _, other in includes[current]:
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return out


class _Entry(NamedTuple):
    words: tuple[Word, ...]
    kind: str
    barred: bool
    simple: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The terms of one symbol by the stem of their first word, longer ones by the second word too.

    `longest`: of terms that begin or nest at one place only the longest counts (what a list means).
    """

    symbol: str
    longest: bool
    first: Mapping[str, tuple[tuple[_Entry, ...], Mapping[str, tuple[_Entry, ...]]]]

    @classmethod
    def of(cls, symbol: str, terms: Iterable[Term], longest: bool = True) -> "Table":
        singles: dict[str, list[_Entry]] = {}
        seconds: dict[str, dict[str, list[_Entry]]] = {}
        for words, kind, barred in dict.fromkeys((term.words, term.kind, term.barred) for term in terms):
            entry = _Entry(words, kind, barred, words == (Word(words[0].form),))
            if len(words) == 1:
                singles.setdefault(_key(words[0]), []).append(entry)
            else:
                seconds.setdefault(_key(words[0]), {}).setdefault(_key(words[1]), []).append(entry)
        return cls(symbol, longest, {
            key: (
                tuple(singles.get(key, ())),
                {word: tuple(sorted(entries, key=lambda entry: -len(entry.words)))
                 for word, entries in seconds.get(key, {}).items()},
            )
            for key in {**singles, **seconds}
        })

    def find(self, text: Text, begin: int, stop: int) -> list[Hit]:
        """Every term within words [begin, stop), by start."""
        first = self.first
        stems = text.stems
        hits: list[Hit] = []
        barred: list[tuple[int, int]] = []
        for at in [at for at in range(begin, stop) if stems[at] in first]:
            singles, seconds = first[stems[at]]
            entries = singles
            if seconds and at + 1 < stop:
                entries = (*seconds.get(stems[at + 1], ()), *singles)
                if "#" in seconds and text.words[at + 1][0].isdigit():
                    entries = (*seconds["#"], *entries)
            for entry in entries:
                end = at + len(entry.words)
                if end > stop or not (entry.simple or _stands_at(text, at, entry.words)):
                    continue
                if entry.barred:
                    barred.append((at, end))
                elif not (self.longest and hits and hits[-1].end >= end and hits[-1][:2] != (at, end)):
                    hits.append(Hit(at, end, self.symbol, entry.kind))
        if barred and hits:
            hits = [hit for hit in hits if not _is_barred(hit, barred)]
        return hits


@dataclass(frozen=True)
class Lexicon:
    """All symbols of all rules: tables of terms, and groups that also take the hits of lists or of their classes."""

    tables: Mapping[str, Table] = field(repr=False)
    groups: Mapping[str, tuple[tuple[str, frozenset[str]], ...]] = field(repr=False)
    """For a symbol the lists that it takes in, each with the classes that count (none: all)."""

    @classmethod
    def of(cls, terms: Iterable[Term], lists: Collection[str], groups: Mapping[str, Iterable[str]]) -> "Lexicon":
        """Compile; symbols in `lists` are lists, `groups` names the lists (or `list:class`) that a symbol takes in."""
        by_symbol: dict[str, list[Term]] = {}
        for term in terms:
            by_symbol.setdefault(term.symbol, []).append(term)
        return cls(
            {symbol: Table.of(symbol if symbol in lists else "", group, symbol in lists)
             for symbol, group in by_symbol.items()},
            {symbol: tuple(_by_list(refs)) for symbol, refs in groups.items()},
        )


def _by_list(refs: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """References by the list that they name: `weapons:drone` and `weapons:tank` are two classes of one."""
    kinds: dict[str, set[str]] = {}
    for ref in refs:
        name, _, kind = ref.partition(":")
        kinds.setdefault(name, set()).add(kind)
    for name, some in kinds.items():
        yield name, frozenset() if "" in some else frozenset(some)


@dataclass
class Present:
    """What stands in words [begin, stop) of a text, looked for symbol by symbol when a rule asks.

    `known` holds what was found; `otherwise` finds what is in no table, such as parties, when first asked for.
    """

    lexicon: Lexicon
    text: Text
    begin: int
    stop: int
    known: dict[str, Sequence[Hit]] = field(default_factory=dict)
    otherwise: Callable[[], Mapping[str, Sequence[Hit]]] | None = None

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems that stand there."""
        whole = self.begin == 0 and self.stop == len(self.text.stems)
        return self.text.vocabulary if whole else frozenset(self.text.stems[self.begin : self.stop])

    def of(self, symbol: str) -> Sequence[Hit]:
        """The hits of a list, of `list:class`, of a group or of a rule's own words; by start."""
        found = self.known.get(symbol)
        if found is None:
            found = self.known[symbol] = self._find(symbol)
        return found

    def _found_otherwise(self, symbol: str) -> Sequence[Hit]:
        if self.otherwise is None:
            return ()
        found, self.otherwise = self.otherwise(), None
        self.known.update(found)
        return found.get(symbol, ())

    def _find(self, symbol: str) -> Sequence[Hit]:
        lexicon = self.lexicon
        table = lexicon.tables.get(symbol)
        found: Sequence[Hit] = ()
        if table is not None and not table.first.keys().isdisjoint(self.stems):
            found = table.find(self.text, self.begin, self.stop)
        refs = lexicon.groups.get(symbol)
        if refs is not None:
            parts = [found] if found else []
            for name, kinds in refs:
                whole = self.of(name)
                if whole and kinds:
                    whole = [hit for hit in whole if hit.kind in kinds]
                if whole:
                    parts.append(whole)
            return sorted(hit for part in parts for hit in part) if len(parts) > 1 else parts[0] if parts else ()
        if table is None and ":" in symbol:
            name, _, kind = symbol.partition(":")
            whole = self.of(name)
            return [hit for hit in whole if hit.kind == kind] if whole else ()
        return found if table is not None else self._found_otherwise(symbol)

    def any(self, symbols: Iterable[str]) -> bool:
        """Whether any of the symbols stands there."""
        return any(self.of(symbol) for symbol in symbols)


def _key(word: Word) -> str:
    return stem(word.form) if word.exact else word.form


def _stands_at(text: Text, at: int, words: tuple[Word, ...]) -> bool:
    for offset, word in enumerate(words, at):
        if word.form == "#":
            if not text.words[offset][0].isdigit():
                return False
        elif (text.words if word.exact else text.stems)[offset] != word.form:
            return False
        if word.capitals and not (text.written[offset] if word.capitals == 2 else text.written[offset][0]).isupper():
            return False
    return True


def _is_barred(hit: Hit, spans: Iterable[tuple[int, int]]) -> bool:
    return any(
        hit.start < end and start < hit.end and not (hit.start <= start and end <= hit.end and hit[:2] != (start, end))
        for start, end in spans
    )
