"""The shipped topics, compiled once for the tests that read them."""

from functools import cache
from pathlib import Path

from pipeline.core.story import Event, TopicMatch
from pipeline.core.text import Text
from pipeline.core.topics import Detection, Topics, detect, load_topics

CONFIGS = Path(__file__).parents[2] / "configs"


def files(folder: str, ending: str) -> dict[str, str]:
    return {f"configs/{folder}/{path.name}": path.read_text("utf-8") for path in (CONFIGS / folder).glob(ending)}


@cache
def lists() -> dict[str, str]:
    return files("lists", "*.txt")


@cache
def topics() -> Topics:
    return load_topics(files("topics", "*.yaml"), lists())


def found(body: str, title: str = "") -> Detection:
    return detect(Text.of(title), Text.of(body), topics())


def names(body: str, title: str = "") -> set[str]:
    return {match.topic for match in found(body, title).topics}


def match(body: str, topic: str, title: str = "") -> TopicMatch:
    return next(match for match in found(body, title).topics if match.topic == topic)


def events(body: str, topic: str, title: str = "") -> list[Event]:
    return [event for event in found(body, title).events if event.topic == topic]


def roles(event: Event) -> dict[str, str]:
    """Roles as codes, or words where there is none; weapons by class."""
    return {role: party.code or party.kind or party.text for role, party in event.roles.items()}
