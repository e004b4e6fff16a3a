"""Who gave and who got, read from the sentence around a transfer where a rule's own positions say nothing."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from pipeline.core.clauses import Clause
from pipeline.core.places import Named
from pipeline.core.text import stem

GETS: Final = frozenset(map(stem, "buy bought purchase acquire acquisition import order procure obtain lease".split()))
"""Stems of acts that a recipient does."""
_GIVES: Final = frozenset(map(stem, (
    "send sent supply sell sold ship deliver provide transfer give gave given export smuggle donate hand furnish lend"
    " lent funnel arm equip promise pledge".split()
)))
_DEALS: Final = frozenset(map(stem, "deal contract agreement order accord pact package letter".split()))
_MAKERS: Final = ("US RU SU FR CN GB DE IL".split(), "IT SE ES KR KP UA TR CZ NL CH NO BR ZA IR BY".split())
"""States that export most arms, and those that export many: of the two parties to a deal they sell."""
_AROUND: Final = 18
"""Words from a transfer within which another verb tells of it."""


def sides(clause: Clause, start: int, end: int) -> dict[str, Named]:
    """Supplier and recipient of a transfer told by words [start, end), as far as the sentence tells them."""
    found: dict[str, Named] = {}
    for role, party in _read(clause, start, end):
        if role not in found and party.code not in [other.code for other in found.values() if other.code]:
            found[role] = party
    return found


def _read(clause: Clause, start: int, end: int) -> Iterator[tuple[str, Named]]:
    pair = partners(clause, start, end)
    if pair:
        yield from zip(("supplier", "recipient"), pair, strict=True)
    stems = clause.text.stems
    for head in range(max(clause.first, start - _AROUND), min(clause.last, end + _AROUND)):
        if stems[head] in _GIVES or stems[head] in GETS:
            yield from _told_by(clause, head, stems[head] in GETS)
    for role, prepositions in (("supplier", ("from",)), ("recipient", ("to", "for", "into"))):
        for preposition in prepositions:
            party = clause.under(preposition, start, min(clause.last, end + _AROUND))
            if party is not None:
                yield role, party


def _told_by(clause: Clause, head: int, gets: bool) -> Iterator[tuple[str, Named]]:
    """What the verb at `head` tells of who does it and of whom it is from or goes to."""
    doer, other = ("recipient", "supplier") if gets else ("supplier", "recipient")
    last = min(clause.last, head + _AROUND)
    if clause.is_passive(head):
        party = clause.under("by", head, last)
    else:
        party = None if clause.text.words[head].endswith(("ent", "ery", "ies")) else clause.subject(head)
    if party is not None:
        yield doer, party
    party = clause.under("from" if gets else "to", head, last)
    if party is not None:
        yield other, party


def partners(clause: Clause, start: int, end: int) -> tuple[Named, Named] | None:
    """Seller and buyer of a deal of which only the two parties are told: `a deal between A and B`, `A's deal with B`.

    A firm sells to a state, and a state that makes arms to one that makes fewer; None where that leaves it open.
    """
    if _DEALS.isdisjoint(clause.text.stems[start:end]):
        return None
    between = clause.under("between", start, min(clause.last, end + _AROUND))
    other = clause.under("with", start, min(clause.last, end + _AROUND))
    pair: Sequence[Named] = ()
    if between is not None:
        pair = clause.row(between)
    elif other is not None:
        one = clause.owner(start) or clause.subject(start)
        pair = (one, other) if one is not None else ()
    else:
        doer = clause.subject(start)
        pair = clause.row(doer) if doer is not None else ()
    return by_trade(pair) if len(pair) == 2 else None


def by_trade(pair: Sequence[Named]) -> tuple[Named, Named] | None:
    """Seller and buyer of two parties."""
    one, two = pair
    ranks = _rank(one), _rank(two)
    if ranks[0] == ranks[1] or one.code == two.code:
        return None
    return (one, two) if ranks[0] < ranks[1] else (two, one)


def _rank(party: Named) -> int:
    if party.label == "firm":
        return -1
    return next((rank for rank, codes in enumerate(_MAKERS) if party.code in codes), len(_MAKERS))


def is_getting(stems: Collection[str]) -> bool:
    """Whether a recipient does what these stems tell."""
    return not GETS.isdisjoint(stems)
