"""From mentions of acts to events: who did what to whom, mentions of one act merged, with the claims on it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.core.acts import ANY_WORD, Act
from pipeline.core.background import known
from pipeline.core.blame import accusation, responsible
from pipeline.core.claims import claims_of
from pipeline.core.deals import partners
from pipeline.core.mentions import Mention
from pipeline.core.reading import Reading, Sentence
from pipeline.core.remaining import remaining
from pipeline.core.roles import SIDES, filled, home, is_answered, is_place, is_trade, likely, mend, same
from pipeline.core.settling import by_the_telling, settled
from pipeline.core.speech import name
from pipeline.core.story import Claim, Event, Party

_NOT_TALKING: Final = frozenset(("weapon", "target", "place", "via"))
"""Roles whose holders neither confirm nor deny the act."""

_DOERS: Final = ("supplier", "actor", "imposer")

_CLAIMED: Final = ("arms-transfer", "missile-launch")
"""Topics whose sides the rest of a story may tell."""
_BLOWS: Final = ("missile-launch", "armed-attack")
_TIME: Final = re.compile(
    r"\b(?:(?:(?:early|late|earlier|last|next|this|on|since|by|until) )*"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: (?:morning|night|evening|afternoon))?|yesterday|today|tomorrow"
    r"|(?:earlier |later )?(?:last|next|this) (?:week|month|year|night|spring|summer|autumn|winter)"
    r"|(?:(?:in|since|on|by|until) )?(?:early |late |mid-)?(?:January|February|March|April|June|July|August|September"
    r"|October|November|December|Jan\.|Feb\.|Aug\.|Sept\.|Oct\.|Nov\.|Dec\.)(?: \d{1,2}\b)?(?:,? \d{4})?"
    r"|(?:in|since) (?:19|20)\d\d|\w+ (?:years|months|weeks|days) ago)(?!\w)"
)
_TIMES: Final = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday yesterday today tomorrow week month year night spring"
    " summer autumn winter january february march april june july august september october november december jan feb"
    " aug sept oct nov dec may ago".split()
) | frozenset(map(str, range(1900, 2100)))
"""Every time expression holds one of these words."""
_THINGS: Final = frozenset(("weapon", "via", "place"))
_LOOSE: Final = _THINGS | {"target"}
"""Roles in which mentions of one act may differ."""

def events_of(mentions: Iterable[Mention], readings: Sequence[Reading]) -> Iterator[Event]:
    """One event for each distinct act, in the order of first mention; `readings` are the fields of the story."""
    drafts: list[_Draft] = []
    for telling in _tellings(mentions):
        answered = all(map(is_answered, telling))
        for event, guess in _told(telling):
            event = _turned(event, telling[0], drafts)
            for draft in drafts:
                merged = _merged(draft.event, event)
                if merged is not None:
                    titled = draft.event.evidence[0].field == "title"  # a headline guesses worse than the text
                    draft.guess = {**draft.guess, **guess} if titled else {**guess, **draft.guess}
                    draft.event, draft.answered = merged, draft.answered and answered
                    draft.told.append(telling[0].sentence)
                    break
            else:
                drafts.append(_Draft(event, guess, telling[0].topic.roles, answered, [telling[0].sentence]))
    events = [draft.event for draft in drafts]
    yield from by_the_telling([_whole(draft, events, readings) for draft in drafts])


@dataclass
class _Draft:
    """An event as its mentions tell it, who probably fills the rest of the roles that are `wanted`, and whether the
    mentions tell only that others answered it."""

    event: Event
    guess: dict[str, Party]
    wanted: Collection[str]
    answered: bool
    told: list[Sentence]


def _turned(event: Event, mention: Mention, drafts: Iterable[_Draft]) -> Event:
    """A deal between two parties as the mentions before it tell who gives: "no dealings with Russia"."""
    supplier, recipient = event.roles.get("supplier"), event.roles.get("recipient")
    if supplier is None or recipient is None:
        return event
    if partners(mention.sentence.clause, mention.start, mention.end) is None:
        return event
    for roles in (draft.event.roles for draft in drafts if draft.event.topic == event.topic):
        if "supplier" in roles and "recipient" in roles and (
            same(roles["supplier"], recipient) and same(roles["recipient"], supplier)
        ):
            return replace(event, roles={**event.roles, "supplier": recipient, "recipient": supplier})
    return event


def _whole(draft: _Draft, events: Sequence[Event], readings: Sequence[Reading]) -> Event:
    """The event with its roles filled and its claims settled."""
    roles, event = _completed(draft, events), draft.event
    claims = tuple(settled(event.claims, event.topic, _talking(roles.items())))
    roles = {**roles, **_beside(draft, roles, readings)}
    return replace(event, roles={**roles, **_left(draft, roles, events, readings)}, claims=claims)


def _completed(draft: _Draft, events: Sequence[Event]) -> dict[str, Party]:
    """The roles; what no mention fills is taken from the guess, which the sentence around it tells, or else: who
    denies the act did it; all acts of the story have one side in common."""
    event = draft.event
    roles = dict(event.roles)
    guess = draft.guess if draft.answered else {**_told_elsewhere(event, events), **draft.guess}
    for role in SIDES:
        if role in roles or role not in draft.wanted or not roles:
            continue
        common = None if draft.answered else _common(role, event, events)
        for party in (guess.get(role), _denier(event), common):
            if party is not None and not any(same(party, other) for key, other in roles.items() if key != "weapon"):
                roles[role] = party
                break
    if "actor" in roles and "target" in roles and same(roles["actor"], roles["target"]):
        del roles["target"]
    return roles


def _beside(draft: _Draft, roles: Mapping[str, Party], readings: Sequence[Reading]) -> dict[str, Party]:
    """The sides still missing of which the head of the story knows one party alone, that has no other role."""
    found: dict[str, Party] = {}
    if draft.answered or draft.event.topic not in _CLAIMED or not roles:
        return found
    for role in SIDES:
        if role in draft.wanted and role not in roles:
            rest = [party for party in known(role, readings) if not any(same(party, other) for other in roles.values())]
            if len(rest) == 1:
                found[role] = rest[0]
    return found


def _left(
    draft: _Draft, roles: Mapping[str, Party], events: Sequence[Event], readings: Sequence[Reading]
) -> dict[str, Party]:
    """The sides that nothing else tells."""
    found: dict[str, Party] = {}
    if draft.answered or draft.event.topic not in _CLAIMED or not roles:
        return found
    for role in ("recipient", "supplier", "actor"):
        if role in draft.wanted and role not in roles:
            taken = [*roles.values(), *found.values()]
            party = remaining(role, draft.event, taken, events, draft.told, readings)
            if party is not None:
                found[role] = party
    return found


def _told_elsewhere(event: Event, events: Sequence[Event]) -> dict[str, Party]:
    """Who acts, where the same words tell an act of another topic too: a missile strike is a launch and an attack."""
    if "actor" in event.roles or event.topic not in _BLOWS:
        return {}
    for other in events:
        if other.topic in _BLOWS and other.topic != event.topic and "actor" in other.roles and any(
            one.field == two.field and one.start < two.end and two.start < one.end
            for one in event.evidence for two in other.evidence
        ):
            return {"actor": other.roles["actor"]}
    return {}


def _denier(event: Event) -> Party | None:
    return next((claim.holder for claim in event.claims
                 if claim.status == "denied" and claim.holder is not None and claim.holder.code), None)


def _common(role: str, event: Event, events: Sequence[Event]) -> Party | None:
    """The side that all acts of the story have in common; a strike with missiles is a launch and an attack."""
    blow = event.topic in _BLOWS
    found = [other.roles[role] for other in events if role in other.roles and (
        other.topic == event.topic or (blow and other.topic in _BLOWS and other.roles[role].code is not None))]
    return found[0] if found and all(same(found[0], other) for other in found) else None


def _talking(roles: Iterable[tuple[str, Party]]) -> set[str]:
    """The names of the parties that may confirm or deny an act."""
    return {name(party) for role, party in roles if role not in _NOT_TALKING} - {""}


def _tellings(mentions: Iterable[Mention]) -> Iterator[list[Mention]]:
    """Mentions of topics with events, those that overlap together: several rules may see one act."""
    apart: dict[tuple[str, int], list[Mention]] = {}
    for mention in mentions:
        if mention.topic.roles:
            apart.setdefault((mention.topic.name, id(mention.sentence)), []).append(mention)
    for group in apart.values():
        group.sort(key=lambda mention: mention.start)
        telling: list[Mention] = []
        for mention in group:
            if telling and mention.start >= max(one.end for one in telling):
                yield telling
                telling = []
            telling.append(mention)
        yield telling


def _told(telling: list[Mention]) -> Iterator[tuple[Event, dict[str, Party]]]:
    found = [(filled(mention), mention) for mention in telling]
    rows, mention = max(found, key=lambda pair: len(pair[0]))
    if is_trade(mention):
        mend(mention, rows)
    if "actor" in mention.rule.roles and is_place(mention, rows.get("actor", ())):
        owner = responsible(mention.sentence)
        if owner is not None and owner.code is None:
            rows["actor"] = [owner]
    for other, _ in found:
        taken = {party.code or party.kind or party.text for row in rows.values() for party in row}
        for role, row in other.items():
            if role not in rows and not any((one.code or one.kind or one.text) in taken for one in row):
                rows[role] = row
    if "actor" in mention.topic.roles and "actor" not in rows:
        owner_of_weapon = home(mention)
        if owner_of_weapon:
            rows["actor"] = owner_of_weapon
    named = _talking((role, party) for role, row in rows.items() for party in row)
    doer = next((name(party) for role in _DOERS for party in rows.get(role, ())), None) or None
    aimed = next((name(party) for party in rows.get("target", ())), None) or None
    blame = accusation(mention.sentence) if mention.topic.name in ANY_WORD and doer is None else None
    blamed = responsible(mention.sentence) if blame is not None else None
    if blamed is not None:
        named |= _talking([("actor", blamed)])
    claims: list[Claim] = claims_of(
        Act(mention.topic.name, mention.sentence, mention.act.start, mention.start, mention.end, named, doer, aimed)
    )
    if blame is not None and all(claim.status in ("reported", "denied") for claim in claims):
        claims.append(blame)
    status = next((one.rule.status for one in telling if one.rule.status), None)
    if status and [claim.status for claim in claims] == ["reported"]:
        claims = [replace(claims[0], status=status)]
    combos: list[dict[str, Party]] = [{}]
    for role, row in rows.items():
        if role in mention.topic.several:
            extra = {role if i == 0 else f"{role}.{i + 1}": party for i, party in enumerate(row)}
            combos = [{**combo, **extra} for combo in combos]
        else:
            combos = [{**combo, role: party} for combo in combos for party in row]
    guess = likely(mention, rows)
    for roles in combos:
        yield Event(mention.topic.name, roles, tuple(claims), (mention.evidence,), _when(mention)), guess


def _when(mention: Mention) -> str:
    """The time expression nearest to the act in its sentence, as written."""
    text, sentence = mention.sentence.reading.text, mention.sentence
    if _TIMES.isdisjoint(text.words[sentence.first : sentence.last]):
        return ""
    start, end = text.starts[sentence.first], text.ends[sentence.last - 1]
    middle = (text.starts[mention.start] + text.ends[mention.end - 1]) // 2
    found = list(_TIME.finditer(text.raw, start, end))
    return min(found, key=lambda match: abs(match.start() - middle))[0] if found else ""


def _is_ahead(event: Event) -> bool:
    return all(claim.status in ("planned", "hypothetical") for claim in event.claims)


def _is_done(event: Event) -> bool:
    return any(claim.status == "reported" and claim.evidence is not None for claim in event.claims)


def _merged(known: Event, new: Event) -> Event | None:
    """Both as one event where their roles do not contradict each other, else None.

    A mention that does not say who acts is one more word on the act told before, wherever it says that it went.
    """
    if known.topic != new.topic or (_is_done(known) and _is_ahead(new)) or (_is_ahead(known) and _is_done(new)):
        return None
    loose = _LOOSE if not any(role in new.roles for role in _DOERS) else _THINGS
    for role, party in new.roles.items():
        if role not in loose and role in known.roles and not same(known.roles[role], party):
            return None
    roles = {**new.roles, **known.roles}
    for role, party in new.roles.items():
        if not roles[role].code and (party.code or (roles[role].kind == "militants" and party.kind)):
            roles[role] = party
    for role in _THINGS & known.roles.keys() & new.roles.keys():
        if known.roles[role].text.lower() in new.roles[role].text.lower():  # the fuller name
            roles[role] = new.roles[role]
    return replace(
        known, roles=roles, claims=known.claims + new.claims, when=known.when or new.when,
        evidence=known.evidence + tuple(e for e in new.evidence if e not in known.evidence),
    )
