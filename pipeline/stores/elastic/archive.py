"""The Archive on Elasticsearch."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

from pipeline.core.query import Query
from pipeline.core.story import Story
from pipeline.stores.base import Facet, Indexed, Interval, Page, Sort, batched
from pipeline.stores.elastic import prune, rebuild, scan, searching
from pipeline.stores.elastic.connection import Connection
from pipeline.stores.elastic.documents import story_of
from pipeline.stores.elastic.indices import SCHEMA, Indices, is_current
from pipeline.stores.elastic.reading import Reader
from pipeline.stores.elastic.translate import translate
from pipeline.stores.elastic.writing import Draft, Writer

_AT_ONCE: Final = 250
_CLAIMED: Final = 1_000
"""Homes made in one request: they are small, and each request waits for the disk once."""
_SENDERS: Final = 2
"""Requests under way while the next stories are analysed."""
_SCANNED: Final = 250


class ElasticArchive:
    """See stores/base.py. Months are told apart by `seen`, so a story keeps its index when dates change."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._indices = Indices(connection)
        self._reader = Reader(self._indices)
        self._writer = Writer(self._indices, self._reader)

    def index(self, stories: Sequence[Story]) -> list[Indexed]:
        results: dict[int, Indexed] = {}
        left = list(range(len(stories)))
        while left:  # more than once only where an id occurs more than once
            first: dict[str, int] = {}
            later = [place for place in left if first.setdefault(stories[place].id, place) != place]
            places = list(first.values())
            results.update(zip(places, self._store([stories[place] for place in places]), strict=True))
            left = later
        return [results[place] for place in range(len(stories))]

    def _store(self, stories: Sequence[Story]) -> list[Indexed]:
        """Store stories, no two with the same id; the next ones are analysed while some are on their way."""
        if len(stories) <= _AT_ONCE:
            drafts = [Draft(story) for story in stories]
            self._writer.claim(drafts)
            return self._writer.store([d.analysed() for d in drafts])
        parts: list[Future[list[Indexed]]] = []
        room = threading.Semaphore(_SENDERS + 1)
        with ThreadPoolExecutor(_SENDERS, "wirewatch-index") as senders:
            for part, claimed in self._claimed(stories, senders):
                room.acquire()
                if any(sent.done() and sent.exception() for sent in parts):
                    break
                sent = senders.submit(self._store_claimed, [d.analysed() for d in part], claimed)
                sent.add_done_callback(lambda _: room.release())
                parts.append(sent)
        return [indexed for sent in parts for indexed in sent.result()]

    def _claimed(
        self, stories: Sequence[Story], senders: ThreadPoolExecutor
    ) -> Iterator[tuple[list[Draft], Future[None]]]:
        """Drafts of stories, some at a time, and when their homes are claimed."""
        for some in batched(stories, _CLAIMED):
            drafts = [Draft(story) for story in some]
            claimed = senders.submit(self._writer.claim, drafts)
            for part in batched(drafts, _AT_ONCE):
                yield part, claimed

    def _store_claimed(self, drafts: Sequence[Draft], claimed: Future[None]) -> list[Indexed]:
        claimed.result()
        return self._writer.store(drafts)

    def mark(self, changes: Mapping[str, Mapping[str, Any]]) -> int:
        return sum(self._writer.mark(dict(some)) for some in batched(changes.items(), _AT_ONCE))

    def refresh(self, leaving: int = 0) -> None:
        self._indices.refresh_stories()

    def get(self, ids: Sequence[str]) -> dict[str, Story]:
        found = self._reader.find(ids)
        return {id: stored.story for id, stored in found.items() if stored.story is not None}

    def history(self, id: str) -> list[Story]:
        story = self.get([id]).get(id)
        return [*self._reader.revisions(id, story.revision - 1), story] if story else []

    def search(
        self,
        query: Query,
        *,
        now: datetime,
        limit: int = 20,
        sort: Sort = "newest",
        cursor: str = "",
        facets: Sequence[Facet] = (),
        timeline: Interval | None = None,
        fold: bool = False,
    ) -> Page:
        return searching.search(self._connection, self._indices.stories, query, now=now, limit=limit, sort=sort,
                                cursor=cursor, facets=facets, timeline=timeline, fold=fold)

    def stories(self, query: Query | None = None, *, now: datetime) -> Iterator[Story]:
        found = translate(query, now) if query is not None else {"match_all": {}}
        order = ["find.published_us", "id"]
        for hit in scan.hits(self._connection, self._indices.stories, found, order, _SCANNED):
            yield story_of(hit["_source"])

    def delete_before(self, before: datetime) -> int:
        return prune.delete_before(self._connection, self._indices, self._reader, before)

    def status(self) -> dict[str, Any]:
        """As in stores/base.py, with the server's version and the stories of each index."""
        alias = self._indices.stories
        info = self._connection.version()
        metas = self._indices.generations()
        stats = self._connection.ask(
            lambda es: es.indices.stats(index=alias, metric=["docs", "store"])
        )["indices"] if metas else {}
        total = self._connection.ask(lambda es: es.count(index=alias, ignore_unavailable=True, allow_no_indices=True))
        return {
            "kind": "elasticsearch",
            "place": self._connection.at,
            "prefix": self._connection.prefix,
            "server_version": info,
            "stories": total["count"],
            "size_bytes": sum(of["total"]["store"]["size_in_bytes"] for of in stats.values()),
            "schema_version": SCHEMA,
            "needs_reindex": not all(map(is_current, metas.values())),
            "indices": {name: of["primaries"]["docs"]["count"] for name, of in sorted(stats.items())},
        }

    def reindex(self) -> int:
        return rebuild.rebuild(self._connection, self._indices)

    def init(self) -> bool:
        """Make the store's indices now; whether the key allowed the index template too (it is not needed)."""
        return self._indices.init()

    def exists(self) -> bool:
        """Whether `init` was ever called here."""
        return self._indices.exists(self._indices.ledger)

    def close(self) -> None:
        self._connection.close()

