"""A query tree as tantivy query objects, each node with exactly the meaning of its docstring."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import tantivy

from pipeline.core.query import (
    All,
    And,
    Count,
    Event,
    Near,
    Not,
    Or,
    Phrase,
    Prefix,
    Published,
    Query,
    Tag,
    TextLeaf,
    Word,
    text_fields,
)
from pipeline.stores.embedded.database import to_micros

_Q: Final = tantivy.Query
_MUST: Final = tantivy.Occur.Must
_SHOULD: Final = tantivy.Occur.Should
_NOT: Final = tantivy.Occur.MustNot
_TITLE_WEIGHT: Final = 2.0
"""A word in the title counts this much more than one in the body, for relevance."""
_SPECIAL: Final = re.compile(r"([\\.+*?()|\[\]{}^$])")


def translate(query: Query, schema: Any, now: datetime) -> Any:
    """The tantivy query for `query` as of `now`."""
    if isinstance(query, And):
        return _all(query, schema, now)
    if isinstance(query, Or):
        return _Q.boolean_query([(_SHOULD, translate(part, schema, now)) for part in query.parts])
    if isinstance(query, Not):
        return except_for(stories(schema), translate(query.part, schema, now))
    if isinstance(query, TextLeaf):
        return either([_in_field(query, field, schema) for field in text_fields(query.where)])
    return _Q.const_score_query(_unscored(query, schema, now), 0.0)


def everything() -> Any:
    """All stories and the marker."""
    return _Q.all_query()


def stories(schema: Any) -> Any:
    """Everything but the marker."""
    return except_for(everything(), marker(schema))


def marker(schema: Any) -> Any:
    return _Q.term_query(schema, "marker", "applied", "basic")


def copied(schema: Any) -> Any:
    """Stories that are in a cluster with others."""
    return _Q.const_score_query(_Q.term_query(schema, "copied", "yes", "basic"), 0.0)


def except_for(query: Any, excluded: Any) -> Any:
    return _Q.boolean_query([(_MUST, query), (_NOT, excluded)])


def both(query: Any, other: Any) -> Any:
    return _Q.boolean_query([(_MUST, query), (_MUST, other)])


def between(schema: Any, field: str, low: int | None = None, high: int | None = None) -> Any:
    """Numbers from `low` to `high`, both included."""
    return _Q.range_query(schema, field, tantivy.FieldType.Integer, lower_bound=low, upper_bound=high)


def _all(query: And, schema: Any, now: datetime) -> Any:
    wanted = [(_MUST, translate(part, schema, now)) for part in query.parts if not isinstance(part, Not)]
    unwanted = [(_NOT, translate(part.part, schema, now)) for part in query.parts if isinstance(part, Not)]
    return _Q.boolean_query((wanted or [(_MUST, stories(schema))]) + unwanted)


def either(queries: Sequence[Any]) -> Any:
    return queries[0] if len(queries) == 1 else _Q.boolean_query([(_SHOULD, query) for query in queries])


def _in_field(leaf: TextLeaf, field: str, schema: Any) -> Any:
    found = _leaf(leaf, field, schema)
    return _Q.boost_query(found, _TITLE_WEIGHT) if field == "title" else found


def _leaf(leaf: TextLeaf, field: str, schema: Any) -> Any:
    if isinstance(leaf, Word):
        return _Q.term_query(schema, field, leaf.stem)
    if isinstance(leaf, Phrase):
        return _Q.phrase_query(schema, field, list(leaf.stems))
    if isinstance(leaf, Near):
        a, b = leaf.stems
        return either([_Q.phrase_query(schema, field, [a, b], slop=leaf.between),
                       _Q.phrase_query(schema, field, [b, a], slop=leaf.between)])
    if isinstance(leaf, Prefix):
        return _Q.regex_query(schema, f"{field}_words", _starts(leaf.prefix))
    if len(leaf.words) == 1:
        return _Q.term_query(schema, f"{field}_words", leaf.words[0])
    return _Q.phrase_query(schema, f"{field}_words", list(leaf.words))


def _unscored(query: All | Tag | Count | Event | Published, schema: Any, now: datetime) -> Any:
    if isinstance(query, Tag):
        if query.prefix:
            return _Q.regex_query(schema, query.field, _starts(query.value))
        return _Q.term_query(schema, query.field, query.value, "basic")
    if isinstance(query, Event):
        return _Q.term_query(schema, "event", query.key, "basic")
    if isinstance(query, Count):
        return between(schema, query.field, query.low, query.high)
    if isinstance(query, Published):
        moment = to_micros(query.at(now))
        if query.side == "after":
            return between(schema, "published", low=moment)
        return between(schema, "published", high=moment - 1)
    return stories(schema)


def _starts(prefix: str) -> str:
    """A regular expression for everything that starts with `prefix`."""
    return _SPECIAL.sub(r"\\\1", prefix) + ".*"
