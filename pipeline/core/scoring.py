"""How good detection is on labelled texts: precision and recall by topic, claim statuses, roles, what went wrong.

A labelled text is a line of JSON: `id`, `title` (may be missing), `text`, `topics`, `borderline` (topics left out of
the count for this text) and `events`, each with `topic`, `status` (a list), `roles` (strings) and, where known,
`codes` (ISO codes by role), `start` and `end` of the evidence in the text. docs/topics.md shows one.
"""

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.core.errors import ConfigError
from pipeline.core.places import parties
from pipeline.core.states import SUCCESSORS
from pipeline.core.story import ClaimStatus, Event, Party
from pipeline.core.text import Text
from pipeline.core.topics import Detection, Topics, detect

STATUSES: Final = ("reported", "alleged", "denied", "planned", "hypothetical")
CLAIM_TOPICS: Final = ("arms-transfer", "missile-launch")
"""The topics whose events are scored for claim status and roles."""
HELD: Final[tuple[ClaimStatus, ...]] = ("alleged", "denied")
"""The statuses of which it is scored who holds them."""
SCORED_ROLES: Final = (("arms-transfer", "supplier"), ("arms-transfer", "recipient"), ("missile-launch", "actor"))
_DRAWS: Final = 1000
_TELLING_WORD: Final = 4
"""Letters from which a word tells who somebody is."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled text."""

    id: str
    title: str
    text: str
    topics: frozenset[str]
    borderline: frozenset[str] = frozenset()
    events: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one yes-or-no question; the intervals hold 95 % of resampled sets of texts."""

    right: int
    false: int
    missed: int
    precision_range: tuple[float, float] = (0.0, 1.0)
    recall_range: tuple[float, float] = (0.0, 1.0)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.right + self.false + self.missed
        return 2 * self.right / total if total else 1.0


@dataclass(frozen=True, slots=True)
class Mistake:
    """A text that went wrong: `kind` is miss, false alarm, status or role; `what` says how, `evidence` why."""

    kind: str
    topic: str
    id: str
    what: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured. `roles` maps `topic role` to (right, asked)."""

    texts: int
    topics: dict[str, Score]
    statuses: dict[str, Score]
    roles: dict[str, tuple[int, int]]
    holders: dict[str, tuple[int, int]]
    """Of events whose status is rightly alleged or denied: holders (right, asked), by the state or, without, a word."""
    documents: dict[str, Score]
    """The statuses of a text's events of one topic together; what a missed topic would have told counts as missed."""
    mistakes: tuple[Mistake, ...] = field(repr=False)

    @property
    def status_macro_f1(self) -> float:
        """Mean F1 of the statuses that were labelled or detected; 1 where none was."""
        return _macro_f1(self.statuses)

    @property
    def documents_macro_f1(self) -> float:
        """The same by document."""
        return _macro_f1(self.documents)


def _macro_f1(statuses: Mapping[str, Score]) -> float:
    known = [score.f1 for score in statuses.values() if score.right or score.false or score.missed]
    return sum(known) / len(known) if known else 1.0


def read_labelled(text: str, name: str) -> list[Labelled]:
    """Labelled texts from JSON lines; raises ConfigError with every bad line."""
    found: list[Labelled] = []
    mistakes: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            found.append(Labelled(
                str(data["id"]), data.get("title") or "", data["text"], frozenset(data["topics"]),
                frozenset(data.get("borderline") or ()), tuple(data.get("events") or ()),
            ))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            mistakes.append(f"{name}:{number}: not a labelled text ({error!r}); needs id, text and topics")
    if mistakes:
        raise ConfigError(mistakes)
    return found


def score(texts: Iterable[Labelled], topics: Topics, only: Sequence[str] = ()) -> Report:
    """Run detection over labelled texts and compare; `only` limits the topics that are counted."""
    names = tuple(only) or topics.names
    rows: list[tuple[Labelled, Detection]] = [
        (text, detect(Text.of(text.title), Text.of(text.text), topics)) for text in texts
    ]
    mistakes: list[Mistake] = []
    by_topic: dict[str, Score] = {}
    for name in names:
        outcomes: list[tuple[int, int, int]] = []
        for text, found in rows:
            if name in text.borderline:
                continue
            match = next((match for match in found.topics if match.topic == name), None)
            wanted = name in text.topics
            outcomes.append((int(wanted and match is not None), int(not wanted and match is not None),
                             int(wanted and match is None)))
            if wanted and match is None:
                mistakes.append(Mistake("miss", name, text.id, text.title or text.text[:80]))
            elif match is not None and not wanted:
                first = match.evidence[0]
                mistakes.append(Mistake("false alarm", name, text.id, first.text, first.rule))
        by_topic[name] = _score(outcomes)
    statuses, roles, holders = _claims(rows, topics, mistakes)
    return Report(len(rows), by_topic, statuses, roles, holders, _by_document(rows), tuple(mistakes))


def _score(outcomes: Sequence[tuple[int, int, int]]) -> Score:
    right, false, missed = (sum(column) for column in zip(*outcomes, strict=True)) if outcomes else (0, 0, 0)
    chance = random.Random(len(outcomes))
    precisions: list[float] = []
    recalls: list[float] = []
    telling = [outcome for outcome in outcomes if any(outcome)]
    for _ in range(_DRAWS if telling else 0):
        drawn = chance.choices(telling, k=len(telling))
        one = Score(*(sum(column) for column in zip(*drawn, strict=True)))
        precisions.append(one.precision)
        recalls.append(one.recall)
    return Score(right, false, missed, _middle(precisions), _middle(recalls))


def _middle(values: list[float]) -> tuple[float, float]:
    if not values:
        return (0.0, 1.0)
    values.sort()
    return values[int(0.025 * len(values))], values[int(0.975 * len(values)) - 1]


def _claims(
    rows: Sequence[tuple[Labelled, Detection]], topics: Topics, mistakes: list[Mistake]
) -> tuple[dict[str, Score], dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
    outcomes: dict[str, list[tuple[int, int, int]]] = {status: [] for status in STATUSES}
    roles = {f"{topic} {role}": (0, 0) for topic, role in SCORED_ROLES}
    holders: dict[str, tuple[int, int]] = dict.fromkeys(HELD, (0, 0))
    code, group = _coder(topics), _grouper(topics)
    for text, found in rows:
        for topic in CLAIM_TOPICS:
            if topic in text.borderline or topic not in text.topics:
                continue
            gold = [event for event in text.events if event["topic"] == topic]
            known = [event for event in found.events if event.topic == topic]
            for event, ours in _pairs(gold, known, code):
                wanted = set(event["status"]) if event else set()
                given = set(ours.status) if ours else set()
                if event is None or ours is None or event.get("borderline"):
                    continue
                for status in STATUSES:
                    outcomes[status].append((int(status in wanted and status in given),
                                             int(status in given - wanted), int(status in wanted - given)))
                if wanted != given:
                    mistakes.append(Mistake("status", topic, text.id, f"{_join(given)} instead of {_join(wanted)}",
                                            str(event.get("evidence", ""))))
                for status in HELD:
                    holder = (event.get("holders") or {}).get(status)
                    if not holder or status not in given:
                        continue
                    told = [claim.holder for claim in ours.claims if claim.status == status and claim.holder]
                    hit = any(_is_held_by(one, holder, event, code) for one in told)
                    right, total = holders[status]
                    holders[status] = (right + hit, total + 1)
                    if not hit:
                        said = " and ".join(f"{one.text} ({one.code})" for one in told) or "nobody"
                        mistakes.append(Mistake("holder", topic, text.id, f"{status} by {said} instead of {holder}",
                                                str(event.get("evidence", ""))))
                for role in (role for its, role in SCORED_ROLES if its == topic):
                    codes = event.get("codes")
                    filler = event["roles"].get(role)
                    asked = (code(filler) if codes is None else codes.get(role)) or group(filler)
                    if not asked:
                        continue
                    party = ours.roles.get(role)
                    right, total = roles[f"{topic} {role}"]
                    hit = party is not None and not {_today(party.code), party.kind}.isdisjoint(
                        map(_today, asked.split(";"))
                    )
                    roles[f"{topic} {role}"] = (right + hit, total + 1)
                    if not hit:
                        said = f"{party.text} ({party.code})" if party else "nobody"
                        mistakes.append(Mistake("role", topic, text.id, f"{role} {said} instead of {asked}",
                                                str(event.get("evidence", ""))))
    return {status: _score(found) for status, found in outcomes.items()}, roles, holders


def _is_held_by(ours: Party, holder: str, event: Mapping[str, Any], code: Callable[[Any], str | None]) -> bool:
    """Whether it is the same state; where the label tells no state ("its army"), a word of it or a party to the act."""
    wanted = code(holder)
    if wanted and ours.code:
        return _today(wanted) == _today(ours.code)
    words = {word for word in Text.of(holder).words if len(word) >= _TELLING_WORD}
    if words.intersection(Text.of(ours.text).words):
        return True
    parties = {_today(one) for codes in (event.get("codes") or {}).values() for one in codes.split(";")}
    return not wanted and _today(ours.code) in parties


def _by_document(rows: Sequence[tuple[Labelled, Detection]]) -> dict[str, Score]:
    outcomes: dict[str, list[tuple[int, int, int]]] = {status: [] for status in STATUSES}
    for text, found in rows:
        for topic in CLAIM_TOPICS:
            if topic in text.borderline or topic not in text.topics:
                continue
            gold = [event for event in text.events if event["topic"] == topic and not event.get("borderline")]
            wanted = {status for event in gold for status in event["status"]}
            given = {status for event in found.events if event.topic == topic for status in event.status}
            if not wanted:
                continue
            for status in STATUSES:
                outcomes[status].append((int(status in wanted and status in given),
                                         int(status in given - wanted), int(status in wanted - given)))
    return {status: _score(told) for status, told in outcomes.items()}


def _join(statuses: Iterable[str]) -> str:
    return "+".join(sorted(statuses)) or "nothing"


def _grouper(topics: Topics) -> Callable[[Any], str | None]:
    """The armed group that a role names, by its id: one without a state is asked for by that."""
    def group(role: Any) -> str | None:
        found = parties(Text.of(role), topics.parties) if isinstance(role, str) else ()
        return next((party.kind for party in found if party.label == "group"), None)

    return group


def _today(code: str | None) -> str | None:
    """The state, or the one that followed it: "Belgrade" of 1998 is as right as Yugoslavia."""
    return SUCCESSORS.get(code or "", code)


def _coder(topics: Topics) -> Callable[[Any], str | None]:
    def code(role: Any) -> str | None:
        if not isinstance(role, str):
            return None
        text = Text.of(role)
        return next((party.code for party in parties(text, topics.parties) if party.code), None)

    return code


def _pairs(
    gold: Sequence[Mapping[str, Any]], known: Sequence[Event], code: Callable[[Any], str | None]
) -> list[tuple[Mapping[str, Any] | None, Event | None]]:
    """Gold events with ours: the pairs that share most roles and evidence first, each used once."""
    ranked = sorted(
        ((_likeness(event, ours, code), -i, -j) for i, event in enumerate(gold) for j, ours in enumerate(known)),
        reverse=True,
    )
    used_gold: dict[int, int] = {}
    used_ours: set[int] = set()
    for likeness, i, j in ranked:
        if likeness > 0 and -i not in used_gold and -j not in used_ours:
            used_gold[-i] = -j
            used_ours.add(-j)
    pairs: list[tuple[Mapping[str, Any] | None, Event | None]] = [
        (event, known[used_gold[i]] if i in used_gold else None) for i, event in enumerate(gold)
    ]
    return pairs + [(None, ours) for j, ours in enumerate(known) if j not in used_ours]


def _likeness(event: Mapping[str, Any], ours: Event, code: Callable[[Any], str | None]) -> float:
    likeness = 0.1
    for role, party in ours.roles.items():
        wanted = event["roles"].get(role)
        if isinstance(wanted, str):
            same = (code(wanted) == party.code) if party.code else party.text.lower() in wanted.lower()
            likeness += 1.0 if same else -0.5
    start, end = event.get("start"), event.get("end")
    if isinstance(start, int) and isinstance(end, int):
        likeness += 1.5 * any(e.field == "body" and e.start < end and start < e.end for e in ours.evidence)
    return likeness
