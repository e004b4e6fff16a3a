"""The examples of topics, run: a topic is tested data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core.rules import Example
from pipeline.core.story import TopicMatch
from pipeline.core.text import Text
from pipeline.core.topics import Topics, detect


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example of a topic and what was found in it: `found` None means that the topic was not."""

    topic: str
    example: Example
    found: TopicMatch | None

    @property
    def right(self) -> bool:
        return (self.found is not None) == self.example.wanted


def run_examples(topics: Topics, names: Sequence[str] = ()) -> Iterator[ExampleResult]:
    """Every example of every topic (or of those named), taken as a body text."""
    for topic in topics.topics:
        if names and topic.name not in names:
            continue
        for example in topic.examples:
            found = detect(Text.of(""), Text.of(example.text), topics).topics
            yield ExampleResult(topic.name, example, next((m for m in found if m.topic == topic.name), None))


def mistakes(topics: Topics) -> list[str]:
    """The examples that come out wrong, each as `file:line: …` with the rule that matched it."""
    told = []
    for result in run_examples(topics):
        if not result.right:
            if result.found is None:
                why = f"should have the topic {result.topic}, but no rule matches"
            else:
                evidence = result.found.evidence[0]
                why = f"should not have the topic {result.topic}, but {evidence.rule!r} matches “{evidence.text}”"
            told.append(f"{result.example.place}: “{result.example.text}” {why}")
    return told
