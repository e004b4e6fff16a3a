"""Where the parties of a sentence stand around an act: subject, "by", "to", owner of a noun …

No parser: prepositions, auxiliaries and a few verbs are enough for news prose, and where they are not, a position
stays empty rather than guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipeline.core.places import SHORT_NAMES, Named
from pipeline.core.text import Text, stem

PREPOSITIONS: Final = frozenset(
    "to from by for of with in at on into against over between near toward towards across off under through via among"
    " onto inside within about after before during since until without despite except amid around beyond".split()
)
_CONTROL: Final = frozenset("on for of with by".split())
_PAUSES: Final = frozenset(",;:—“\"(")
_BE: Final = frozenset("be been being is are was were get gets got getting".split())
_AUX: Final = _BE | frozenset("has have had will would could can may might should must do does did not never".split())
_STOPS: Final = _AUX | frozenset(
    "that which who whom whose and but or as if when while because said says say told it he she they we i there"
    " than so then".split()
)
_CONJUNCTIONS: Final = frozenset("after before since until despite".split())
_SUBORDINATES: Final = frozenset(
    "when while as because after before where whereas although though unless until if".split()
)
_BREAKS: Final = _SUBORDINATES | frozenset("since but said says".split())
"""Words with which another clause begins, or one that tells who speaks."""
_CONSENT: Final = frozenset("permission approval consent blessing leave".split())
"""What is asked of a party whose act it is not: "Berlin's permission to send"."""
_ASKS: Final = frozenset("demand demands request requests appeal appeals call calls plea pleas".split())
_BEHIND: Final = frozenset("suspected accused responsible behind blamed".split())
_HIS: Final = frozenset("his her their".split())
_OWN: Final = frozenset(("its", "their"))
_PERSONS: Final = frozenset("he she it they".split())
_PRONOUNS: Final = frozenset("he she it they we who which".split())
_SAYS: Final = frozenset(
    "said says say saying told tells added reported reports announced announces confirmed claimed claims alleged"
    " insisted warned according".split()
)
_TELLS: Final = frozenset("assured told warned informed reminded convinced assures tells warns".split())
_TRYING: Final = frozenset("attempting trying preparing planning".split())
_NOT_FINITE: Final = frozenset("saying according".split())
_MEANT: Final = frozenset("he she it they its his her their we our country nation kingdom north south to".split())
"""Words that may mean whoever speaks."""
_FINITE: Final = frozenset("was were is are has have had will would could".split())
_ACTING: Final = frozenset(
    "supplying arming rearming selling sending giving providing equipping helping attacking shelling bombing targeting"
    " hitting striking accusing backing urging asking threatening defending invading blaming warning".split()
)
"""Gerunds whose object follows: "accused of rearming Georgia"."""

_BACKED: Final = frozenset(
    "backed allied aligned sponsored supported funded controlled occupied held trained friendly dominated financed"
    " ruled administered based bound".split()
)
MAKING: Final = frozenset("made built designed produced manufactured style type".split())
"""After the name of whoever made a thing: "Soviet-made"."""
_MADE: Final = MAKING | frozenset("supplied donated provided origin armed sold bought".split())
_OFFICES: Final = frozenset(
    "government president king army military navy minister ministry leader republic kingdom forces people regime state"
    " parliament leaders officials authorities emir sultan ruler premier one two three four some several"
    " many most part members member head chief chancellor secretary spokesman forces commander"
    " commanders companies firms wing arm branch".split()
)
_SPEAKING_FOR: Final = frozenset(
    "government regime firm company companies manufacturer supplier suppliers factory factories maker makers shipyard"
    " army military navy republic kingdom president king emirate state exporter".split()
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
_HANDLES: Final = frozenset(
    map(stem, "pause frozen withdraw revoke reject claim free release unblock"
        " approve suspend halt announce propose resume block clear authorize authorise plan consider make made"
        " begin began start sign cancel defend stop freeze froze delay offer continue pledge promise push conduct carry"
        " launch hold held stage mount order increase expand step boost negotiate seek sought win won complete confirm"
        " admit deny discuss review weigh end ban prepare perform undertake repeat threaten accelerate speed"
        " agree allow let permit go ahead proceed put shelve scrap veto balk withhold"
        " notify vow impose slap lift ease extend tighten widen adopt unveil levy renew waive toughen".split())
)
_WIELDS: Final = frozenset("defend use fight fire repel strike protect resist hit shoot".split())
"""What a recipient does with a weapon: "munitions for Kyiv to defend"."""
_URGES: Final = frozenset("urge urges urged urging ask asks asked asking press pressed beg begged implored".split())
_MANY: Final = frozenset("series spate string flurry wave barrage increase rise number campaign salvo volley".split())
_HELPS: Final = frozenset("helping aiding".split())
_ACCUSES: Final = frozenset("accused accuses accusing suspects suspected accuse".split())
_COUNTRY: Final = frozenset("country kingdom nation emirate republic".split())
_CHARGES: Final = frozenset(
    "claims claim charges charge reports report allegations allegation accusations accusation suggestions".split()
)
_DISTANCES: Final = frozenset(
    "kilometres kilometers km miles mile yards metres meters far away border shore frontier apart north south east west"
    " northeast northwest southeast southwest coast coasts outskirts parts part region town city village island".split()
)
_HELD: Final = frozenset("held controlled ruled run".split())
"""`from Houthi-held territory`: whoever holds it is meant."""
_HARMED: Final = frozenset("killed wounded injured hurt".split())
_HARMED_HOW: Final = (["in"], ["during"], ["by"], ["when"], ["as"])
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
    def _ties(self) -> list[str | None]:
        """For each party the preposition that its row stands under."""
        ties: list[str | None] = []
        for index, root in enumerate(self._roots):
            ties.append(ties[root] if root != index else self._preposition(self.parties[index]))
        return ties

    # ── what stands around a party ────────────────────────────────────────────────────────────────────────

    def _gap(self, word: int) -> str:
        """The characters between `word` and the one after it."""
        text = self.text
        return text.raw[text.ends[word] : text.starts[word + 1]] if word + 1 < len(text) else ""

    def _joined(self, index: int, roots: Sequence[int]) -> int:
        if index == 0:
            return index
        before, party = self.parties[index - 1], self.parties[index]
        between = self.text.words[before.end : party.start]
        if between in (["and"], ["or"], ["and", "the"], ["as", "well", "as"]):
            begins_anew = "," in self._gap(before.end - 1) and roots[index - 1] == index - 1
            return index if begins_anew else roots[index - 1]
        if not between and self._gap(before.end - 1).strip() in (",", "/", "-", "–"):
            return roots[index - 1]
        return index

    def _preposition(self, party: Named) -> str | None:
        words = self.text.words
        at = party.start - 1
        for _ in range(5):
            if at < self.first:
                return None
            if at in self._named:
                if words[at + 1] in _BACKED and self._gap(at).strip() in ("-", "–"):  # "by the Iran-aligned Houthis"
                    at -= 1
                    continue
                return None
            gap = self._gap(at)
            if gap != " " and not _PAUSES.isdisjoint(gap):
                return None
            word = words[at]
            if word in _ACTING:
                return None
            if word in PREPOSITIONS:
                if word == "to" and words[at + 1] in _INFINITIVES:
                    return None
                if word in ("in", "of", "at") and at > self.first and words[at - 1] in _SPEAKING_FOR:
                    at -= 1
                    continue
                return "from" if word == "of" and words[at - 1 : at] == ["out"] else word
            if word in _STOPS:
                return None
            at -= 1
        return None

    def row(self, party: Named) -> list[Named]:
        """The party and those joined to it by "and", "or" and commas."""
        root = self._roots[self.parties.index(party)]
        return [other for other, its in zip(self.parties, self._roots, strict=True) if its == root]

    def tie(self, party: Named) -> str | None:
        """The preposition that a party stands under."""
        return self._ties[self.parties.index(party)]

    def owns(self, party: Named) -> bool:
        """Whether 's follows."""
        after = party.end
        return after < self.last and self.text.words[after] == "s" and self._gap(after - 1) in ("'", "’", " '", " ’")

    def _compound(self, party: Named) -> str:
        """The word that makes a party part of a compound ("Iran-backed", "pro-Russian"), or nothing."""
        words = self.text.words
        hyphened = self._gap(party.end - 1).strip() in ("-", "–")
        if party.end < self.last and hyphened and words[party.end] in _BACKED | _MADE:
            return words[party.end]
        if party.start > self.first and words[party.start - 1] in ("anti", "pro", "ex", "former"):
            return words[party.start - 1]
        return ""

    def is_body(self, party: Named) -> bool:
        """`the Lebanese army`: whoever has that name is somebody, and not where a thing comes from."""
        return self.text.words[party.end - 1] in _OFFICES

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
        if any(w in _BE for w in before) and not any(w in ("has", "have", "had") for w in before[-1:]):
            return True
        if word in _HARMED and self.text.words[head + 1 : head + 2] in _HARMED_HOW:
            return True
        if of is not None and 0 <= head - of - 1 <= 1 and head + 1 < self.last:
            return self.text.words[head + 1] in PREPOSITIONS
        return False

    # ── positions ─────────────────────────────────────────────────────────────────────────────────────────

    def subject(self, head: int) -> Named | None:
        """Who does what stands at `head`."""
        words = self.text.words
        start, reach = self._noun_before(head)
        if start is not None:
            return next((party for party in reversed(self.parties) if 0 <= start - party.end <= reach), None)
        for party in reversed(self.parties):
            if party.end > head or self._compound(party):
                continue
            tie = self.tie(party)
            owns = self.owns(party)
            after = party.end + (1 if owns else 0)
            if tie is not None and tie not in _CONJUNCTIONS and not (owns and self._plans(after, head)):
                office = tie == "of" and self._office_before(party)
                control = (
                    tie in _CONTROL and words[after : after + 1] in (["to"], ["of"], ["for"])
                    and not (tie == "by" and self._is_speaker(party))
                )
                if not office and not control:
                    continue
            if self._speaks_aside(party, head) or self._is_object(party, head) or (
                words[after : after + 1] and words[after] in _ASKS and words[after + 1 : after + 2] in (["to"], ["for"])
            ):
                continue
            if self._accuses(party, head):
                return self._country_meant(party, head)
            if self._begins_anew(party.end, head) or self._tells_of_others(party.end, head):
                return None
            if self._urges_others(party.end, head):
                return None
            if tie is None and not self.owns(party) and self._his_country(party.end, head) and (
                words[party.end : party.end + 1] in (["concerns"], ["concern"], ["worries"], ["fears"])
            ):
                return None
            return self._who_is_charged(party, head)
        return None

    def _noun_before(self, head: int) -> tuple[int | None, int]:
        """`rebels who fired`, `a man accused of firing`, `militants in the area trying to fire`: where the words that
        tell who does it end, and how far before it is named."""
        words = self.text.words
        for at in range(head - 1, max(self.first, head - 4), -1):
            if words[at] == "who":
                return at, 1
        two = words[max(self.first, head - 2) : head]
        if two == ["used", "to"]:
            return head - 2, 0
        if two in (["accused", "of"], ["suspected", "of"]):
            return head - 2, 2
        if two[-1:] == ["to"] and two[0] in _TRYING and words[head - 3] not in _AUX:
            return head - 2, 4
        return None, 0

    def _tells_of_others(self, start: int, head: int) -> bool:
        """`officials said the five were preparing`: what is said has a subject of its own, nobody that is known."""
        words = self.text.words
        for at in range(start, head):
            if words[at] in _SAYS and words[at] not in _NOT_FINITE:
                return _MEANT.isdisjoint(words[at + 1 : at + 7]) and not _FINITE.isdisjoint(words[at + 2 : head])
        return False

    def _urges_others(self, start: int, head: int) -> bool:
        """`Ukraine urged the West to send`: whoever is urged is to act, and nobody that is known."""
        words = self.text.words
        return words[head - 1] == "to" and any(words[at] in _URGES for at in range(start, head - 2))

    def _accuses(self, party: Named, head: int) -> bool:
        """`accused the country of selling`: whoever accuses does not act."""
        words = self.text.words
        for at in range(party.end, min(party.end + 5, head - 1)):
            if words[at] in _ACCUSES:
                return "of" in words[at + 1 : head] and words[at - 1] not in _BE
        return False

    def _country_meant(self, accuser: Named, head: int) -> Named | None:
        """`the U.S. ambassador to Chad accused the country of …`: the other state that is named before."""
        if _COUNTRY.isdisjoint(self.text.words[accuser.end : head]):
            return None
        return next((other for other in self.parties if other.end <= head and other.code != accuser.code), None)

    def _who_is_charged(self, party: Named, head: int) -> Named:
        """`China dismissed U.S. claims that it had sold`: what is denied was said of whoever denies it."""
        words = self.text.words
        for at in range(party.end, head):
            if words[at] in _PERSONS and not _CHARGES.isdisjoint(words[max(party.end, at - 2) : at]):
                leader = self.leader()
                return leader if leader is not None and leader.end <= at else party
        return party

    def _begins_anew(self, start: int, head: int) -> bool:
        """`rebels were killed when an aircraft fired`: a clause with another subject begins in between."""
        words = self.text.words
        for at in range(head - 2, start - 1, -1):
            if words[at] in _SUBORDINATES or (words[at] == "since" and words[at + 1] in ("the", "a", "its")):
                return _PRONOUNS.isdisjoint(words[at + 1 : head]) and head - at > 2
        return False

    def _plans(self, start: int, head: int) -> bool:
        """`at Washington's announced plan to sell`: what is owned is a plan, and the act is planned in it."""
        between = self.text.words[start:head]
        if between[:1] and between[0] in _CONSENT:
            return False
        return 0 < len(between) <= 6 and between[-1] in ("to", "of", "for") and not _STOPS.intersection(between)

    def _is_speaker(self, party: Named) -> bool:
        """`said by the U.S. to have sold`: whoever says so does not act."""
        before = self.text.words[max(self.first, party.start - 3) : party.start]
        return not (_SAYS | _ACCUSES).isdisjoint(before)

    def _office_before(self, party: Named) -> bool:
        words = self.text.words
        for at in range(party.start - 1, max(self.first, party.start - 4), -1):
            if words[at] == "of":
                return at > self.first and words[at - 1] in _OFFICES
        return False

    def _speaks_aside(self, party: Named, head: int) -> bool:
        """`…, Moscow said, …`: whoever is quoted in passing does not act."""
        words = self.text.words
        another = not _PERSONS.isdisjoint(words[party.end : party.end + 1])  # "the rebels, it said, had been given"
        for at in range(party.end, min(party.end + 4, head)):
            if words[at] in _SAYS and not another:
                return "," in self._gap(at)
        return party.start >= self.first + 2 and words[party.start - 2 : party.start] == ["according", "to"]

    def _is_object(self, party: Named, head: int) -> bool:
        """`invaded Ukraine and fired missiles`: what a verb before it acts upon does not act itself."""
        words = self.text.words
        if not _HELPS.isdisjoint(words[max(self.first, party.start - 4) : party.start]):
            return True
        if words[party.end : party.end + 1] == ["that"] and words[party.start - 1] in _TELLS:
            return True
        at = party.start - 1
        if at >= self.first and words[at] in ("the", "its", "a"):
            at -= 1
        if at >= self.first and words[at] in _ACTING and self._gap(at) == " ":
            return True
        if at < self.first or not words[at].endswith(("ed", "ing", "ck", "de")) or words[at] in _SAYS:
            return False
        following = words[party.end : party.end + 1]
        return following == ["and"] or any(w == "and" for w in words[max(party.end, head - 2) : head])

    def pronoun(self, head: int) -> bool:
        """Whether a pronoun, or "his country", stands for whoever does what stands at `head`."""
        return not _PERSONS.isdisjoint(self.text.words[max(self.first, head - 6) : head]) or (
            self._his_country(max(self.first, head - 6), head)
        )

    def _his_country(self, start: int, head: int) -> bool:
        words = self.text.words
        return any(words[at] in _COUNTRY and words[at - 1] in _HIS for at in range(start + 1, head))

    def leader(self) -> Named | None:
        """The party that the sentence is about: its first that stands under no preposition."""
        return next((party for party in self.parties if self.tie(party) is None and not self._compound(party)), None)

    def owner(self, start: int) -> Named | None:
        """Whose thing begins at word `start`: `Russia's purchase`, `Iranian arms shipments`, `the U.S. sale`."""
        if not _OWN.isdisjoint(self.text.words[max(self.first, start - 2) : start]):
            return next((party for party in reversed(self.parties)
                         if party.end < start and party.label not in ("organisation", "actor")), None)
        for party in reversed(self.parties):
            if party.end > start:
                continue
            between = self.text.words[party.end : start]
            if between[:1] == ["s"]:
                between = between[1:]
            elif party.label in ("actor",) or self._compound(party):
                return None
            if self.owns(party) and not _MANY.isdisjoint(between) and len(between) <= 5:
                return party
            if len(between) > 4 or any(w in PREPOSITIONS or w in _STOPS or w in ("the", "a", "an") for w in between):
                return None
            if any(mark in self._gap(at) for at in range(party.end - 1, start - 1) for mark in ",;:—("):
                return None
            if between and not self.owns(party) and any(w.endswith(("ed", "s")) for w in between[:1]):
                return None
            return party
        return None

    def maker(self, start: int) -> Named | None:
        """`Iranian drones`, `U.S.-made missiles`, `drones of Iranian make`: where the thing at `start` comes from."""
        for party in reversed(self.parties):
            if party.end > start or party.label not in ("people", "name", "firm"):
                continue
            words = self.text.words
            between = words[party.end : start]
            if party.label == "people" and words[party.end - 1].endswith("ns") and not self.owns(party):
                return None  # "give Ukrainians more arms"
            if "era" in between:
                return None
            if between[:1] and between[0] in _MADE:
                return party if len(between) <= 4 else None
            if between[:1] == ["s"]:
                between = between[1:]
            if between[1:] == ["and"] and party.label == "people":  # "Argentine rifles and ammunition"
                between = []
            near = len(between) <= 3 and not any(w in PREPOSITIONS or w in _STOPS for w in between)
            adjective = party.label == "people" or not between or words[party.start : party.end] in SHORT_NAMES
            return party if near and adjective and (party.label == "firm" or not self.owns(party)) else None
        return None

    def under(self, preposition: str, start: int, end: int) -> Named | None:
        """The first party under a preposition within words [start, end)."""
        for party in self.parties:
            if start <= party.start < end and self.tie(party) == preposition and (
                not self._compound(party) or (preposition == "from" and self._compound(party) in _HELD)
            ):
                if self._begins_between(start, party.start):
                    return None
                if preposition in ("from", "of") and self._is_distance(party):
                    continue
                after = self.text.words[party.end : party.end + 2]
                if preposition == "for" and after[:1] == ["to"] and _WIELDS.isdisjoint(after):
                    continue
                return party
        return None

    def _begins_between(self, start: int, end: int) -> bool:
        """Whether another clause begins after word `start` and before `end`: "since Mosul fell to", "but refused"."""
        return not _BREAKS.isdisjoint(self.text.words[start + 1 : end])

    def _is_distance(self, party: Named) -> bool:
        """`six kilometres from Ukraine`, `across the border from`, `west of Hokkaido`."""
        before = self.text.words[max(self.first, party.start - 3) : party.start]
        return not _DISTANCES.isdisjoint(before)

    def given(self, head: int, thing: int) -> Named | None:
        """`sell Taiwan weapons`: a bare party between the verb and the thing."""
        for party in self.parties:
            if head < party.start and party.end <= thing and self.tie(party) is None and not self._compound(party):
                if self.owns(party) or (party.end == thing and party.label == "people"):
                    continue
                if party.start - head <= 4:
                    return party
        return None

    def agent(self, start: int, end: int) -> Named | None:
        """`Bush halted arms sales`, `the launch that Iran plans`: who does something with an act named by a noun."""
        following = self.text.words[end : min(end + 3, self.last)]
        relative = next((end + at for at, word in enumerate(following) if word in ("that", "which")), None)
        if relative is not None:
            for follower in self.parties:
                if follower.start in (relative + 1, relative + 2):
                    return follower
        party = self.subject(start)
        if party is None or start - party.end > 14:
            return None
        words, stems = self.text.words, self.text.stems
        if not _BEHIND.isdisjoint(words[party.end : start]):
            return party
        for at in range(party.end, start):
            if stems[at] in _HANDLES and words[at - 1] not in ("a", "an", "the", "its", "any", "this", "s"):
                return party
        return None

    def compound(self, start: int, end: int) -> Named | None:
        """`Iran-supplied rockets`: the party of a compound within words [start, end)."""
        for party in self.parties:
            if start - 3 <= party.start < end and self._compound(party) in _MADE:
                return party
        return None

    def object(self, head: int) -> Named | None:
        """Whom a verb acts upon: the bare party right after it, or the subject of a passive."""
        if self.is_passive(head):
            return self.subject(head)
        for party in self.parties:
            if head < party.start <= head + 4 and self.tie(party) is None:
                return party
        return None
