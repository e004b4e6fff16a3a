"""Whether an act is still to come (planned) or only possible (hypothetical), by the cues around it."""

from typing import Final

from pipeline.core.acts import TAKEN, Act, has
from pipeline.core.lexicon import Hit
from pipeline.core.reading import CUES, Sentence
from pipeline.core.story import ClaimStatus
from pipeline.core.text import stem

_BEFORE: Final = {"modal": 5, "if": 14, "hypothetical": 9, "future": 6, "planned": 9, "put off": 9}
"""Words between a cue and the act after it."""

_AFTER: Final = {"modal": 3, "if": 0, "hypothetical": -1, "future": 3, "planned": 4, "put off": 8}
"""Words between the act and a cue after it; -1: it does not reach back."""

_APPROVES: Final = frozenset(map(stem, ("approve", "approval")))
_APPROVED: Final = 4
"""More words before what approves the act: "a sale of missiles to Ukraine has won initial approval"."""
_ELSEWHERE: Final = frozenset("after before since when while because following amid despite although though".split())
_CAME_TRUE: Final = frozenset(
    "used use uses using began begin begins begun started continue continues continued continuing managed helped helps"
    " help able first last known said believed thought alleged reported forced failed going seen led went proceed only"
    " not refused refuses refusing response according reaction reply due addition designed built made sent"
    " scrambled".split()
)
"""Before "to fire": it was done all the same, or nothing is planned."""

_WISHES: Final = frozenset(
    "call calls plea pleas appeal appeals demand demands request requests pressure need urgency reluctance hesitance"
    " hesitancy unwillingness ability capability chance opportunity".split()
)
"""Before "to send": it is asked for or possible, and nobody has said that he will."""
_PACTS: Final = frozenset("deal pact contract accord order".split())
_PREVENTS: Final = frozenset("prevent preventing avoid refrain".split())
"""After "pledged to": what is planned is that nothing comes of it."""
_DOUBTFUL: Final = frozenset(("potential", "possible"))
_LETS: Final = frozenset("allow let enable permit lead prompt push help".split())
"""With "could" before it and "to send" after."""
_PLOTS: Final = frozenset("conspired conspiring plotted plotting failure".split())
"""Tell what was done, or not done, and not what will be."""
_GOVERNS: Final = 6
"""Words from these to the act."""
_UNDER_WAY: Final = TAKEN | {stem("smuggle")}
"""Acts that nobody announces: "teamed up to seize the shipment"."""
_USED: Final = frozenset("used using".split())
_USED_FOR: Final = 6
"""Words between "used" and what it was used for: "tunnels used by militants to fire rockets"."""

_OCCURS: Final = frozenset(
    "be begin start come arrive happen reach pass total include proceed follow go take run continue resume end".split()
)
"""What an act may or will do itself."""
_NEXT: Final = frozenset("and but or that which who as".split())
_COMMITS: Final = frozenset(map(stem, ("sign", "signed", "ink", "order", "ordered", "pledge", "commit")))
_DEALS: Final = frozenset(map(stem, "buy bought purchase select sell sold sale deal contract choose chose".split()))
_BUYING: Final = frozenset("buying getting acquiring purchasing ordering".split())
"""What goes on while nothing has come yet: "is buying tanks"."""
_DELIVERY: Final = frozenset(map(stem, "delivery deliver delivered arrive arrival handover batch".split()))
_NEAR: Final = 7
"""Words between a delivery and what says that it is to come."""

_PERFECT: Final = frozenset("has have had ve".split())
_LEADS: Final = 8
"""Words between what is supposed and what it would lead to."""
_ASKED: Final = frozenset("send give supply provide deliver arm".split())
_ABLE: Final = frozenset(("could", "can"))
_BE: Final = frozenset("be being been".split())
_OPEN: Final = frozenset("to would could may might should will must not never".split())
_PARTICIPLE: Final = ("ed", "en", "wn", "t", "ld", "nt")
_BARE: Final = ("ed", "ing", "s")


def modality(act: Act) -> tuple[ClaimStatus, Hit] | None:
    """`planned` or `hypothetical` with the cue that says so, or None."""
    sentence, text = act.sentence, act.sentence.reading.text
    perfect = _perfect(act)
    for kind in _BEFORE:
        for cue in sentence.cues.get(kind, ()):
            if kind == "hypothetical" and text.stems[act.head] in _COMMITS:
                continue
            if not _reaches(act, cue, kind) or (cue.end <= perfect and kind not in ("modal", "if")):
                continue
            if kind == "future" and text.words[cue.start] == "would" and not (
                ("says" in sentence.cues or "planned" in sentence.cues)
                and not has(sentence, act.end, act.end + _BEFORE["if"], "if")
                and (text.words[cue.end : cue.end + 1] != ["be"] or text.words[act.head - 1] != "to")
            ):  # "would be wrong to send"
                return "hypothetical", cue
            return ("planned" if kind in ("future", "planned", "put off") else "hypothetical"), cue
    return _named_so(act) or _imperative(act) or _supposed(act) or _infinitive(act) or _committed(act)


def _named_so(act: Act) -> tuple[ClaimStatus, Hit] | None:
    """`a call to send arms`, `the tank deal`: what the noun itself says is asked for or agreed."""
    word, here = act.sentence.reading.text.words[act.head], Hit(act.head, act.head + 1, CUES, "planned")
    if word in _WISHES:
        return "hypothetical", here
    return ("planned", here) if word in _PACTS else None


def _committed(act: Act) -> tuple[ClaimStatus, Hit] | None:
    """What is only signed or ordered, or bought and to be delivered as the next two sentences tell."""
    verb, sentence = act.sentence.reading.text.stems[act.head], act.sentence
    words = sentence.reading.text.words
    going_on = words[act.head - 1] in ("is", "are", "s", "re")
    announced = any(words[cue.start] in ("announced", "announces") for cue in sentence.cues.get("says", ()))
    buying = going_on and (words[act.head] in _BUYING or (announced and words[act.head].endswith("ing")))
    commits = verb in _COMMITS and _PREVENTS.isdisjoint(words[act.start : act.end])
    if (buying or commits) and not has(sentence, sentence.first, sentence.last, "done"):
        return "planned", Hit(act.head, act.head + 1, CUES, "planned")
    if verb not in _DEALS:
        return None
    for later in (sentence, *sentence.after(2)):
        stems = later.reading.text.stems
        for at in range(act.end if later is sentence else later.first, later.last):
            if stems[at] not in _DELIVERY:
                continue
            for kind in ("future", "planned", "modal"):
                for cue in later.cues.get(kind, ()):
                    if -_NEAR <= cue.start - at <= _NEAR:
                        return "planned", Hit(act.head, act.head + 1, CUES, "planned")
    return None


def _perfect(act: Act) -> int:
    """Where "has" of `has sold` stands, -1 elsewhere and in `would have sold`: no plan before it reaches over it."""
    words = act.sentence.reading.text.words
    at = act.head - 1 if words[act.head - 1 : act.head] and words[act.head - 1] in _PERFECT else act.head - 2
    if at <= act.sentence.first or words[at] not in _PERFECT or words[at - 1] in _OPEN:
        return -1
    return at if words[act.head].endswith(("ed", "en", "t", "d")) else -1


def _reaches(act: Act, cue: Hit, kind: str) -> bool:
    sentence, text = act.sentence, act.sentence.reading.text
    before, after = act.head - cue.end, cue.start - act.end
    if cue.start < act.end and act.start < cue.end:
        before = 0
    if text.words[cue.start] in _DOUBTFUL and cue.start > act.head:
        return False  # "fired a potential ballistic missile"
    if text.words[cue.start] == "approval" and "with" in text.words[max(sentence.first, cue.start - 3) : cue.start]:
        return False  # "have been supplying weapons with CIA approval"
    farther = _APPROVED if text.stems[cue.start] in _APPROVES else 0
    if not (0 <= before <= _BEFORE[kind] or 0 <= after <= _AFTER[kind] + farther):
        return False
    if text.words[cue.start : cue.end] == ["to", "be"] and not any(
        word.endswith(_PARTICIPLE) for word in text.words[cue.end : cue.end + 2]
    ):
        return False
    if kind == "modal" and after >= 0 and has(sentence, cue.end, cue.end + _BEFORE["modal"], "put off"):
        return False
    leads_on = kind in ("modal", "future") or (kind == "planned" and text.words[cue.end - 1] == "to")
    if after >= 0 and leads_on and _OCCURS.isdisjoint(text.words[cue.end : cue.end + 2]):
        return False  # "the sale could anger Beijing", "the test was meant to bolster"
    if after > 0 and "," in text.raw[text.ends[act.end - 1] : text.starts[cue.start]]:
        return False
    if after > 0 and not _NEXT.isdisjoint(text.words[act.end : cue.start]):
        return False
    if before > 1 and _cut_off(text.raw[text.ends[cue.end - 1] : text.starts[act.head]]):
        return False
    if not _ELSEWHERE.isdisjoint(text.words[cue.end : act.head]):
        return False
    if before > 1 and _said_between(sentence, cue.end, act.head):
        return False
    if text.words[cue.start] == "to" and text.words[cue.start - 1] in _CAME_TRUE:  # "thought to be Soviet-made"
        return False
    if kind in ("future", "planned", "hypothetical") and has(sentence, cue.end, act.head, "stops", "accuses"):
        return False
    if kind == "modal" and text.words[cue.start] in _ABLE and text.words[cue.end : cue.end + 1] == ["not"]:
        return False  # "could not shoot down the missile"
    if text.words[cue.start] == "any" and has(sentence, sentence.first, cue.start, "denies", "rejects", "baseless"):
        return False  # "disavowed any shipment"
    if kind in ("future", "planned") and not _PREVENTS.isdisjoint(text.words[cue.end : max(act.head, act.end)]):
        return False
    if kind != "planned":
        return True
    apart = cue.end <= act.start or cue.start >= act.end
    return not (apart and _is_told(act)) and not has(sentence, sentence.first, sentence.last, "done")


def _said_between(sentence: Sentence, first: int, last: int) -> bool:
    """`not allowed to talk to the media, said it was the fourth test`: what is said is no part of the plan before."""
    text = sentence.reading.text
    return any(
        first < says.start < last and "," not in text.raw[text.ends[says.end - 1] : text.starts[says.end]]
        for says in sentence.cues.get("says", ()) if says.end < sentence.last
    )


def _is_told(act: Act) -> bool:
    """Whether the act is a verb in the past ("delivered under a contract"), not "to be delivered"."""
    words = act.sentence.reading.text.words
    return act.past and _BE.isdisjoint(words[max(act.sentence.first, act.head - 3) : act.head])


def _cut_off(between: str) -> bool:
    return any(mark in between for mark in (";", "—", " - ", ", and ", ", but ", ", as "))


def _imperative(act: Act) -> tuple[ClaimStatus, Hit] | None:
    """`Send them the jets, he said`: what is asked for."""
    words = act.sentence.reading.text.words
    first = next((at for at in range(act.sentence.first, act.head + 1) if words[at] not in ("just", "now")), act.head)
    return ("hypothetical", Hit(first, first + 1, CUES, "hypothetical")) if words[first] in _ASKED else None


def _supposed(act: Act) -> tuple[ClaimStatus, Hit] | None:
    """`Supplying such missiles would cross a line`: what something would lead to has not been done."""
    sentence = act.sentence
    words = sentence.reading.text.words
    if act.head > sentence.first + 1 or not words[act.head].endswith("ing"):
        return None
    for cue in (*sentence.cues.get("future", ()), *sentence.cues.get("modal", ())):
        if act.head < cue.start <= act.end + _LEADS and words[cue.start] in ("would", "could", "might"):
            return "hypothetical", cue
    return None


def _infinitive(act: Act) -> tuple[ClaimStatus, Hit] | None:
    """`a deal to supply`, `IRAN TO BUY TANKS`: an infinitive tells what is to come unless the word before says else."""
    text, sentence = act.sentence.reading.text, act.sentence
    at = act.head - 1
    if at <= sentence.first or text.words[at] != "to" or text.words[act.head].endswith(_BARE) or act.start < at:
        return None
    if text.words[at - 1] in _CAME_TRUE or text.stems[act.head] in _UNDER_WAY or not _USED.isdisjoint(
        text.words[max(sentence.first, at - _USED_FOR) : at]
    ):
        return None
    before = text.words[max(sentence.first, at - _GOVERNS) : at]
    if not _PLOTS.isdisjoint(text.words[sentence.first : at]) or "first" in before:
        return None
    asked = text.words[at - 1] in _WISHES or "were" in before or (
        not _LETS.isdisjoint(before) and has(sentence, at - 2 * _GOVERNS, at, "modal")
    )
    return "hypothetical" if asked else "planned", Hit(at, act.head, CUES, "future")
