"""Stories by id, as they are now: realtime reads that need no refresh."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.core.story import Story
from pipeline.stores.elastic.documents import story_of
from pipeline.stores.elastic.indices import Indices

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """What stands under an id: its home (month, mark of the last writer, version), and the story if any."""

    month: str
    by: str
    home: tuple[int, int]
    story: Story | None = None
    version: tuple[int, int] | None = None


class Reader:
    def __init__(self, indices: Indices) -> None:
        self._indices = indices
        self._connection = indices.connection

    def homes(self, ids: Sequence[str]) -> dict[str, Stored]:
        """The homes that exist among `ids`, without their stories."""
        found: dict[str, Stored] = {}
        for document in self._get([{"_index": self._indices.homes, "_id": id} for id in dict.fromkeys(ids)]):
            source = document["_source"]
            found[document["_id"]] = Stored(source["month"], source["by"], _version(document))
        return found

    def find(self, ids: Sequence[str]) -> dict[str, Stored]:
        """What stands under those of `ids` that have a home."""
        found = self.homes(ids)
        asked = [{"_index": self._indices.month(home.month), "_id": id} for id, home in found.items()]
        for document in self._get(asked):
            home = found[document["_id"]]
            story = story_of(document["_source"])
            found[story.id] = Stored(home.month, home.by, home.home, story, _version(document))
        return found

    def revisions(self, id: str, count: int) -> list[Story]:
        """The first `count` revisions of a story."""
        asked = [{"_index": self._indices.revisions, "_id": f"{id}.{number}"} for number in range(1, count + 1)]
        return [story_of(document["_source"]["story"]) for document in self._get(asked)]

    def _get(self, asked: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for first in range(0, len(asked), _AT_ONCE):
            part = asked[first : first + _AT_ONCE]
            answer = self._connection.ask(lambda es, part=part: es.mget(docs=part))  # type: ignore[misc]
            found += (document for document in answer["docs"] if document.get("found"))
        return found


def _version(document: dict[str, Any]) -> tuple[int, int]:
    return document["_seq_no"], document["_primary_term"]
