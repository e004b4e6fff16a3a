"""Who denies an act in its own sentence."""

from collections.abc import Sequence
from typing import Final

from pipeline.core.acts import ANY_WORD, Act, charges, has, negated
from pipeline.core.lexicon import Hit
from pipeline.core.places import Named
from pipeline.core.presupposed import is_presupposed
from pipeline.core.reading import Sentence
from pipeline.core.speech import Speech, as_party, closing, covers, evidence, holder, name, speaker, suits
from pipeline.core.story import Claim

_MATTER_OF: Final = frozenset("on about over regarding concerning report reports whether".split())
"""Words between a refusal and the act that is its matter only."""
_NONE: Final = frozenset("neither no none nothing".split())
_MODIFIERS: Final = 3
"""Words between "no" and the weapon that was not handed over."""
_JOINS: Final = frozenset("and but or".split())
PRONOUNS: Final = frozenset("it this that them which so something".split())
_STANDS_ALONE: Final = frozenset(
    "on in at and but when as after for while to too again yesterday today earlier later flatly outright"
    " strongly".split()
)
"""Words after which "it" in "denied it on Friday" is all that is denied."""
_DENIALS: Final = frozenset(("denial", "denials"))
OURS: Final = frozenset("we our us".split())
_REQUESTS: Final = frozenset(
    "request requests plea pleas appeal appeals call calls demand demands bid proposal proposals prospect".split()
)
_INVOLVED: Final = frozenset(
    "involved involvement role hand part link links nothing connection knowledge knew know aware".split()
)
"""With "no" or "not": what whoever denies had no share in."""
_CALLED: Final = frozenset(
    "called calls call calling branded branding labelled labeled termed as is was were be dismissed described describes"
    " denounced".split()
)
_WINDOW: Final = 25


def denial_within(act: Act, told: Sequence[Speech], verb: int) -> Claim | None:
    """A denial in the sentence of the act; `told` are the speech verbs that it falls under, `verb` is where what may
    be negated stands: the act itself, or "considering" before it."""
    cue = _denying_verb(act) or _denying_after(act)
    if cue is not None:
        return denied(act.sentence, cue)
    refusal = next(act.nearest("refuses", 7), None)
    if refusal is not None and not negated(act.sentence, refusal.start, 3) and not _refuses_else(act, refusal):
        return denied(act.sentence, refusal)
    if (negated(act.sentence, verb, 4) or _has_no(act)) and not (
        act.sentence.cues.get("if") or is_unreal(act.sentence)
    ):
        words = act.sentence.reading.text.words[act.sentence.first : act.head]
        anyone = act.topic in ANY_WORD or not OURS.isdisjoint(words)
        own = next((one for one in told if anyone or not act.parties or suits(one.speaker, act.deniers)), None)
        if own is not None and not _says_nothing(act, verb):
            return Claim("denied", own.holder, evidence(act.sentence, own.cue))
    return None


def _refuses_else(act: Act, cue: Hit) -> bool:
    """`will refuse to turn over a report on arms shipments`: what is refused is no hand in the act."""
    words = act.sentence.reading.text.words
    return words[cue.end - 1] == "to" and any(
        words[at] in _MATTER_OF for at in range(cue.end, act.head)
    )


def _says_nothing(act: Act, verb: int) -> bool:
    """`has not explained how Russia got`, `cannot yet confirm that shells went`: saying is negated, and not the act."""
    sentence = act.sentence
    return any(
        verb - 5 < cue.start < verb and negated(sentence, cue.start, 2) and not negated(sentence, verb, verb - cue.end)
        for kind in ("says", "confirms") for cue in sentence.cues.get(kind, ())
    )


def _has_no(act: Act) -> bool:
    """`sold no weapons`, `bought none`, `no new missiles have been supplied`."""
    words = act.sentence.reading.text.words
    following = words[act.head + 1 : act.head + 3]
    if not _NONE.isdisjoint(following) and following[0] not in _JOINS:
        return True
    return act.start < act.head and "no" in words[max(act.sentence.first, act.start - _MODIFIERS) : act.start]


def _denying_verb(act: Act) -> Hit | None:
    """`denied supplying`, `dismissed reports that it had sold`."""
    for kind in ("denies", "rejects", "baseless"):
        for cue in act.nearest(kind, _WINDOW):
            if kind == "denies" and negated(act.sentence, cue.start, 3):
                continue
            if kind != "denies" and not _is_of_words(act, cue):
                continue
            if covers(act.sentence, cue, act.head) and not _other_speech(act, cue) and not is_presupposed(act, cue):
                return cue
    return None


def _is_of_words(act: Act, cue: Hit) -> bool:
    """`dismissed reports that`, `rejected as baseless`, `turned down a request for`, `it was not true that`."""
    sentence = act.sentence
    words = sentence.reading.text.words
    if any(charges(sentence, cue.end, act.head)):
        return True
    if cue.kind == "rejects":
        return not _REQUESTS.isdisjoint(words[cue.end : act.end]) or has(sentence, cue.end, act.head, "baseless")
    if not _INVOLVED.isdisjoint(words[cue.start : cue.end]):  # "no role in", "had nothing to do with"
        who = denier(sentence, cue)
        return words[cue.end : cue.end + 1] == ["in"] or (
            who is not None and (who.label == "group" or name(who) in act.parties)
        )
    return words[cue.end : cue.end + 1] == ["that"]  # "not true that"


def _other_speech(act: Act, cue: Hit) -> bool:
    """`denied the report and said it had fired`."""
    words = act.sentence.reading.text.words
    return any(
        cue.end <= says.start < act.head and "and" in words[cue.end : says.start]
        for says in act.sentence.cues.get("says", ())
    )


def _denying_after(act: Act) -> Hit | None:
    """`…, a charge that Tehran denies`."""
    sentence = act.sentence
    words = sentence.reading.text.words
    for kind in ("denies", "rejects", "baseless", "scorned"):
        for cue in sentence.cues.get(kind, ()):
            if cue.start < act.end or (kind == "denies" and negated(sentence, cue.start, 3)):
                continue
            if not _names_it_at_once(act) and not suits(denier(sentence, cue), act.deniers):
                continue
            near = words[max(act.end, cue.start - 8) : min(sentence.last, cue.end + 6)]
            named = any(charges(sentence, act.end, sentence.last))
            if kind in ("denies", "baseless"):
                told = words[max(act.end, cue.start - 8) : cue.start] + [
                    word for word in words[cue.end : min(sentence.last, cue.end + 6)] if word != "that"
                ]
                named = named or not PRONOUNS.isdisjoint(told) or words[cue.start] in _DENIALS
            if kind in ("baseless", "scorned"):
                called = next((at for at in range(act.start - 1, sentence.first, -1) if words[at] in _CALLED), None)
                named = named or any(charges(sentence, sentence.first, act.start))
                named = (named and not _CALLED.isdisjoint(near)) or (
                    called is not None and any(charges(sentence, called, act.head))
                )
            if named:
                return cue
    return None


def _names_it_at_once(act: Act) -> bool:
    """`…, a charge that`: whoever denies it, it is this act."""
    words = act.sentence.reading.text.words
    return any(
        words[hit.start - 1] in ("a", "an")
        for hit in charges(act.sentence, act.end, act.sentence.last)
    )


def denied(sentence: Sentence, cue: Hit) -> Claim:
    who = denier(sentence, cue)
    return Claim("denied", holder(sentence, cue) if who is None else as_party(sentence, who), evidence(sentence, cue))


def denier(sentence: Sentence, cue: Hit) -> Named | None:
    """Who denies at `cue`: for words that only tell how a charge is called, whoever says so ("Tehran called it a lie",
    "It's a lie, a Libyan diplomat said")."""
    if cue.kind in ("baseless", "scorned"):
        spoken = sentence.cues.get("says", ())
        for says in reversed(spoken):
            if says.end <= cue.start:
                return speaker(sentence, says)
        for says in spoken:
            told = closing(sentence, says, cue.end) if says.start >= cue.end else None
            if told is not None and told.speaker is not None:
                return told.speaker
    return speaker(sentence, cue)


def is_unreal(sentence: Sentence) -> bool:
    """`more would have died had the missiles not been shot down`: what is negated is only supposed."""
    words = sentence.reading.text.words
    return any(words[at : at + 2] == ["would", "have"] for at in range(sentence.first, sentence.last - 1))
