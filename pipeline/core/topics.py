"""Topics, events and countries of a story, from rules that analysts write (`configs/topics/`, docs/topics.md)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.core.events import Mention, events_of
from pipeline.core.lexicon import Hit, Lexicon
from pipeline.core.matching import Present, any_matches, matches
from pipeline.core.places import ACTORS, GROUPS, STATES, countries, parties
from pipeline.core.reading import NAMES, Reading, Sentence
from pipeline.core.rules import PARTIES, Pattern, Rule, Topic, read_rules
from pipeline.core.story import Event, Evidence, TextField, TopicMatch
from pipeline.core.text import Text

LEAD_SENTENCES: Final = 3
"""A topic met first after so many sentences of the body, and only once, is a passing mention."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What `detect` finds; `countries` are the ISO codes of the states named, sorted."""

    topics: tuple[TopicMatch, ...]
    events: tuple[Event, ...]
    countries: tuple[str, ...]


@dataclass(frozen=True)
class Topics:
    """Compiled rules: build with `load_topics`, picklable."""

    rules: tuple[Topic, ...]
    lexicon: Lexicon = field(repr=False)
    by_symbol: Mapping[str, tuple[tuple[Topic, Rule, Pattern], ...]] = field(repr=False)
    """For each symbol the patterns whose rarest item it is: only those are tried where it stands."""
    aliases: Mapping[str, tuple[str, ...]] = field(repr=False)
    """For each list, or class of one as `list:class`, the further symbols that a hit of it stands for."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all topics, sorted."""
        return tuple(sorted(topic.name for topic in self.rules))


def load_topics(files: Mapping[str, str], lists: Mapping[str, str]) -> Topics:
    """Compile topic files and list files (texts by file name); raises ConfigError with every mistake."""
    read = read_rules(files, lists)
    size: dict[str, int] = {PARTIES: 10**6, STATES: 10**6, GROUPS: 10**6, ACTORS: 10**6}
    for term in read.terms:
        if term.symbol not in NAMES:
            for symbol in (term.symbol, f"{term.symbol}:{term.kind}"):
                size[symbol] = size.get(symbol, 0) + 1
    for name, groups in read.aliases.items():
        for group in groups:
            size[group] = size.get(group, 0) + size.get(name, 0)
    by_symbol: dict[str, list[tuple[Topic, Rule, Pattern]]] = {}
    aliases = {name: set(groups) for name, groups in read.aliases.items()}
    for topic in read.topics:
        for rule in topic.rules:
            for pattern in rule.patterns:
                key = min(pattern.symbols, key=lambda symbol: size.get(symbol, 0))
                by_symbol.setdefault(key, []).append((topic, rule, pattern))
        for symbol in topic.symbols():
            if ":" in symbol and symbol[0] not in "('":
                aliases.setdefault(symbol, set()).add(symbol)
    return Topics(
        read.topics,
        Lexicon.of(read.terms),
        {key: tuple(found) for key, found in by_symbol.items()},
        {name: tuple(sorted(symbols)) for name, symbols in aliases.items()},
    )


def detect(title: Text, body: Text, topics: Topics) -> Detection:
    """The topics of a story with evidence, its events with roles and claims, and the countries it names."""
    readings: list[Reading] = []
    named: set[str] = set()
    everywhere: set[str] = set()
    fields: tuple[tuple[TextField, Text], ...] = (("title", title), ("body", body))
    for field_, text in reversed(fields):
        hits = topics.lexicon.find(text)
        found = parties(text, hits, named)
        named |= countries(found)
        everywhere.update(hit.symbol for hit in hits)
        readings.append(Reading.of(field_, text, hits, found, topics.aliases))
    readings.reverse()
    mentions = [
        mention for reading in readings for sentence in reading.with_hits()
        for mention in _mentions(sentence, everywhere, topics)
    ]
    return Detection(
        tuple(_topic_matches(mentions)),
        tuple(events_of(mentions)),
        tuple(sorted(named)),
    )


def _mentions(sentence: Sentence, everywhere: set[str], topics: Topics) -> Iterator[Mention]:
    triggers = [symbol for symbol in sentence.hits if symbol in topics.by_symbol]
    if not triggers:
        return
    present = sentence.present
    excepted: dict[str, list[tuple[int, int]] | None] = {}
    for symbol in triggers:
        for topic, rule, pattern in topics.by_symbol[symbol]:
            if not all(needed in present for needed in pattern.symbols):
                continue
            if rule.field and rule.field != sentence.reading.name:
                continue
            if (rule.story and rule.story.isdisjoint(everywhere)) or not rule.unless_story.isdisjoint(everywhere):
                continue
            if topic.name not in excepted:
                excepted[topic.name] = (
                    None if any_matches(topic.unless, present) else list(_spans(topic.excepted, present))
                )
            barred = excepted[topic.name]
            if barred is None or (rule.with_ and not any_matches(rule.with_, present)):
                continue
            if rule.unless and any_matches(rule.unless, present):
                continue
            for hits in matches(pattern, present):
                if any(hit.start < end and start < hit.end for hit in hits for start, end in barred):
                    continue
                if rule.not_between and _is_interrupted(hits, rule.not_between, present):
                    continue
                yield Mention(topic, rule, sentence, hits)


def _spans(patterns: Iterable[Pattern], present: Present) -> Iterator[tuple[int, int]]:
    for pattern in patterns:
        for hits in matches(pattern, present):
            yield min(hit.start for hit in hits), max(hit.end for hit in hits)


def _is_interrupted(hits: tuple[Hit, ...], symbols: frozenset[str], present: Present) -> bool:
    start, end = min(hit.end for hit in hits), max(hit.start for hit in hits)
    return any(start <= hit.start < end for symbol in symbols for hit in present.get(symbol, ()))


def _topic_matches(mentions: list[Mention]) -> Iterator[TopicMatch]:
    by_topic: dict[str, list[Mention]] = {}
    for mention in mentions:
        by_topic.setdefault(mention.topic.name, []).append(mention)
    for name, found in sorted(by_topic.items()):
        evidence: list[Evidence] = []
        for mention in found:
            one = mention.evidence
            if not any(one.field == e.field and one.start < e.end and e.start < one.end for e in evidence):
                evidence.append(one)
        places = {(mention.field, mention.sentence.index) for mention in found}
        early = any(field_ == "title" or sentence < LEAD_SENTENCES for field_, sentence in places)
        secondary = not early and len(places) < 2
        yield TopicMatch(name, tuple(evidence), secondary)
