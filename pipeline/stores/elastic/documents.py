"""A story as a document of Elasticsearch, and back."""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.core.document import Document, fold_key
from pipeline.core.query import TEXT_FIELDS
from pipeline.core.story import Story, from_plain, to_json
from pipeline.stores.elastic.clock import to_us


def source_of(story: Story) -> bytes:
    """The document: the story's own JSON, and under `find` what queries look at.

    Raises ValueError (UnicodeError is one) for text that is not valid Unicode.
    """
    seen = Document.of(story)
    find: dict[str, Any] = {
        "published_us": to_us(story.published),
        "stems": {field: " ".join(seen.texts[field].stems) for field in TEXT_FIELDS},
        "words": {field: " ".join(seen.texts[field].words) for field in TEXT_FIELDS},
        "tags": {field: sorted(values) for field, values in seen.tags.items()},
    }
    if key := fold_key(story):
        find["fold"] = key
    return b'{"find":' + json.dumps(find, ensure_ascii=False).encode() + b"," + to_json(story)[1:]


def story_of(source: Mapping[str, Any]) -> Story:
    """The story that a document was made of."""
    return from_plain(Story, source)
