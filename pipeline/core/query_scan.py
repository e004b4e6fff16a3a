"""Where a query is being read: its characters one by one, its names, quotes and limits, and errors that point at it."""

import re
from typing import Final, NoReturn

from pipeline.core.errors import QueryError
from pipeline.core.text import Text

MAX_LENGTH: Final = 20_000
"""Characters of a query."""
MAX_DEPTH: Final = 40
"""Parentheses and NOTs within each other."""
MAX_TERMS: Final = 1_000
"""Words, tags and times of a query."""

NAME: Final = re.compile(r"([^\W\d_][\w-]*):(?!//)")
_QUOTES: Final = '"“”„‟'
_SPACE: Final = re.compile(r"\s*")
_OPERATOR: Final = re.compile(rf"(AND|OR|NOT)(?=[\s(){_QUOTES}]|$)")
_BARE: Final = re.compile(rf"[^\s(){_QUOTES}]+")
_QUOTED: Final = re.compile(rf"[{_QUOTES}]((?:[^{_QUOTES}\\]|\\.)*)[{_QUOTES}]")


class Scanner:
    """A query's text and how far it is read."""

    def __init__(self, text: str) -> None:
        self.text = re.sub(r"\s", " ", text)
        self.at = 0
        self.depth = 0
        self.terms = 0

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        raise QueryError(message, self.text, self.at if at is None else at)

    def value(self, star: bool) -> tuple[str, bool]:
        """A value in quotes or bare, and whether a * follows it (where that is allowed)."""
        if self.quote():
            raw = self.quoted()
            prefix = self.peek() == "*"
            if prefix:
                self.at += 1
        else:
            raw = self.bare()
            prefix = raw.endswith("*")
            raw = raw.removesuffix("*")
            if "*" in raw:
                self.fail("* stands only at the end of a value", self.at - len(raw) - prefix + raw.find("*"))
        if prefix and not star:
            self.fail("* is not possible here", self.at - 1)
        return raw, prefix

    def normal(self, raw: str, start: int) -> tuple[str, ...]:
        words = tuple(Text.of(raw).words)
        if not words:
            self.fail("there is no word in this term: only letters and digits can be searched for", start)
        if tuple(Text.of(" ".join(words)).words) != words:
            self.fail("this is longer than any word in the index", start)
        self.terms += len(words) - 1
        self.count(start, 0)
        return words

    def bare(self) -> str:
        match = _BARE.match(self.text, self.at)
        if match is None:
            self.fail("a term is missing here")
        self.at = match.end()
        return match[0]

    def quoted(self) -> str:
        match = _QUOTED.match(self.text, self.at)
        if match is None:
            self.fail("this quote is never closed")
        self.at = match.end()
        return re.sub(r"\\(.)", r"\1", match[1])

    def quote(self) -> bool:
        return not self.ended(skip=False) and self.peek() in _QUOTES

    def skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else " "

    def ended(self, skip: bool = True) -> bool:
        if skip:
            self.skip()
        return self.at >= len(self.text) or self.text[self.at] == ")"

    def operator(self) -> str:
        self.skip()
        match = _OPERATOR.match(self.text, self.at)
        return match[1] if match else ""

    def enter(self, at: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} levels deep", at)

    def count(self, at: int, terms: int = 1) -> None:
        self.terms += terms
        if self.terms > MAX_TERMS:
            self.fail(f"more than {MAX_TERMS:,} terms in one query", at)
