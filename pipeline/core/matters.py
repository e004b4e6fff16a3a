"""Whether two stories tell of the same matter: one act or claim, and what became of it, in whatever words.

A story that tells an event is reduced to a `Matter`: its acts (topic, who did it, to whom), the states that it names,
and its telling words, of which names and numbers weigh most. What the parties are called the acts tell already, and
so do the words that they were found by; what states are called is in all news. `same_matter` compares two of them,
`fits` says whether a story belongs to the thread that another began. Both would rather say no: a thread that runs
from one war into another helps nobody. Numbers were set on tests/eval/pairs.jsonl and looked at on ten days of forty
feeds (docs/threads.md).
"""

import json
import math
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Final

from pipeline.core.frequent import EXPECTED, OTHERWISE
from pipeline.core.similarity import term_of
from pipeline.core.states import NAMES
from pipeline.core.story import Event, Party, Story
from pipeline.core.text import Text

MATTER_VERSION: Final = 3
"""Goes up whenever the matter of some story changes: matters of other versions are not compared."""
DOERS: Final = ("supplier", "actor", "imposer", "participants")
DONE_TO: Final = ("recipient", "target", "territory")
_KIN: Final = {"missile-launch": "force", "armed-attack": "force", "military-exercise": "force"}
"""Topics that reports of one act are often filed under side by side."""
_ANYBODY: Final = frozenset(("forces", "militants", "people", "shiite-militias"))
"""Classes of parties that tell nobody in particular."""
_ONGOING: Final = {"armed-attack": 0.36}
"""Topics of which one pair of parties makes news every day, in a war, so that who did it to whom does not tell the
matter: how alike two stories must be at least."""
_DAILY: Final[Mapping[str, frozenset[str]]] = {
    "arms-transfer": frozenset(("UA", "US", "nato")),
    "missile-launch": frozenset(("KP", "RU", "UA")),
    "military-exercise": frozenset(("KR", "US")),
    "nuclear-program": frozenset(("IR", "KP", "RU")),
    "sanctions": frozenset(("EU", "RU", "US")),
}
"""Parties of whose acts one or the other is in the news every day: they tell no matter either."""
_EPISODE: Final = timedelta(days=10)
"""What is in the news every day is one matter no longer than this."""
_ACTS: Final = 4
_NAMES: Final = 40
_WORDS: Final = 160
_LIKE: Final = {2: 0.12, 1: 0.18, 0: 0.27, -1: 0.4}
"""How alike two stories must be, by how far their acts agree: parties in common, or (-1) in conflict."""
_APART: Final = {2: 30, 1: 14, 0: 7, -1: 7}
"""... and how many days they may be apart."""
_ASIDE: Final = 0.1
"""... and by how much more when the act is not the main one of both."""
_SHORT: Final = 60
"""Telling words below which a text is compared with more caution."""
_NAME: Final = re.compile(
    r"(?<=[a-z,;:'’\"“”—-] )[A-Z][\w'’-]+|\b[A-Z]{2,}[\w-]*|\b\d[\d.,]*\b"
)
"""Names in running text (not at the start of a sentence), acronyms, numbers."""
_WEIGHTS: Final = (2.0, 1.0, 0.35)


@dataclass(frozen=True, slots=True)
class Act:
    """What was done: codes of states and ids of groups that did it and that it was done to, where known."""

    topic: str
    doers: frozenset[str] = frozenset()
    done_to: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Matter:
    """What a story tells: acts, the main one first; states named; telling stems by weight (names, words, frequent),
    each ascending and joined by spaces: most matters that are met are told apart by their acts.

    `origin` is its agency, or else its outlet.
    """

    id: str
    source: str
    origin: str
    published: datetime
    seen: datetime
    acts: tuple[Act, ...]
    states: frozenset[str]
    words: tuple[str, str, str]

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """Stem -> how much it tells."""
        return {stem: weight for stems, weight in zip(self.words, _WEIGHTS, strict=True) for stem in stems.split()}

    @property
    def terms(self) -> tuple[int, ...]:
        """Hashes of which two stories of one matter nearly always share one: a topic with a party, with a name."""
        families = sorted({_KIN.get(act.topic, act.topic) for act in self.acts})
        parties = sorted({party for act in self.acts for party in act.doers | act.done_to} - _ANYBODY)
        return tuple(term_of(f"matter {family} {sort} {name}") for family in families
                     for sort, names in (("party", parties), ("name", self.words[0].split()[:_NAMES]))
                     for name in names)

    def pack(self) -> bytes:
        """All of it, small; `unpack_matter` reads it."""
        plain = [
            MATTER_VERSION, self.id, self.source, self.origin, self.published.isoformat(), self.seen.isoformat(),
            [[act.topic, sorted(act.doers), sorted(act.done_to)] for act in self.acts],
            sorted(self.states), self.words,
        ]
        return zlib.compress(json.dumps(plain, ensure_ascii=False).encode("utf-8", "surrogatepass"), 1)


@lru_cache(maxsize=1_000)
def unpack_matter(data: bytes) -> Matter | None:
    """The matter that was packed; None where another version of Wirewatch packed it. What is in the news is met again
    and again, so some are kept."""
    version, *rest = json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
    if version != MATTER_VERSION:
        return None
    id, source, origin, published, seen, acts, states, words = rest
    return Matter(id, source, origin, datetime.fromisoformat(published), datetime.fromisoformat(seen),
                  tuple(Act(topic, frozenset(doers), frozenset(done_to)) for topic, doers, done_to in acts),
                  frozenset(states), tuple(words))


def matter_of(story: Story) -> Matter | None:
    """The matter of a story, None for one that tells no event."""
    if not story.events:
        return None
    stems = {*Text.of(story.title).stems, *Text.of(story.body).stems}
    called = Text.of(" ".join(_NAME.findall(story.body))).stems
    parties = _stems(party.text for event in story.events for party in event.roles.values() if party.code)
    known = _state_stems() | _stems(evidence.text for event in story.events for evidence in event.evidence)
    names, words, frequent = set[str](), set[str](), set[str]()
    for stem in stems:
        expected = 1 if stem in known else EXPECTED.get(stem, OTHERWISE)
        if expected < 1:
            words.add(stem)
        elif expected < 100:
            frequent.add(stem)
    for stem in dict.fromkeys(called):
        if stem in words and stem not in parties and len(names) < _NAMES:
            words.remove(stem)
            names.add(stem)
    kept = words if len(words) <= _WORDS else sorted(words, key=lambda stem: (-len(stem), stem))[:_WORDS]
    return Matter(story.id, story.source, story.origin or story.source, story.published, story.seen, acts_of(story),
                  frozenset(story.countries), (_joined(names), _joined(kept), _joined(frequent)))


def _joined(stems: Iterable[str]) -> str:
    return " ".join(sorted(stems))


def acts_of(story: Story) -> tuple[Act, ...]:
    """The acts that a story tells, the one that it is about first: told in its headline, early, often, with claims."""
    passing = {match.topic for match in story.topics if match.secondary}
    weight: dict[Act, float] = {}
    for event in story.events:
        told = sum(3.0 if e.field == "title" else 1.0 if e.start < 400 else 0.5 for e in event.evidence)
        act = act_of(event)
        weight[act] = weight.get(act, 0.0) + told + 0.2 * len(event.claims) + (event.topic not in passing)
    return tuple(sorted(weight, key=lambda act: -weight[act]))[:_ACTS]


def act_of(event: Event) -> Act:
    """The act of an event."""
    return Act(event.topic, _parties(event.roles, DOERS), _parties(event.roles, DONE_TO))


def agreement(a: Act, b: Act) -> int | None:
    """How many of the two sides (who, to whom) agree, 0 to 2; -1 where one is in conflict, None for other topics.

    What one of them does not tell neither agrees nor is in conflict.
    """
    if _KIN.get(a.topic, a.topic) != _KIN.get(b.topic, b.topic):
        return None
    sides = [_agree(a.doers, b.doers), _agree(a.done_to, b.done_to)]
    found = -1 if -1 in sides else sum(sides)
    return found if a.topic == b.topic else min(found, 0)


@lru_cache(maxsize=10_000)
def _telling(a: Act, b: Act) -> int | None:
    """Their agreement, in which parties that are in the news every day count for nothing."""
    found, daily = agreement(a, b), _DAILY.get(a.topic, frozenset())
    if not found or found < 0:
        return found
    return bool((a.doers & b.doers) - daily - _ANYBODY) + bool((a.done_to & b.done_to) - daily - _ANYBODY)


def same_matter(a: Matter, b: Matter) -> bool:
    """Whether two stories tell of one matter: acts that agree, in texts that are as alike as that demands."""
    apart = abs(a.published - b.published) / timedelta(days=1)
    alike: float | None = None
    for i, act in enumerate(a.acts):
        for j, other in enumerate(b.acts):
            if i and j:
                break
            agreed = _telling(act, other)
            aside = i > 0 or j > 0
            if agreed is None or (agreed < 0 and aside):
                continue
            least = max(_ONGOING.get(act.topic, 0), _ONGOING.get(other.topic, 0))
            if least:
                agreed = min(agreed, 0)
            if apart > _APART[agreed]:
                continue
            if alike is None:
                alike = likeness(a, b) - 0.04 * math.log1p(apart)
            if alike > max(least, _LIKE[agreed]) + _ASIDE * aside:
                return True
    return False


def fits(first: Matter, other: Matter, within: timedelta) -> bool:
    """Whether `other` tells of what `first`, which began a thread, is about, at most `within` from it."""
    main = first.acts[0]
    known = (main.doers | main.done_to) - _ANYBODY
    if main.topic in _ONGOING or not known - _DAILY.get(main.topic, frozenset()):
        within = min(within, _EPISODE)
    if abs(first.published - other.published) > within:
        return False
    agreed = [found for act in other.acts if (found := agreement(main, act)) is not None]
    return max(agreed, default=-1) >= (1 if known and _told(other.acts[:1]) else 0)


def likeness(a: Matter, b: Matter) -> float:
    """How alike the words and states of two stories are, about 0 to 1.1; less for short ones."""
    left, right = a.weights, b.weights
    shared = sum(min(left[stem], right[stem]) for stem in left.keys() & right.keys())
    words = shared / math.sqrt(max(1e-9, sum(left.values()) * sum(right.values())))
    states = len(a.states & b.states) / max(1, len(a.states | b.states))
    caution = max(0.0, 1 - min(len(left), len(right)) / _SHORT)
    return words + 0.12 * states - 0.15 * caution


def _told(acts: Iterable[Act]) -> bool:
    return any((act.doers | act.done_to) - _ANYBODY for act in acts)


def _agree(a: frozenset[str], b: frozenset[str]) -> int:
    a, b = a - _ANYBODY, b - _ANYBODY
    return (1 if a & b else -1) if a and b else 0


def _stems(texts: Iterable[str]) -> set[str]:
    return {stem for text in set(texts) for stem in Text.of(text).stems}


@lru_cache(maxsize=1)
def _state_stems() -> frozenset[str]:
    """What states are called, which a matter knows by their codes."""
    return frozenset(_stems(NAMES.values()))


def _parties(roles: Mapping[str, Party], wanted: Iterable[str]) -> frozenset[str]:
    named = [party for role, party in roles.items() if role.partition(".")[0] in wanted]
    return frozenset(party.code or party.kind for party in named if party.code or party.kind)
