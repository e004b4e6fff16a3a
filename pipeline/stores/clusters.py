"""The same story once, and how it unfolds: copies of one text become a cluster, reports of one matter a thread.

    leave      a sketch of each story is left in the Traces, durable, before others are looked for
    compare    with stories that share a term; the same text (core/similarity.py) makes an edge
    unite      edges join groups in the ledger (unions.py), kind "cluster"
               and for stories that tell an event the same with matters (core/matters.py), kind "thread"
    mark       every story of a group that changed learns its cluster, thread, and by how many it is told

Whatever arrives at once, and wherever it stops, the end is the same: of two copies one finds the other, groups only
grow, and who marks looks afterwards whether the groups have grown meanwhile. All of it may be done again.

What a group knows of its members: "source", "origin" (its agency, where it tells one), "told" (it tells an event).
Of a story that was pruned it no longer knows the source, and does not count it (stores/pruning.py).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from pipeline.config import ClusterSettings
from pipeline.core.errors import WirewatchError
from pipeline.core.matters import Matter, fits, matter_of, same_matter, unpack_matter
from pipeline.core.origin import origin_of
from pipeline.core.similarity import Sketch, same_text, sketches, unpack
from pipeline.core.story import Story
from pipeline.stores.base import Indexed, Store, Trace, Traces
from pipeline.stores.unions import Group, Node, United, groups, unite

FIRST: Final = 6
"""Candidates compared before it is asked which of the others are in the same group anyway."""
THEN: Final = 64
COPIES: Final = 256
"""Candidates for copies of one text that are looked for."""
MATTERS: Final = 48
"""Candidates for one matter that are compared, those with most in common first."""
LARGEST: Final = 1_000
"""Stories of a thread from which on reports begin another: a group is one record, written anew as it grows."""
ROUNDS: Final = 20
_STEPS: Final = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of stories that arrived, in the order given: how each fared, and as it is now, with its marks.

    `mistakes` has by id what went wrong in comparing a story; it is stored all the same, as one of its own.
    """

    results: tuple[Indexed, ...] = ()
    stories: tuple[Story, ...] = ()
    mistakes: Mapping[str, Exception] = field(default_factory=dict)


def keep(store: Store, arrived: Sequence[Story], settings: ClusterSettings) -> Kept:
    """Store stories and join them; may be done again with the same stories, whatever stopped it before."""
    fresh = [alone(story) for story in arrived]
    results = store.archive.index(fresh)
    there = store.archive.get([result.id for result in results if result.outcome in ("revised", "unchanged")])
    now = [there.get(story.id, story) for story in fresh]
    mine = [story for story, result in zip(now, results, strict=True) if result.outcome != "failed"]
    joined, mistakes = _join_all(store, mine, settings, there.keys())
    return Kept(tuple(results), tuple(joined.get(story.id, story) for story in now), mistakes)


def _join_all(
    store: Store, stories: Sequence[Story], settings: ClusterSettings, again: Collection[str]
) -> tuple[dict[str, Story], dict[str, Exception]]:
    """`join`, and where a mistake of ours stops it one after the other, so that it costs one story."""
    mistakes: dict[str, Exception] = {}
    try:
        return join(store, stories, settings, again), mistakes
    except WirewatchError:
        raise
    except Exception:
        joined: dict[str, Story] = {}
        for story in stories:
            try:
                joined |= join(store, [story], settings, [story.id])
            except WirewatchError:
                raise
            except Exception as error:
                mistakes[story.id] = error
        return joined, mistakes


def alone(story: Story) -> Story:
    """A story before others are known: a cluster of its own and, where it tells an event, a thread of its own."""
    return replace(
        story, cluster=story.id, copied=False, thread=story.id if story.events else "", outlets=1, origins=1,
        origin=origin_of(story.source, story.authors, story.body) or story.origin,
    )


def join(
    store: Store, stories: Sequence[Story], settings: ClusterSettings, again: Collection[str] = ()
) -> dict[str, Story]:
    """Find the clusters and threads of stories that the archive holds, and mark all whom that concerns.

    Returns the stories by id with their marks. `again` are ids of stories that were there before: their groups may
    have been left half marked, and the origin written on them is no word of their own.
    """
    batch = _Batch(stories, frozenset(again))
    copies = _copies(store, batch, timedelta(days=settings.days))
    matters = _threads(store, batch, copies, timedelta(days=settings.thread_days))
    marks = _mark(store, batch, copies, matters)
    return {id: story if _has(story, marks.get(id, {})) else replace(story, **marks[id])
            for id, story in batch.stories.items()}


class _Batch:
    """Stories being joined, each with its sketch and, where it tells an event, its matter."""

    def __init__(self, stories: Sequence[Story], again: frozenset[str]) -> None:
        self.again = again
        self.stories = {story.id: story for story in stories}
        own = [replace(story, origin=origin_of(story.source, story.authors, story.body)) if id in again else story
               for id, story in self.stories.items()]
        self.sketches: dict[str, Sketch] = {one.id: one for one in sketches(own)}
        self.nodes = {id: _node(one) for id, one in self.sketches.items()}
        self.matters: dict[str, Matter] = {
            story.id: matter for story in own if (matter := matter_of(story)) is not None
        }


def _node(one: Sketch) -> Node:
    """A story as a member of a cluster."""
    about: dict[str, Any] = {"source": one.source}
    if one.origin:
        about["origin"] = one.origin
    if one.told:
        about["told"] = 1
    return Node(one.id, one.seen, about)


# ── copies of one text ────────────────────────────────────────────────────────────────────────────────────


def _copies(store: Store, batch: _Batch, within: timedelta) -> United:
    traces = [Trace(one.id, one.published, one.terms, one.pack()) for one in batch.sketches.values()]
    store.traces.leave(traces)
    left = dict(zip(batch.sketches, store.traces.sharing(traces, within, COPIES), strict=True))
    nodes = batch.nodes
    known: dict[str, Sketch | None] = dict(batch.sketches)
    before: dict[str, Group] = {}
    size = FIRST
    while True:
        wanted = {id: candidates[:size] for id, candidates in left.items()}
        _learn(store.traces, known, unpack, {other for some in wanted.values() for other in some})
        edges = [
            (nodes[id], nodes.get(other) or _node(theirs))
            for id, some in wanted.items() for other in some
            if (theirs := known[other]) is not None and same_text(batch.sketches[id], theirs, within)
        ]
        united = unite(store.ledger, "cluster", edges, nodes.values())
        before = {**united.before, **before}
        left = {
            id: rest for id, candidates in left.items()
            if (rest := tuple(o for o in candidates[size:] if o not in united.now[id].members))
        }
        if not left:
            return United({id: united.now[id] for id in nodes}, before)
        size = THEN


def _learn(traces: Traces, known: dict[str, T | None], read: Callable[[bytes], T | None], ids: Iterable[str]) -> None:
    """Read the traces of ids that are not known yet; None for one that is gone or of another version."""
    missing = [id for id in ids if id not in known]
    found = traces.get(missing) if missing else {}
    known.update((id, read(found[id]) if id in found else None) for id in missing)


# ── reports of one matter ─────────────────────────────────────────────────────────────────────────────────


def _threads(store: Store, batch: _Batch, copies: United, within: timedelta) -> United:
    """Threads of the stories that tell an event, or whose copies do; a story alone is a thread of its own."""
    telling = {id: group for id, group in copies.now.items() if _told(group)}
    clusters = {group.id: group for group in telling.values()}
    bearings = {id: bearing_of(group) for id, group in clusters.items()}
    nodes = {id: _in_thread(id, group, bearings[group.id], batch.stories[id].seen) for id, group in telling.items()}
    was = _before(copies, bearing_of, batch)
    edges: list[tuple[Node, Node]] = []
    for group in clusters.values():  # copies belong where their first one does
        if len(group.members) > 1:
            bearing, whole = bearings[group.id], not batch.again.isdisjoint(group.members)
            first = _in_thread(group.id, group, bearing)
            edges += [
                (_in_thread(id, group, bearing), first) for id in group.members
                if whole or id in batch.stories or was.get(id) != bearing
            ]
    united = unite(store.ledger, "thread", edges, nodes.values())
    fresh = [
        matter for id, group in telling.items()
        if (matter := batch.matters.get(id)) is not None and (group.id == id or "told" not in group.members[group.id])
    ]
    more = list(_same_matters(store, fresh, united.now, nodes, within))
    again = unite(store.ledger, "thread", more, nodes.values()) if more else united
    return United({id: again.now[id] for id in nodes}, {**again.before, **united.before})


def _told(cluster: Group) -> bool:
    return any("told" in about for about in cluster.members.values())


def bearing_of(cluster: Group) -> tuple[str, str, bool]:
    """What of a cluster bears on the threads of its stories: its id, origin, and whether it tells an event."""
    return cluster.id, _origin(cluster) or _source(cluster), _told(cluster)


def _before(united: United, said: Callable[[Group], T], batch: _Batch) -> dict[str, T]:
    """By story, what the group said in which it was before; where one is the beginning of another, the smaller one.
    Groups of nobody but stories of the batch are left out: it looks at those anyway."""
    different = {(group.id, len(group.members)): group for group in united.before.values()
                 if not group.members.keys() <= batch.stories.keys()}
    out: dict[str, T] = {}
    for group in sorted(different.values(), key=lambda group: -len(group.members)):
        out.update(dict.fromkeys(group.members, said(group)))
    return out


def _in_thread(id: str, cluster: Group, bearing: tuple[str, str, bool], seen: datetime | None = None) -> Node:
    """A story as a member of a thread, which knows its outlet and, as its origin, that of its cluster."""
    about = {"source": cluster.members[id].get("source", ""), "origin": bearing[1]}
    if seen is None or len(cluster.members) > 1:  # a copy is never older than the one that gave the cluster its name
        seen = _moment(cluster.seen) + timedelta(microseconds=id != cluster.id)
    return Node(id, seen, about)


def _same_matters(
    store: Store, fresh: Sequence[Matter], threads: Mapping[str, Group], nodes: Mapping[str, Node], within: timedelta
) -> Iterator[tuple[Node, Node]]:
    """Edges between stories that tell of one matter, as long as each fits what began the other's thread."""
    traces = [Trace(f"matter/{one.id}", one.published, one.terms, one.pack()) for one in fresh]
    store.traces.leave(traces)
    met = store.traces.sharing(traces, within)
    known: dict[str, Matter | None] = {f"matter/{one.id}": one for one in fresh}
    _learn(store.traces, known, unpack_matter, {other for some in met for other in some[:MATTERS]})
    alike = {
        one.id: [their for other in some[:MATTERS] if (their := known[other]) is not None and same_matter(one, their)]
        for one, some in zip(fresh, met, strict=True)
    }
    others = {
        their.id: Node(their.id, their.seen, {"source": their.source, "origin": their.origin})
        for some in alike.values() for their in some
    }
    now = {**groups(store.ledger, "thread", [node for id, node in others.items() if id not in threads]), **threads}
    # What a thread knows of a story already is its cluster's origin, not that which it gave itself.
    others = {id: replace(node, about=now[id].members.get(id, node.about)) for id, node in others.items()}
    _learn(store.traces, known, unpack_matter, {f"matter/{group.id}" for group in now.values()})
    heads = {id: group.id for id, group in now.items()}
    sizes = {group.id: len(group.members) for group in now.values()}
    ages = {group.id: (group.seen, group.id) for group in now.values()}
    for one in sorted(fresh, key=lambda one: (one.published, one.id)):
        for theirs in alike[one.id]:
            older, younger = sorted((_head(heads, one.id), _head(heads, theirs.id)), key=lambda id: ages[id])
            if older == younger or sizes[older] + sizes[younger] > LARGEST:
                continue
            first, second = (known.get(f"matter/{id}") for id in (older, younger))
            joining = [other for other in (one, theirs, second) if other is not None]
            if first is None or all(fits(first, other, within) for other in joining):
                heads[younger] = older
                sizes[older] += sizes[younger]
                yield nodes[one.id], nodes.get(theirs.id) or others[theirs.id]


def _head(heads: dict[str, str], id: str) -> str:
    while heads.get(id, id) != id:
        id = heads[id]
    return id


# ── what stories learn of it ──────────────────────────────────────────────────────────────────────────────


def _mark(store: Store, batch: _Batch, copies: United, matters: United) -> dict[str, dict[str, Any]]:
    """Mark every story that a change concerns, until the groups stay as they are; the marks of the batch."""
    clusters, threads = copies.now, matters.now
    was, told = _before(copies, cluster_facts, batch), _before(matters, thread_facts, batch)
    stored = dict(batch.stories)
    for _ in range(ROUNDS):
        wanted: dict[str, dict[str, Any]] = {}
        for groups_, facts_of, known in ((clusters, cluster_facts, was), (threads, thread_facts, told)):
            for group in {group.id: group for group in groups_.values()}.values():
                facts, whole = facts_of(group), not batch.again.isdisjoint(group.members)
                for id in group.members:
                    if whole or id in batch.stories or known.get(id) != facts:
                        wanted.setdefault(id, {}).update(facts)
                    known[id] = facts
        store.archive.mark({id: facts for id, facts in wanted.items() if not _has(stored.get(id), facts)})
        now_clusters = groups(store.ledger, "cluster", batch.nodes.values())
        now_threads = groups(store.ledger, "thread", _nodes(threads))
        if now_clusters == clusters and now_threads == threads:
            break
        clusters, threads = now_clusters, now_threads
        stored.clear()
    return {id: wanted[id] for id in batch.stories if id in wanted}


def _has(story: Story | None, facts: Mapping[str, Any]) -> bool:
    return story is not None and all(getattr(story, name) == value for name, value in facts.items())


def _nodes(threads: Mapping[str, Group]) -> Iterator[Node]:
    for id, group in threads.items():
        yield Node(id, _moment(group.seen), group.members.get(id, {}))


def left_of(group: Group) -> dict[str, Mapping[str, Any]]:
    """The members that were not pruned."""
    return {id: about for id, about in group.members.items() if about.get("source")}


def cluster_facts(cluster: Group) -> dict[str, Any]:
    """What a cluster says of each of its stories; who tells it is left to its thread, where it has one."""
    left = left_of(cluster)
    facts: dict[str, Any] = {"cluster": cluster.id, "copied": len(left) > 1}
    if origin := _origin(cluster):
        facts["origin"] = origin
    if not _told(cluster):
        facts |= {"outlets": told_by(len({about["source"] for about in left.values()})), "origins": 1, "thread": ""}
    return facts


def thread_facts(thread: Group) -> dict[str, Any]:
    """What a thread says of each of its stories."""
    left = left_of(thread).values()
    return {"thread": thread.id, "outlets": told_by(len({about["source"] for about in left})),
            "origins": told_by(len({about.get("origin", "") for about in left} - {""}) or 1)}


def told_by(count: int) -> int:
    """A count as it is marked on stories: exact up to ten; above, down to 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100,
    120, … so that one more outlet does not rewrite all stories of a large thread."""
    if count <= _STEPS[0]:
        return count
    scale = 1
    while count >= 100 * scale:
        scale *= 10
    return max(step * scale for step in _STEPS if step * scale <= count)


def _origin(cluster: Group) -> str:
    """The agency that most of the copies name, empty where none does."""
    named = [about["origin"] for about in cluster.members.values() if about.get("origin")]
    counts = Counter(named) if named else {}
    return min(counts, key=lambda name: (-counts[name], name), default="")


def _source(cluster: Group) -> str:
    """The outlet that gave a cluster its name; of what is left the first by name where that story was pruned."""
    left = left_of(cluster)
    return str(left[cluster.id]["source"] if cluster.id in left
               else min((about["source"] for about in left.values()), default=""))


def _moment(written: str) -> datetime:
    """A time as a group knows it; the beginning of time for a group whose first story was forgotten."""
    return datetime.fromisoformat(written) if written else datetime.min.replace(tzinfo=UTC)
