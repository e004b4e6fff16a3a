"""How an act stands in the text: reported, alleged, denied, planned or hypothetical, and who holds that.

Cues are data (`configs/lists/claims.txt`); this module knows how far each kind reaches. Denials are also looked for in
the sentences that follow ("Iran denies the charge").
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.core.lexicon import Hit
from pipeline.core.places import Named
from pipeline.core.reading import CUES, Sentence
from pipeline.core.story import Claim, ClaimStatus, Evidence, Party

_REACH_OF_DENIAL: Final = 3
"""Sentences after an act in which "the charge" still means it."""

_NEGATIONS: Final = frozenset("not never no nothing none neither nor t cannot without".split())
_PRONOUNS: Final = frozenset("it this that them which so".split())
_PAST: Final = frozenset(
    "sold sent gave given bought shot struck hit fell flew flown lent took taken brought got gotten made fired".split()
)
_HARM: Final = frozenset(
    "killed kill kills killing wounded wounding injured injuring dead died hit hits struck strike strikes damaged"
    " destroyed destroying tore attack attacks slammed".split()
)
_ELSEWHERE: Final = frozenset("after before since when while because following amid despite although though".split())
_CALLED: Final = frozenset("called calls as is was were dismissed".split())
_MEANING_BEFORE: Final = frozenset("it its he his she her they their".split())
_HEARSAY_ENOUGH: Final = frozenset(("missile-launch",))
"""Topics in which what officials of another state say is a report; elsewhere it is their allegation."""


@dataclass(frozen=True, slots=True)
class Act:
    """Where an act is told: words [start, end) of a sentence, `head` the word that names it."""

    topic: str
    sentence: Sentence
    head: int
    start: int
    end: int
    parties: Collection[str]
    """The codes (or kinds, or words) of whoever fills its roles and may speak about it."""
    doer: str | None = None
    """The code of whoever acts, where known."""
    aimed: str | None = None
    """The code of the state that it is aimed at, where known."""

    @property
    def told(self) -> bool:
        """Whether it is told as done ("fired", "has sold", in a title "fires"), not only named ("arms sales")."""
        text = self.sentence.reading.text
        word = text.words[self.head]
        past = word.endswith("ed") or word in _PAST
        return past or (self.sentence.reading.name == "title" and word.endswith("s") and not word.endswith("ss"))


def claims_of(act: Act) -> list[Claim]:
    """The claims that the text makes about an act; `reported` alone where nothing says otherwise."""
    found: dict[ClaimStatus, Claim] = {}
    cues = _Cues(act.sentence)
    modality = _modality(act, cues)
    if modality is not None:
        status, hit = modality
        found[status] = Claim(status, None, _evidence(act.sentence, hit))
    denial = _denial_within(act, cues)
    allegation = _allegation(act, cues, bool(found), denial)
    if allegation is not None and not (allegation.holder is not None and _confirmed(act)):
        found["alleged"] = allegation
    said = _evidence(act.sentence, Hit(act.head, act.head + 1, "", "")) if act.told else None
    reported = Claim("reported", None, said)
    elsewhere = None if denial is not None else _denial_around(act, alleged=allegation is not None)
    if elsewhere is not None and not found:
        found["reported"] = reported
    if denial is not None or elsewhere is not None:
        found["denied"] = denial or elsewhere or reported
    return list(found.values()) or [reported]


class _Cues:
    """The cues of a sentence by kind."""

    def __init__(self, sentence: Sentence) -> None:
        self.by_kind = sentence.cues

    def of(self, *kinds: str) -> list[Hit]:
        return [hit for kind in kinds for hit in self.by_kind.get(kind, ())]

    def between(self, start: int, end: int, *kinds: str) -> bool:
        return any(start <= hit.start < end for hit in self.of(*kinds))


# ── not yet, perhaps ──────────────────────────────────────────────────────────────────────────────────────────

_BEFORE: Final = {"modal": 5, "if": 14, "hypothetical": 9, "future": 6, "planned": 9, "put off": 9}
_AFTER: Final = {"modal": 0, "if": 0, "hypothetical": -1, "future": 1, "planned": 2, "put off": 8}


def _modality(act: Act, cues: _Cues) -> tuple[ClaimStatus, Hit] | None:
    text = act.sentence.reading.text
    for kind in ("if", "modal", "hypothetical", "future", "planned", "put off"):
        for cue in cues.of(kind):
            before = act.head - cue.end
            after = cue.start - act.end
            if act.start <= cue.start < act.end:
                before = 0
            if not (0 <= before <= _BEFORE[kind] or 0 <= after <= _AFTER[kind]):
                continue
            if after > 0 and {"and", "but", "or"} & set(text.words[act.end : cue.start]):
                continue
            if before > 1 and _cut_off(text.raw[text.ends[cue.end - 1] : text.starts[act.head]]):
                continue
            if not _ELSEWHERE.isdisjoint(text.words[cue.end : act.head]):
                continue
            if kind == "future" and text.words[cue.start] == "would" and not cues.of("says", "planned"):
                return "hypothetical", cue
            return ("planned" if kind in ("future", "planned", "put off") else "hypothetical"), cue
    if act.sentence.reading.name == "title" and act.head > 1 and text.words[act.head - 1] == "to":
        subject = act.sentence.clause.subject(act.head)
        if subject is not None and subject.end >= act.head - 2:
            return "planned", Hit(act.head - 1, act.head, CUES, "future")
    return None


def _cut_off(between: str) -> bool:
    return any(mark in between for mark in (";", "—", " - ", ", and ", ", but "))


# ── denied ────────────────────────────────────────────────────────────────────────────────────────────────────


def _denial_within(act: Act, cues: _Cues) -> Claim | None:
    words = act.sentence.reading.text.words
    for cue in cues.of("denies", "rejects", "baseless"):
        before = act.head - cue.end
        if 0 <= before <= 25:
            if cue.kind == "baseless" and not cues.between(cue.end, act.head, "charge"):
                continue
            if cue.kind == "rejects" and not cues.between(cue.end, act.head, "charge", "accuses", "baseless"):
                continue
            if cues.between(cue.end, act.head, "says") and _cut_off_by_speech(act, cues, cue):
                continue
            return _denied(act, cue)
        if cue.start >= act.end:
            near = words[max(act.end, cue.start - 8) : min(act.sentence.last, cue.end + 6)]
            named = cues.between(act.end, act.sentence.last, "charge") or not _PRONOUNS.isdisjoint(near)
            if cue.kind == "baseless":
                named = named and not _CALLED.isdisjoint(near)
            if named:
                return _denied(act, cue)
    negated = next((at for at in range(act.head - 1, max(act.sentence.first, act.head - 4) - 1, -1)
                    if words[at] in _NEGATIONS), None)
    if negated is not None and any(cue.start < negated for cue in cues.of("says")):
        speech = max((cue for cue in cues.of("says") if cue.start < negated), key=lambda cue: cue.start)
        speaker = act.sentence.clause.subject(speech.start)
        if speaker is None or not act.parties or _name(speaker) in act.parties:
            return _denied(act, speech)
    return None


def _cut_off_by_speech(act: Act, cues: _Cues, cue: Hit) -> bool:
    words = act.sentence.reading.text.words
    return any(
        cue.end <= says.start < act.head and "and" in words[cue.end : says.start] for says in cues.of("says")
    )


def _denied(act: Act, cue: Hit) -> Claim:
    return _denied_in(act.sentence, cue)


def _denied_in(sentence: Sentence, cue: Hit) -> Claim:
    return Claim("denied", _holder(sentence, cue), _evidence(sentence, cue))


def _denial_around(act: Act, alleged: bool) -> Claim | None:
    """A denial in the sentences that follow, by a party to the act or somebody not named; else, of what is alleged,
    one by a party in the two sentences before."""
    for sentence in act.sentence.after(_REACH_OF_DENIAL):
        cue = _denying(sentence, act)
        if cue is None:
            continue
        holder = sentence.clause.subject(cue.start)
        if holder is None or holder.label == "actor":
            suits = bool(act.parties)
        else:
            suits = _name(holder) in act.parties
        if suits:
            return _denied_in(sentence, cue)
    for sentence in act.sentence.before(2) if alleged else ():
        cues = _Cues(sentence)
        for cue in cues.of("denies"):
            holder = sentence.clause.subject(cue.start)
            if holder is not None and _name(holder) in act.parties and cues.between(cue.end, sentence.last, "charge"):
                return _denied_in(sentence, cue)
    return None


def _denying(sentence: Sentence, act: Act) -> Hit | None:
    words = sentence.reading.text.words
    cues = _Cues(sentence)
    for cue in cues.of("denies", "rejects"):
        following = words[cue.end : min(cue.end + 9, sentence.last)]
        if cues.between(cue.end, sentence.last, "charge", "baseless"):
            return cue
        if cue.kind == "denies" and (_PRONOUNS & set(following[:3]) or "any" in following[:3]):
            return cue
        if cue.kind == "denies" and cues.between(sentence.first, cue.start, "charge"):
            return cue
    for cue in cues.of("baseless"):
        if cues.of("says") or cues.of("charge"):
            return cue
    for cue in cues.of("says"):
        holder = sentence.clause.subject(cue.start)
        if holder is None or _name(holder) not in act.parties:
            continue
        for at in range(cue.end, min(cue.end + 7, sentence.last)):
            if words[at] in _NEGATIONS and any(at < hit.start <= at + 8 for hit in sentence.present.of("weapons")):
                return cue
    return None


# ── alleged ───────────────────────────────────────────────────────────────────────────────────────────────────


def _allegation(act: Act, cues: _Cues, unsure: bool, denial: Claim | None) -> Claim | None:
    for cue in cues.of("accuses"):
        if 0 <= act.head - cue.end <= 25 or act.start <= cue.start <= act.end + 2:
            return Claim("alleged", _holder(act.sentence, cue), _evidence(act.sentence, cue))
    if unsure:  # what is only planned or possible is not made an allegation by being said
        return None
    for cue in cues.of("says"):
        if act.start <= cue.start < act.end or (denial and denial.evidence == _evidence(act.sentence, cue)):
            continue
        hearsay = _near(cue, cues.of("hearsay"))
        if hearsay is not None:
            return Claim("alleged", _words(act.sentence, hearsay), _evidence(act.sentence, cue))
        speaker = _speaker(act.sentence, cue)
        if speaker is not None and _name(speaker) in act.parties:
            continue
        if act.topic in _HEARSAY_ENOUGH and not (speaker is not None and _hostile(act, speaker)):
            continue
        source = _near(cue, cues.of("source"))
        if source is not None or (speaker is not None and speaker.label != "actor" and act.doer is not None):
            holder = _party(act.sentence, speaker) if speaker is not None else _words(act.sentence, source or cue)
            return Claim("alleged", holder, _evidence(act.sentence, cue))
    return None


def _confirmed(act: Act) -> bool:
    """Whether whoever acts says so in the next sentences ("The Israeli army confirmed the attack")."""
    for sentence in act.sentence.after(2):
        for cue in sentence.cues.get("confirms", ()):
            speaker = sentence.clause.subject(cue.start)
            if speaker is not None and act.doer is not None and speaker.code == act.doer:
                return True
    return False


def _hostile(act: Act, speaker: Named) -> bool:
    """Whether one side tells what the other side's weapons did to it; a neighbour's word on a test is a report."""
    if speaker.code is None or act.doer is None or speaker.code == act.doer:
        return False
    words = act.sentence.reading.text.words[act.sentence.first : act.sentence.last]
    return act.aimed not in (None, act.doer) or not _HARM.isdisjoint(words)


def _near(cue: Hit, sources: Sequence[Hit]) -> Hit | None:
    return next((hit for hit in sources if -10 <= hit.start - cue.end <= 3), None)


def _speaker(sentence: Sentence, cue: Hit) -> Named | None:
    """Who says: the party before "said", or after "said" and "according to"."""
    speaker = sentence.clause.subject(cue.start)
    if speaker is not None and cue.start - speaker.end <= 24:
        return speaker
    return next((party for party in sentence.clause.parties if 0 <= party.start - cue.end <= 3), None)


# ── who, where ────────────────────────────────────────────────────────────────────────────────────────────────


def _holder(sentence: Sentence, cue: Hit) -> Party | None:
    party = sentence.clause.subject(cue.start)
    if party is None and not _MEANING_BEFORE.isdisjoint(sentence.reading.text.words[sentence.first : cue.start][:6]):
        before = next(sentence.before(1), None)
        party = before.clause.leader() if before is not None else None
    return _party(sentence, party) if party is not None else None


def _party(sentence: Sentence, party: Named) -> Party:
    return Party(sentence.reading.text.slice(party.start, party.end - 1), party.code, party.kind)


def _words(sentence: Sentence, hit: Hit) -> Party:
    return Party(sentence.reading.text.slice(hit.start, hit.end - 1))


def _name(party: Named) -> str:
    return party.code or party.kind


def _evidence(sentence: Sentence, hit: Hit) -> Evidence:
    text = sentence.reading.text
    start, end = text.starts[hit.start], text.ends[hit.end - 1]
    return Evidence(sentence.reading.name, start, end, text.raw[start:end], "claim")


def settled(claims: Sequence[Claim]) -> Iterator[Claim]:
    """The claims of all mentions of one act together.

    What somebody alleges is not also reported as a fact, and an act that is only named ("arms sales") stands as the
    mentions say that tell it.
    """
    statuses = {claim.status for claim in claims}
    seen: set[tuple[str, str]] = set()
    for claim in claims:
        if claim.status == "reported" and statuses & {"alleged", "hypothetical"}:
            continue
        if claim.status == "reported" and claim.evidence is None and statuses - {"reported", "denied"}:
            continue
        key = (claim.status, (claim.holder.code or claim.holder.text) if claim.holder else "")
        if key not in seen:
            seen.add(key)
            yield claim
