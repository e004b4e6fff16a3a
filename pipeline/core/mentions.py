"""A match of a rule in a sentence, with the word that is the act itself."""

from dataclasses import dataclass
from functools import cached_property

from pipeline.core.lexicon import Hit
from pipeline.core.reading import Sentence
from pipeline.core.rules import Rule, Topic
from pipeline.core.story import Evidence, TextField


@dataclass(frozen=True)
class Mention:
    """One match of a rule in a sentence."""

    topic: Topic
    rule: Rule
    sentence: Sentence
    hits: tuple[Hit, ...]

    @property
    def field(self) -> TextField:
        return self.sentence.reading.name

    @cached_property
    def start(self) -> int:
        return min([hit.start for hit in self.hits])

    @cached_property
    def end(self) -> int:
        return max([hit.end for hit in self.hits])

    @cached_property
    def act(self) -> Hit:
        """The hit of the item that is the act itself: as the rule says, or the first that is no thing of a role."""
        rule = self.rule
        for hit in self.hits:
            if hit.symbol == rule.act if rule.act else hit.symbol not in rule.things:
                return hit
        return self.hits[0]

    @cached_property
    def evidence(self) -> Evidence:
        text = self.sentence.reading.text
        start, end = text.starts[self.start], text.ends[self.end - 1]
        return Evidence(self.field, start, end, text.raw[start:end], f"{self.topic.name}: {self.rule.name}")
