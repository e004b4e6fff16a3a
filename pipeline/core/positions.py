"""Who stands in a position around an act: owner or maker of a thing, under "from" or "to", given something …

A position stays empty rather than guessed.
"""

from typing import Final

from pipeline.core.clauses import MADE, PREPOSITIONS, STOPS, Clause
from pipeline.core.places import SHORT_NAMES, Named
from pipeline.core.reading import Sentence
from pipeline.core.subjects import OTHERS, SUBORDINATES, subject_of
from pipeline.core.text import stem

_BREAKS: Final = SUBORDINATES | frozenset("since but said says".split())
"""Words with which another clause begins, or one that tells who speaks."""
_BEHIND: Final = frozenset("suspected accused responsible behind blamed".split())
_OBSERVES: Final = frozenset(
    "urges urged urging calls called calling demands demanded asks asked awaits awaiting welcomes welcomed praises"
    " praised condemns condemned slams slammed denounces denounced criticises criticizes criticised criticized hails"
    " hailed protests protested regards regarded sees views viewed considers considered describes described after"
    " following amid over".split()
)
"""With these a party asks for an act of others, judges it or answers it."""
_OWN: Final = frozenset(("its", "their"))
_HANDLES: Final = frozenset(
    map(stem, "pause frozen withdraw revoke reject claim free release unblock"
        " approve suspend halt announce propose resume block clear authorize authorise plan consider make made"
        " begin began start sign cancel defend stop freeze froze delay offer continue pledge promise push conduct carry"
        " launch hold held stage mount order increase expand step boost negotiate seek sought win won complete confirm"
        " admit deny discuss review weigh end ban prepare perform undertake repeat threaten accelerate speed"
        " agree allow let permit go ahead proceed put shelve scrap veto balk withhold"
        " notify vow impose slap lift ease extend tighten widen adopt unveil levy renew waive toughen".split())
)
_WIELDS: Final = frozenset("defend use fight fire repel strike protect resist hit shoot".split())
"""What a recipient does with a weapon: "munitions for Kyiv to defend"."""
_HEADS: Final = frozenset("president king minister premier leader chancellor spokesman emperor".split())
"""Who does something beside a thing: "the Croatian president slams arms deliveries"."""
_FINDERS: Final = frozenset(
    "police customs marines navy army troops forces soldiers authorities officials officers commandos prosecutors"
    " sailors divers inspectors agents investigators spies fishermen coastguard guards rebels militants guerrillas"
    " insurgents fighters separatists".split()
)
"""Who finds or uses a thing that others made: "Italian police seized rifles"."""
_MANY: Final = frozenset("series spate string flurry wave barrage increase rise number campaign salvo volley".split())
_SHIELDS: Final = frozenset(
    "shield protect defend guard safeguard save deter stop prevent defending protecting".split()
)
"""`to shield it from Russian raids`: where nothing comes from."""
_DISTANCES: Final = frozenset(
    "kilometres kilometers km miles mile yards metres meters far away border shore frontier apart north south east west"
    " northeast northwest southeast southwest coast coasts outskirts parts part region town city village island".split()
)
_THEM: Final = frozenset(("it", "them"))
_THE_GROUP: Final = frozenset("group movement organization organisation militia faction".split())
_HELD: Final = frozenset("held controlled ruled run".split())
"""`from Houthi-held territory`: whoever holds it is meant."""


def owner_of(clause: Clause, start: int) -> Named | None:
    """Whose thing begins at word `start`: `Russia's purchase`, `Iranian arms shipments`, `the U.S. sale`."""
    if not _OWN.isdisjoint(clause.text.words[max(clause.first, start - 2) : start]):
        return next((party for party in reversed(clause.parties)
                     if party.end < start and party.label not in ("organisation", "actor")), None)
    for party in reversed(clause.parties):
        if party.end > start:
            continue
        between = clause.text.words[party.end : start]
        if between[:1] == ["s"]:
            between = between[1:]
        elif party.label in ("actor",) or clause.compounded(party):
            return None
        if clause.owns(party) and not OTHERS.isdisjoint(between[:2]):
            return None
        if clause.owns(party) and not _MANY.isdisjoint(between) and len(between) <= 5:
            return party
        if clause.owns(party) and between[1:] == ["and"]:  # "Pyongyang's nuclear and missile tests"
            between = between[:1]
        if len(between) > 4 or any(w in PREPOSITIONS or w in STOPS or w in ("the", "a", "an") for w in between):
            return None
        if any(mark in clause.gap(at) for at in range(party.end - 1, start - 1) for mark in ",;:—("):
            return None
        if between and not clause.owns(party) and (between[0].endswith(("ed", "s")) or between[0] in _HEADS):
            return None
        return party
    return None


def maker_of(clause: Clause, start: int) -> Named | None:
    """`Iranian drones`, `U.S.-made missiles`, `drones of Iranian make`: where the thing at `start` comes from."""
    for party in reversed(clause.parties):
        if party.end > start or party.label not in ("people", "name", "firm"):
            continue
        words = clause.text.words
        between = words[party.end : start]
        if party.label == "people" and words[party.end - 1].endswith("ns") and not clause.owns(party):
            return None  # "give Ukrainians more arms"
        if "era" in between or not (_HEADS | _FINDERS).isdisjoint(between[:1]):
            return None
        if between[:1] and between[0] in MADE:
            return party if len(between) <= 4 else None
        if between[:1] == ["s"]:
            between = between[1:]
        if between[1:] == ["and"] and party.label == "people":  # "Argentine rifles and ammunition"
            between = []
        near = len(between) <= 3 and not any(w in PREPOSITIONS or w in STOPS for w in between)
        adjective = party.label == "people" or not between or words[party.start : party.end] in SHORT_NAMES
        return party if near and adjective and (party.label == "firm" or not clause.owns(party)) else None
    return None


def under(clause: Clause, preposition: str, start: int, end: int) -> Named | None:
    """The first party under a preposition within words [start, end)."""
    for party in clause.parties:
        if start <= party.start < end and clause.tie(party) == preposition and (
            not clause.compounded(party) or (preposition == "from" and clause.compounded(party) in _HELD)
        ):
            if _begins_between(clause, start, party.start):
                return None
            if (preposition in ("from", "of") and _is_distance(clause, party)) or clause.names_a_matter(party):
                continue
            before = clause.text.words[max(clause.first, party.start - 4) : party.start]
            if preposition == "from" and not _SHIELDS.isdisjoint(before):
                continue
            after = clause.text.words[party.end : party.end + 2]
            if preposition == "for" and after[:1] == ["to"] and _WIELDS.isdisjoint(after):
                continue
            return party
    return None


def _begins_between(clause: Clause, start: int, end: int) -> bool:
    """Whether another clause begins after word `start` and before `end`: "since Mosul fell to", "but refused"."""
    return not _BREAKS.isdisjoint(clause.text.words[start + 1 : end])


def _is_distance(clause: Clause, party: Named) -> bool:
    """`six kilometres from Ukraine`, `across the border from`, `west of Hokkaido`."""
    before = clause.text.words[max(clause.first, party.start - 3) : party.start]
    return not _DISTANCES.isdisjoint(before)


def given(clause: Clause, head: int, thing: int) -> Named | None:
    """`sell Taiwan weapons`: a bare party between the verb and the thing."""
    for party in clause.parties:
        if head < party.start and party.end <= thing and clause.tie(party) is None and not clause.compounded(party):
            if clause.owns(party) or (party.end == thing and party.label == "people"):
                continue
            if party.start - head <= 4:
                return party
    return None


def agent_of(clause: Clause, start: int, end: int) -> Named | None:
    """`Bush halted arms sales`, `the launch that Iran plans`: who does something with an act named by a noun."""
    following = clause.text.words[end : min(end + 3, clause.last)]
    relative = next((end + at for at, word in enumerate(following) if word in ("that", "which")), None)
    if relative is not None:
        for follower in clause.parties:
            if follower.start in (relative + 1, relative + 2):
                asks = not _OBSERVES.isdisjoint(clause.text.words[follower.end : follower.end + 3])
                return None if asks else follower  # "drills that the North had demanded be stopped"
    party = subject_of(clause, start)
    if party is None or start - party.end > 14:
        return None
    words, stems = clause.text.words, clause.text.stems
    if not _BEHIND.isdisjoint(words[party.end : start]):
        return party
    if not _OBSERVES.isdisjoint(words[party.end : start]):
        return None
    for at in range(party.end, start):
        if stems[at] in _HANDLES and words[at - 1] not in ("a", "an", "the", "its", "any", "this", "s", "that"):
            return party
    return None


def compound_of(clause: Clause, start: int, end: int) -> Named | None:
    """`Iran-supplied rockets`: the party of a compound within words [start, end)."""
    for party in clause.parties:
        if start - 3 <= party.start < end and clause.compounded(party) in MADE:
            return party
    return None


def object_of(clause: Clause, head: int) -> Named | None:
    """Whom a verb acts upon: the bare party right after it, or the subject of a passive."""
    if clause.is_passive(head):
        return subject_of(clause, head)
    for party in clause.parties:
        if head < party.start <= head + 4 and clause.tie(party) is None:
            return party
    return None


def taken_up(sentence: Sentence, start: int, end: int) -> Named | None:
    """`condemned the U.S. for harming Ukraine by giving it arms`, `would not arm the group`: whom a word after the act
    within words [start, end) means, who was named last and does not act."""
    words = sentence.reading.text.words
    at = end + (words[end : end + 1] in (["to"], ["for"]))
    group = words[at : at + 1] == ["the"] and not _THE_GROUP.isdisjoint(words[at + 1 : at + 2])
    if not group and _THEM.isdisjoint(words[at : at + 1]):
        return None
    doer = subject_of(sentence.clause, start)
    for one in (sentence, *sentence.before(1)):
        for party in reversed(one.clause.parties):
            known = party.label == "group" or (not group and party.code is not None)
            named_before = one is not sentence or party.end <= start
            if known and named_before and party != doer and (doer is None or not party.code or party.code != doer.code):
                return party
    return None
