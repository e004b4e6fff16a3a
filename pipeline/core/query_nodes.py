"""The meaning of a query: a small tree of frozen values, and how it prints back to text.

Every interpreter (in memory, tantivy, Elasticsearch) gives each node exactly the meaning in its docstring. They
see a story through the same `core.document.Document`: its text fields `title`, `body` and `author` as words and
stems in order, its tags as sets of normalised values, its counts, and its time of publication.

    Text leaves    Word  Phrase  Near  Prefix  Exact      in one text field, or ("") in title or in body
    Other leaves   All  Tag  Count  Event  Published
    Branches       And  Or  Not

Words in nodes are normalised words as `core.text` makes them (not stems). Two positions are *in one field* when
they belong to the same text: no phrase runs from a title into a body.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, TypeAlias, get_args

from pipeline.core.text import stem

TextFieldName = Literal["title", "body", "author"]
In = Literal["", "title", "body", "author"]
"""Where a text leaf looks: one text field, or "" for title and body."""

TagField = Literal["topic", "status", "source", "country", "lang", "feed", "tag", "cluster", "origin", "thread"]
CountField = Literal["outlets", "origins"]
Sign = Literal["<", "<=", "=", ">=", ">"]

TEXT_FIELDS: Final[tuple[TextFieldName, ...]] = get_args(TextFieldName)
TAG_FIELDS: Final[tuple[TagField, ...]] = get_args(TagField)
COUNT_FIELDS: Final[tuple[CountField, ...]] = get_args(CountField)
MAX_TAG: Final = 200

_PLAIN_VALUE: Final = re.compile(r"[\w.,/@&+'-]+")
_UNITS: Final = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)),
                 ("s", timedelta(seconds=1)))


@lru_cache(maxsize=20_000)
def tag_value(raw: str) -> str:
    """How a tag is compared: NFKC, lower case, white space collapsed, at most MAX_TAG characters. Idempotent."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", raw).lower())
    return " ".join(plain.split())[:MAX_TAG].rstrip()


def text_fields(where: In) -> tuple[TextFieldName, ...]:
    """The text fields that a leaf looks into."""
    return (where,) if where else ("title", "body")


# ── Text leaves ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Word:
    """A field contains a word whose stem is `stem`."""

    word: str
    where: In = ""

    @property
    def stem(self) -> str:
        return stem(self.word)

    def __str__(self) -> str:
        return _in(self.where) + self.word


@dataclass(frozen=True, slots=True)
class Phrase:
    """One field has words with these stems (two or more) at consecutive positions, in this order."""

    words: tuple[str, ...]
    where: In = ""

    def __post_init__(self) -> None:
        if len(self.words) < 2:
            raise ValueError("a phrase has two or more words")

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(stem(word) for word in self.words)

    def __str__(self) -> str:
        return f'{_in(self.where)}"{" ".join(self.words)}"'


@dataclass(frozen=True, slots=True)
class Near:
    """One field has stem(a) at position i and stem(b) at position j, with |i - j| - 1 <= `between`.

    Either order, at most `between` other words in between; the two stems differ. Equal to the OR of the two
    ordered sloppy phrases of slop `between` in tantivy and in Lucene, which count alike for two words only.
    """

    a: str
    b: str
    between: int
    where: In = ""

    def __post_init__(self) -> None:
        if stem(self.a) == stem(self.b):
            raise ValueError("proximity needs two different words")

    @property
    def stems(self) -> tuple[str, str]:
        return stem(self.a), stem(self.b)

    def __str__(self) -> str:
        return f'{_in(self.where)}"{self.a} {self.b}"~{self.between}'


@dataclass(frozen=True, slots=True)
class Prefix:
    """A field contains an (unstemmed) word that starts with `prefix`."""

    prefix: str
    where: In = ""

    def __str__(self) -> str:
        return f"{_in(self.where)}{self.prefix}*"


@dataclass(frozen=True, slots=True)
class Exact:
    """One field has exactly these (unstemmed) words, one or more, at consecutive positions in this order."""

    words: tuple[str, ...]
    where: In = ""

    def __post_init__(self) -> None:
        if not self.words:
            raise ValueError("an exact form has at least one word")

    def __str__(self) -> str:
        return f'{_in(self.where)}="{" ".join(self.words)}"'


# ── Other leaves ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class All:
    """Every story."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True)
class Tag:
    """The story's tags of this field include `value`; with `prefix`, a tag that starts with it.

    `value` is a `tag_value`; empty only with `prefix`: any tag of this field at all.
    """

    field: TagField
    value: str
    prefix: bool = False

    def __str__(self) -> str:
        return f"{self.field}:{_value(self.value)}{'*' if self.prefix else ''}"


@dataclass(frozen=True, slots=True)
class Count:
    """The document's count of this field is less than, equal to or more than `number` (0 or more), as `sign` says.

    A document without this count does not match.
    """

    field: CountField
    sign: Sign
    number: int

    @property
    def low(self) -> int | None:
        """The least count meant, None where there is no bound."""
        return None if self.sign in ("<", "<=") else self.number + (self.sign == ">")

    @property
    def high(self) -> int | None:
        """The greatest count meant, None where there is no bound."""
        return None if self.sign in (">", ">=") else self.number - (self.sign == "<")

    def holds(self, count: int) -> bool:
        low, high = self.low, self.high
        return (low is None or count >= low) and (high is None or count <= high)

    def __str__(self) -> str:
        return f"{self.field}:{'' if self.sign == '=' else self.sign}{self.number}"


@dataclass(frozen=True, slots=True)
class Event:
    """One and the same event of the story has all these facts.

    `facts` are `name:value` strings, sorted, each once: `topic:…`, `status:…`, and a role such as
    `supplier:kp`. `key` is the one keyword to look up among `Document.tags["event"]`, which holds every
    combination of the facts of each event in the same order.
    """

    facts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.facts:
            raise ValueError("an event needs at least one fact")
        object.__setattr__(self, "facts", tuple(sorted(set(self.facts))))

    @property
    def key(self) -> str:
        return event_key(self.facts)

    def __str__(self) -> str:
        shown = []
        for fact in self.facts:
            name, _, value = fact.partition(":")
            shown.append(f"{name}:{_value(value)}")
        return f"event:({' '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Published:
    """`after`: published at `time` or later. `before`: published earlier than `time`.

    `time` is an aware UTC datetime, or an age to subtract from `now` (it stays relative in the tree). Compared
    to the microsecond. A document without a time of publication matches neither.
    """

    side: Literal["after", "before"]
    time: datetime | timedelta

    def at(self, now: datetime) -> datetime:
        """The moment meant, as of `now`."""
        return self.time if isinstance(self.time, datetime) else now - self.time

    def __str__(self) -> str:
        return f"{self.side}:{_time(self.time)}"


# ── Branches ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class And:
    """Every part matches (two or more parts; nested Ands are flattened)."""

    parts: "tuple[Query, ...]"

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _flat(self.parts, And))

    def __str__(self) -> str:
        shown = []
        for part in self.parts:
            if isinstance(part, Not) and not isinstance(part.part, Not):
                shown.append("-" + str(part).removeprefix("NOT "))
            else:
                shown.append(f"({part})" if isinstance(part, Or) else str(part))
        return " ".join(shown)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part matches (two or more parts; nested Ors are flattened)."""

    parts: "tuple[Query, ...]"

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _flat(self.parts, Or))

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not match; alone it means every story but those."""

    part: "Query"

    def __str__(self) -> str:
        return f"NOT ({self.part})" if isinstance(self.part, And | Or) else f"NOT {self.part}"


TextLeaf: TypeAlias = Word | Phrase | Near | Prefix | Exact
Query: TypeAlias = TextLeaf | All | Tag | Count | Event | Published | And | Or | Not


def all_of(parts: Iterable[Query]) -> Query:
    """The conjunction: the part itself where there is one, everything where there is none."""
    kept = tuple(parts)
    return And(kept) if len(kept) > 1 else kept[0] if kept else All()


def any_of(parts: Iterable[Query]) -> Query:
    """The disjunction of one or more parts: the part itself where there is one."""
    kept = tuple(parts)
    return Or(kept) if len(kept) > 1 else kept[0]


def walk(query: Query) -> Iterator[Query]:
    """The node and all nodes below it, parents first."""
    yield query
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from walk(part)
    elif isinstance(query, Not):
        yield from walk(query.part)


def topics_named(query: Query) -> frozenset[str]:
    """The topics that a query asks for by name, as tag values: so that a misspelt one can be told."""
    named = {node.value for node in walk(query) if isinstance(node, Tag) and node.field == "topic" and not node.prefix}
    facts = (fact.partition(":") for node in walk(query) if isinstance(node, Event) for fact in node.facts)
    return frozenset(named | {value for name, _, value in facts if name == "topic"})


def event_key(facts: Iterable[str]) -> str:
    """The keyword for a combination of facts, which must be sorted; no fact contains a line feed."""
    return "\n".join(facts)


def _flat(parts: Iterable[Query], kind: type[And] | type[Or]) -> tuple[Query, ...]:
    out: list[Query] = []
    for part in parts:
        if isinstance(part, kind):
            out.extend(part.parts)
        else:
            out.append(part)
    if len(out) < 2:
        raise ValueError(f"{kind.__name__} needs two or more parts")
    return tuple(out)


def _in(where: In) -> str:
    return f"{where}:" if where else ""


def _value(value: str) -> str:
    if not value or _PLAIN_VALUE.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _time(time: datetime | timedelta) -> str:
    if isinstance(time, timedelta):
        for letter, unit in _UNITS:
            if time % unit == timedelta(0):
                return f"{time // unit}{letter}"
        raise ValueError("an age is a whole number of seconds")
    utc = time.astimezone(UTC)
    if (utc.hour, utc.minute, utc.second, utc.microsecond) == (0, 0, 0, 0):
        return f"{utc:%Y-%m-%d}" if utc.year > 999 else utc.date().isoformat()
    return utc.replace(tzinfo=None).isoformat() + "Z"
