"""Topics, events and countries of a story, from rules that analysts write (`configs/topics/`, docs/topics.md)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Final

from pipeline.core.events import Mention, events_of
from pipeline.core.frequent import A_NAME, EXPECTED, OTHERWISE
from pipeline.core.lexicon import Hit, Lexicon, Present, Table, Term
from pipeline.core.matching import any_matches, matches
from pipeline.core.phrases import Word
from pipeline.core.places import PARTY_LISTS, countries, parties, party_table
from pipeline.core.reading import Reading, Sentence
from pipeline.core.rules import PARTIES, Pattern, Rule, Topic, read_rules
from pipeline.core.story import Event, Evidence, TextField, TopicMatch
from pipeline.core.text import Text, stem

LEAD_SENTENCES: Final = 3
"""A topic met first after so many sentences of the body, and only once, is a passing mention."""

_PARTIES_EXPECTED: Final = 300.0
_LONG_AGO: Final = re.compile(
    r"\b(?:(?:\d\d+|ten|fifteen|twenty|thirty|forty|fifty|sixty|seventy|hundred) years? (?:ago|on|earlier|since|after)"
    r"|decades ago|half a century|century ago|\d+(?:th|st|nd|rd) anniversary|anniversary of|in the (?:19|20)\d0s"
    r"|World War (?:I|II|One|Two)|Cold War|during the \d{4}|veterans? (?:of|recall)|commemorat\w+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Detection:
    """What `detect` finds; `countries` are the ISO codes of the states named, sorted."""

    topics: tuple[TopicMatch, ...]
    events: tuple[Event, ...]
    countries: tuple[str, ...]


Candidate = tuple[Topic, Rule, Pattern]


@dataclass(frozen=True)
class Topics:
    """Compiled rules: build with `load_topics`, picklable.

    Every symbol that patterns need has a bit. `bits` gives for a stem the symbols that it may be part of, so a sentence
    is first judged by integers: only one that has the bits of some pattern in `needs` is looked at with `lexicon`,
    which knows all terms. `parties` knows states, groups and actors.
    """

    topics: tuple[Topic, ...]
    parties: Table = field(repr=False)
    lexicon: Lexicon = field(repr=False)
    bits: Mapping[str, int] = field(repr=False)
    needs: Mapping[int, tuple[tuple[int, Candidate], ...]] = field(repr=False)
    """For the bit of each rarest item: the bits that a pattern needs, and the pattern."""
    rarest: int = field(repr=False)
    """All bits of rarest items."""
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
    further = {name: tuple(sorted(symbols)) for name, symbols in aliases.items()}
    terms = read.terms
    weights = _weights(terms, further)
    bit: dict[str, int] = {}
    needs: dict[int, list[tuple[int, Candidate]]] = {}
    for topic in read.topics:
        for rule in topic.rules:
            for pattern in rule.patterns:
                symbols = [bit.setdefault(symbol, 1 << len(bit)) for symbol in pattern.symbols]
                rarest = min(pattern.symbols, key=lambda symbol: weights.get(symbol, 0.0))
                needs.setdefault(bit[rarest], []).append((reduce(or_, symbols), (topic, rule, pattern)))
    groups: dict[str, list[str]] = {}
    for name, names in read.aliases.items():
        for group in names:
            groups.setdefault(group, []).append(name)
    return Topics(
        read.topics,
        party_table(terms),
        Lexicon.of([term for term in terms if term.symbol not in PARTY_LISTS], read.lists, groups),
        _bits(terms, further, bit),
        {rarest: tuple(found) for rarest, found in needs.items()},
        reduce(or_, needs, 0),
    )


def _bits(terms: Iterable[Term], aliases: Mapping[str, Sequence[str]], bit: Mapping[str, int]) -> dict[str, int]:
    """For each stem the bits of the symbols that a term with that stem as its rarest word stands for."""
    bits: dict[str, int] = {}
    for term in terms:
        if term.barred:
            continue
        symbols = [*_symbols(term, aliases)]
        if term.symbol in PARTY_LISTS:
            symbols += [PARTIES, *aliases.get(PARTIES, ())]
        mask = reduce(or_, (bit.get(symbol, 0) for symbol in symbols), 0)
        if mask:
            word = min((word for word in term.words if word.form != "#"), key=_expected)
            key = stem(word.form) if word.exact else word.form
            bits[key] = bits.get(key, 0) | mask
    return bits


def _expected(word: Word) -> float:
    return EXPECTED.get(stem(word.form) if word.exact else word.form, OTHERWISE)


def _symbols(term: Term, aliases: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return (term.symbol, *aliases.get(term.symbol, ()), *aliases.get(f"{term.symbol}:{term.kind}", ()))


def _weights(terms: Iterable[Term], aliases: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """How often each symbol is to be expected in news, roughly."""
    weights: dict[str, float] = {}
    for term in terms:
        if term.barred or term.symbol in PARTY_LISTS:
            continue
        weight = min(A_NAME if word.capitals else _expected(word) for word in term.words)
        for symbol in _symbols(term, aliases):
            weights[symbol] = weights.get(symbol, 0.0) + weight
    for name in (*PARTY_LISTS, PARTIES):
        for symbol in (name, *aliases.get(name, ())):
            weights[symbol] = weights.get(symbol, 0.0) + _PARTIES_EXPECTED
    return weights


def detect(title: Text, body: Text, topics: Topics) -> Detection:
    """The topics of a story with evidence, its events with roles and claims, and the countries it names."""
    readings: list[Reading] = []
    named: set[str] = set()
    fields: tuple[tuple[TextField, Text], ...] = (("body", body), ("title", title))
    for name, text in fields:
        found = parties(text, topics.parties, named)
        named |= countries(found)
        readings.append(Reading(name, text, found, topics.lexicon))
    story = _Story([Present(topics.lexicon, text, 0, len(text)) for _, text in fields])
    mentions = [
        mention for reading in reversed(readings) for sentence, candidates in _promising(reading, topics)
        for mention in _mentions(sentence, candidates, story)
    ]
    return Detection(
        tuple(_topic_matches(mentions)),
        tuple(events_of(mentions)),
        tuple(sorted(named)),
    )


def _promising(reading: Reading, topics: Topics) -> Iterator[tuple[Sentence, list[Candidate]]]:
    """The sentences in which all items of some pattern may stand, with those patterns."""
    bits = topics.bits
    marked = [(at, bits[key]) for at, key in enumerate(reading.text.stems) if key in bits]
    if not _candidates(reduce(or_, (mask for _, mask in marked), 0), topics):
        return
    bounds = reading.text.sentences
    index, end, mask = -1, 0, 0
    for at, one in (*marked, (len(reading.text), 0)):
        if at >= end:
            if mask and (candidates := _candidates(mask, topics)):
                yield reading.sentence(index), candidates
            if at == len(reading.text):
                return
            while at >= end:
                index += 1
                end = bounds[index][1]
            mask = 0
        mask |= one


def _candidates(mask: int, topics: Topics) -> list[Candidate]:
    found: list[Candidate] = []
    rarest = mask & topics.rarest
    while rarest:
        one = rarest & -rarest
        found += [candidate for needed, candidate in topics.needs[one] if mask & needed == needed]
        rarest ^= one
    return found


@dataclass
class _Story:
    """What stands anywhere in a story."""

    fields: Sequence[Present]

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
    for topic, rule, pattern in sorted(candidates, key=_is_otherwise):
        if rule.otherwise and topic.name in told:
            continue
        for hits in matches(pattern, present):
            if id(rule) not in suits:
                suits[id(rule)] = _suits(rule, sentence, present) and story.suits(rule)
            if not suits[id(rule)]:
                break
            if topic.name not in excepted:
                excepted[topic.name] = (
                    None if any_matches(topic.unless, present) else list(_spans(topic.excepted, present))
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


def _is_otherwise(candidate: Candidate) -> bool:
    return candidate[1].otherwise


def _suits(rule: Rule, sentence: Sentence, present: Present) -> bool:
    if rule.only_in and rule.only_in != sentence.reading.name:
        return False
    if rule.with_ and not any_matches(rule.with_, present):
        return False
    return not rule.unless or not any_matches(rule.unless, present)


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
    return _LONG_AGO.search(text.raw, text.starts[sentence.first], text.ends[sentence.last - 1]) is not None
