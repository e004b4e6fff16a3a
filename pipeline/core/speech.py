"""Who says what: which speech verbs of a sentence an act falls under, and who speaks."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.core.lexicon import Hit
from pipeline.core.places import CLASSES, Named, written
from pipeline.core.reading import Sentence
from pipeline.core.story import Evidence, Party
from pipeline.core.subjects import leader_of, subject_of
from pipeline.core.text import Text

_AGAINST: Final = frozenset("but while although though whereas".split())
_LINKS: Final = frozenset(
    "and but while although though whereas which who whom when where after because since as that before".split()
)
_PERSONS: Final = frozenset("he she it they".split())
_MEANING_BEFORE: Final = frozenset("it its he his she her they their".split())
_WHOSE: Final = frozenset("its his her their".split())
_SPOKESMEN: Final = frozenset(
    "spokesman spokeswoman spokesperson spokesmen official officials diplomat diplomats minister ministers ministry"
    " sources source embassy officers officer authorities government leaders leader commander commanders".split()
)
_PEOPLE: Final = _SPOKESMEN | frozenset(
    "police investigators prosecutors diplomats witnesses rebels residents analysts experts lawmakers".split()
)
_TELLERS: Final = _PEOPLE | frozenset("report reports media paper newspaper magazine intelligence".split())
_DASHES: Final = frozenset(("-", "--", "–", "—"))
_SHORT: Final = 5
"""Words with which a headline says whose word it is."""
_NOUN_FOLLOWS: Final = frozenset("a an the any into of over about on such".split())
_ACCUSE: Final = frozenset(
    "accused accuse accuses charged suspect suspects believe believes allege alleges blame blamed blames contend"
    " contends".split()
)
"""Verbs whose subject accuses, in whatever words it is told."""
_DETERMINERS: Final = frozenset(
    "a an the one two three four five six several some many most both another its his her their senior people unnamed"
    " no each".split()
)
"""Words that begin what tells a speaker, and not half a sentence."""
_ARTICLES: Final = frozenset("a an the any these those such".split())
_TIES: Final = frozenset("by in from".split())
_BEFORE_SOURCE: Final = _ARTICLES | _LINKS | _TIES | frozenset("to of on at for with said told was his her its".split())
_AUXILIARIES: Final = frozenset("is are was were has have had been being be".split())
_SUCCESSORS: Final = {"SU": "RU"}
_THEY: Final = frozenset("they it he she".split())
_WHICH: Final = frozenset("that which who".split())
_GRANTED: Final = frozenset("after following despite condemning condemned amid since when owing".split())
"""Words after which nobody's word is needed: "accused Iran of lying after the launch"."""
_TOLD: Final = frozenset("told tells tell".split())
_LONGEST: Final = 10
_ACCORDING: Final = 8
"""Words after "according to" that tell who says so."""

_WHAT: Final = 3
"""Words between "what" and the verb of those who call it so."""
_INVERTED: Final = 4
"""Words after "said" that tell who says so."""
_FAR: Final = 24
"""Words between a speaker and the verb: "the foreign minister of …, who was in Paris for talks on …, said"."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A speech verb; `speaker` is the party that speaks, where one is named; words [first, last) tell who it is."""

    sentence: Sentence
    cue: Hit
    speaker: Named | None
    first: int
    last: int

    @property
    def holder(self) -> Party | None:
        """The speaker, or the words that tell who speaks ("people familiar with the matter")."""
        if self.speaker is not None:
            return as_party(self.sentence, self.speaker)
        text, last = self.sentence.reading.text, self.last
        while last > self.first and text.words[last - 1] in _AUXILIARIES:
            last -= 1
        if last <= self.first or text.words[last - 1] in _PERSONS:
            return None
        first = last - 1
        while first > self.first and text.words[first - 1] not in _LINKS and not _apart(text, first):
            first -= 1
        told = text.words[first:last]
        whole = _DETERMINERS.intersection(told[:1]) or text.slice(first, first)[0].isupper() or (
            not _PEOPLE.isdisjoint(told)
        )
        return Party(text.slice(first, last - 1)) if len(told) <= _LONGEST and whole else None

    @property
    def is_telling(self) -> bool:
        """Whether the verb says whom it is told ("told a newspaper")."""
        return self.sentence.reading.text.words[self.cue.start] in _TOLD

    def before(self, kind: str) -> Hit | None:
        """Of "they said": the noun that tells in the sentence before whose words that one's are."""
        words, end = self.sentence.reading.text.words, self.cue.start
        if not _THEY.isdisjoint(words[max(self.first, end - 1) : end]):
            for told in self.sentence.before(1):
                if "says" in told.cues:
                    return next(iter(told.cues.get(kind, ())), None)
        return None

    def near(self, sources: Sequence[Hit]) -> Hit | None:
        """The first of some nouns that says whose words these are ("a newspaper said", "according to a report")."""
        earliest = max(min(self.first, self.cue.start), self.cue.end - 12)
        return next((hit for hit in sources if earliest <= hit.start <= self.last
                     and (self.speaker is None or hit.start != self.cue.start)), None)


def _apart(text: Text, at: int) -> bool:
    """Whether more than a space stands before word `at` (a comma, the dash after a dateline)."""
    gap = text.raw[text.ends[at - 1] : text.starts[at]]
    return "," in gap or ";" in gap or (len(gap) > 1 and not gap.isspace() and gap.strip()[0] in "-—–:\"“")


def speeches(sentence: Sentence, start: int, end: int) -> Iterator[Speech]:
    """The speech verbs whose content words [start, end) belong to, in the order of the text."""
    words = sentence.reading.text.words
    for cue in sentence.cues.get("says", ()):
        if "what" in words[max(sentence.first, cue.start - _WHAT) : cue.start]:
            continue  # "in what officials said was the largest attack"
        before = cue.end <= start and covers(sentence, cue, start)
        if words[cue.start] == "according":
            beside = start < cue.start and _WHICH.issuperset(words[end : cue.start])
            if before or beside or (cue.start >= end and closing(sentence, cue, end) is not None):
                last = min(cue.end + _ACCORDING, start if before else sentence.last)
                last = next((at for at in range(cue.end + 1, last) if _apart(sentence.reading.text, at)), last)
                yield Speech(sentence, cue, _first_party(sentence, cue.end, last), cue.end, last)
        elif before:
            yield Speech(sentence, cue, speaker(sentence, cue), sentence.first, cue.start)
        elif cue.start >= end:
            trailing = closing(sentence, cue, end)
            if trailing is not None:
                yield trailing
    if sentence.reading.name == "title":
        yield from _headlined(sentence, start, end)


def _headlined(sentence: Sentence, start: int, end: int) -> Iterator[Speech]:
    """Whoever a headline names for it before a colon or at its end: `Pentagon: Iran sent …`, `Iran sent … - report`."""
    text = sentence.reading.text
    for at in range(sentence.first + 1, sentence.last):
        mark = text.raw[text.ends[at - 1] : text.starts[at]]
        if "?" in text.raw:  # "Baghdad: Scud fired by defectors?"
            return
        if ":" in mark and at <= start and at - sentence.first <= _SHORT:
            first, last = sentence.first, at
        elif end <= at and sentence.last - at <= _SHORT and (
            ":" in mark or (mark[:1] == " " and mark.strip() in _DASHES)
        ):
            first, last = at, sentence.last
        else:
            continue
        who = _first_party(sentence, first, last)
        topic = who is not None and first == sentence.first and who.label != "seat"  # "Ukraine: Russia fires"
        if not _TELLERS.isdisjoint(text.words[first:last]) or (who is not None and not topic):
            yield Speech(sentence, Hit(first, last, "", ""), who, first, last)


def closing(sentence: Sentence, cue: Hit, end: int) -> Speech | None:
    """A verb that ends a sentence of which words before `end` are what is said ("…, diplomats believe")."""
    first = trails(sentence, cue, end)
    if first is None:
        return None
    who = _trailing(sentence, cue, first)
    if first == cue.start:  # "…, said a diplomat"
        return Speech(sentence, cue, who, cue.end, min(cue.end + _INVERTED, sentence.last))
    return Speech(sentence, cue, who, first, cue.start)


def covers(sentence: Sentence, cue: Hit, start: int) -> bool:
    """Whether what begins at word `start` still belongs to the verb before it: no new clause begins in between, and
    it is not taken for granted; "denied any part in it after the launch" is of the launch."""
    text, grants = sentence.reading.text, cue.kind != "denies"
    for at in range(cue.end, start):
        if text.words[at] == "as" and at > cue.end + 1 and any(
            at < party.start <= at + 2 for party in sentence.clause.parties
        ):
            return False  # "said the day would come, as Russian missiles hit Kyiv"
        gap = text.raw[text.ends[at - 1] : text.starts[at]]
        if ";" in gap:
            return False
        granted = text.words[at] in _GRANTED and text.words[at + 1] != "asked"  # "not true, he said when asked if"
        if grants and granted and "," not in text.raw[text.starts[at] : text.starts[start]]:
            return False
        if "," in gap and (
            text.words[at] in _AGAINST
            or (text.words[at] == "and" and any(party.start in (at + 1, at + 2) for party in sentence.clause.parties))
        ):
            return False
    return True


def trails(sentence: Sentence, cue: Hit, end: int) -> int | None:
    """Where "…, officials said" begins if it speaks of what ends at word `end`, else None."""
    text = sentence.reading.text
    if text.words[cue.start] == "according":
        return cue.start
    first = end
    for at in range(cue.start, end - 1, -1):
        gap = text.raw[text.ends[at - 1] : text.starts[at]]
        if ";" in gap:
            return None
        if any(mark in gap for mark in ",—”\"") or gap.strip() in ("-", "--", "–"):
            first = at
            break
    else:
        return end if _LINKS.isdisjoint(text.words[end : cue.start]) else None
    relative = not _WHICH.isdisjoint(text.words[first + 1 : min(first + 3, cue.start)])  # "a step that Kyiv warned"
    return None if relative or text.words[first] in _LINKS else first


def speaker(sentence: Sentence, cue: Hit) -> Named | None:
    """The party that speaks with the verb at `cue`; for a pronoun the one that the sentence before is about."""
    party = subject_of(sentence.clause, cue.start)
    if party is not None and cue.start - party.end <= _FAR:
        return party
    words = sentence.reading.text.words[sentence.first : cue.start]
    if words[-1:] == ["and"] or not _PERSONS.isdisjoint(words[-1:]):
        leader = leader_of(sentence.clause)
        if leader is not None and leader.end <= cue.start:
            return leader
    for party in reversed(sentence.clause.parties):
        if party.end <= cue.start <= party.end + 8 and _speaks_from(sentence, party):
            return party
    if not _MEANING_BEFORE.isdisjoint(words[:6]) or not _PERSONS.isdisjoint(words[-1:]):
        before = next(sentence.before(1), None)
        return leader_of(before.clause, ) if before is not None else None
    return None


def _speaks_from(sentence: Sentence, party: Named) -> bool:
    """`officials in Seoul`, `a spokeswoman for the Kremlin`."""
    words, tie = sentence.reading.text.words, sentence.clause.tie(party)
    if tie not in ("in", "for", "at", "of"):
        return False
    before = words[max(sentence.first, party.start - 4) : party.start]
    return tie in before and not _SPOKESMEN.isdisjoint(before[: before.index(tie)])


def _trailing(sentence: Sentence, cue: Hit, first: int) -> Named | None:
    text = sentence.reading.text
    found = _first_party(sentence, first, cue.start)
    if found is not None and text.words[first] not in _WHOSE:  # "its U.N. mission said"
        return found
    if cue.start > first and not _MEANING_BEFORE.isdisjoint((text.words[first], text.words[cue.start - 1])):
        leader = leader_of(sentence.clause)
        return leader if leader is not None and leader.end <= first else speaker(sentence, cue)
    if not _LINKS.isdisjoint(text.words[cue.end : cue.end + 1]):  # "…, he said after Armenian complaints"
        return None
    return _first_party(sentence, cue.end, cue.end + 2)


def _first_party(sentence: Sentence, first: int, last: int) -> Named | None:
    return next((party for party in sentence.clause.parties if first <= party.start < last), None)


def holder(sentence: Sentence, cue: Hit) -> Party | None:
    """Whoever denies at `cue`, or says what it is part of ("Tehran said the story was a lie")."""
    party = speaker(sentence, cue)
    if party is not None:
        return as_party(sentence, party)
    if cue.kind in ("denies", "rejects", "says"):
        return Speech(sentence, cue, None, sentence.first, cue.start).holder
    for says in sentence.cues.get("says", ()):
        told: Speech | None
        if says.end <= cue.start:
            told = Speech(sentence, says, speaker(sentence, says), sentence.first, says.start)
        else:
            told = closing(sentence, says, cue.end)
        if told is not None and told.holder is not None:
            return told.holder
    return None


def accuser(sentence: Sentence, cue: Hit) -> Party | None:
    """Whoever accuses at `cue`: "a US charge that" is told by the words beside it, "into alleged shipments" by none."""
    words = sentence.reading.text.words
    if words[cue.end - 1] == "by":
        own = _first_party(sentence, cue.end, cue.end + 3)
        return as_party(sentence, own) if own is not None else None
    beside = next((party for party in sentence.clause.parties if party.end == cue.start), None)
    if beside is not None:
        return as_party(sentence, beside)
    leader = leader_of(sentence.clause)
    if words[cue.start - 1 : cue.start] == ["to"] and leader is not None:  # "used the session to charge that"
        return as_party(sentence, leader)
    refused = any(
        0 <= cue.start - hit.end <= 5 for kind in ("denies", "rejects") for hit in sentence.cues.get(kind, ())
    )
    if not refused and _NOUN_FOLLOWS.isdisjoint(words[max(sentence.first, cue.start - 1) : cue.start]):
        own = speaker(sentence, cue)
        if own is not None:
            return as_party(sentence, own)
        if words[cue.start] in _ACCUSE:
            return Speech(sentence, cue, None, sentence.first, cue.start).holder
    return author(sentence, cue.start)


def author(sentence: Sentence, at: int) -> Party | None:
    """Whose charge it is that word `at` names: "a magazine report", "allegations by rebels in Goma", "in the press"."""
    words = sentence.reading.text.words
    first = next((i + 1 for i in range(at - 1, max(sentence.first, at - 4) - 1, -1) if words[i] in _ARTICLES), at)
    near = next((i + 1 for i in range(at + 1, min(at + 3, sentence.last)) if words[i] in _TIES), None)
    for start, end in ((first, at), (near, near + 5)) if near is not None else ((first, at),):
        own = _first_party(sentence, start, end)
        if own is not None:
            return as_party(sentence, own)
        source = next((hit for kind in ("hearsay", "source") for hit in sentence.cues.get(kind, ())
                       if start <= hit.start < end), None)
        if source is not None:
            return as_words(sentence, source)
    return None


def as_party(sentence: Sentence, party: Named) -> Party:
    """A party as it fills a role."""
    return Party(written(sentence.reading.text, party), party.code, party.kind)


def as_words(sentence: Sentence, hit: Hit) -> Party:
    """Somebody of whom no name is known ("London newspaper", "diplomats"): the word and what stands before it."""
    text, first = sentence.reading.text, hit.start
    while first > max(sentence.first, hit.start - 3) and not _apart(text, first) and (
        text.words[first - 1] not in _BEFORE_SOURCE
    ):
        first -= 1
    return Party(text.slice(first, hit.end - 1))


def evidence(sentence: Sentence, hit: Hit, rule: str = "claim") -> Evidence:
    """The words of a cue as evidence of a claim."""
    text = sentence.reading.text
    start, end = text.starts[hit.start], text.ends[hit.end - 1]
    return Evidence(sentence.reading.name, start, end, text.raw[start:end], rule)


def name(party: Named | Party) -> str:
    """What a party is compared by: its code (that of the state that followed it), or its kind.

    Militants of a country do not speak for it.
    """
    code = _SUCCESSORS.get(party.code or "", party.code or "")
    if party.kind not in CLASSES:
        return party.kind
    return f"{code} {party.kind}" if code and party.kind == "militants" else code or party.kind


def suits(party: Named | None, names: Collection[str]) -> bool:
    """Whether somebody may speak for one of the parties: one of them, or somebody whose state is not told."""
    return party is None or not name(party) or party.label == "actor" or name(party) in names
