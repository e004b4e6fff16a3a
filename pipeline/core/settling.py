"""How an act stands by all that a text says of it: the claims of its mentions, and of the acts beside it, weighed."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from pipeline.core.acts import ANY_WORD
from pipeline.core.blame import BLAME
from pipeline.core.roles import same
from pipeline.core.speech import name
from pipeline.core.story import Claim, Event

_SIDES: Final = frozenset(("supplier", "recipient", "actor"))


def settled(claims: Sequence[Claim], topic: str, parties: Collection[str] = ()) -> Iterator[Claim]:
    """The claims of all mentions of one act together; `parties` are the names of whoever may speak about it.

    What a headline says in short yields to what the body tells. What the body tells as done in its own words (of a
    launch the headline too), and nobody denies, is reported, whoever says so too. Else what somebody alleges is not
    also reported as a fact, unless by a party to it; what one side reports and another denies is alleged. Holders
    whose state is told go before "an official". An act that is only named ("arms sales") stands as the
    mentions say that tell it. Of what is told as done, only who did it is alleged by whoever blames somebody.
    """
    body = any(claim.evidence is not None and claim.evidence.field == "body" and claim.status != "denied"
               for claim in claims)
    kept = [claim for claim in claims if not (body and _is_headline(claim))]
    blamed = any(one.evidence is not None and one.evidence.rule == BLAME for one in kept)
    if any(claim.status == "denied" for claim in kept) and not blamed:
        kept = [replace(claim, status="alleged") if _is_contested(claim, parties) else claim for claim in kept]
    elif not blamed:
        told = [one for one in claims if _is_told(one) and (one in kept or topic in ANY_WORD)]
        if told:
            kept = [claim for claim in (*kept, *told) if claim.status != "alleged"]
    named = {claim.status for claim in kept if claim.holder is not None and name(claim.holder)}
    kept = [claim for claim in kept if not (claim.status in named and claim.holder is not None
                                            and not name(claim.holder) and claim.status != "reported")]
    statuses = {claim.status for claim in kept}
    seen: set[tuple[str, str]] = set()
    for claim in kept:
        admitted = claim.status == "reported" and claim.holder is not None and name(claim.holder) in parties
        if claim.status == "reported" and not admitted and not blamed and statuses & {"alleged", "hypothetical"}:
            continue
        if claim.status == "reported" and claim.evidence is None and not blamed and statuses != {"reported"}:
            continue
        key = (claim.status, (claim.holder.code or claim.holder.text) if claim.holder else "")
        if key not in seen:
            seen.add(key)
            yield claim


def _is_headline(claim: Claim) -> bool:
    where = claim.evidence
    return where is not None and where.field == "title" and claim.status in ("reported", "planned", "hypothetical")


def _is_told(claim: Claim) -> bool:
    """Whether the text itself says that the act was done: "Israeli aircraft have fired a missile"."""
    return claim.status == "reported" and claim.holder is None and claim.evidence is not None


def _is_contested(claim: Claim, parties: Collection[str]) -> bool:
    return claim.status == "reported" and claim.holder is not None and name(claim.holder) not in parties


def by_the_telling(events: Sequence[Event]) -> Iterator[Event]:
    """The events of a story; one that is only named ("delivering mortars") stands as the act of the same topic and
    with the same party on one side that the story tells, unless that is reported too."""
    for event in events:
        told = [other for other in events if other.topic == event.topic and not _is_only_named(other)]
        if _is_only_named(event) and not any("reported" in other.status for other in told):
            kin = next((other for other in told if any(
                role in _SIDES and role in other.roles and same(party, other.roles[role])
                for role, party in event.roles.items()
            )), None)
            event = event if kin is None else replace(event, claims=kin.claims)
        yield event


def _is_only_named(event: Event) -> bool:
    return all(claim.status == "reported" and claim.evidence is None for claim in event.claims)
