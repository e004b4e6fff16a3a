"""How a matter unfolds: the stories of one thread told as who claimed what, when, and in which outlet.

    stories of a thread ─► clusters (copies tell a thing once) ─► the act that most of them are about
                                                               ─► its claims, each told first by somebody, then again

Only events about that act count: a story about shells that also names drones says nothing here about drones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pipeline.core.matters import DOERS, DONE_TO, Act, act_of, acts_of, agreement
from pipeline.core.origin import without_dateline
from pipeline.core.sentences import ends_of_sentences
from pipeline.core.story import Claim, Event, Evidence, Party, Story
from pipeline.core.telling import party_name

Standing = Literal["alleged", "reported", "confirmed", "denied", "planned", "hypothetical"]
"""A claim's status; what somebody who takes part in the act reports is `confirmed`."""
_ORDER: Final[tuple[Standing, ...]] = ("planned", "hypothetical", "alleged", "reported", "confirmed", "denied")
"""Of what one story tells, the charge before its denial."""
_OVERRULED: Final = {"planned": ("alleged", "reported"), "hypothetical": ("alleged", "reported", "planned")}
"""A story that tells an act as done or charged says nothing by a "would" elsewhere."""
_NAMES: Final = 4
_ASIDE: Final = 0.6
"""What an act counts in a report that is mainly about another."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One report of a claim: the first story of its cluster that has it; `outlets` are all in the cluster that do."""

    story: str
    at: datetime
    source: str
    origin: str
    sentence: str
    outlets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who holds what about the matter, and its tellings, earliest first.

    `holder` is empty where no story says; `who` is the same however it is called: a state's code, a group's id.
    """

    standing: Standing
    holder: str
    who: str
    tellings: tuple[Telling, ...]

    @property
    def first(self) -> Telling:
        return self.tellings[0]

    @property
    def origins(self) -> tuple[str, ...]:
        """The independent origins that tell it."""
        return tuple(dict.fromkeys(telling.origin for telling in self.tellings))

    def __str__(self) -> str:
        return f"{self.standing} by {self.holder}" if self.holder else self.standing


@dataclass(frozen=True, slots=True)
class Carried:
    """A story of the thread."""

    id: str
    at: datetime
    source: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Report:
    """One text of the thread with all its copies, earliest first; `origin` is its agency, or else its outlet."""

    cluster: str
    origin: str
    stories: tuple[Carried, ...]

    @property
    def first(self) -> Carried:
        return self.stories[0]


@dataclass(frozen=True, slots=True)
class Thread:
    """One matter through time.

    `title` is the headline of its most carried report; `doers` and `done_to` are the names of those who fill these
    roles, `things` of what else fills one (weapons, places). `outlets` and `origins` are in order of appearance.
    """

    id: str
    title: str
    topic: str
    doers: tuple[str, ...]
    done_to: tuple[str, ...]
    things: tuple[str, ...]
    first: datetime
    last: datetime
    outlets: tuple[str, ...]
    origins: tuple[str, ...]
    claims: tuple[Claimed, ...]
    reports: tuple[Report, ...]

    @property
    def what(self) -> str:
        """`North Korea → Russia: artillery shells`."""
        parties = " → ".join(", ".join(names) for names in (self.doers, self.done_to) if names)
        return (parties or self.topic) + (f": {', '.join(self.things)}" if self.things else "")

    @property
    def stories(self) -> int:
        return sum(len(report.stories) for report in self.reports)


def thread_of(stories: Iterable[Story]) -> Thread:
    """The thread that one or more stories make, in whatever order they come; raises ValueError for none."""
    ordered = sorted(stories, key=lambda story: (story.published, story.id))
    if not ordered:
        raise ValueError("a thread has at least one story")
    clusters: dict[str, list[Story]] = {}
    for story in ordered:
        clusters.setdefault(story.cluster or story.id, []).append(story)
    main = _main_act(clusters.values())
    told = {story.id: _events_about(main, story) for story in ordered}
    roles = [_roles(event for story in copies for event in told[story.id]) for copies in clusters.values()]
    doers = _names(roles, DOERS, main.doers if main else ())
    return Thread(
        id=ordered[0].thread or ordered[0].id,
        title=max(clusters.values(), key=len)[0].title,
        topic=main.topic if main else "",
        doers=doers,
        done_to=tuple(name for name in _names(roles, DONE_TO, main.done_to if main else ()) if name not in doers),
        things=_names(roles, ()),
        first=ordered[0].published,
        last=ordered[-1].published,
        outlets=tuple(dict.fromkeys(story.source for story in ordered)),
        origins=tuple(dict.fromkeys(_origin(copies) for copies in clusters.values())),
        claims=tuple(_claims(clusters.values(), told)),
        reports=tuple(
            Report(id, _origin(copies), tuple(Carried(s.id, s.published, s.source, s.title, s.url) for s in copies))
            for id, copies in clusters.items()
        ),
    )


def _main_act(clusters: Iterable[Sequence[Story]]) -> Act | None:
    """The act that most reports are about, a report's main act counting most; of equals the one of which more is
    known, then the earlier."""
    votes: dict[Act, float] = {}
    for copies in clusters:
        acts = next((acts for story in copies if (acts := acts_of(story))), ())
        for rank, act in enumerate(acts):
            votes[act] = votes.get(act, 0) + (_ASIDE if rank else 1)
    return max(votes, key=lambda act: (votes[act], bool(act.doers) + bool(act.done_to)), default=None)


def _events_about(main: Act | None, story: Story) -> list[Event]:
    """The events of a story about the act: same topic, parties in common. A story that has none of those is in the
    thread for one that agrees with it as far as it is told."""
    if main is None:
        return []
    agreed = [(event, agreement(main, act_of(event))) for event in story.events]
    known = bool(main.doers | main.done_to)
    sure = [event for event, found in agreed
            if found is not None and found >= known and event.topic == main.topic]
    return sure or [event for event, found in agreed if found is not None and found >= 0][:1]


def _origin(copies: Sequence[Story]) -> str:
    """The agency of a text, or else the outlet that gave its cluster the name, or where that story was pruned the
    first by name: as stories are marked with it."""
    named = (story.origin for story in copies if story.origin)
    first = (story.source for story in copies if story.id == story.cluster)
    return next(named, None) or next(first, None) or min(story.source for story in copies)


# ── claims ────────────────────────────────────────────────────────────────────────────────────────────────


def _claims(clusters: Iterable[Sequence[Story]], told: dict[str, list[Event]]) -> list[Claimed]:
    names: dict[tuple[Standing, str], str] = {}
    tellings: dict[tuple[Standing, str], list[Telling]] = {}
    for copies in clusters:
        first: dict[tuple[Standing, str], tuple[Story, str]] = {}
        outlets: dict[tuple[Standing, str], list[str]] = {}
        for story in copies:
            for key, holder, sentence in _told(story, told[story.id]):
                names.setdefault(key, party_name(holder) if holder is not None else "")
                first.setdefault(key, (story, sentence))
                outlets.setdefault(key, []).append(story.source)
        for key, (story, sentence) in first.items():
            tellings.setdefault(key, []).append(
                Telling(story.id, story.published, story.source, _origin(copies), sentence,
                        tuple(dict.fromkeys(outlets[key])))
            )
    found = [Claimed(key[0], names[key], key[1], tuple(sorted(rows, key=lambda row: (row.at, row.story))))
             for key, rows in tellings.items()]
    return sorted(found, key=lambda claim: (claim.first.at, claim.first.story, _ORDER.index(claim.standing)))


def _told(story: Story, events: Iterable[Event]) -> Iterator[tuple[tuple[Standing, str], Party | None, str]]:
    """What a story says: ((standing, who as compared), who, the sentence)."""
    for event in events:
        statuses = set(event.status)
        known = {claim.status: _known(claim) for claim in sorted(event.claims, key=_known)}
        for claim in event.claims:
            if not statuses.isdisjoint(_OVERRULED.get(claim.status, ())):
                continue
            if _known(claim) < known[claim.status]:
                continue
            key = (_standing(event, claim), _key(claim.holder) if claim.holder is not None else "")
            yield key, claim.holder, _said(story, event, claim)


def _known(claim: Claim) -> int:
    """How well its holder is known; who is only called "an official" speaks for the state that the story names."""
    if claim.holder is None:
        return 0
    return 2 if claim.holder.code or claim.holder.kind else 1


def _standing(event: Event, claim: Claim) -> Standing:
    if claim.status == "reported" and claim.holder is not None:
        parties = {_key(party) for role, party in event.roles.items() if role.partition(".")[0] in (*DOERS, *DONE_TO)}
        return "confirmed" if _key(claim.holder) in parties else "reported"
    return claim.status


def _key(party: Party) -> str:
    return party.code or party.kind or " ".join(party.text.lower().removeprefix("the ").split())


def _said(story: Story, event: Event, claim: Claim) -> str:
    evidence = claim.evidence or next((one for one in event.evidence if one.field == "body"), None)
    if evidence is None and event.evidence:
        evidence = event.evidence[0]
    return sentence_at(story, evidence) if evidence is not None else story.title


def sentence_at(story: Story, evidence: Evidence) -> str:
    """The whole sentence in which evidence stands, on one line, without a dateline; of a headline all of it."""
    if evidence.field == "title":
        return story.title
    start, end = 0, len(story.body)
    for at in ends_of_sentences(story.body):
        if at > evidence.start:
            end = at
            break
        start = at
    return without_dateline(" ".join(story.body[start:end].split()))


# ── roles ─────────────────────────────────────────────────────────────────────────────────────────────────


def _roles(events: Iterable[Event]) -> dict[tuple[str, str], Party]:
    """Who or what fills each role in one text and its copies, each once."""
    return {
        (role.partition(".")[0], _key(party)): party
        for event in events for role, party in event.roles.items() if party.text
    }


def _names(roles: Iterable[Mapping[tuple[str, str], Party]], wanted: Sequence[str], keys: Iterable[str] = ()
           ) -> tuple[str, ...]:
    """The names of parties in the roles `wanted` (none: in all that are neither done to nor doers), most told first:
    those with these keys, or else all."""
    counts: Counter[str] = Counter()
    called: dict[str, str] = {}
    for filled in roles:
        for (role, key), party in filled.items():
            if role in wanted if wanted else role not in (*DOERS, *DONE_TO):
                called.setdefault(key, party_name(party))
                counts[key] += 1
    ranked = [key for key, _ in counts.most_common()]
    chosen = [key for key in ranked if key in set(keys)] or ranked
    return tuple(dict.fromkeys(called[key] for key in chosen))[:_NAMES]
