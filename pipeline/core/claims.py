"""How an act stands in the text: reported, alleged, denied, planned or hypothetical, and who holds that.

Cues are data (`configs/lists/claims.txt`); `speech`, `modality` and `denials` know how far each kind reaches. What all
mentions of an act say is settled in `settling`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from pipeline.core.acts import ANY_WORD, REACH, TAKEN, Act, charges, has, negated
from pipeline.core.blame import accused_around, accused_here
from pipeline.core.denials import denial_within
from pipeline.core.lexicon import Hit
from pipeline.core.modality import modality
from pipeline.core.presupposed import is_named, is_presupposed, is_relative
from pipeline.core.reading import Sentence
from pipeline.core.rebuttals import denial_around, is_meant
from pipeline.core.speech import (
    Speech,
    accuser,
    as_party,
    as_words,
    closing,
    covers,
    evidence,
    name,
    speaker,
    speeches,
    suits,
)
from pipeline.core.story import Claim, ClaimStatus, Party
from pipeline.core.subjects import subject_of
from pipeline.core.text import stem

_HARM: Final = frozenset(
    "killed kill kills killing wounded wounding injured injuring dead died hit hits struck strike strikes damaged"
    " destroyed destroying tore attack attacks slammed village villages town house houses home homes apartment hospital"
    " school market airspace".split()
)
_CLOSING: Final = frozenset(
    "believe believes suspect suspects allege alleged alleges thinks charged contend contends".split()
)
_CRITICS: Final = frozenset("former ex exiled opposition dissident jailed".split())
"""Words that tell of somebody who does not speak for his state."""
_SEEMS: Final = frozenset("appears appear appeared seems".split())
"""How watchers tell of a launch that they have seen."""
_ADVERBS: Final = frozenset("allegedly reportedly apparently supposedly purportedly".split())
_WATCHERS: Final = frozenset(
    "military army navy force forces command chiefs guard coastguard police governor mayor authorities"
    " emergency interior medics rescuers".split()
)
"""Words for those who see what is fired at their own country, or what it hit."""
_TITLE: Final = 8
"""Words that tell who a speaker is."""
_SIDES: Final = frozenset("rebels opposition".split())
"""Whose word is hearsay of others, and their own of themselves."""
_PRINTS: Final = frozenset("reported reports wrote printed had".split())
"""What a newspaper does: "Der Spiegel reported"."""
_PAPERS: Final = frozenset("report reports document documents memo memos cable".split())
"""Whose word on a plan is not that of those who plan."""
_CLAIMS: Final = frozenset("claims claimed claim".split())
_OBJECT: Final = 3
"""Words from which what is "claimed" is the act itself: "claimed the rocket attack" as its own."""
_MAKES_KNOWN: Final = frozenset("announced announces confirmed confirms".split())
_DECIDED: Final = frozenset(map(stem, "approve approved authorize authorise decide decided".split()))
_IN_MIND: Final = frozenset(
    "considering considers considered consider weighing weighs mulling mulls pondering wants exploring eyeing planned"
    " planning plans plan intends intended preparing prepares prepared negotiating seeking sought ready"
    " looking aims aiming hopes".split()
)
_ADJECTIVES: Final = frozenset("alleged purported supposed".split())
_DETERMINERS: Final = frozenset(
    "a an the its his her their these those some any other of over about on for into from by in with and to after"
    " amid".split()
)
_NOUN: Final = 4
"""Words that may stand between what doubts a noun and it."""
_WINDOW: Final = 25


def claims_of(act: Act) -> list[Claim]:
    """The claims that the text makes about a mention of an act; `reported` alone where nothing says otherwise.

    A report has as holder whoever the text quotes for it, and evidence only where the act is told as done ("fired"),
    not merely named ("arms sales").
    """
    told = list(speeches(act.sentence, act.start, act.end))
    found: dict[ClaimStatus, Claim] = {}
    modal = modality(act)
    if modal is not None and not _is_guessed(act, modal[1], told):
        found[modal[0]] = Claim(modal[0], None, evidence(act.sentence, modal[1]))
    verb = modal[1].start if modal is not None and modal[0] == "hypothetical" else act.head
    denial = denial_within(act, told, min(verb, act.head))
    sentence = act.sentence
    refused = denial is not None and not any(charges(sentence, sentence.first, act.head)) and (
        has(sentence, sentence.first, act.head, "refuses", "rejects")
    )
    if modal is not None and (
        refused if modal[0] == "hypothetical" else denial is not None or negated(act.sentence, act.head, 4)
    ):
        found.clear()  # "will not supply", "rejected a request for"
    allegation = _allegation(act, told, modal if found else None, denial)
    if allegation is not None and not (allegation.holder is not None and _confirmed(act)):
        found["alleged"] = allegation
    if allegation is not None and modal is not None and _is_found_out(act, modal[1]):
        found.pop("planned", None)
    around = None if denial is not None else denial_around(act, alleged=allegation is not None)
    if around is not None and not found:
        found.update(_disputed(act, told))
    if denial is not None and "alleged" not in found:
        accused = _insisted(act, told, denial) or accused_here(act, told)
        if accused is None and not found:
            accused = accused_around(act)
        if accused is not None:
            found["alleged"] = accused
    elif around is not None and "alleged" not in found and act.topic not in ANY_WORD:
        other = next((one for one in told if one.speaker is not None and name(one.speaker) not in act.parties), None)
        if other is not None:  # "they agreed to sell tanks, Washington said": of what is denied, also that is a charge
            found["alleged"] = Claim("alleged", other.holder, evidence(act.sentence, other.cue))
    if denial is not None or around is not None:
        found["denied"] = denial or around  # type: ignore[assignment]
    if not found:
        return [_report(act, told)]
    return [one for claim in found.values() for one in (claim, *_beside(act, claim))]


def _insisted(act: Act, told: Sequence[Speech], denial: Claim) -> Claim | None:
    """Who says it of a party that denies it in the same sentence ("despite Israeli denials, officials insist that")."""
    text, where = act.sentence.reading.text, denial.evidence
    for one in told:
        spoken = text.starts[one.cue.start]
        if where is not None and one.cue.end <= act.head and one.holder is not None and (
            (where.start < spoken and where.end < spoken) or where.start > text.ends[act.end - 1]
        ) and not (one.speaker is not None and name(one.speaker) in act.parties):
            return Claim("alleged", one.holder, evidence(act.sentence, one.cue))
    return None


def _beside(act: Act, claim: Claim) -> Iterator[Claim]:
    """The claim again for each party that is named in one row with its holder ("Pyongyang and Moscow both deny")."""
    where, holder = claim.evidence, claim.holder
    if where is None or holder is None or not holder.code or claim.status not in ("alleged", "denied"):
        return
    text = act.sentence.reading.text
    for sentence in (act.sentence, *act.sentence.after(REACH)):
        if text.starts[sentence.first] <= where.start < text.ends[sentence.last - 1]:
            own = next((one for one in sentence.clause.parties if one.code == holder.code
                        and text.ends[one.end - 1] <= where.start), None)
            for other in sentence.clause.row(own) if own is not None else ():
                if other.code not in (None, holder.code) and text.ends[other.end - 1] <= where.start:
                    yield replace(claim, holder=as_party(sentence, other))
            return


def _is_guessed(act: Act, cue: Hit, told: Sequence[Speech]) -> bool:
    """`an official said Syria may have sold it`, `may be behind it`: what others think done is an allegation, not a
    possibility."""
    words = act.sentence.reading.text.words
    after = words[cue.end : cue.end + 2]
    guessed = after[:1] == ["have"] or (after[:1] == ["be"] and (after[1:] == ["behind"] or after[-1].endswith("ing")))
    return cue.kind == "modal" and guessed and _IN_MIND.isdisjoint(after) and any(
        not suits(one.speaker, act.parties) or act.sentence.cues.get("source") or act.sentence.cues.get("hearsay")
        for one in told
    )


def _report(act: Act, told: Sequence[Speech], named: bool = False) -> Claim:
    text = act.sentence.reading.text
    word = text.words[act.head]
    titled = act.sentence.reading.name == "title"
    done = act.past or (titled and (act.topic in ANY_WORD or (word.endswith("s") and not word.endswith("ss"))))
    return Claim(
        "reported",
        next((one.holder for one in told if one.holder is not None), None) or _admitting(act),
        evidence(act.sentence, Hit(act.head, act.head + 1, "", "")) if done or named else None,
    )


def _disputed(act: Act, told: Sequence[Speech]) -> dict[ClaimStatus, Claim]:
    """An act that is denied in another sentence: a transfer is alleged by that, unless a party to it tells it; a
    launch is seen."""
    report = _report(act, told, named=True)
    own = report.holder is not None and name(report.holder) in act.parties
    if act.topic in ANY_WORD or own or _confirmed(act):
        return {"reported": report}
    accused = accused_around(act) if report.holder is None else None
    return {"alleged": accused or replace(report, status="alleged")}


def _admitting(act: Act) -> Party | None:
    """A party to the act that tells it itself: "Iran acknowledged that it had delivered drones"."""
    sentence = act.sentence
    for cue in sentence.cues.get("confirms", ()):
        party = speaker(sentence, cue)
        told = 0 <= act.head - cue.end <= _WINDOW and covers(sentence, cue, act.head)
        if told and party is not None and name(party) in act.parties and not negated(sentence, cue.start, 4):
            return as_party(sentence, party)
    return None


def _allegation(
    act: Act, told: Sequence[Speech], modal: tuple[ClaimStatus, Hit] | None, denial: Claim | None
) -> Claim | None:
    sentence = act.sentence
    for cue in sentence.cues.get("accuses", ()):
        inside = act.start <= cue.start <= act.end + 2
        before = 0 <= act.head - cue.end <= _WINDOW and covers(sentence, cue, act.head)
        if inside or (before and not is_presupposed(act, cue)):
            words = sentence.reading.text.words
            seen = act.topic in ANY_WORD and (
                words[cue.start] in _SEEMS or words[cue.end : cue.end + 2] in (["be", "a"], ["be", "an"], ["be", "the"])
            )  # "the missile, believed to be a Rodong, was fired"
            if seen or _is_of_another(act, cue):
                continue
            who = accuser(sentence, cue)
            own = who is not None and name(who) in act.parties  # "Iran is said to have sold": who is accused
            if own and sentence.reading.text.words[cue.start] in _CLAIMS:  # "Kyiv claims to have hit the ship"
                continue
            return Claim("alleged", None if own else who, evidence(sentence, cue))
        told_last = closing(sentence, cue, act.end) if cue.start >= act.end and _closes(act, cue) else None
        if told_last is not None:
            return Claim("alleged", told_last.holder, evidence(sentence, cue))
    if modal is not None and modal[0] == "hypothetical" and not _is_of_a_mind(sentence, modal[1]):
        return None  # what is only possible is not made an allegation by being said
    for one in told:
        if denial is not None and denial.evidence == evidence(sentence, one.cue):
            continue
        claim = _word_of_others(act, one, modal)
        if claim is not None:
            return claim
    return None


def _is_found_out(act: Act, cue: Hit) -> bool:
    """`strong indications that he approved the supply`: who suspects a decision suspects that it was carried out."""
    decided = act.sentence.reading.text.stems[cue.start] in _DECIDED
    return decided and any(hit.end <= cue.start for hit in act.sentence.cues.get("accuses", ()))


def _is_of_a_mind(sentence: Sentence, cue: Hit) -> bool:
    """`Washington says Beijing is considering it`: what somebody has in mind, another may allege."""
    return not _IN_MIND.isdisjoint(sentence.reading.text.words[cue.start : cue.end + 2])


def _is_of_another(act: Act, cue: Hit) -> bool:
    """`an allegedly Iran-backed group fired`, `over alleged ties`: what is doubted is the noun that follows."""
    words = act.sentence.reading.text.words
    before = words[cue.start - 1] if cue.start > act.sentence.first else ""
    if words[cue.start] in _ADJECTIVES and words[cue.end : cue.end + 1] not in (["that"], ["to"]):
        doubted = before in _DETERMINERS or before.endswith("ing")
    else:
        doubted = words[cue.start] in _ADVERBS and before in ("a", "an")
    return doubted and not 0 <= act.head - cue.end <= _NOUN


def _closes(act: Act, cue: Hit) -> bool:
    """`…, diplomats believe`."""
    return not _CLOSING.isdisjoint(act.sentence.reading.text.words[cue.start : cue.end])


def _word_of_others(act: Act, one: Speech, modal: tuple[ClaimStatus, Hit] | None) -> Claim | None:
    """What somebody who is no party to the act says of it, where that is an allegation and not a report; of what is
    only planned or possible that takes hearsay, or another state that knows what a party has in mind."""
    sentence, speaker = act.sentence, one.speaker
    if one.cue.end <= act.head and is_named(act, one.cue):
        return None
    hearsay = one.near(sentence.cues.get("hearsay", ())) or one.before("hearsay")
    words = sentence.reading.text.words
    own = speaker is not None and name(speaker) in act.parties and _CRITICS.isdisjoint(
        words[max(sentence.first, speaker.start - 2) : speaker.end + 4]
    )
    if own and hearsay is not None and words[hearsay.start] in _SIDES:  # "the rebels said they had fired"
        hearsay = None
    asked = speaker is not None and hearsay is not None and hearsay.start >= one.cue.end and one.is_telling
    if hearsay is not None and not asked:
        whole = one.holder if speaker is None else None
        return Claim("alleged", whole or as_words(sentence, hearsay), evidence(sentence, one.cue))
    source = one.near(sentence.cues.get("source", ()))
    if modal is not None and modal[0] == "planned" and source is not None and words[source.start] in _PAPERS:
        return Claim("alleged", as_words(sentence, source), evidence(sentence, one.cue))
    foreign = speaker is not None and name(speaker) != "" and act.doer is not None and len(act.parties) > 1
    known = foreign and act.topic not in ANY_WORD and modal is not None and _is_of_a_mind(sentence, modal[1])
    if own or (modal is not None and not known):
        return None
    verb = words[one.cue.start]
    if verb in _CLAIMS and one.holder is not None and (act.past or not 0 <= act.start - one.cue.end <= _OBJECT):
        return Claim("alleged", one.holder, evidence(sentence, one.cue))
    if verb in _PRINTS and speaker is None and one.holder is not None and act.topic not in ANY_WORD:
        return Claim("alleged", one.holder, evidence(sentence, one.cue))
    if act.topic in ANY_WORD and not (speaker is not None and _hostile(act, one)):
        return None
    if verb in _MAKES_KNOWN or sentence.reading.text.stems[act.head] in TAKEN:
        return None
    critic = one.holder is not None and not _CRITICS.isdisjoint(one.holder.text.lower().split())
    if critic or source is not None or (speaker is not None and speaker.label != "actor" and act.doer is not None):
        who = as_words(sentence, source) if source is not None and speaker is None else one.holder
        return Claim("alleged", who, evidence(sentence, one.cue))
    return None


def _confirmed(act: Act) -> bool:
    """Whether a party to the act says so in the next sentences ("The Israeli army confirmed the attack", "Kyiv said
    it had struck the depot")."""
    for sentence in act.sentence.after(2):
        for cue in sentence.cues.get("confirms", ()):
            speaker = subject_of(sentence.clause, cue.start)
            if suits(speaker, act.parties) and not negated(sentence, cue.start, 4) and is_meant(sentence, cue):
                return True
    return False


def _hostile(act: Act, one: Speech) -> bool:
    """Whether one side tells what the other side's weapons did to it; a neighbour's word on a test is a report, and
    so is that of an army or a city that counts what came down."""
    if one.speaker is None or one.speaker.code is None or act.doer in (None, name(one.speaker)):
        return False
    words = act.sentence.reading.text.words
    last = min(one.speaker.end + _TITLE, max(one.last, one.speaker.end))
    told = words[max(one.first, one.speaker.start - _TITLE) : last]
    if not _WATCHERS.isdisjoint(told) or is_relative(act, act.sentence.first):
        return False
    last = one.first if one.cue.start >= act.end else min(act.sentence.last, act.end + _WINDOW)
    words = words[act.start : last]
    if act.aimed not in (None, act.doer):
        return act.aimed == name(one.speaker)
    return not _HARM.isdisjoint(words)
