"""The indices of a store: their names, mappings and aliases, and how they come to be.

    alias PREFIX-stories            every month, for searching
    alias PREFIX-stories-2026.11    one month: where its stories are written and read by id
    alias PREFIX-homes              story id -> its month, so that a story never has a second copy
    alias PREFIX-revisions          earlier revisions of stories, by id and number
    alias PREFIX-ledger             the records of the Ledger
    alias PREFIX-traces             the Traces of stories, by which copies find one another

Each is an alias of an index with a generation number (`…-000001`), so that a new mapping can take over behind
it. All writes demand the alias (`require_alias`): a missing index is an error, never made with guessed mappings.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from elasticsearch import ApiError, AuthorizationException, Elasticsearch

from pipeline.core.document import DOCUMENT_VERSION
from pipeline.core.errors import StoreError
from pipeline.core.query import TAG_FIELDS, TEXT_FIELDS
from pipeline.core.text import ANALYSIS_VERSION
from pipeline.stores.elastic import trouble
from pipeline.stores.elastic.connection import Connection

SCHEMA: Final = 3
"""Goes up with every change of the mappings below."""
VERSIONS: Final = {"schema": SCHEMA, "analysis": ANALYSIS_VERSION, "document": DOCUMENT_VERSION}

_KEPT: Final = {"type": "keyword", "index": False, "doc_values": False}
_PROSE: Final = {"type": "text", "index": False}
_TAG: Final = {"type": "keyword", "ignore_above": 8000}
_HIDDEN: Final = {"type": "object", "enabled": False}
_TERMS: Final = {"type": "text", "analyzer": "separated", "norms": False}

SETTINGS: Final[dict[str, Any]] = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
}
STORY_SETTINGS: Final[dict[str, Any]] = {
    **SETTINGS,
    # Words come analysed (core/text.py), separated by spaces; normalisation can make them longer than 255.
    "analysis": {
        "tokenizer": {"spaces": {"type": "whitespace", "max_token_length": 8000}},
        "analyzer": {"separated": {"type": "custom", "tokenizer": "spaces"}},
    },
}
# Read by id alone, which needs no refresh.
BY_ID_SETTINGS: Final[dict[str, Any]] = {**SETTINGS, "refresh_interval": "-1"}
STORY_MAPPINGS: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "_meta": VERSIONS,
    "_source": {"excludes": ["find"]},
    "properties": {
        # The story itself, as core/story.py has it: the source of truth, and what Kibana shows.
        "id": {"type": "keyword"},
        "url": _KEPT,
        "title": _PROSE,
        "body": _PROSE,
        "summary": _PROSE,
        "source": _TAG,
        "published": {"type": "date"},
        "seen": {"type": "date"},
        "updated": {"type": "date"},
        "published_from": {"type": "keyword"},
        "published_raw": _KEPT,
        "feeds": _TAG,
        "tags": _TAG,
        "authors": _TAG,
        "lang": _TAG,
        "body_source": {"type": "keyword"},
        "revision": {"type": "integer"},
        "countries": _TAG,
        "topics": {
            "properties": {"topic": _TAG, "secondary": {"type": "boolean"}, "evidence": _HIDDEN},
        },
        "events": {
            "properties": {
                "topic": _TAG,
                "when": _KEPT,
                "roles": _HIDDEN,
                "claims": {"properties": {"status": {"type": "keyword"}, "holder": _HIDDEN, "evidence": _HIDDEN}},
                "evidence": _HIDDEN,
            },
        },
        "cluster": _TAG,
        "origin": _TAG,
        "copied": {"type": "boolean"},
        "thread": _TAG,
        "outlets": {"type": "integer"},
        "origins": {"type": "integer"},
        # What queries look at (core/document.py), made from the story; not kept in the source.
        "find": {
            "properties": {
                "published_us": {"type": "long"},
                "fold": {"type": "keyword"},
                "stems": {"properties": {field: {**_TERMS, "norms": True} for field in TEXT_FIELDS}},
                "words": {"properties": dict.fromkeys(TEXT_FIELDS, _TERMS)},
                "tags": {"properties": {field: {"type": "keyword"} for field in (*TAG_FIELDS, "event")}},
            },
        },
    },
}
HOME_MAPPINGS: Final[dict[str, Any]] = {
    "dynamic": "strict", "_meta": VERSIONS, "properties": {"month": _KEPT, "by": _KEPT},
}
REVISION_MAPPINGS: Final[dict[str, Any]] = {"dynamic": "strict", "_meta": VERSIONS, "properties": {"story": _HIDDEN}}
TRACE_MAPPINGS: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "_meta": VERSIONS,
    "properties": {"terms": {"type": "keyword"}, "at_us": {"type": "long"}, "written_us": {"type": "long"},
                   "data": {"type": "binary"}},
}
LEDGER_MAPPINGS: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "_meta": VERSIONS,
    "properties": {
        "kind": {"type": "keyword"},
        "key": _KEPT,
        "order": {"type": "keyword"},
        "due_us": {"type": "long"},
        "data": _HIDDEN,
        "by": _KEPT,
    },
}


def month_of(seen: datetime) -> str:
    """The month whose index takes a story first seen then, such as `2026.11`."""
    return f"{seen.year:04d}.{seen.month:02d}"


class Indices:
    """Names of this store's aliases, and the making of what is missing."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.stories = f"{connection.prefix}-stories"
        self.homes = f"{connection.prefix}-homes"
        self.revisions = f"{connection.prefix}-revisions"
        self.ledger = f"{connection.prefix}-ledger"
        self.traces = f"{connection.prefix}-traces"
        self._known: set[str] = set()

    def month(self, month: str) -> str:
        """The alias of one month of stories."""
        return f"{self.stories}-{month}"

    def ensure(self, alias: str, *, again: bool = False) -> None:
        """Make the index behind `alias` where there is none yet; `again`: look even if it was there before.

        Raises StoreError where a month of stories has mappings of another version: writing to it would make
        stories that queries do not find.
        """
        if alias in self._known and not again:
            return
        # One look at both, aliases and names: of several that make the index at once, all choose the same name.
        found = self._indices_of(re.escape(alias))
        if not any(alias in aliases for aliases in found.values()):
            aliases = [alias, self.stories] if self.is_month(alias) else [alias]
            self.create(_next_generation(alias, found), aliases)
        elif self.is_month(alias):
            for index, mappings in self.connection.ask(lambda es: _mappings(es, alias)).items():
                meta = mappings.get("_meta", {})
                check_not_newer(index, meta)
                if not is_current(meta):
                    raise StoreError(f"the index {index} was made by an older Wirewatch: "
                                     "run `wirewatch store reindex` once")
        self._known.add(alias)

    def exists(self, alias: str) -> bool:
        """Whether there is an index behind `alias`."""
        # Not `exists_alias`: the answer to a HEAD request has no room for the reason of a refusal.
        return bool(self.connection.ask(lambda es: _mappings(es, alias)))

    def create(self, index: str, aliases: list[str]) -> None:
        """Create an index with the mappings of its kind; one that exists already is left as it is."""
        settings, mappings = self._of(index)
        try:
            self.connection.call(
                lambda es: es.indices.create(
                    index=index, settings=settings, mappings=mappings, aliases={alias: {} for alias in aliases}
                )
            )
        except ApiError as error:
            if trouble.kind_of(error) != "resource_already_exists_exception":
                raise self.connection.explained(error) from error

    def next_generation(self, alias: str) -> str:
        """The name for a new index behind `alias`, one that none has, not even a forgotten one."""
        return _next_generation(alias, self._indices_of(re.escape(alias)))

    def forgotten(self) -> list[str]:
        """Indices of stories that no search sees: left over by a `reindex` that was cut off."""
        return [
            index for index, aliases in self._indices_of(rf"{re.escape(self.stories)}-\d{{4}}\.\d\d").items()
            if self.stories not in aliases
        ]

    def _indices_of(self, aliases: str) -> dict[str, list[str]]:
        """Name and aliases of every index whose alias has this form (a regular expression)."""
        found = self.connection.ask(lambda es: es.indices.get_alias(index=f"{self.connection.prefix}-*"))
        return {
            index: list(of["aliases"]) for index, of in found.body.items() if re.fullmatch(rf"{aliases}-\d{{6}}", index)
        }

    def is_month(self, alias: str) -> bool:
        return re.fullmatch(rf"{re.escape(self.stories)}-\d{{4}}\.\d\d", alias) is not None

    def generations(self) -> dict[str, dict[str, Any]]:
        """The indices of stories that are searched, oldest month first: name -> `_meta` of its mappings."""
        found = self.connection.ask(lambda es: _mappings(es, self.stories))
        return {index: found[index].get("_meta", {}) for index in sorted(found)}

    def refresh_stories(self) -> None:
        """Make what was written to stories show in searches."""
        self.connection.ask(
            lambda es: es.indices.refresh(index=self.stories, ignore_unavailable=True, allow_no_indices=True)
        )

    def init(self) -> bool:
        """Make everything that does not depend on a month; whether the index template could be put, too.

        The template is a second net (a month restored or made by hand gets the right mappings) that needs the
        cluster privilege manage_index_templates; all else works without it.
        """
        for alias in (self.homes, self.revisions, self.traces, self.ledger):
            self.ensure(alias, again=True)
        template = {"settings": STORY_SETTINGS, "mappings": STORY_MAPPINGS}
        try:
            self.connection.call(
                lambda es: es.indices.put_index_template(
                    name=self.stories, index_patterns=[f"{self.stories}-*"], template=template, priority=500,
                    meta=VERSIONS,
                )
            )
        except AuthorizationException:
            return False
        except ApiError as error:
            raise self.connection.explained(error) from error
        return True

    def _of(self, index: str) -> tuple[dict[str, Any], dict[str, Any]]:
        if index.startswith(f"{self.stories}-"):
            return STORY_SETTINGS, STORY_MAPPINGS
        if index.startswith(f"{self.homes}-"):
            return BY_ID_SETTINGS, HOME_MAPPINGS
        if index.startswith(f"{self.revisions}-"):
            return BY_ID_SETTINGS, REVISION_MAPPINGS
        if index.startswith(f"{self.traces}-"):
            return SETTINGS, TRACE_MAPPINGS
        return SETTINGS, LEDGER_MAPPINGS


def _next_generation(alias: str, indices: Iterable[str]) -> str:
    numbers = [int(index.rpartition("-")[2]) for index in indices]
    return f"{alias}-{max(numbers, default=0) + 1:06d}"


def check_not_newer(index: str, meta: dict[str, Any]) -> None:
    """Raise StoreError where an index of stories is of a version that is not known here."""
    if any(meta.get(name, 0) > version for name, version in VERSIONS.items()):
        raise StoreError(f"the index {index} was made by a newer Wirewatch: update this one")


def is_current(meta: dict[str, Any]) -> bool:
    """Whether `_meta` of an index of stories says that its mappings are of this version."""
    return {name: meta.get(name) for name in VERSIONS} == VERSIONS


def _mappings(es: Elasticsearch, alias: str) -> dict[str, dict[str, Any]]:
    answer = es.indices.get_mapping(index=alias, ignore_unavailable=True, allow_no_indices=True)
    return {index: found["mappings"] for index, found in answer.body.items()}
