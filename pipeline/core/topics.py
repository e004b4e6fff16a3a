"""Topics, events and countries of a story, from rules that analysts write (`configs/topics/`, docs/topics.md)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pipeline.core.events import events_of
from pipeline.core.lexicon import Hit, Lexicon, Present, Table
from pipeline.core.matching import any_matches, matches
from pipeline.core.mentions import Mention
from pipeline.core.places import PARTY_LISTS, countries, parties, party_table
from pipeline.core.prefilter import Anchors, Keys, Screen
from pipeline.core.reading import Reading, Sentence
from pipeline.core.rule_files import read_rules
from pipeline.core.rules import ELSEWHERE, Pattern, Rule, Topic
from pipeline.core.story import Event, Evidence, TextField, TopicMatch
from pipeline.core.text import Text, stem

LEAD_SENTENCES: Final = 3
"""A topic met first after so many sentences of the body, and only once, is a passing mention."""

WORDS_OF_ANOTHER_KIND: Final = 3
"""So many different words of one class of the list `elsewhere` make a story of another kind: three in 1,344 stories of
attacks, launches and arms have them, and most reports of matches, plays and research. Of a short story one less."""

SHORT: Final = 60
"""A story of fewer words is short."""

_LONG_AGO: Final = re.compile(
    r"\b(?:(?:\d\d+|ten|fifteen|twenty|thirty|forty|fifty|sixty|seventy|hundred) years? (?:ago|on|earlier|since|after)"
    r"|decades ago|half a century|century ago|\d+(?:th|st|nd|rd) anniversary|anniversary of|in the (?:19|20)\d0s"
    r"|World War (?:I|II|One|Two)|Cold War|during the \d{4}|veterans? (?:of|recall)|commemorat\w+)\b",
    re.IGNORECASE,
)

_PAST: Final = frozenset(
    map(stem, "years decades century anniversary war veterans commemorate during".split())
) | {f"{century}{decade}0s" for century in (19, 20) for decade in range(10)}
"""Whatever is long ago is told with one of these."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What `detect` finds; `countries` are the ISO codes of the states named, sorted."""

    topics: tuple[TopicMatch, ...]
    events: tuple[Event, ...]
    countries: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """One pattern of a rule with what must and must not stand beside it."""

    topic: Topic
    rule: Rule
    pattern: Pattern
    with_: Screen = field(repr=False)
    unless: Screen = field(repr=False)
    spoilers: Screen = field(repr=False)
    """What the topic's `unless` says."""
    exceptions: Screen = field(repr=False)
    """What its `except` says."""


@dataclass(frozen=True)
class Topics:
    """Compiled rules: build with `load_topics`, picklable.

    `anchors` says by stems alone which of the `candidates` may match in a sentence; only then is it looked at with
    `lexicon`, which knows all terms. `parties` knows states, groups and actors.
    """

    topics: tuple[Topic, ...]
    parties: Table = field(repr=False)
    lexicon: Lexicon = field(repr=False)
    candidates: tuple[Candidate, ...] = field(repr=False)
    """Rules for sentences in which no other rule of their topic matched come last."""
    anchors: Anchors = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all topics, sorted."""
        return tuple(sorted(topic.name for topic in self.topics))


def load_topics(files: Mapping[str, str], lists: Mapping[str, str]) -> Topics:
    """Compile topic files and list files (texts by file name); raises ConfigError with every mistake."""
    read = read_rules(files, lists)
    aliases = {name: set(groups) for name, groups in read.aliases.items()}
    for topic in read.topics:
        for symbol in topic.symbols():
            if ":" in symbol and symbol[0] not in "('":
                aliases.setdefault(symbol, set()).add(symbol)
    keys = Keys.of(read.terms, aliases)
    candidates = sorted(_candidates(read.topics, keys), key=lambda candidate: candidate.rule.otherwise)
    groups: dict[str, list[str]] = {}
    for name, names in read.aliases.items():
        for group in names:
            groups.setdefault(group, []).append(name)
    return Topics(
        read.topics,
        party_table(read.terms),
        Lexicon.of([term for term in read.terms if term.symbol not in PARTY_LISTS], read.lists, groups),
        tuple(candidates),
        Anchors.of([candidate.pattern for candidate in candidates], keys),
    )


def _candidates(topics: Iterable[Topic], keys: Keys) -> Iterator[Candidate]:
    for topic in topics:
        spoilers, exceptions = Screen.of(topic.unless, keys), Screen.of(topic.excepted, keys)
        for rule in topic.rules:
            with_, unless = Screen.of(rule.with_, keys), Screen.of(rule.unless, keys)
            for pattern in rule.patterns:
                yield Candidate(topic, rule, pattern, with_, unless, spoilers, exceptions)


def detect(title: Text, body: Text, topics: Topics) -> Detection:
    """The topics of a story with evidence, its events with roles and claims, and the countries it names."""
    readings: list[Reading] = []
    named: set[str] = set()
    fields: tuple[tuple[TextField, Text], ...] = (("body", body), ("title", title))
    for name, text in fields:
        found = parties(text, topics.parties, named)
        named |= countries(found)
        readings.append(Reading(name, text, found, topics.lexicon, topics.parties))
    story = _Story([Present(topics.lexicon, text, 0, len(text)) for _, text in fields])
    mentions = [
        mention for reading in reversed(readings) for sentence, candidates in _promising(reading, topics)
        for mention in _mentions(sentence, candidates, story)
    ]
    return Detection(
        tuple(_topic_matches(mentions)),
        tuple(events_of(mentions, readings)),
        tuple(sorted(named)),
    )


def _promising(reading: Reading, topics: Topics) -> Iterator[tuple[Sentence, list[Candidate]]]:
    """The sentences in which all items of some pattern may stand, with those patterns."""
    text = reading.text
    places = topics.anchors.places(text)
    if not places:
        return
    done = 0
    for index, (first, last) in enumerate(text.sentences):
        begin = done
        while done < len(places) and places[done] < last:
            done += 1
        if done > begin:
            numbers = topics.anchors.likely(text, first, last, places[begin:done])
            if numbers:
                yield reading.sentence(index), [topics.candidates[number] for number in numbers]


@dataclass
class _Story:
    """What stands anywhere in a story."""

    fields: Sequence[Present]

    @cached_property
    def is_elsewhere(self) -> bool:
        """Whether it is a story of another kind: it has several words of one class of that list."""
        words: dict[str, set[str]] = {}
        for present in self.fields:
            stems = present.text.stems
            for hit in present.of(ELSEWHERE):
                words.setdefault(hit.kind, set()).add(stems[hit.start])
        most = max(map(len, words.values()), default=0)
        is_short = sum(len(present.text.stems) for present in self.fields) < SHORT
        return most >= WORDS_OF_ANOTHER_KIND - is_short

    def suits(self, rule: Rule) -> bool:
        """Whether what the rule wants of the story is there, and nothing that it does not want."""
        if rule.story and not any(present.any(rule.story) for present in self.fields):
            return False
        return not any(present.any(rule.unless_story) for present in self.fields)


def _mentions(sentence: Sentence, candidates: Iterable[Candidate], story: _Story) -> Iterator[Mention]:
    present = sentence.present
    excepted: dict[str, list[tuple[int, int]] | None] = {}
    suits: dict[int, bool] = {}
    told: set[str] = set()
    for candidate in candidates:
        topic, rule = candidate.topic, candidate.rule
        if (rule.otherwise and topic.name in told) or not suits.get(id(rule), True):
            continue
        for hits in matches(candidate.pattern, present):
            if id(rule) not in suits:
                suits[id(rule)] = _suits(candidate, sentence, present) and story.suits(rule)
            if not suits[id(rule)]:
                break
            if topic.name not in excepted:
                spoiled = any_matches(candidate.spoilers.likely(present.stems), present)
                if topic.earnest and not spoiled and story.is_elsewhere:
                    spoiled = not any_matches(topic.earnest, present)
                excepted[topic.name] = (
                    None if spoiled else list(_spans(candidate.exceptions.likely(present.stems), present))
                )
            barred = excepted[topic.name]
            if barred is None:
                break
            if any(hit.start < end and start < hit.end for hit in hits for start, end in barred):
                continue
            if rule.not_between and _is_interrupted(hits, rule.not_between, present):
                continue
            told.add(topic.name)
            yield Mention(topic, rule, sentence, hits)


def _suits(candidate: Candidate, sentence: Sentence, present: Present) -> bool:
    rule = candidate.rule
    if rule.only_in and rule.only_in != sentence.reading.name:
        return False
    if rule.with_ and not any_matches(candidate.with_.likely(present.stems), present):
        return False
    return not rule.unless or not any_matches(candidate.unless.likely(present.stems), present)


def _spans(patterns: Iterable[Pattern], present: Present) -> Iterator[tuple[int, int]]:
    for pattern in patterns:
        for hits in matches(pattern, present):
            yield min(hit.start for hit in hits), max(hit.end for hit in hits)


def _is_interrupted(hits: tuple[Hit, ...], symbols: frozenset[str], present: Present) -> bool:
    start, end = min(hit.end for hit in hits), max(hit.start for hit in hits)
    return any(start <= hit.start < end for symbol in symbols for hit in present.of(symbol))


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
        yield TopicMatch(name, tuple(evidence), _is_secondary(found))


def _is_secondary(found: Sequence[Mention]) -> bool:
    """Whether only a passing mention late in the story, or background long past, carries a topic."""
    sentences = {(mention.field, mention.sentence.index): mention.sentence for mention in found}
    if all(_is_background(sentence) for sentence in sentences.values()):
        return True
    return len(sentences) < 2 and all(name == "body" and index >= LEAD_SENTENCES for name, index in sentences)


def _is_background(sentence: Sentence) -> bool:
    text = sentence.reading.text
    if _PAST.isdisjoint(text.stems[sentence.first : sentence.last]):
        return False
    return _LONG_AGO.search(text.raw, text.starts[sentence.first], text.ends[sentence.last - 1]) is not None
