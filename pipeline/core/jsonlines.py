"""One line of a JSON-lines file."""

import json
from typing import Any


def object_of(line: str) -> dict[str, Any]:
    """The object that a line holds; raises ValueError with a sentence."""
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"each line must be an object, not {type(value).__name__}")
    return value
