"""Who is left for a side that nothing else tells: the one party in the title, the first sentence or beside the act that
may fill it.

Enemies, accusers and scenes of the act are no candidates. Of several, exporters of arms supply, others receive.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from pipeline.core.deals import exports
from pipeline.core.places import Named
from pipeline.core.reading import Reading, Sentence
from pipeline.core.speech import as_party
from pipeline.core.story import Event, Party

_APART: Final = frozenset(
    "in at near off over across against about on inside outside toward towards between into onto around beyond amid"
    " despite within through".split()
)
"""Prepositions of whoever is not a side: where it is told, and against whom it goes."""
_WARS: Final = frozenset(
    "war invasion offensive aggression attack attacks assault assaults strikes strike barrage bombardment terror"
    " shelling onslaught advance occupation ambitions raids airstrikes".split()
)
"""What an enemy of the recipient does."""
_LINKS: Final = frozenset("back off full fresh new latest s scale brutal further its the".split())
"""Between an enemy and what it does."""
_UPON: Final = frozenset(
    "fight fights fighting fought repel repelling repelled resist resisting combat counter countering defeat defeating"
    " thwart beat stop deter contain invaded pound pounded bombed shelled".split()
)
"""What is done to an enemy."""
_OTHERS: Final = frozenset("west western allies allied partners backers nato europe european eu".split())
"""Suppliers without the name of a state: nobody else is left where they are told."""
_WATCHERS: Final = frozenset(
    "police customs court prosecutors pirates coastguard marines inspectors investigators judge union media tv news"
    " newspaper agency analysts ambassador experts insurer investigation senators".split()
)
"""Who stops, judges or tells of a transfer."""
_ANSWERS: Final = frozenset(
    "seize seizes seized intercept intercepts intercepted find finds found detain detains detained boarded boards stop"
    " stops stopped captured impounded confiscated accuse accuses accused urge urges urged warn warns warned condemn"
    " condemns condemned protest protests protested summoned denounce denounces denounced slam slams slammed bombs"
    " bombed struck sanction sanctions sanctioned imposes imposed criticised criticized criticises criticizes".split()
)
"""What others do about the act of somebody else."""
_SUFFERS: Final = frozenset(
    "braces braced endures endured under comes downs downed shoots shot intercept intercepts intercepted thwarts repels"
    " repelled faces suffers suffered condemn condemns condemned protests protested orders evacuates scrambles".split()
)
"""What whoever is struck, or is near, does."""
_VISITS: Final = frozenset("visit visits visited visiting met meets meet tour tours toured".split())
_TELLS: Final = frozenset("says said say told reports reported warns warned asks urges seeks ambassador".split())


def remaining(
    role: str, event: Event, roles: Collection[Party], events: Iterable[Event], told: Iterable[Sentence],
    readings: Sequence[Reading],
) -> Party | None:
    """Who fills a side of `event`; `roles` are taken, `told` are the sentences that tell the act."""
    taken = {_key(party) for party in roles}
    if role == "supplier":
        if any(not _OTHERS.isdisjoint(one.reading.text.words[one.first : one.last]) for one in told):
            return None
        taken |= {_key(claim.holder) for claim in event.claims if claim.status == "alleged" and claim.holder}
        taken |= {_key(other.roles["actor"]) for other in events if "actor" in other.roles}
    near = [beside for sentence in told for beside in (*sentence.after(1), *sentence.before(1))]
    for sentences in ([*told, *_heads(readings)], near):
        left = _left(role, taken, sentences)
        if left:
            chosen = _chosen(role, left)
            return None if chosen is None else as_party(chosen[1], chosen[0])
    return None


def _left(role: str, taken: Collection[str], sentences: Sequence[Sentence]) -> list[tuple[Named, Sentence]]:
    """The candidates that the sentences name, each with where it is named first."""
    found: dict[str, tuple[Named, Sentence]] = {}
    others: set[str] = set()
    for sentence in {id(one): one for one in sentences}.values():
        for party in _candidates(sentence):
            key = party.code or party.kind
            if _is_struck(sentence, party) if role == "actor" else _is_enemy(sentence, party):
                others.add(key)
            elif key not in taken and not _stands_by(sentence, party, role):
                found.setdefault(key, (party, sentence))
    return [pair for key, pair in found.items() if key not in others]


def _heads(readings: Sequence[Reading]) -> Iterator[Sentence]:
    """The sentences of the title and the first of the body."""
    for reading in readings:
        for index in range(len(reading.text.sentences) if reading.name == "title" else 1):
            if index < len(reading.text.sentences):
                yield reading.sentence(index)


def _key(party: Party) -> str:
    return party.code or party.kind


def _candidates(sentence: Sentence) -> Iterator[Named]:
    clause = sentence.clause
    for party in clause.parties:
        if (party.code or party.label == "group") and party.label != "place" and not clause.names_a_matter(party) and (
            not clause.compounded(party) and clause.tie(party) not in _APART
        ):
            yield party


def _is_enemy(sentence: Sentence, party: Named) -> bool:
    """`Russia's invasion`, `to fight Russia`."""
    words = sentence.reading.text.words
    after = words[party.end : party.end + 4]
    near = next((at for at, word in enumerate(after) if word in _WARS), None)
    if near is not None and _LINKS.issuperset(after[:near]):
        return True
    before = words[max(sentence.first, party.start - 3) : party.start]
    return not _UPON.isdisjoint(before)


def _is_struck(sentence: Sentence, party: Named) -> bool:
    """`Ukraine intercepted`, `Seoul condemned`."""
    return not _SUFFERS.isdisjoint(sentence.reading.text.words[party.end : party.end + 3])


def _stands_by(sentence: Sentence, party: Named, role: str) -> bool:
    """`Danish police`, `Spain seized`, `sanctioned by the U.S.`, `visit Poland`, `Kyiv says`."""
    words, tie = sentence.reading.text.words, sentence.clause.tie(party)
    after = words[party.end : party.end + 3]
    if not _WATCHERS.isdisjoint(after):
        return True
    if role == "actor":
        return tie == "of" or not _TELLS.isdisjoint(after)
    if role == "recipient" and (not _TELLS.isdisjoint(after) or _is_adjective(sentence, party)):
        return True
    before = words[max(sentence.first, party.start - 3) : party.start]
    return not _ANSWERS.isdisjoint(after) or not _VISITS.isdisjoint(before) or (
        tie == "by" and not _ANSWERS.isdisjoint(before)
    )


def _is_adjective(sentence: Sentence, party: Named) -> bool:
    """`a Georgian-registered plane`, `under American penalties`: a name that only tells what something is."""
    return party.label == "people" and not party.kind and not sentence.clause.is_body(party)


def _chosen(role: str, left: Sequence[tuple[Named, Sentence]]) -> tuple[Named, Sentence] | None:
    if len(left) == 1:
        return left[0]
    if role == "actor":
        titled = next((pair for pair in left if pair[1].reading.name == "title"), None)
        return titled if titled is not None and titled[1].clause.tie(titled[0]) is None else None
    sellers = [pair for pair in left if exports(pair[0])]
    if role == "supplier":
        return sellers[0] if len(sellers) == 1 else None
    others = [pair for pair in left if pair not in sellers]
    return others[0] if len(others) == 1 else None
