"""Whom a story tells of as giver, taker or striker, beside the sentences that tell an act itself.

`military aid to Ukraine`, `British support`, `Russia's assault`: what fills a side that no mention of the act tells,
where the head of the story knows only one such party.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from pipeline.core.places import Named
from pipeline.core.reading import Reading, Sentence
from pipeline.core.speech import as_party
from pipeline.core.story import Party

_HEAD: Final = 4
"""Sentences of a field that are read."""
_AID: Final = frozenset(
    "aid assistance support help weapons weaponry arms ammunition munitions package packages supplies deliveries"
    " shipments tanks jets missiles".split()
)
_HELPS: Final = frozenset(
    "help helps helping aid aiding assist assisting support supporting arm arming equip equipping bolster bolstering"
    " back backing defend defending reinforce reinforcing".split()
)
_GIFTS: Final = frozenset(
    "aid assistance support package packages decision pledge pledges offer commitment promise promises".split()
)
_KINDS: Final = frozenset("s military security lethal defense defence arms weapons new further more first".split())
"""Between a giver and the gift."""
_DEEDS: Final = frozenset(
    "attack attacks strike strikes airstrike airstrikes assault assaults bombardment bombing barrage barrages invasion"
    " offensive raid raids shelling onslaught salvo".split()
)
_STRIKES: Final = frozenset(
    "attacks attacked bombards bombarded shells shelled pounds pounded pummels pummelled pummeled strikes struck"
    " batters battered bombs bombed invaded".split()
)
_STRUCK: Final = _STRIKES | frozenset("fired launched hit downed shot conducted carried".split())
_LINKS: Final = frozenset("the a an its his their s".split())
_OTHER_HAND: Final = frozenset("on against to for in over toward from".split())
"""Prepositions before whoever suffers a deed."""


def known(role: str, readings: Iterable[Reading]) -> list[Party]:
    """The parties that the heads of the fields of a story tell of in a role."""
    find, cues = _WAYS[role]
    found: dict[str, Party] = {}
    for reading in readings:
        for index in range(min(_HEAD, len(reading.text.sentences))):
            first, last = reading.text.sentences[index]
            if cues.isdisjoint(reading.text.words[first:last]):
                continue
            sentence = reading.sentence(index)
            for named in find(sentence):
                if named.code or named.label == "group":
                    found.setdefault(named.code or named.kind, as_party(sentence, named))
    return list(found.values())


def _takers(sentence: Sentence) -> Iterator[Named]:
    """`aid to Kyiv`, `to help Ukraine`."""
    words = sentence.reading.text.words
    for party in sentence.clause.parties:
        at = party.start - 1
        while at > sentence.first and words[at] in _LINKS:
            at -= 1
        if at <= sentence.first or sentence.clause.names_a_matter(party):
            continue
        if words[at] in _HELPS or (words[at] in ("to", "for") and words[at - 1] in _AID):
            yield party


def _givers(sentence: Sentence) -> Iterator[Named]:
    """`Britain's pledge`, `U.S. military aid`."""
    words, clause = sentence.reading.text.words, sentence.clause
    for party in clause.parties:
        after = words[party.end : party.end + 4]
        near = next((at for at, word in enumerate(after) if word in _GIFTS), None)
        if near is not None and _KINDS.issuperset(after[:near]) and party.label not in ("actor", "place") and (
            "," not in clause.gap(party.end - 1)
        ):
            yield party


def _strikers(sentence: Sentence) -> Iterator[Named]:
    """`Russia's assault`, `Israeli air raids`, `Putin bombarded`."""
    words, clause = sentence.reading.text.words, sentence.clause
    for party in clause.parties:
        after = words[party.end : party.end + 4]
        own = clause.owns(party) or party.label == "people"
        near = next((at for at, word in enumerate(after) if word in _DEEDS), None)
        deed = own and near is not None and _OTHER_HAND.isdisjoint(after[:near])
        before = words[max(sentence.first, party.start - 5) : party.start]
        by = clause.tie(party) == "by" and not _STRUCK.isdisjoint(before)
        if deed or by or (clause.tie(party) is None and not own and not _STRIKES.isdisjoint(after[:1])):
            yield party


_WAYS: Final = {
    "recipient": (_takers, _AID | _HELPS), "supplier": (_givers, _GIFTS), "actor": (_strikers, _DEEDS | _STRUCK),
}
"""For a role: how its parties are found, and words of which one stands in a sentence that tells of them."""
