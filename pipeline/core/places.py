"""Who is named in a text: states (through names, demonyms, capitals and leaders), armed groups, organisations.

The names are data: `configs/lists/states.txt`, `groups.txt`, `organisations.txt`, `actors.txt`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.core.frequent import EXPECTED
from pipeline.core.lexicon import Hit, Table, Term, written_lines
from pipeline.core.phrases import PhraseError, parse_term
from pipeline.core.text import Text, words_of

STATES: Final = "states"
GROUPS: Final = "groups"
ORGANISATIONS: Final = "organisations"
ACTORS: Final = "actors"
PARTY_LISTS: Final = (STATES, GROUPS, ORGANISATIONS, ACTORS)
_LABELS: Final = ("name", "people", "seat", "firm", "place", "short")
_DATELINE: Final = re.compile(
    r"""[\s"'“(]*(?:By [A-Z][\w. -]{3,40}\n?\s*)?[A-Z][A-Z.'’/ -]{2,}(?:,[^-–—_\n]{2,40})?\s*"""
    r"""(?:\([^)\n]{2,40}\)\s*)?(?:--?|–|—|_|:)\s"""
)
_INSIDE: Final = ("place", "firm")
"""Labels of what is in a state and does not name it."""
CLASSES: Final = ("", "militants", "forces", "people", "firm")
"""What may stand as the kind of a party that is no group or organisation."""
_UNNAMED: Final = ("militants", "shiite-militias")
_GROUP: Final[tuple[list[str], ...]] = ([], ["group"], ["movement"], ["organization"], ["organisation"], ["faction"])
_APPOSED: Final = frozenset(
    "group movement organization organisation faction militia party militant guerrilla rebel islamist shiite sunni"
    " muslim mercenary armed".split()
)
SHORT_NAMES: Final = (["u", "s"], ["us"], ["u", "k"], ["uk"])
"""Names that stand before a noun as an adjective does."""
_BODIES: Final[dict[str, list[list[str]]]] = {
    "actor": [["groups"], ["group"], ["movements"], ["movement"], ["factions"]],
    "people": [["companies"], ["company"], ["firms"], ["firm"]],
}
"""Words after a party's that belong to its name: "rebel groups", "Chinese companies"."""
_TWINS: Final = {"KP": "KR"}
"""States that are meant where only the other is named in full: "the North" beside "South Korea"."""
_OF_A_STATE: Final = frozenset("government rebel mutinous opposition loyalist regular".split())
_RULERS: Final = ("junta", "army", "navy", "regime")
"""Forces that are those of the country in which they are; troops may be anybody's."""
_NOT_INSIDE_A_NAME: Final = frozenset(
    "and or to from by for of with in at on into against over the a an is are was were has have had will would said"
    " says say saying told tells reported report reports believe think that which who as but not its their his her"
    " after before when while hit hits struck strikes kill kills killed attacks attacked fires fired bombs raids"
    " targets pounds fights fought seizes seized".split()
)
_VERBS: Final = frozenset(
    "makes make made forces urges wants asks tells sends gives helps backs sees keeps lets leads puts sends takes sets"
    " aims vows plans calls offers denies admits warns rejects orders holds moves pulls pushes".split()
)
"""Verbs of headlines, which part a name from an army: "Chinese vessel makes army call off"."""
_FOLLOWS_A_NAME: Final = frozenset("prime president foreign defense defence king and or".split())


@dataclass(frozen=True, slots=True)
class Named:
    """A party named by words [start, end). `label` is name, people, seat, firm, place or short (of a state), group,
    organisation or actor.

    `code` is the ISO code of a state or None; `kind` the id of a group or the class of an actor word.
    """

    start: int
    end: int
    label: str
    code: str | None
    kind: str = ""
    home: str | None = None
    """Of a group: the code of the state that is told with it ("the Lebanese group Hezbollah")."""


def state_terms(text: str, file: str) -> tuple[list[Term], list[str]]:
    """The terms of `states.txt`, and mistakes as `file:line: …`."""
    terms: list[Term] = []
    mistakes: list[str] = []
    code = ""
    for number, line in written_lines(text):
        if line.startswith("["):
            code = line.strip("[] ")
            continue
        label, colon, names = line.partition(":")
        if not colon or label not in _LABELS or not code:
            mistakes.append(f"{file}:{number}: write [CODE], then lines that begin with {', '.join(_LABELS)}")
            continue
        for name in names.split(","):
            unsure = name.strip().startswith("~")
            try:
                for words in parse_term(name.strip().removeprefix("~")):
                    terms.append(Term(words, STATES, f"{code} {label}{'~' if unsure else ''}", code == "-"))
            except PhraseError as error:
                mistakes.append(f"{file}:{number}: {error}")
    return terms, mistakes


def party_table(terms: Iterable[Term]) -> Table:
    """The states, groups, organisations and actor words among terms, ready for `parties`."""
    return Table.of("", [
        Term(term.words, "", f"{term.symbol} {term.kind}", term.barred)
        for term in terms if term.symbol in PARTY_LISTS
    ])


def parties(text: Text, table: Table, elsewhere: Iterable[str] = ()) -> list[Named]:
    """The parties that a text names, by start; `table` is made by `party_table`.

    Places of a dateline are left out. `elsewhere` are codes of states that the rest of the story names: a short name
    such as "the North" counts only where its state is named in full too. Several states share "the kingdom": the one
    that was named last is meant.
    """
    found: list[Named] = []
    dateline = _end_of_dateline(text)
    short: dict[int, list[str]] = {}
    here: list[str] = []
    for hit in table.find(text, 0, len(text)):
        symbol, _, kind = hit.kind.partition(" ")
        if symbol == STATES:
            code, _, label = kind.partition(" ")
            if label.endswith("~"):
                if _is_a_persons_name(text, hit):
                    continue
                label = label[:-1]
            named = Named(hit.start, hit.end, label, code)
        elif symbol in (GROUPS, ORGANISATIONS):
            named = Named(hit.start, hit.end, "group" if symbol == GROUPS else "organisation", None, kind)
        else:
            named = Named(hit.start, hit.end, "actor", None, kind)
        if hit.start < dateline:
            here += [named.code] if named.code else []
            continue
        if named.kind == "firm":
            firm = next((party for party in reversed(found) if party.label == "firm"), None)
            if firm is None:
                continue
            named = replace(named, label="firm", code=firm.code, kind="")
        if named.label == "short" and named.code:
            short.setdefault(named.start, []).append(named.code)
        if found and found[-1].end > named.start:
            longer = found[-1].end - found[-1].start >= named.end - named.start
            if longer and (found[-1].label != "short" or named.label == "short"):
                continue
            found.pop()
        found.append(named)
    return _with_short_names(found, short, [*here, *elsewhere]) if short else found


def _with_short_names(
    found: Sequence[Named], short: Mapping[int, Sequence[str]], elsewhere: Iterable[str]
) -> list[Named]:
    """The parties with the states that short names stand for; `short` has those that each could mean, by its start."""
    codes = [*elsewhere, *(party.code for party in found if party.code and party.label != "short")]
    last = dict.fromkeys(codes, -1)
    out: list[Named] = []
    for party in found:
        if party.label == "short":
            known = [code for code in short[party.start] if code in last or _TWINS.get(code) in last]
            if known:
                code = max(known, key=lambda code: last.get(code, -1))
                out.append(replace(party, code=code))
            continue
        if party.code in last:
            last[party.code] = party.start
        out.append(party)
    return out


def dateline_state(text: Text, table: Table) -> str | None:
    """The code of the state that a text was filed from, as its dateline tells."""
    here = [hit.kind.split()[1] for hit in table.find(text, 0, _end_of_dateline(text)) if hit.kind.startswith(STATES)]
    return here[-1] if here else None


def with_forces(text: Text, found: Sequence[Named]) -> list[Named]:
    """`American troops`, `Syrian rebels`, `militias in Iraq`: a party without a name gets the code of its state."""
    out: list[Named] = []
    for party in found:
        if party.label == "people" and text.words[max(0, party.start - 1)] == "ethnic":
            continue
        if party.label == "actor" and out and out[-1].label == "group" and out[-1].end == party.start:
            out.append(replace(out.pop(), end=party.end))
            continue
        if party.label == "actor" and out and out[-1].code and out[-1].label not in _INSIDE:
            between = text.words[out[-1].end : party.start]
            most = 2 if out[-1].label == "people" or text.words[out[-1].start : out[-1].end] in SHORT_NAMES else 0
            if between[:1] == ["s"]:
                between, most = between[1:], 2
            inside = len(between) <= most and not any(word.endswith("ed") or word in _VERBS for word in between)
            if inside and not _NOT_INSIDE_A_NAME.intersection(between) and not set(",;:()").intersection(
                text.raw[text.ends[out[-1].end - 1] : text.starts[party.start]]
            ):
                before = out.pop()
                kind = "" if party.kind == "forces" else party.kind
                out.append(Named(before.start, party.end, before.label, before.code, kind))
                continue
        if out and out[-1].label == "group" and _is_explained(text, out[-1], party):
            continue
        if party.label == "group" and out and out[-1].label == "actor" and out[-1].code is None and (
            text.words[out[-1].end : party.start] in _GROUP
        ):
            party = replace(party, start=out.pop().start)
        if party.label == "group" and out and out[-1].code and (
            text.words[out[-1].end : party.start] == ["s"]
            or (out[-1].label in ("people", "name") and _is_apposed(text, out[-1].end, party.start))
        ):
            party = replace(party, start=out[-1].start, home=out.pop().code)
        if party.label in ("actor", "people") and text.words[party.end : party.end + 1] in _BODIES[party.label]:
            party = replace(party, end=party.end + 1)
        if party.code and out and out[-1].code is None and _are_of(text, out[-1], party):
            group = out[-1].label == "group" and out[-1].kind not in _UNNAMED
            out[-1] = replace(out[-1], home=party.code) if group else replace(out[-1], code=party.code)
        out.append(party)
    return out


def _is_apposed(text: Text, end: int, start: int) -> bool:
    """`Lebanese Hezbollah`, `the Lebanese group Hezbollah`: whether only words for a group stand between."""
    return start - end <= 3 and _APPOSED.issuperset(text.words[end:start])


def _is_explained(text: Text, group: Named, party: Named) -> bool:
    """`Hamas, the Islamist group in control`: whether an actor word only says what a group is."""
    between = text.words[group.end : party.start]
    return party.label == "actor" and "," in text.raw[text.ends[group.end - 1] : text.starts[party.start]] and (
        between[:1] in (["the"], ["a"], ["an"]) and len(between) <= 3
    )


def _are_of(text: Text, unnamed: Named, state: Named) -> bool:
    """`militants in Gaza`, `forces loyal to General Haftar`, `mutinous soldiers in eastern Congo`."""
    if unnamed.label not in ("actor", "group"):
        return False
    between = text.words[unnamed.end : state.start]
    if between[:2] == ["loyal", "to"]:
        return len(between) <= 5
    known = unnamed.kind in _UNNAMED or unnamed.label == "group" or text.words[max(0, unnamed.start - 1)] in _OF_A_STATE
    if unnamed.label == "group" and between[:1] == ["from"]:  # "arms to the Tigers from North Korea"
        return False
    near = between[:1] in (["in"], ["of"], ["from"]) and len(between) <= 2
    return near and (known or between[0] == "of" or text.words[unnamed.end - 1] in _RULERS)


def written(text: Text, party: Named) -> str:
    """The words that name a party, with the point of "U.S."."""
    end = text.ends[party.end - 1]
    point = "." if text.raw[end - 2 : end + 1] in (".S.", ".K.", ".N.") else ""
    return text.slice(party.start, party.end - 1) + point


def countries(found: Iterable[Named]) -> set[str]:
    """ISO codes of the states named, not counting towns, regions and firms in them."""
    return {party.code for party in found if party.code and party.label not in _INSIDE}


def _end_of_dateline(text: Text) -> int:
    """The number of words of a dateline ("MOSCOW/KIEV, Feb 3 (AP) --") at the start of a text."""
    match = _DATELINE.match(text.raw)
    return len(words_of(match[0])) if match else 0


def _is_a_persons_name(text: Text, hit: Hit) -> bool:
    """Whether a name that people bear too stands beside another name: "Michael Jordan", "Jordan Smith"."""
    after, before = hit.end, hit.start - 1
    if after < len(text) and text.written[after][0].isupper() and text.words[after] not in _FOLLOWS_A_NAME and (
        text.raw[text.ends[hit.end - 1] : text.starts[after]] == " "
    ) and not _titled(text):
        return True
    if before >= 0 and text.written[before][0].isupper() and (
        text.raw[text.ends[before] : text.starts[hit.start]] == " "
    ):
        start, word = text.starts[before], text.words[before]
        opens = start == 0 or text.raw[max(0, start - 2) : start].strip() in (".", '"', "“", "")
        ordinary = opens and (text.stems[before] in EXPECTED or word.endswith(("ing", "ly")))
        return not ordinary and not _titled(text)
    return False


def _titled(text: Text) -> bool:
    """Whether nearly every word begins with a capital, as in many headlines: capitals say nothing then."""
    return len(text) < 25 and sum(word[0].isupper() for word in text.written) * 10 > 7 * len(text)


