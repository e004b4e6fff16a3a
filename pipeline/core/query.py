"""The query language: one question that searches the archive, is a saved search and fires an alert.

    parse(text) -> Query              QueryError points at the character
    str(query)                        text that parses to the same Query
    match(query, document, now)       in memory, with the spans of what matched; None where it does not
    matches(query, document, now)     only whether

`query_nodes` says what each node means, `query_parse` how it is written (on `query_scan`, the characters),
`query_match` matches it in memory;
the stores translate the same nodes for their engines. `docs/queries.md` is the user's page.
"""

from pipeline.core.query_match import Match, match, matches
from pipeline.core.query_nodes import (
    COUNT_FIELDS,
    MAX_TAG,
    TAG_FIELDS,
    TEXT_FIELDS,
    All,
    And,
    Count,
    CountField,
    Event,
    Exact,
    In,
    Near,
    Not,
    Or,
    Phrase,
    Prefix,
    Published,
    Query,
    Tag,
    TagField,
    TextFieldName,
    TextLeaf,
    Word,
    all_of,
    any_of,
    event_key,
    tag_value,
    text_fields,
    topics_named,
    walk,
)
from pipeline.core.query_parse import FIELDS, parse

__all__ = [
    "COUNT_FIELDS", "FIELDS", "MAX_TAG", "TAG_FIELDS", "TEXT_FIELDS", "All", "And", "Count", "CountField", "Event",
    "Exact", "In", "Match", "Near", "Not", "Or", "Phrase", "Prefix", "Published", "Query", "Tag", "TagField",
    "TextFieldName", "TextLeaf", "Word", "all_of", "any_of", "event_key", "match", "matches", "parse", "tag_value",
    "text_fields", "topics_named", "walk",
]
