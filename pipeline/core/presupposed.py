"""Acts that a sentence takes for granted: its words claim something else."""

from typing import Final

from pipeline.core.acts import WEAPONS, Act
from pipeline.core.lexicon import Hit

_OF_THINGS: Final = frozenset(("that", "which"))
_IT: Final = frozenset("it they he".split())
"""Begins a relative clause of a thing without "that": "the missiles it bought"."""
_OF_PERSONS: Final = frozenset(("who", "which"))
_FINITE: Final = frozenset("was were is are".split())
_LATELY: Final = frozenset("newly recently previously".split())
_ABOUT: Final = frozenset("over about on amid after following despite".split())
_MODIFIERS: Final = 7
"""Words from a preposition to the noun that it governs: "over Russia's new weapons transfer"."""
_CLAUSE: Final = 3
"""Words from "that" or "who" to the verb of the relative clause."""


def is_presupposed(act: Act, cue: Hit) -> bool:
    """Whether an act after a cue only tells which weapon, whose gun or what matter is meant ("accused Syria of
    supplying the rockets that Hezbollah has fired")."""
    return is_relative(act, cue.end) or is_named(act, cue)


def is_named(act: Act, cue: Hit) -> bool:
    """The same where a relative clause may still be the word of whoever speaks ("of the arms that it has supplied")."""
    return _is_attribute(act) or _is_matter(act, cue)


def is_relative(act: Act, first: int) -> bool:
    """Whether the act is told of a weapon or a party that is named from word `first` on: "the missile that downed"."""
    words, sentence = act.sentence.reading.text.words, act.sentence
    weapons = [hit.end for hit in sentence.present.of(WEAPONS) if hit.start >= first]
    parties = [party.end for party in sentence.clause.parties if party.start >= first]
    return any(
        0 < act.head - end <= _CLAUSE and _FINITE.isdisjoint(words[end + 2 : act.head])
        and (words[end] in leads or (words[end] == "used" and words[end + 1] == "to"))
        for ends, leads in ((weapons, _OF_THINGS), (parties, _OF_PERSONS)) for end in ends
    ) or any(0 <= act.head - end <= _CLAUSE and words[end] in _IT for end in weapons)


def _is_attribute(act: Act) -> bool:
    """`Western-supplied missiles`, `newly acquired drones`."""
    text = act.sentence.reading.text
    if not act.past or act.head <= act.sentence.first:
        return False
    joined = text.raw[text.ends[act.head - 1] : text.starts[act.head]] == "-"
    return joined or text.words[act.head - 1] in _LATELY


def _is_matter(act: Act, cue: Hit) -> bool:
    """`accused him of spreading lies about the decision to send`: a noun after a deed and "about"."""
    words = act.sentence.reading.text.words
    return not act.past and any(
        words[at] in _ABOUT and any(word.endswith("ing") for word in words[cue.end : at])
        for at in range(max(cue.end + 1, act.head - _MODIFIERS), act.head)
    )
