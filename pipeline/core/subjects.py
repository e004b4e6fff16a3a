"""Who does what a verb tells: its subject, as far as prepositions, pauses and a few verbs show it.

Where they do not, nobody is named rather than guessed.
"""

from typing import Final

from pipeline.core.clauses import ACTING, AUX, BE, OFFICES, SAYS, STOPS, Clause
from pipeline.core.places import Named

_CONTROL: Final = frozenset("on for of with by".split())
_CONJUNCTIONS: Final = frozenset("after before since until despite".split())
SUBORDINATES: Final = frozenset(
    "when while as because after before where whereas although though unless until if".split()
)
_CONSENT: Final = frozenset("permission approval consent blessing leave".split())
"""What is asked of a party whose act it is not: "Berlin's permission to send"."""
_ASKS: Final = frozenset("demand demands request requests appeal appeals call calls plea pleas".split())
_HIS: Final = frozenset("his her their".split())
_PERSONS: Final = frozenset("he she it they".split())
_PRONOUNS: Final = frozenset("he she it they we who which".split())
_RELATIVES: Final = frozenset("who whom which that".split())
_TELLS: Final = frozenset(
    "assured told warned informed reminded convinced notified assures tells warns informs notifies".split()
)
_TRYING: Final = frozenset("attempting trying preparing planning".split())
_NOT_FINITE: Final = frozenset("saying according".split())
_MEANT: Final = frozenset("he she it they its his her their we our country nation kingdom north south to".split())
"""Words that may mean whoever speaks."""
_FINITE: Final = frozenset("was were is are has have had will would could".split())
_URGES: Final = frozenset(
    "urge urges urged urging ask asks asked asking press presses pressed pressing beg begs begged begging implore"
    " implores implored exhort exhorts exhorted plead pleads pleaded pleading pressure pressures pressured pressuring"
    " lobby lobbies lobbied lobbying appeal appeals appealed appealing".split()
)
_WANTS: Final = frozenset(
    "want wants wanted expects expect expected needs pushes pushed pushing persuade persuades persuaded".split()
)
"""The same, where somebody stands between them and "to"."""
OTHERS: Final = frozenset(
    "allies ally partners partner neighbours neighbors neighbour neighbor rivals rival foes foe enemies enemy backers"
    " supporters critics adversaries".split()
)
"""After a name: others, and not whoever has that name."""
_TOWARD: Final = frozenset("to of for".split())
_DECISIONS: Final = frozenset(
    "decision plan plans offer pledge pledges promise promises vow move proposal intention refusal bid threat threats"
    " efforts effort attempt attempts".split()
)
_CALLS: Final = frozenset("call calls called calling".split())
_DEALERS: Final = frozenset(
    "firms firm company companies people persons individuals entities network networks men man ring traders dealers"
    " smugglers brokers suppliers banks ships ship vessel vessels groups those anyone".split()
)
"""Whoever does what the gerund after it tells: "sanctions on firms procuring"."""
_PUNISHES: Final = frozenset(
    "sanctioned sanctions sanction blacklisted punished punishes penalised penalized criticised criticized condemned"
    " condemns rebuked fined thanked thanks praised praises".split()
)
_HELPS: Final = frozenset("helping aiding".split())
_ACCUSES: Final = frozenset("accused accuses accusing suspects suspected accuse".split())
_COUNTRY: Final = frozenset("country kingdom nation emirate republic".split())
_CHARGES: Final = frozenset(
    "claims claim charges charge reports report allegations allegation accusations accusation suggestions warnings"
    " warning suspicions suspicion concerns concern fears rumours rumors speculation assertions assertion suggestion"
    " intelligence".split()
)


def subject_of(clause: Clause, head: int) -> Named | None:
    """Who does what stands at `head`."""
    words = clause.text.words
    if words[head - 1] in _PERSONS and words[head - 2] in ("which", "whom"):  # "Iran, which it accuses"
        leader = leader_of(clause)
        return leader if leader is not None and leader.end <= head else None
    start, reach = _noun_before(clause, head)
    if start is not None:
        return next((party for party in reversed(clause.parties) if 0 <= start - party.end <= reach), None)
    if _the_country(clause, head):
        leader = leader_of(clause)
        return leader if leader is not None and leader.end <= head else None
    for party in reversed(clause.parties):
        if party.end > head or clause.compounded(party):
            continue
        tie = clause.tie(party)
        owns = clause.owns(party)
        after = party.end + (1 if owns else 0)
        if tie is not None and tie not in _CONJUNCTIONS and not (owns and _plans(clause, after, head)):
            office = (tie == "of" and _office_before(clause, party)) or _decides(clause, after)
            control = (
                tie in _CONTROL and words[after : after + 1] in (["to"], ["of"], ["for"])
                and not (tie == "by" and _is_speaker(clause, party))
            )
            if not office and not control:
                continue
        if _speaks_aside(clause, party, head) or _is_object(clause, party, head) or (
            (owns or party.label == "people") and not _ASKS.isdisjoint(words[after : after + 1])
            and words[after + 1 : after + 2] in (["to"], ["for"])
        ):
            continue
        if owns and not OTHERS.isdisjoint(words[after : after + 2]):  # "Ukraine's Western allies"
            return None
        if clause.names_a_matter(party) or _punishes(clause, party, head):
            continue
        if ";" in clause.text.raw[clause.text.ends[party.end - 1] : clause.text.starts[head]]:
            return None
        if _accuses(clause, party, head):
            return _country_meant(clause, party, head)
        if _takes_up(clause, party):
            return leader_of(clause)
        if _begins_anew(clause, party.end, head) or _tells_of_others(clause, party.end, head):
            return None
        if _urges_others(clause, party.end, head):
            return None
        if tie is None and not clause.owns(party) and _his_country(clause, party.end, head) and (
            words[party.end : party.end + 1] in (["concerns"], ["concern"], ["worries"], ["fears"])
        ):
            return None
        return _who_is_charged(clause, party, head)
    return None


def has_pronoun(clause: Clause, head: int) -> bool:
    """Whether a pronoun, or "his country", stands for whoever does what stands at `head`."""
    return not _PERSONS.isdisjoint(clause.text.words[max(clause.first, head - 6) : head]) or (
        _his_country(clause, max(clause.first, head - 6), head)
    )


def leader_of(clause: Clause) -> Named | None:
    """The party that the sentence is about: its first that stands under no preposition."""
    return next((party for party in clause.parties if clause.tie(party) is None and not clause.compounded(party)), None)


def _noun_before(clause: Clause, head: int) -> tuple[int | None, int]:
    """`rebels who fired`, `a man accused of firing`, `militants in the area trying to fire`: where the words that
    tell who does it end, and how far before it is named."""
    words = clause.text.words
    if words[head - 1] == "of" and words[head - 2] in _ACCUSES:
        for at in range(head - 3, max(clause.first, head - 7), -1):
            if words[at] in _RELATIVES:  # "Iran, which they accuse of selling"
                return at, 1
    for at in range(head - 1, max(clause.first, head - 4), -1):
        if words[at] == "who" or (words[at] == "which" and any(party.end == at for party in clause.parties)):
            return at, 1
    if words[head].endswith("ing") and words[head - 1] in _DEALERS:
        return head - 1, 2
    two = words[max(clause.first, head - 2) : head]
    if two == ["used", "to"]:
        return head - 2, 0
    if two in (["accused", "of"], ["suspected", "of"]):
        return head - 2, 2
    if two[-1:] == ["to"] and two[0] in _TRYING and words[head - 3] not in AUX:
        return head - 2, 4
    return None, 0


def _tells_of_others(clause: Clause, start: int, head: int) -> bool:
    """`officials said the five were preparing`: what is said has a subject of its own, nobody that is known."""
    words = clause.text.words
    for at in range(start, head):
        if words[at] in SAYS and words[at] not in _NOT_FINITE:
            return _MEANT.isdisjoint(words[at + 1 : at + 7]) and not _FINITE.isdisjoint(words[at + 2 : head])
    return False


def _urges_others(clause: Clause, start: int, head: int) -> bool:
    """`Ukraine urged the West to send`: whoever is urged is to act, and nobody that is known."""
    words = clause.text.words
    return words[head - 1] == "to" and any(
        words[at] in _URGES or (words[at] in _CALLS and words[at + 1] in ("on", "for", "to"))
        or (words[at] in _WANTS and words[at - 1] not in AUX)
        for at in range(start, head - 2)
    )


def asker_of(clause: Clause, head: int) -> Named | None:
    """`Ukraine begs allies to send`: who wants others to do what stands at `head`."""
    return next((party for party in reversed(clause.parties)
                 if party.end <= head and clause.tie(party) is None and not clause.compounded(party)
                 and _urges_others(clause, party.end, head)), None)


def _accuses(clause: Clause, party: Named, head: int) -> bool:
    """`accused the country of selling`: whoever accuses does not act."""
    words = clause.text.words
    for at in range(party.end, min(party.end + 8, head - 1)):
        if words[at] in _ACCUSES:
            return "of" in words[at + 1 : head] and words[at - 1] not in BE
    return False


def _punishes(clause: Clause, party: Named, head: int) -> bool:
    """`a general the U.S. sanctioned for buying`: whoever punishes does not act."""
    words = clause.text.words
    if words[head - 1] not in ("for", "over"):
        return False
    by = clause.tie(party) == "by" and not _PUNISHES.isdisjoint(words[max(clause.first, party.start - 3) : party.start])
    return by or any(words[at] in _PUNISHES and words[at - 1] not in BE for at in range(party.end, head))


def _the_country(clause: Clause, head: int) -> bool:
    """`that the country had provided`: whether a noun stands for the state that the sentence is about."""
    words, at = clause.text.words, head - 1
    while at > clause.first + 1 and words[at] in AUX:
        at -= 1
    return at > clause.first and words[at] in _COUNTRY and words[at - 1] == "the"


def _country_meant(clause: Clause, accuser: Named, head: int) -> Named | None:
    """`the U.S. ambassador to Chad accused the country of …`: the other state that is named before."""
    if _COUNTRY.isdisjoint(clause.text.words[accuser.end : head]):
        return None
    return next((other for other in clause.parties if other.end <= head and other.code != accuser.code), None)


def _takes_up(clause: Clause, party: Named) -> bool:
    """`Zelensky is to visit Poland as he seeks`: whether a pronoun after a party means whom the sentence is about."""
    words = clause.text.words
    return not SUBORDINATES.isdisjoint(words[party.end : party.end + 1]) and (
        not _PERSONS.isdisjoint(words[party.end + 1 : party.end + 2])
    )


def _who_is_charged(clause: Clause, party: Named, head: int) -> Named:
    """`China dismissed U.S. claims that it had sold`: what is denied was said of whoever denies it."""
    words = clause.text.words
    for at in range(party.end, head):
        if words[at] in _PERSONS and not _CHARGES.isdisjoint(words[max(party.end, at - 2) : at]):
            leader = leader_of(clause)
            return leader if leader is not None and leader.end <= at else party
    return party


def _begins_anew(clause: Clause, start: int, head: int) -> bool:
    """`rebels were killed when an aircraft fired`: a clause with another subject begins in between."""
    words = clause.text.words
    for at in range(head - 2, start - 1, -1):
        if words[at] in SUBORDINATES or (words[at] == "since" and words[at + 1] in ("the", "a", "its")):
            named = head - at > 2 or clause.text.raw[clause.text.starts[head - 1]].isupper()  # "after North tests"
            return named and _PRONOUNS.isdisjoint(words[at + 1 : head])
    return False


def _plans(clause: Clause, start: int, head: int) -> bool:
    """`at Washington's announced plan to sell`: what is owned is a plan, and the act is planned in it."""
    between = clause.text.words[start:head]
    if between[:1] and between[0] in _CONSENT:
        return False
    return 0 < len(between) <= 6 and between[-1] in ("to", "of", "for") and not STOPS.intersection(between)


def _decides(clause: Clause, after: int) -> bool:
    """`at a UK decision to supply`: whether word `after` a party names what it is about to do."""
    words = clause.text.words
    return not _DECISIONS.isdisjoint(words[after : after + 1]) and (
        not _TOWARD.isdisjoint(words[after + 1 : after + 2])
    )


def _is_speaker(clause: Clause, party: Named) -> bool:
    """`said by the U.S. to have sold`: whoever says so does not act."""
    before = clause.text.words[max(clause.first, party.start - 3) : party.start]
    return not (SAYS | _ACCUSES).isdisjoint(before)


def _office_before(clause: Clause, party: Named) -> bool:
    words = clause.text.words
    for at in range(party.start - 1, max(clause.first, party.start - 4), -1):
        if words[at] == "of":
            return at > clause.first and words[at - 1] in OFFICES
    return False


def _speaks_aside(clause: Clause, party: Named, head: int) -> bool:
    """`…, Moscow said, …`: whoever is quoted in passing does not act."""
    words = clause.text.words
    another = not _PERSONS.isdisjoint(words[party.end : party.end + 1])  # "the rebels, it said, had been given"
    for at in range(party.end, min(party.end + 4, head)):
        if words[at] in SAYS and not another:
            return "," in clause.gap(at)
    return party.start >= clause.first + 2 and words[party.start - 2 : party.start] == ["according", "to"]


def _is_object(clause: Clause, party: Named, head: int) -> bool:
    """`invaded Ukraine and fired missiles`: what a verb before it acts upon does not act itself."""
    words = clause.text.words
    if not _HELPS.isdisjoint(words[max(clause.first, party.start - 4) : party.start]):
        return True
    following = words[party.end : party.end + 1]
    if words[party.start - 1] in _TELLS and (following == ["that"] or not _PERSONS.isdisjoint(following)):
        return True
    at = party.start - 1
    if at >= clause.first and words[at] in ("the", "its", "a"):
        at -= 1
    if at >= clause.first and words[at] in ACTING and clause.gap(at) == " ":
        return True
    if at < clause.first or not words[at].endswith(("ed", "ing", "ck", "de")) or words[at] in SAYS:
        return False
    return following == ["and"] or any(w == "and" for w in words[max(party.end, head - 2) : head])


def _his_country(clause: Clause, start: int, head: int) -> bool:
    words = clause.text.words
    return any(words[at] in _COUNTRY and words[at - 1] in _HIS for at in range(start + 1, head))
