"""Query text to a query tree: a recursive descent that knows where it stands.

    any    := all ("OR" all)*                 all   := not (["AND"] not)*
    not    := ("NOT" | "-") not | term        term  := "(" any ")" | field ":" value | "*" | text
    text   := word | word"*" | "="word | "="'"…"' | '"…"' ["~" n]
    value  := text | tag | time | count | "(" any ")"  event := "event:(" (topic | name ":" tag)+ ")"
    count  := ["<" | "<=" | "=" | ">=" | ">"] number

A field before a parenthesis holds for every bare term inside: `title:(drone OR missile)`.
"""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, cast, get_args

from pipeline.core.query_nodes import (
    COUNT_FIELDS,
    TAG_FIELDS,
    TEXT_FIELDS,
    All,
    Count,
    CountField,
    Event,
    Exact,
    In,
    Near,
    Not,
    Phrase,
    Prefix,
    Published,
    Query,
    Sign,
    Tag,
    TagField,
    Word,
    all_of,
    any_of,
    tag_value,
)
from pipeline.core.query_scan import MAX_LENGTH, NAME, Scanner
from pipeline.core.story import ClaimStatus
from pipeline.core.text import stem
from pipeline.core.yamltext import suggest

MAX_BETWEEN: Final = 100
MAX_AGE: Final = timedelta(days=36_525)

STATUSES: Final[tuple[str, ...]] = get_args(ClaimStatus)
ROLES: Final = ("supplier", "recipient", "weapon", "actor", "target", "location", "holder", "partner")
"""Roles that come with the built-in topics; others are allowed, since topics are configured."""
FIELDS: Final = (*TEXT_FIELDS, *TAG_FIELDS, *COUNT_FIELDS, "event", "after", "before", "since")

_TIMES: Final = {"after": "after", "since": "after", "before": "before"}
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_COUNT: Final = re.compile(r"(<=|>=|<|>|=|)(\d{1,9})", re.ASCII)
_AGE: Final = re.compile(r"(\d{1,9})([smhdw])")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_HELP: Final = 'such as: missile launch, "ballistic missile", topic:sanctions, since:24h; * finds every story'


def parse(text: str) -> Query:
    """The query that `text` asks; raises QueryError at the character where it cannot be understood."""
    return _Parser(text).whole()


class _Parser(Scanner):
    # ── boolean ───────────────────────────────────────────────────────────────────────────────────────────

    def whole(self) -> Query:
        if len(self.text) > MAX_LENGTH:
            self.text, length = self.text[:60], len(self.text)
            self.fail(f"the query is {length:,} characters long, at most {MAX_LENGTH:,} are allowed", 0)
        if not self.text.strip():
            self.fail(f"the query is empty; write what to find, {_HELP}", 0)
        query = self.any("")
        if self.at < len(self.text):
            self.fail("this ) closes nothing")
        return query

    def any(self, field: str) -> Query:
        parts = [self.all(field)]
        while self.operator() == "OR":
            self.at += 2
            parts.append(self.all(field))
        return any_of(parts)

    def all(self, field: str) -> Query:
        parts = [self.negated(field)]
        while not self.ended() and self.operator() != "OR":
            if self.operator() == "AND":
                self.at += 3
            parts.append(self.negated(field))
        return all_of(parts)

    def negated(self, field: str) -> Query:
        operator, start = self.operator(), self.at
        if self.ended():
            before = self.text[:start].rstrip()
            if match := re.search(r"(?<!\S)(AND|OR|NOT)$", before):
                self.fail(f"{match[0]} needs something after it", match.start())
            self.fail("nothing inside these parentheses", max(before.rfind("("), 0))
        if operator in ("AND", "OR"):
            self.fail(f'{operator} needs something before it; for the word itself write "{operator.lower()}"')
        if operator == "NOT" or self.peek() == "-":
            self.at += 3 if operator else 1
            if not operator and self.peek() in " -":
                self.fail("- needs a term right after it; to search for punctuation is not possible", start)
            self.enter(start)
            query = Not(self.negated(field))
            self.depth -= 1
            return query
        return self.term(field)

    # ── terms ─────────────────────────────────────────────────────────────────────────────────────────────

    def term(self, field: str) -> Query:
        start = self.at
        if self.peek() == "(":
            return self.group(field)
        if name := NAME.match(self.text, start):
            return self.named(name[1], start, name.end())
        if field in TAG_FIELDS:
            return self.tag(field)
        if field in COUNT_FIELDS:
            return self.number(field)
        return self.words(cast(In, field))

    def group(self, field: str) -> Query:
        start = self.at
        self.enter(start)
        self.at += 1
        query = self.any(field)
        if self.peek() != ")":
            self.fail("this ( is never closed", start)
        self.at += 1
        self.depth -= 1
        return query

    def named(self, written: str, start: int, after: int) -> Query:
        name = written.lower()
        if name not in FIELDS:
            self.fail(f'unknown field "{written}"{suggest(name, FIELDS)} (to search for the text itself, '
                      f"put it in quotes)", start)
        self.at = after
        if self.ended(skip=False) or self.peek() == " ":
            self.fail(f'nothing after "{written}:"; the value follows without a space', start)
        if name == "event":
            return self.event(start)
        if name in _TIMES:
            return self.time(_TIMES[name], written)
        if self.peek() == "(":
            return self.group(name)
        if name in TAG_FIELDS:
            return self.tag(name)
        if name in COUNT_FIELDS:
            return self.number(name)
        return self.words(cast(In, name))

    def words(self, where: In) -> Query:
        start = self.at
        self.count(start)
        exact = self.peek() == "="
        if exact:
            self.at += 1
        if self.quote():
            words = self.normal(self.quoted(), start)
            after = self.peek()
            if exact:
                return Exact(words, where)
            if after == "~":
                return self.near(words, where, start)
            if after == "*":
                self.fail("a phrase cannot end in *; a prefix takes one word without quotes, such as missil*")
            return Phrase(words, where) if len(words) > 1 else Word(words[0], where)
        bare = self.bare()
        if bare == "*" and not where and not exact:
            return All()
        for sign, rule in (("~", 'stands only after two words in quotes, such as "shells russia"~5'),
                           ("*", "stands only at the end of a word, such as missil*")):
            if (place := bare.find(sign)) >= 0 and (sign != "*" or place < len(bare) - 1 or exact or place == 0):
                self.fail(f"{sign} {rule}", self.at - len(bare) + place)
        words = self.normal(bare, start)
        if exact:
            return Exact(words, where)
        if bare.endswith("*"):
            if len(words) > 1:
                self.fail(f'a prefix takes one word, "{bare[:-1]}" has {len(words)}', start)
            if len(words[0]) < 2 and words[0].isascii():
                self.fail("a prefix needs at least two characters before the *", start)
            return Prefix(words[0], where)
        return Phrase(words, where) if len(words) > 1 else Word(words[0], where)

    def near(self, words: tuple[str, ...], where: In, start: int) -> Query:
        sign = self.at
        self.at += 1
        number = self.bare() if not self.ended(skip=False) and self.peek() not in ' "' else ""
        if not re.fullmatch(r"\d{1,9}", number, re.ASCII) or int(number) > MAX_BETWEEN:
            self.fail(f"~ takes the number of words that may stand between, 0 to {MAX_BETWEEN}", sign)
        if len(words) != 2:
            pairs = " ".join(f'"{a} {b}"~{number}' for a, b in pairwise(words))
            hint = f"; write pairs: {pairs}" if pairs else ""
            self.fail(f"proximity takes exactly two words, here are {len(words)}{hint}", start)
        if stem(words[0]) == stem(words[1]):
            self.fail("proximity needs two different words", start)
        return Near(words[0], words[1], int(number), where)

    def tag(self, field: TagField) -> Query:
        start = self.at
        self.count(start)
        raw, prefix = self.value(star=True)
        value = self.checked(field, raw, prefix, start)
        if not value and not prefix:
            self.fail(f"{field}: needs a value", start)
        return Tag(field, value, prefix)

    def number(self, field: CountField) -> Query:
        start = self.at
        self.count(start)
        raw = self.value(star=False)[0].strip()
        match = _COUNT.fullmatch(raw)
        if match is None:
            self.fail(f'"{raw}" is not a number as {field}: takes it; write {field}:3, {field}:>3, {field}:>=3, '
                      f"{field}:<3 or {field}:<=3", start)
        return Count(field, cast(Sign, match[1] or "="), int(match[2]))

    def event(self, start: int) -> Query:
        if self.peek() != "(":
            self.fail("event: takes facts in parentheses, such as event:(arms-transfer supplier:KP status:alleged)",
                      start)
        opened = self.at
        self.at += 1
        facts: list[str] = []
        while True:
            self.skip()
            place = self.at
            if self.ended(skip=False):
                break
            operator = self.operator()
            if operator in ("OR", "NOT") or self.peek() in "-(":
                self.fail("inside event:(…) facts are only listed; write event:(…) OR event:(…)")
            if operator == "AND":
                self.at += 3
                continue
            self.count(place)
            written = NAME.match(self.text, place)
            name = written[1].lower() if written else "topic"
            if written:
                self.at = written.end()
            known = ("topic", "status", *ROLES)
            if name not in known and (hint := suggest(name, known)).startswith("; did you"):
                self.fail(f'unknown fact "{name}"{hint}', place)
            if self.ended(skip=False) or self.peek() == " ":
                self.fail(f'nothing after "{name}:"; the value follows without a space', place)
            at_value = self.at
            value = self.checked(name, self.value(star=False)[0], False, at_value)
            if not value:
                self.fail(f"{name}: needs a value", place)
            facts.append(f"{name}:{value}")
        if self.at == len(self.text):
            self.fail("this ( is never closed", opened)
        if not facts:
            self.fail("event:() needs at least one fact, such as event:(arms-transfer supplier:KP)", opened)
        self.at += 1
        return Event(tuple(facts))

    def time(self, side: str, written: str) -> Query:
        start = self.at
        self.count(start)
        if self.peek() == "(":
            self.fail(f"{written}: takes one time, not a group")
        raw = self.value(star=False)[0].strip()
        age = _age(raw)
        moment = _date(raw) if age is None else age
        if moment is None:
            self.fail(f'"{raw}" is not a time; write a date (2022-11-01), a time in UTC (2022-11-01T14:30Z) '
                      f"or an age (30m, 24h, 7d, 2w; at most 100 years)", start)
        return Published("after" if side == "after" else "before", moment)

    def checked(self, field: str, raw: str, prefix: bool, start: int) -> str:
        """A tag value in the form in which it is compared; what can only be a mistake is an error."""
        value = tag_value(raw)
        if field == "status" and not prefix and value not in STATUSES:
            self.fail(f'unknown status "{raw}"{suggest(value, STATUSES)}', start)
        if field == "country":
            value = {"uk": "gb"}.get(value, value)
            if not prefix and not re.fullmatch("[a-z]{2}", value):
                self.fail(f'"{raw}" is not a country code; write two letters, such as country:KP', start)
        if field in ("topic", "lang") and value and not re.fullmatch(r"[\w-]+", value):
            self.fail(f'"{raw}" is not a name as {field}: takes it; for several write {field}:(a OR b)', start)
        return value


def _age(raw: str) -> timedelta | None:
    match = _AGE.fullmatch(raw)
    if match is None:
        return None
    seconds = int(match[1]) * _UNITS[match[2]]
    return timedelta(seconds=seconds) if seconds <= MAX_AGE.total_seconds() else None


def _date(raw: str) -> datetime | None:
    try:
        if match := _DATE.fullmatch(raw):
            year, month, day = (int(part or 1) for part in match.groups())
            return datetime(year, month, day, tzinfo=UTC)
        moment = datetime.fromisoformat(raw.upper().replace(" ", "T"))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
