"""An act as told in a sentence, and what stands around it: cues, words for a charge, negations."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.core.lexicon import Hit
from pipeline.core.reading import Sentence
from pipeline.core.speech import name
from pipeline.core.text import stem

WEAPONS: Final = "weapons"
"""The list of weapons."""

REACH: Final = 3
"""Sentences after an act in which "the charge" still means it."""

ANY_WORD: Final = frozenset(("missile-launch",))
"""Topics in which whoever was aimed at, or saw it, may deny; and in which what officials of another state say is a
report: elsewhere it is their allegation."""

_GOING_ON: Final = frozenset("is are was were been".split())
_CHARGES: Final = frozenset(
    "charge charges report reports claim claims allegation allegations accusation accusations suspicion suspicions"
    " evidence statement finding findings assertion story article suggestion suggestions contention notion rumour"
    " rumours rumor rumors account accounts talk".split()
)
_PAST: Final = frozenset(
    "sold sent gave given bought shot struck hit fell flew flown lent took taken brought got gotten made fired".split()
)
NEGATIONS: Final = frozenset("not never no nothing none neither nor t cannot".split())

_UNDECIDED: Final = frozenset("decision final immediate comment word".split())
"""After "no": nothing is said yet, and nothing is denied."""
TAKEN: Final = frozenset(map(stem, "seize intercept confiscate".split()))
"""Verbs with which whoever stopped a shipment tells its own act."""


@dataclass(frozen=True, slots=True)
class Act:
    """Where an act is told: words [start, end) of a sentence, `head` the word that names it."""

    topic: str
    sentence: Sentence
    head: int
    start: int
    end: int
    parties: Collection[str]
    """The names (core/speech.py) of whoever fills its roles and may speak about it."""
    doer: str | None = None
    """The code of whoever acts, where known."""
    aimed: str | None = None
    """The code of the state that it is aimed at, where known."""

    @property
    def deniers(self) -> Collection[str]:
        """The names of whoever may deny it: the parties; where it is not told who acts, also whoever is named."""
        if self.doer is not None or (self.topic in ANY_WORD and self.parties):
            return {*self.parties, *(one.removesuffix(" militants") for one in self.parties)}
        return {*self.parties, *map(name, self.sentence.clause.parties)} - {""}

    @property
    def past(self) -> bool:
        """Whether the act is a verb in the past tense, a participle ("fired") or going on ("is delivering")."""
        words = self.sentence.reading.text.words
        word = words[self.head]
        if word.endswith("ing"):
            return not _GOING_ON.isdisjoint(words[max(self.sentence.first, self.head - 2) : self.head])
        return word.endswith("ed") or word in _PAST

    def nearest(self, kind: str, most: int) -> Iterator[Hit]:
        """The cues of a kind that end at most so many words before the act, or stand in it."""
        for cue in self.sentence.cues.get(kind, ()):
            if 0 <= self.head - cue.end <= most or self.start <= cue.start < self.end:
                yield cue


def has(sentence: Sentence, start: int, end: int, *kinds: str) -> bool:
    """Whether a cue of one of the kinds begins within words [start, end)."""
    return any(start <= hit.start < end for kind in kinds for hit in sentence.cues.get(kind, ()))


def charges(sentence: Sentence, start: int, end: int) -> Iterator[Hit]:
    """The nouns within words [start, end) that mean an accusation or a report of it: "the charge", "reports that"."""
    for hit in sentence.cues.get("charge", ()):
        if start <= hit.start < end:
            yield hit
    for hit in sentence.cues.get("accuses", ()):
        if start <= hit.start < end and sentence.reading.text.words[hit.start] in _CHARGES:
            yield hit


def negated(sentence: Sentence, at: int, most: int) -> bool:
    """Whether a negation stands at most so many words before word `at`."""
    words = sentence.reading.text.words
    return any(
        words[i] in NEGATIONS and words[i + 1] not in _UNDECIDED for i in range(max(sentence.first, at - most), at)
    )
