"""A query as Elasticsearch's query DSL, with exactly the meaning that `core/query_nodes.py` gives each node."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from pipeline.core.query import (
    All,
    And,
    Count,
    Event,
    Exact,
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
from pipeline.stores.elastic.clock import to_us

Dsl = dict[str, Any]

_TITLE_WEIGHT: Final = 2.0
"""A word in the title counts this much more than one in the body, for relevance."""
_DEEPEST: Final = 12
"""Elasticsearch refuses more than 30 clauses within each other; below this depth a `wrapper` starts anew."""


def translate(query: Query, now: datetime) -> Dsl:
    """The DSL of `query` as of `now`. Tags, events and times count for nothing in the score."""
    return _dsl(query, now, 0)


def _dsl(query: Query, now: datetime, depth: int) -> Dsl:
    if depth == _DEEPEST:
        inner = json.dumps(_dsl(query, now, 0)).encode()
        return {"wrapper": {"query": base64.b64encode(inner).decode()}}
    if isinstance(query, And):
        return _all_of(query.parts, now, depth + 1)
    if isinstance(query, Or):
        return _any_of(_dsl(part, now, depth + 1) for part in query.parts)
    if isinstance(query, Not):
        return {"bool": {"must_not": [_dsl(query.part, now, depth + 1)]}}
    if isinstance(query, TextLeaf):
        leaves = [_weighed(_text(query, field), field) for field in text_fields(query.where)]
        return leaves[0] if len(leaves) == 1 else _any_of(leaves)
    return {"bool": {"filter": [_fact(query, now)]}}


def _all_of(parts: Iterable[Query], now: datetime, depth: int) -> Dsl:
    clauses: dict[str, list[Dsl]] = {}
    for part in parts:
        if isinstance(part, Not):
            clauses.setdefault("must_not", []).append(_dsl(part.part, now, depth))
        elif isinstance(part, All | Tag | Count | Event | Published):
            clauses.setdefault("filter", []).append(_fact(part, now))
        else:
            clauses.setdefault("must", []).append(_dsl(part, now, depth))
    return {"bool": clauses}


def _any_of(clauses: Iterable[Dsl]) -> Dsl:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}


def _weighed(clause: Dsl, field: str) -> Dsl:
    return {"bool": {"must": [clause], "boost": _TITLE_WEIGHT}} if field == "title" else clause


def _text(leaf: TextLeaf, field: str) -> Dsl:
    stems, words = f"find.stems.{field}", f"find.words.{field}"
    if isinstance(leaf, Word):
        return {"term": {stems: {"value": leaf.stem}}}
    if isinstance(leaf, Phrase):
        return _phrase(stems, leaf.stems)
    if isinstance(leaf, Exact):
        return _phrase(words, leaf.words) if len(leaf.words) > 1 else {"term": {words: {"value": leaf.words[0]}}}
    if isinstance(leaf, Prefix):
        return {"prefix": {words: {"value": leaf.prefix}}}
    return _near(leaf, stems)


def _phrase(field: str, terms: Iterable[str], slop: int = 0) -> Dsl:
    return {"match_phrase": {field: {"query": " ".join(terms), "slop": slop}}}


def _near(leaf: Near, field: str) -> Dsl:
    a, b = leaf.stems
    return _any_of([_phrase(field, (a, b), leaf.between), _phrase(field, (b, a), leaf.between)])


def _fact(query: All | Tag | Count | Event | Published, now: datetime) -> Dsl:
    if isinstance(query, Tag):
        field = f"find.tags.{query.field}"
        if not query.prefix:
            return {"term": {field: {"value": query.value}}}
        return {"prefix": {field: {"value": query.value}}} if query.value else {"exists": {"field": field}}
    if isinstance(query, Event):
        return {"term": {"find.tags.event": {"value": query.key}}}
    if isinstance(query, Count):
        bounds = {"gte": query.low, "lte": query.high}
        return {"range": {query.field: {name: bound for name, bound in bounds.items() if bound is not None}}}
    if isinstance(query, Published):
        return {"range": {"find.published_us": {"gte" if query.side == "after" else "lt": to_us(query.at(now))}}}
    return {"match_all": {}}
