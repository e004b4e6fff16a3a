"""Who gave and who got, read from the sentence around a transfer where a rule's own positions say nothing."""

from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.core.clauses import BE, Clause
from pipeline.core.places import Named
from pipeline.core.positions import owner_of, under
from pipeline.core.subjects import leader_of, subject_of
from pipeline.core.text import stem

_SELLERS: Final = frozenset("supplier suppliers seller sellers exporter exporters provider providers".split())
_BUYERS: Final = frozenset("buyer buyers importer importers customer customers purchaser purchasers purchase".split())
GETS: Final = frozenset(map(stem, (
    "buy bought purchase acquire acquisition import order procure obtain lease".split()
)))
"""Stems of acts that a recipient does."""
_GIVES: Final = frozenset(map(stem, (
    "send sent supply sell sold ship deliver provide transfer give gave given export smuggle donate hand furnish lend"
    " lent funnel arm equip promise pledge".split()
)))
_DEALS: Final = frozenset(map(stem, "deal contract agreement order accord pact package talks".split()))
_MAKERS: Final = ("US RU SU FR CN GB DE IL".split(), "IT SE ES KR KP UA TR CZ NL CH NO BR ZA IR BY".split())
"""States that export most arms, and those that export many: of the two parties to a deal they sell."""
_BEFORE_NOUNS: Final = frozenset(
    "the a an any this such its their his of for alleged planned proposed possible reported arms weapons"
    " missile s".split()
)
_SMUGGLING: Final = frozenset("ship ships vessel vessels boat boats dhow ring network route routes attempt".split())
"""What a verb names the kind of: "a smuggling ship"."""
_GIFTS: Final = frozenset(map(stem, "gift present donation".split()))
_LEAVES: Final = frozenset(map(stem, "leave left".split()))
_TAKES: Final = frozenset("gets got get took take takes receives received receive".split())
_USES: Final = frozenset(map(stem, "use fire launch deploy operate fly flew show parade receive".split()))
"""What a recipient does with a weapon: "used missiles supplied by"."""
_WITH: Final = frozenset("with using used fired launched".split())
_BEFORE: Final = 7
"""Words by which "a deal with" may precede what it is to do."""
_IT: Final = frozenset("it they he she".split())
_NEAR: Final = 7
"""Words between a verb and whoever does what it tells."""
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
    words, stems = clause.text.words, clause.text.stems
    for head in range(max(clause.first, start - _AROUND), clause.last):
        if words[head] in _SELLERS or words[head] in _BUYERS:
            party = subject_of(clause, head)
            if party is not None:
                yield "supplier" if words[head] in _SELLERS else "recipient", party
            continue
        if stems[head] in _GIFTS or stems[head] in _LEAVES:
            role, party = "supplier", _after(clause, head, ("of", "from") if stems[head] in _GIFTS else (None,))
            if party is not None:
                yield role, party
            continue
        if words[head] in _TAKES:
            party = under(clause, "from", head, min(clause.last, head + _AROUND))
            taker = subject_of(clause, head) if party is not None else None
            if party is not None and taker is not None:
                yield from (("supplier", party), ("recipient", taker))
            continue
        near = head < end + _AROUND or words[head + 1 : head + 2] in (["it"], ["them"])
        if near and (stems[head] in _GIVES or stems[head] in GETS) and not _is_noun(clause, head):
            yield from _told_by(clause, head, stems[head] in GETS)
    for role, prepositions in (("supplier", ("from",)), ("recipient", ("to", "for", "into"))):
        for preposition in prepositions:
            party = under(clause, preposition, start, min(clause.last, end + _AROUND))
            if party is not None:
                yield role, party


def _after(clause: Clause, head: int, ties: tuple[str | None, ...]) -> Named | None:
    """`a present from Ukraine`, `left Iran's ports`: the party right after the word at `head`."""
    near = (party for party in clause.parties if head < party.start <= head + 3)
    return next((party for party in near if clause.tie(party) in ties), None)


def _is_noun(clause: Clause, head: int) -> bool:
    """`the transfer of`, `an alleged sale`."""
    words = clause.text.words
    if _compound(clause, head) is not None:
        return False
    following = words[head + 1 : head + 2]
    if words[head] == "arms" or (words[head] == "ships" and following in (["with"], ["carrying"])):
        return True
    if following and following[0] in _SMUGGLING:
        return True
    return words[head - 1] in _BEFORE_NOUNS or following == ["of"] or (
        words[head].endswith(("ment", "ery", "eries", "tion", "er", "ers"))
    )


def _told_by(clause: Clause, head: int, gets: bool) -> Iterator[tuple[str, Named]]:
    """What the verb at `head` tells of who does it and of whom it is from or goes to."""
    giver = _compound(clause, head)
    if giver is not None:
        yield "supplier", giver
        user = leader_of(clause)
        if user is not None and not _WITH.isdisjoint(clause.text.words[user.end : giver.start]):
            yield "recipient", user
        return
    doer, other = ("recipient", "supplier") if gets else ("supplier", "recipient")
    last = min(clause.last, head + _AROUND)
    if clause.is_passive(head, head - 1):
        party = under(clause, "by", head, last)
        if party is not None and not BE.isdisjoint(clause.text.words[head + 1 : party.start]):
            party = None  # "bombs provided to Ukraine are jammed by Russia"
        user = subject_of(clause, head)
        if user is not None and not gets and not _USES.isdisjoint(clause.text.stems[user.end : head]):
            yield "recipient", user
    else:
        party = subject_of(clause, head)
        if party is not None and head - party.end > _NEAR and clause.text.words[head - 1] not in _IT:
            party = None
    if party is not None:
        yield doer, party
    party = under(clause, "from" if gets else "to", head, last) or (None if gets else _bare(clause, head))
    if party is not None:
        yield other, party


def _compound(clause: Clause, head: int) -> Named | None:
    """`attacked with Iranian-supplied drones`: who is part of one word with the participle at `head`."""
    return next((party for party in clause.parties if party.end == head and clause.compounded(party)), None)


def _bare(clause: Clause, head: int) -> Named | None:
    """`is sending Ukraine $325 million in aid`: whoever stands right after the verb at `head`, and owns nothing."""
    return next((party for party in clause.parties if party.start == head + 1 and party.label != "people"
                 and not clause.owns(party) and not clause.compounded(party)), None)


def partners(clause: Clause, start: int, end: int) -> tuple[Named, Named] | None:
    """Seller and buyer of a deal of which only the two parties are told: `a deal between A and B`, `A's deal with B`.

    What it is to do decides ("talks with Russia to buy"); else a firm sells to a state, and a state that makes arms to
    one that makes fewer. None where that leaves it open.
    """
    stems, last = clause.text.stems, min(clause.last, end + _AROUND)
    noun = next((at for at in range(max(clause.first, start - _BEFORE), end) if stems[at] in _DEALS), None)
    if noun is None or (noun < start and "with" not in clause.text.words[noun + 1 : start]):
        return None
    start = min(start, noun)
    between, other = under(clause, "between", start, last), under(clause, "with", noun, last)
    if between is not None:
        row = clause.row(between)
        return by_trade(row) if len(row) == 2 else None
    doer = owner_of(clause, start) or subject_of(clause, start)
    if doer is None:
        return None
    if other is None and doer.label == "firm":  # "an order from Qatar"
        other = under(clause, "from", noun, last)
    if other is None:
        row = clause.row(doer)
        if len(row) == 2:
            return by_trade(row)
        other = next((party for party in clause.parties if party.end == noun and party.label == "people"), None)
    if other is None or other == doer or other.code == doer.code:
        return None
    verb = next((stems[at] for at in range(noun + 1, last) if clause.text.words[at - 1] == "to"
                 and (stems[at] in _GIVES or stems[at] in GETS)), "")
    if "firm" not in (doer.label, other.label) and (verb == "sell" or verb in GETS):
        return (doer, other) if verb == "sell" else (other, doer)
    return by_trade((doer, other)) or ((doer, other) if verb in _GIVES else None)


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


def exports(party: Named) -> bool:
    """Whether it is a firm, or a state that exports many arms."""
    return _rank(party) < len(_MAKERS)


def leads(party: Named) -> bool:
    """Whether it is a firm, or a state that exports most arms and asks nobody for them."""
    return _rank(party) <= 0


def is_getting(clause: Clause, start: int, end: int) -> bool:
    """Whether a recipient does what words [start, end) tell: "bought", "smuggled in"."""
    stems = clause.text.stems
    return not GETS.isdisjoint(stems[start:end]) or (stems[start] == "smuggl" and stems[end : end + 1] == ["in"])
