"""Who did what is told, and who says so: whoever claims it, owns up to it, or is blamed for it around the sentence that
tells it; and who alleges what is denied."""

from collections.abc import Sequence
from typing import Final

from pipeline.core.acts import WEAPONS, Act, charges, negated
from pipeline.core.lexicon import Hit
from pipeline.core.places import Named
from pipeline.core.reading import Sentence
from pipeline.core.speech import Speech, as_party, author, evidence, name, speaker
from pipeline.core.story import Claim, Party
from pipeline.core.subjects import subject_of

_BLAMES: Final = frozenset("blamed blames blame blaming accused accuses".split())
_ACCUSING: Final = _BLAMES | {"said", "says", "held", "holds", "laid", "pointed", "suspects", "suspect"}
BLAME: Final = "blame"
"""The rule in the evidence of a claim that says who did what the text tells as done."""
_OWNED_UP: Final = frozenset("answer reply response revenge retaliation reprisal retaliated credit theirs ours".split())
"""Words with which a party says that it did what is told."""
_STRUCK: Final = frozenset("struck hit fired launched targeted attacked shot sent".split())
_TAKES: Final = frozenset("said says took claimed confirmed acknowledged announced admitted boasted".split())
_THEY: Final = frozenset(("it", "they"))
_CHARGED: Final = 5
"""Words between a denial and the charge that is denied."""
_AS: Final = frozenset(("as", "what"))
_ALLEGING: Final = 7
"""Words from "as" to what others say: "as Kyiv and its allies say"."""
_DEED: Final = frozenset("act launch test provocation strike attack firing answer reply response revenge".split())


def responsible(told: Sentence) -> Party | None:
    """Who claimed the act or was blamed for it, in its sentence or the two that follow."""
    for sentence in (told, *told.after(2)):
        words = sentence.reading.text.words
        for cue in sentence.cues.get("confirms", ()):
            claimed = speaker(sentence, cue)
            if claimed is not None and "responsibility" in words[cue.start : cue.end + 1]:
                return as_party(sentence, claimed)
        owning = _owns_up(sentence) or _sender(sentence) or _held_to_account(sentence)
        if owning is not None:
            return owning
        blamed = _blamed(sentence)
        if blamed is not None:
            return blamed
    return None


def accusation(told: Sentence) -> Claim | None:
    """Who says in the next two sentences that somebody else did what is told."""
    for sentence in told.after(2):
        doer = _blamed(sentence) or _held_to_account(sentence) or _sender(sentence)
        if doer is None:
            continue
        words, clause = sentence.reading.text.words, sentence.clause
        for at in range(sentence.first, sentence.last):
            if words[at] in _ACCUSING and not clause.is_passive(at):
                accuser, cue = subject_of(clause, at), Hit(at, at + 1, "", "")
                if accuser is not None and name(accuser) != name(doer):
                    return Claim("alleged", as_party(sentence, accuser), evidence(sentence, cue, BLAME))
                if accuser is None and words[at] in _BLAMES:
                    who = Speech(sentence, cue, None, sentence.first, at).holder
                    return Claim("alleged", who, evidence(sentence, cue, BLAME))
    return None


def _blamed(sentence: Sentence) -> Party | None:
    """`blamed Hamas for it`, `was blamed on the Houthis`, `Hezbollah was blamed for it`."""
    words = sentence.reading.text.words
    for cue in sentence.cues.get("accuses", ()):
        if words[cue.start] in _BLAMES:
            blamed = subject_of(sentence.clause, cue.start) if sentence.clause.is_passive(cue.start) else None
            if blamed is not None and "for" in words[cue.end : cue.end + 2]:
                return as_party(sentence, blamed)
            for party in sentence.clause.parties:
                if 0 <= party.start - cue.end <= 4 and sentence.clause.tie(party) in (None, "on"):
                    return as_party(sentence, party)
    return None


def _owns_up(sentence: Sentence) -> Party | None:
    """`Hezbollah said they were its answer`, `Russia said it struck`, `North Korea's act`: who says or is said to have
    done what is told."""
    words, clause = sentence.reading.text.words, sentence.clause
    for party in clause.parties:
        after = words[party.end : min(party.end + 12, sentence.last)]
        if clause.owns(party) and not _DEED.isdisjoint(after[1:3]):
            return as_party(sentence, party)
        said = next((at for at, word in enumerate(after[:4]) if word in _TAKES), None)
        if said is None or (clause.tie(party) is not None and not _is_spoken_for(sentence, party)):
            continue
        struck = after[said : said + 3] == ["claimed", "to", "have"] or any(
            after[at] in _STRUCK and not _THEY.isdisjoint(after[at - 2 : at]) for at in range(said + 2, len(after))
        )
        if struck or not _OWNED_UP.isdisjoint(after[said:]):
            return as_party(sentence, party)
    return None


def _is_spoken_for(sentence: Sentence, party: Named) -> bool:
    """`a spokesman for the Houthis`, `who speaks for Hamas`."""
    before = sentence.reading.text.words[max(sentence.first, party.start - 4) : party.start]
    return "for" in before and not {"speaks", "speaking", "spokesman", "spokeswoman"}.isdisjoint(before)


def _held_to_account(sentence: Sentence) -> Party | None:
    """`held Libya responsible`, `laid the salvo at the door of Hamas`, `pointed the finger at Iran`."""
    words = sentence.reading.text.words
    for party in sentence.clause.parties:
        before = words[max(sentence.first, party.start - 2) : party.start]
        held = "held" in before and (
            words[party.end : party.end + 1] in (["responsible"], ["accountable"], ["liable"])
            or words[party.end : party.end + 2] == ["to", "account"]
        )
        if held or before in (["door", "of"], ["finger", "at"], ["fingers", "at"]):
            return as_party(sentence, party)
    return None


def _sender(sentence: Sentence) -> Party | None:
    """`said the Houthis had launched them`: who did it to what was told before."""
    words = sentence.reading.text.words
    for at in range(sentence.first + 1, sentence.last - 1):
        if words[at] in _STRUCK and words[at + 1] in ("it", "them"):
            party = subject_of(sentence.clause, at)
            return None if party is None else as_party(sentence, party)
    return None


def accused_here(act: Act, told: Sequence[Speech]) -> Claim | None:
    """The charge that is denied in the sentence of the act: "denied a report in a Lisbon daily that", "dismissing a
    magazine story"; or that is named after it: "sent no rockets, it said, answering a report by".
    """
    sentence = act.sentence
    for kind in ("denies", "rejects"):
        for cue in sentence.cues.get(kind, ()):
            for charge in charges(sentence, cue.end, min(cue.end + _CHARGED, sentence.last)):
                if not negated(sentence, cue.start, 3) and (charge.end <= act.head or kind == "rejects"):
                    return Claim("alleged", author(sentence, charge.start), evidence(sentence, charge))
    for charge in () if sentence.cues.get("refuses") else charges(sentence, act.end, sentence.last):
        others = (one.holder for one in told if one.speaker is not None and name(one.speaker) not in act.parties)
        return Claim("alleged", next(others, None) or author(sentence, charge.start), evidence(sentence, charge))
    for kind in ("accuses", "says"):
        for cue in sentence.cues.get(kind, ()):
            if cue.start < act.end:
                continue
            who = subject_of(sentence.clause, cue.start)
            if who is not None and who.start >= act.end and name(who) not in act.parties and (
                kind == "accuses" or "as" in sentence.reading.text.words[who.start - 3 : who.start]
            ):
                return Claim("alleged", as_party(sentence, who), evidence(sentence, cue))
            words = sentence.reading.text.words
            said = next((at + 1 for at in range(cue.start - 2, max(act.end, cue.start - _ALLEGING) - 1, -1)
                         if words[at] in _AS), None)
            if said is not None:  # "as Labour had alleged", "contrary to what Kyiv and its allies say"
                return Claim("alleged", Speech(sentence, cue, None, said, cue.start).holder, evidence(sentence, cue))
    return None


def accused_around(act: Act) -> Claim | None:
    """Who alleges what is denied in the sentence of the act: in the sentences beside it, with a weapon named."""
    for sentence in (*act.sentence.before(2), *act.sentence.after(2)):
        for kind in ("accuses", "says"):
            for cue in sentence.cues.get(kind, ()):
                who: Named | None = subject_of(sentence.clause, cue.start)
                if who is None or name(who) in act.parties:
                    continue
                again = "doing" in sentence.reading.text.words[cue.end : cue.end + _CHARGED]  # "of doing so"
                named = any(name(party) in act.parties for party in sentence.clause.parties)
                if not again and not (named and sentence.present.of(WEAPONS)):
                    continue
                return Claim("alleged", as_party(sentence, who), evidence(sentence, cue))
    return None
