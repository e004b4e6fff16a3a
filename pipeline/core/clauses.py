"""The parties of a sentence and how each is tied to what stands before it: rows, prepositions, compounds.

No parser: prepositions, auxiliaries and a few verbs are enough for news prose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipeline.core.places import Named
from pipeline.core.text import Text

PREPOSITIONS: Final = frozenset(
    "to from by for of with in at on into against over between near toward towards across off under through via among"
    " onto inside within about after before during since until without despite except amid around beyond alongside"
    " beside besides unlike opposite behind outside upon".split()
)
_JOINS: Final = (["and"], ["or"], ["and", "the"], ["as", "well", "as"])
_TIGHT: Final = ("/", "-", "–")
"""Marks between two names that belong together: "US-South Korean"; with spaces they part two thoughts."""
SAYS: Final = frozenset(
    "said says say saying told tells added reported reports announced announces confirmed claimed claims alleged"
    " insisted warned according".split()
)
_PAUSES: Final = frozenset(",;:—“\"(")
BE: Final = frozenset("be been being is are was were get gets got getting".split())
AUX: Final = BE | frozenset("has have had will would could can may might should must do does did not never".split())
STOPS: Final = AUX | frozenset(
    "that which who whom whose and but or as if when while because said says say told it he she they we i there"
    " than so then".split()
)
ACTING: Final = frozenset(
    "supplying arming rearming selling sending giving providing equipping helping attacking shelling bombing"
    " targeting hitting striking accusing backing urging asking threatening defending invading blaming warning"
    " deterring countering confronting fighting opposing containing isolating punishing weakening defeating"
    " repelling battling supporting funding training buying purchasing acquiring importing procuring obtaining"
    " receiving accepting firing launching testing exporting transferring delivering donating shipping smuggling"
    " lending handing offering pledging".split()
)
"""Gerunds whose object follows: "accused of rearming Georgia"."""
_FELLOWS: Final = frozenset(
    "rivals allies neighbours neighbors partners enemies foes countries states nations members powers giants republics"
    " towards versus forces troops rebels militants fighters makers firms companies".split()
)
_MATTERS: Final = frozenset("war crisis conflict earthquake quake invasion embargo".split())
"""What a state's name stands before where no state acts."""
_BACKED: Final = frozenset(
    "backed allied aligned sponsored supported funded controlled occupied held trained friendly dominated financed"
    " ruled administered based bound".split()
)
MADE: Final = frozenset(
    "made built designed produced manufactured style type supplied donated provided origin armed sold bought".split()
)
"""After the name of whoever made or gave a thing: "Soviet-made"."""
OFFICES: Final = frozenset(
    "government president king army military navy minister ministry leader republic kingdom forces people regime state"
    " parliament leaders officials authorities emir sultan ruler premier one two three four some several"
    " many most part members member head chief chancellor secretary spokesman forces commander"
    " commanders companies firms wing arm branch".split()
)
_SPEAKING_FOR: Final = frozenset(
    "government regime firm company companies manufacturer supplier suppliers factory factories maker makers shipyard"
    " army military navy republic kingdom president king emirate state exporter country nation people".split()
)
"""`from a firm in Ukraine`, `to the government of Chad`: who stands for the state that follows."""
_INFINITIVES: Final = frozenset(
    "help support aid attack defend arm strike hit protect target supply sell invade stop prevent pressure force deter"
    " urge punish assist meet visit join counter fight give send let make persuade allow keep isolate squeeze warn"
    " threaten contain recognise recognize leave enter reach block denounce condemn oppose follow replace take bolster"
    " boost rescue liberate end win restore free beat equip train fund finance rearm appease reassure convince"
    " encourage tell ask back secure ensure bring wage resist repel retake regain pound bomb shell destroy kill coerce"
    " curb please seek reduce expand deepen improve build rebuild develop modernise modernize upgrade launch use deploy"
    " fire carry match be have provide deliver export offer lend donate hand ship transfer shield deploy bring show"
    " push furnish present reward flood pay order import acquire purchase buy obtain receive".split()
)
_HARMED: Final = frozenset("killed wounded injured hurt".split())
_STRUCK: Final = _HARMED | frozenset("hit struck targeted pounded rocked battered hammered pummelled pummeled".split())
_STRUCK_HOW: Final = (["with"], ["by"])
"""`Kyiv hit with missiles`: what nobody does without naming whom he strikes."""
_HARMED_HOW: Final = (["in"], ["during"], ["by"], ["when"], ["as"])
_SUBJECTS: Final = frozenset("it they he she we".split())
_PARTICIPLES: Final = frozenset("sold sent shot made given bought sent told lent brought struck hit".split())


@dataclass
class Clause:
    """The parties of one sentence of a text, and how each is tied to what stands before it."""

    text: Text
    first: int
    last: int
    parties: Sequence[Named]

    @cached_property
    def _roots(self) -> list[int]:
        """For each party the first of the row (A, B and C) that it stands in."""
        roots: list[int] = []
        for index in range(len(self.parties)):
            roots.append(self._joined(index, roots))
        return roots

    @cached_property
    def _named(self) -> set[int]:
        """The words that name parties."""
        return {at for party in self.parties for at in range(party.start, party.end)}

    @cached_property
    def _ties(self) -> dict[int, str | None]:
        """The preposition that the row of each party stands under, by the party's first word."""
        ties: dict[int, str | None] = {}
        for party, root in zip(self.parties, self._roots, strict=True):
            first = self.parties[root]
            ties[party.start] = ties[first.start] if first.start in ties else self._preposition(party)
        return ties

    @cached_property
    def _compounds(self) -> dict[int, str]:
        """For each party, by its first word, the word that makes it part of a compound, or nothing."""
        return {party.start: self._compound(party) for party in self.parties}

    def gap(self, word: int) -> str:
        """The characters between `word` and the one after it."""
        text = self.text
        return text.raw[text.ends[word] : text.starts[word + 1]] if word + 1 < len(text) else ""

    def _joined(self, index: int, roots: Sequence[int]) -> int:
        if index == 0:
            return index
        before, party = self.parties[index - 1], self.parties[index]
        between = self.text.words[before.end : party.start]
        if between in _JOINS:
            begins_anew = "," in self.gap(before.end - 1) and roots[index - 1] == index - 1
            return index if begins_anew else roots[index - 1]
        gap = self.gap(before.end - 1).lstrip(".")
        if not between and (gap in _TIGHT or (gap.strip() == "," and self._is_list(index, roots[index - 1]))):
            return roots[index - 1]
        return index

    def _is_list(self, index: int, root: int) -> bool:
        """`Russia, China hold drills`, `to A, B and C`, and not `In Iraq, U.S. forces`, `sent to Russia, Ukraine says`:
        whether the comma before a party stands in a row of names."""
        words, party = self.text.words, self.parties[index]
        opens = self.parties[root].start <= self.first + 1 and self._preposition(self.parties[root]) is None
        if opens or party.end >= self.last:
            return True
        after = self.parties[index + 1] if index + 1 < len(self.parties) else None
        if after is None or not SAYS.isdisjoint(words[after.end : after.end + 1]):
            return False
        between = words[party.end : after.start]
        return between in _JOINS or (not between and self.gap(party.end - 1).strip() == ",")

    def _preposition(self, party: Named) -> str | None:
        words = self.text.words
        at = party.start - 1
        if at > self.first and at not in self._named and self._is_plural(at):  # "during drills North Korea fired"
            return None
        for _ in range(5):
            if at < self.first:
                return None
            if at in self._named:
                if words[at + 1] in _BACKED and self.gap(at).strip() in ("-", "–"):  # "by the Iran-aligned Houthis"
                    at -= 1
                    continue
                title = next(one for one in self.parties if one.start <= at < one.end)
                if title.label == "people" and title.code == party.code:  # "Ukrainian President Volodymyr Zelensky"
                    at = title.start - 1
                    continue
                return None
            gap = self.gap(at)
            if gap != " " and not _PAUSES.isdisjoint(gap):
                return None
            word = words[at]
            if word in ACTING or (word.isdigit() and at + 2 == party.start and words[at + 1].endswith("s")):
                return None  # "in 30 seconds North Korea"
            if word in PREPOSITIONS:
                if word == "to" and words[at + 1] in _INFINITIVES:
                    return None
                if word in ("in", "of", "at") and at > self.first and words[at - 1] in _SPEAKING_FOR:
                    at -= 1
                    continue
                if word == "to" and words[at - 1] == "according":
                    return "according"
                return "from" if word == "of" and words[at - 1 : at] == ["out"] else word
            if word in STOPS:
                return None
            at -= 1
        return None

    def _is_plural(self, word: int) -> bool:
        """Whether `word` is a plural that no name follows as its own: not "rivals India and Pakistan"."""
        text = self.text
        noun = text.words[word]
        return len(noun) > 4 and noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and (
            text.raw[text.starts[word]].islower() and noun not in PREPOSITIONS and noun not in _FELLOWS
        )

    def row(self, party: Named) -> list[Named]:
        """The party and those joined to it by "and", "or" and commas."""
        root = self._roots[self.parties.index(party)]
        return [other for other, its in zip(self.parties, self._roots, strict=True) if its == root]

    def tie(self, party: Named) -> str | None:
        """The preposition that a party stands under."""
        return self._ties[party.start]

    @cached_property
    def _has_matter(self) -> bool:
        return not _MATTERS.isdisjoint(self.text.words[self.first : self.last])

    def names_a_matter(self, party: Named) -> bool:
        """`the Russia-Ukraine war`, `Syria's earthquake`: names that only say which matter is meant."""
        if not self._has_matter:
            return False
        last = self.row(party)[-1]
        at = last.end + (1 if self.owns(last) else 0)
        return not _MATTERS.isdisjoint(self.text.words[at : at + 1])

    def owns(self, party: Named) -> bool:
        """Whether 's follows."""
        after = party.end
        return after < self.last and self.text.words[after] == "s" and self.gap(after - 1) in ("'", "’", " '", " ’")

    def compounded(self, party: Named) -> str:
        """The word that makes a party part of a compound ("Iran-backed", "pro-Russian"), or nothing."""
        return self._compounds[party.start]

    def _compound(self, party: Named) -> str:
        words = self.text.words
        hyphened = self.gap(party.end - 1).strip(" .") in ("-", "–")  # "U.S.-made"
        if party.end < self.last and hyphened and words[party.end] in _BACKED | MADE | {"era"}:
            return words[party.end]
        before = words[party.start - 1] if party.start > self.first else ""
        gone = before in ("ex", "former") and OFFICES.isdisjoint(words[party.end - 1 : party.end + 1])
        if before in ("anti", "pro") or gone:  # but not "the ex-Russian president"
            return before
        return ""

    def is_body(self, party: Named) -> bool:
        """`the Lebanese army`: whoever has that name is somebody, and not where a thing comes from."""
        return self.text.words[party.end - 1] in OFFICES

    def takes_by(self, head: int, start: int) -> bool:
        """Whether "by" after `head` names who does it: after a passive, a participle or a noun."""
        word = self.text.words[head]
        return not word.endswith("ing") and (not word.endswith("ed") or self.is_passive(head, start) or start < head)

    def is_passive(self, head: int, of: int | None = None) -> bool:
        """Whether the verb at `head` is a passive; `of` is the last word of what it may say something about."""
        word = self.text.words[head]
        if not (word.endswith(("ed", "en")) or word in _PARTICIPLES):
            return False
        before = self.text.words[max(self.first, head - 3) : head]
        if any(w in BE for w in before) and not any(w in ("has", "have", "had") for w in before[-1:]):
            return True
        following = self.text.words[head + 1 : head + 2]
        if (word in _HARMED and following in _HARMED_HOW) or (word in _STRUCK and following in _STRUCK_HOW):
            return True
        if not before or before[-1] in _SUBJECTS:  # "equipment it sent to"
            return False
        if of is not None and 0 <= head - of - 1 <= 1 and head + 1 < self.last:
            return self.text.words[head + 1] in PREPOSITIONS
        return False
