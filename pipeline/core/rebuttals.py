"""Who denies an act in the sentences that follow it ("Iran rejects the charge") or precede it."""

from collections.abc import Iterator
from typing import Final

from pipeline.core.acts import ANY_WORD, NEGATIONS, REACH, WEAPONS, Act, charges, has, negated
from pipeline.core.denials import OURS, PRONOUNS, denied, denier, is_unreal
from pipeline.core.lexicon import Hit
from pipeline.core.presupposed import is_relative
from pipeline.core.reading import Sentence
from pipeline.core.speech import holder, name, speaker, suits
from pipeline.core.story import Claim
from pipeline.core.text import stem

_FAR: Final = 12
"""Sentences after an act in which a party to it that denies charges in so many words means this one."""
_STANDS_ALONE: Final = frozenset(
    "on in at and but when as after for while to too again yesterday today earlier later flatly outright"
    " strongly".split()
)
"""Words after which "it" in "denied it on Friday" is all that is denied."""
_SAME: Final = frozenset("the these those this that such all".split())
"""Before "charge": the one told before."""
_UNCHARGED: Final = frozenset(("guilty", "innocence"))
_NAMED: Final = 3
"""Words from "denied" to what is."""
_HAD: Final = frozenset("had has have did does do was were is are".split())
_DEEDS: Final = frozenset(map(stem, (
    "sell sold supply supplied send sent deliver ship shipped provide arm armed fire fired launch transfer export buy"
    " bought smuggle give gave given hand role part involvement involved link links such responsible behind truth"
    " shipment trade traded weapons missile missiles rockets drones dealings dealt shells ammunition tested received"
    " receive hit struck help"
).split()))
_MATTERS: Final = _DEEDS | frozenset(map(stem, (
    "doing attack knowledge deal order arrive receive sale transaction purchase acquire lend flight cargo plan"
    " negotiate agreement contract carry transport ferry help assist support let allow pass reach land bring train"
    " violate breach bomb strike shoot connection consignment supplier anything anyone"
).split()))
"""What a denial is about that may mean the act."""
_SHARE: Final = frozenset("involvement responsibility role part hand".split())
_SHARED: Final = 4
"""Words from "denied" to them."""
_NO_ANSWER: Final = frozenset(
    "deny dispute name comment confirm say rule specify identify know elaborate disclose yet respond answer clear"
    " only just mention describe give release want immediately mean details able casualties casualty injuries dead"
    " damage new allowed authorised authorized named identified".split()
)
_DEMANDS: Final = frozenset(map(stem, "demand urge ask tell told warn order beg call request require".split()))
"""Before "not": what is asked for, not what is said to be so."""
_DEMANDED: Final = 12
"""Words between the two."""
_NEGATED: Final = 8
"""Words from "not" to the deed."""
_DENIED: Final = 12
"""Words after "denied" that tell what is."""


def denial_around(act: Act, alleged: bool) -> Claim | None:
    """A denial in the sentences that follow, by a party to the act or somebody not named; else, of what is alleged,
    one by a party in the two sentences before."""
    if not alleged and act.topic not in ANY_WORD and is_relative(act, act.sentence.first):
        return None  # "demanded to know how rebels had got rockets that were sold to Venezuela"
    for sentence in act.sentence.after(REACH):
        cue = _denying(sentence, act, alleged)
        if cue is not None:
            return denied(sentence, cue)
    for sentence in act.sentence.after(_FAR) if alleged else ():
        for cue in _denials_of_charges(sentence):
            who = denier(sentence, cue)
            if who is not None and name(who) in act.deniers and _is_of_arms(sentence):
                return denied(sentence, cue)
    for sentence in act.sentence.before(2) if alleged else ():
        cue = _denying(sentence, act, alleged)
        who = denier(sentence, cue) if cue is not None else None
        if cue is not None and who is not None and name(who) in act.deniers:
            return denied(sentence, cue)
    return None


def _is_of_arms(sentence: Sentence) -> bool:
    stems = sentence.reading.text.stems[sentence.first : sentence.last]
    return not _DEEDS.isdisjoint(stems) and not sentence.present.of(f"{WEAPONS}:nuclear-weapon")


def _denials_of_charges(sentence: Sentence) -> Iterator[Hit]:
    named = any(charges(sentence, sentence.first, sentence.last))
    for kind in ("denies", "rejects", "baseless", "scorned") if named else ():
        for cue in sentence.cues.get(kind, ()):
            if not negated(sentence, cue.start, 3):
                yield cue


def _may_deny(sentence: Sentence, cue: Hit, act: Act) -> bool:
    who = denier(sentence, cue)
    if act.doer is None and cue.kind == "denies" and not _SHARE.isdisjoint(
        sentence.reading.text.words[cue.end : cue.end + _SHARED]
    ):
        return True  # "no group claimed it, and Hezbollah denied involvement"
    if not act.deniers:
        return cue.kind == "denies" and who is not None
    if who is None or who not in sentence.clause.parties:
        return suits(who, act.deniers)
    return any(suits(one, act.deniers) for one in sentence.clause.row(who))


def _denying(sentence: Sentence, act: Act, alleged: bool) -> Hit | None:
    cues = sentence.cues
    words = sentence.reading.text.words
    for kind in ("denies", "rejects"):
        for cue in cues.get(kind, ()):
            if negated(sentence, cue.start, 3) or not (
                _may_deny(sentence, cue, act) or (alleged and _rejects_the_charge(sentence, cue))
            ):
                continue
            following = words[cue.end : min(cue.end + 9, sentence.last)]
            if any(charges(sentence, cue.end, sentence.last)) or has(sentence, cue.end, sentence.last, "baseless"):
                return cue
            meant = not PRONOUNS.isdisjoint(following[:3])
            scorned = following[1:2] == ["as"] or has(sentence, cue.end, sentence.last, "scorned")
            if kind == "rejects" and meant and scorned:
                return cue
            if kind == "denies" and (
                words[cue.end - 1] in _UNCHARGED
                or (meant and (alleged or _is_named(sentence, cue, act)))
                or any(charges(sentence, sentence.first, cue.start))
                or (is_meant(sentence, cue) and not _of_others(sentence, cue, act))
            ):
                return cue
    for kind in ("baseless", "scorned"):
        for cue in cues.get(kind, ()):
            named = any(charges(sentence, sentence.first, sentence.last))
            if (named or (kind == "baseless" and "says" in cues)) and _may_deny(sentence, cue, act):
                return cue
    if alleged and not sentence.present.of(WEAPONS):
        for cue in cues.get("instead", ()):
            if "says" in cues and suits(speaker(sentence, cue), act.deniers):
                return cue
    if not NEGATIONS.isdisjoint(words[sentence.first : sentence.last]):
        for cue in cues.get("says", ()):
            who = speaker(sentence, cue)
            ours = who is None and (
                not OURS.isdisjoint(words[sentence.first : sentence.last]) or (alleged and _is_known(sentence, cue))
            )
            if (ours or (who is not None and name(who) in act.deniers)) and (
                _says_no(sentence, cue) or _is_short_no(sentence)
            ):
                return cue
    return None


def _rejects_the_charge(sentence: Sentence, cue: Hit) -> bool:
    """`Hamas denied the accusations`, `he pleaded not guilty`: whoever does so and is no state is meant by them."""
    words, who = sentence.reading.text.words, speaker(sentence, cue)
    if words[cue.end - 1] in _UNCHARGED:
        return True
    return (who is None or who.code is None) and any(
        words[charge.start - 1] in _SAME
        for charge in charges(sentence, cue.end, min(cue.end + _NAMED, sentence.last))
    )


def _is_named(sentence: Sentence, cue: Hit, act: Act) -> bool:
    """Whether who denies is named, and a party to what is told as done."""
    who = speaker(sentence, cue)
    return act.past and who is not None and name(who) in act.parties


def _of_others(sentence: Sentence, cue: Hit, act: Act) -> bool:
    """`denied having sold rockets to Pakistan`: what is denied has other parties than the act."""
    named = [party for party in sentence.clause.parties if cue.end <= party.start < cue.end + _DENIED]
    known = {*act.deniers, *map(name, act.sentence.clause.parties), ""}
    return bool(named) and all(name(party) not in known for party in named)


def _is_known(sentence: Sentence, cue: Hit) -> bool:
    """Whether who speaks was told before ("the ministry", "its chairman") and is not just anybody ("a spokesman")."""
    who = holder(sentence, cue)
    return who is not None and who.text.lower().split()[0] in ("the", "its", "his", "her", "their")


def _is_short_no(sentence: Sentence) -> bool:
    """`It had not, the ministry said`."""
    text = sentence.reading.text
    for at in range(sentence.first + 2, min(sentence.first + 4, sentence.last - 1)):
        if text.words[at] == "not" and "," in text.raw[text.ends[at] : text.starts[at + 1]]:
            return text.words[at - 1] in _HAD
    return False


def is_meant(sentence: Sentence, cue: Hit) -> bool:
    """Whether what is denied or confirmed is the act: "denied it", "denied any hand in the sale", "denied that it had
    sold arms", and not "denied that the base was hit"."""
    text = sentence.reading.text
    for at in range(cue.end, min(cue.end + 3, sentence.last)):
        if text.words[at] in PRONOUNS:
            alone = at + 1 >= sentence.last or text.words[at + 1] in _STANDS_ALONE or (
                text.raw[text.ends[at] : text.starts[at + 1]].strip() != ""
            )
            if alone:
                return True
    last = min(cue.end + _DENIED, sentence.last)
    return not _MATTERS.isdisjoint(text.stems[cue.end : last]) or any(
        cue.end <= hit.start < last for hit in sentence.present.of(WEAPONS)
    )


def _says_no(sentence: Sentence, cue: Hit) -> bool:
    """`said it had never sold weapons`, `insists that no missiles were fired`, `"We gave them nothing," he said`."""
    text = sentence.reading.text
    if is_unreal(sentence):
        return False
    spans = [(cue.end, min(cue.end + 12, sentence.last))]
    if text.words[cue.start] != "according":
        spans.append((sentence.first, cue.start))
    for first, last in spans:
        for at in range(first, last):
            if (
                text.words[at] in NEGATIONS and _NO_ANSWER.isdisjoint(text.words[at + 1 : at + 3])
                and _DEMANDS.isdisjoint(text.stems[max(first, at - _DEMANDED) : at])
            ):
                near = text.stems[max(first, at - 4) : at] if text.words[at] == "nothing" else ()
                if not _DEEDS.isdisjoint(text.stems[at + 1 : at + _NEGATED]) or not _DEEDS.isdisjoint(near):
                    return True
    return False
