"""Who is named in a text: states (through names, demonyms, capitals and leaders), armed groups, organisations.

The names are data: `configs/lists/states.txt`, `groups.txt` and `actors.txt`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipeline.core.lexicon import Hit, Term, written_lines
from pipeline.core.phrases import PhraseError, parse_term
from pipeline.core.text import Text

STATES: Final = "states"
GROUPS: Final = "groups"
ACTORS: Final = "actors"
_LABELS: Final = ("name", "people", "seat", "place")
_FOLLOWS_A_NAME: Final = frozenset("prime president foreign defense defence king and or".split())


@dataclass(frozen=True, slots=True)
class Named:
    """A party named by words [start, end). `label` is name, people, seat, place, group or actor.

    `code` is the ISO code of a state or None; `kind` the id of a group or the class of an actor word.
    """

    start: int
    end: int
    label: str
    code: str | None
    kind: str = ""


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
            mistakes.append(f"{file}:{number}: write [CODE], then lines `name: …`, `people: …`, `seat: …`, `place: …`")
            continue
        for name in names.split(","):
            unsure = name.strip().startswith("~")
            try:
                for words in parse_term(name.strip().removeprefix("~")):
                    terms.append(Term(words, STATES, f"{code} {label}{'~' if unsure else ''}", code == "-"))
            except PhraseError as error:
                mistakes.append(f"{file}:{number}: {error}")
    return terms, mistakes


def parties(text: Text, hits: Iterable[Hit]) -> list[Named]:
    """The parties among the hits of a lexicon that holds states, groups and actors; by start, longest kept."""
    found: list[Named] = []
    for hit in hits:
        if hit.symbol == STATES:
            code, _, label = hit.kind.partition(" ")
            if label.endswith("~"):
                if _is_a_persons_name(text, hit):
                    continue
                label = label[:-1]
            named = Named(hit.start, hit.end, label, code)
        elif hit.symbol == GROUPS:
            named = Named(hit.start, hit.end, "group", None, hit.kind)
        elif hit.symbol == ACTORS:
            named = Named(hit.start, hit.end, "actor", None, hit.kind)
        else:
            continue
        if found and found[-1].end > named.start:
            if found[-1].end - found[-1].start >= named.end - named.start:
                continue
            found.pop()
        found.append(named)
    return found


def countries(text: Text, found: Iterable[Named]) -> tuple[str, ...]:
    """ISO codes of the states named, sorted; the place of a dateline ("MOSCOW (AP) -") names none."""
    return tuple(sorted({
        party.code for party in found if party.code and party.label != "place" and not _is_dateline(text, party)
    }))


def _is_dateline(text: Text, party: Named) -> bool:
    if party.label != "seat" or party.start > 3 or not text.slice(party.start, party.end - 1).isupper():
        return False
    after = text.raw[text.ends[party.end - 1] :][:40]
    return any(mark in after for mark in ("(", "-", "–", "—"))


def _is_a_persons_name(text: Text, hit: Hit) -> bool:
    """Whether a name that people bear too stands beside another name: "Michael Jordan", "Jordan Smith"."""
    after, before = hit.end, hit.start - 1
    if after < len(text) and text.raw[text.ends[hit.end - 1] : text.starts[after]] == " ":
        start = text.starts[after]
        if text.raw[start].isupper() and text.words[after] not in _FOLLOWS_A_NAME and not _titled(text):
            return True
    if before >= 0 and text.raw[text.ends[before] : text.starts[hit.start]] == " ":
        start = text.starts[before]
        first_in_sentence = start == 0 or text.raw[max(0, start - 2) : start].strip() in (".", '"', "“", "")
        if text.raw[start].isupper() and not first_in_sentence and not _titled(text):
            return True
    return False


def _titled(text: Text) -> bool:
    """Whether nearly every word begins with a capital, as in many headlines: capitals say nothing then."""
    capitals = sum(text.raw[start].isupper() for start in text.starts)
    return len(text) < 25 and capitals * 2 > len(text)


