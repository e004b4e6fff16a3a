"""Entries on their way to becoming stories: each is a ledger record from the moment a feed first shows it.

A record is written before the feed's own state, and stays due until its story is stored and its alerts are
claimed. So a crash anywhere leaves either an unpolled feed or a due entry, and the next pass goes on from there.

    data: {"feeds": {feed id: fingerprint}, "seen": first seen, "attempts": n,
           "story": id of its story, where the page named another address than the feed,
           "entry": the Entry while there is work to do, otherwise absent}
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal

from pipeline.core.story import Entry, from_plain, to_plain
from pipeline.stores.base import Ledger, Record

RETRY_AFTER: Final = tuple(timedelta(minutes=m) for m in (15, 60, 240, 720, 1440))
"""When an article that could not be fetched for a passing reason is tried again, by attempt."""
_AT_ONCE: Final = 1000


Why = Literal["new", "changed", "carried", "retry"]
Ref = tuple[str, Why, str, str]
"""A task as it is handed on where a great many are under way: the entry's id, why, its URL, its feed. Texts stay in
the ledger until `load` reads them."""


@dataclass(frozen=True, slots=True)
class Task:
    """One entry that needs work, and why.

    `new`: never seen · `changed`: its feed shows another title or text · `carried`: stored already, another feed
    carries it too · `retry`: a pass was cut off, or its article could not be fetched. `seen` is when it was
    first met, whatever the reason; `attempts` how often its article was tried; `known_as` is the id of the story
    that it became, where the page named another address than the feed.
    """

    entry: Entry
    why: Why
    seen: datetime
    attempts: int = 0
    known_as: str = ""

    @property
    def story(self) -> str:
        """The id of the story as far as it is known."""
        return self.known_as or self.entry.id

    @property
    def ref(self) -> Ref:
        return self.entry.id, self.why, self.entry.url, self.entry.feed


def fingerprint(entry: Entry) -> str:
    """What must change for an entry to count as changed: its title and text."""
    return hashlib.sha256(f"{entry.title}\0{entry.text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def claim(ledger: Ledger, entries: Sequence[Entry], now: datetime) -> list[Task]:
    """Record what is new or different among entries and return it as tasks, in the order given.

    Each feed counts by itself: one that words an entry differently from another has not changed it.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.id, []).append(entry)
    known = ledger.get("entry", list(groups))
    fresh = [
        Record(id, _data({e.feed: fingerprint(e) for e in group}, now.isoformat(), 0, group[0]), due=now)
        for id, group in groups.items()
        if id not in known
    ]
    made = dict(zip([record.key for record in fresh], ledger.create("entry", fresh), strict=True))
    lost = [id for id, won in made.items() if not won]
    if lost:  # another worker met the same entry in another feed a moment ago
        known |= ledger.get("entry", lost)
    tasks: list[Task] = []
    updates: list[Record] = []
    for id, group in groups.items():
        if made.get(id):
            tasks.append(Task(group[0], "new", now))
            continue
        record = known[id]
        feeds: Mapping[str, str] = record.data["feeds"]
        marks = {e.feed: fingerprint(e) for e in group}
        if feeds == {**feeds, **marks}:
            continue
        changed = [e for e in group if feeds.get(e.feed, marks[e.feed]) != marks[e.feed]]
        waiting = "entry" in record.data
        if waiting and not changed:
            entry = from_plain(Entry, record.data["entry"])
        else:
            entry = (changed or group)[0]
        known_as = record.data.get("story", "")
        attempts = record.data["attempts"] if waiting and not changed else 0  # another text is tried from the start
        data = _data({**feeds, **marks}, record.data["seen"], attempts, entry, known_as)
        updates.append(Record(id, data, due=record.due or now))
        if changed or not waiting:
            why: Why = "changed" if changed else "carried"
            tasks.append(Task(entry, why, datetime.fromisoformat(record.data["seen"]), known_as=known_as))
    ledger.put("entry", updates)
    return tasks


def due(ledger: Ledger, now: datetime) -> Iterator[Task]:
    """Entries left over from earlier passes whose time has come, the longest due first; memory flat."""
    last: Record | None = None
    while records := ledger.due("entry", now, _AT_ONCE, after=last):
        yield from (_task(record, "retry") for record in records if "entry" in record.data)
        last = records[-1]


def keep(ledger: Ledger, tasks: Sequence[Task], now: datetime) -> None:
    """Have the entries of tasks at hand for `load`, also those that need work again though they were done."""
    known = ledger.get("entry", [task.entry.id for task in tasks])
    ledger.put("entry", [
        Record(task.entry.id, {**known[task.entry.id].data, "attempts": task.attempts, "entry": to_plain(task.entry)},
               due=known[task.entry.id].due or now)
        for task in tasks if task.entry.id in known
    ])


def load(ledger: Ledger, refs: Sequence[Ref]) -> list[Task]:
    """The tasks that `refs` stand for, as the ledger has them now, in that order; those done meanwhile are left out."""
    known = ledger.get("entry", [ref[0] for ref in refs])
    return [_task(known[id], why) for id, why, _, _ in refs if id in known and "entry" in known[id].data]


def _task(record: Record, why: Why) -> Task:
    data = record.data
    seen = datetime.fromisoformat(data["seen"])
    return Task(from_plain(Entry, data["entry"]), why, seen, data["attempts"], data.get("story", ""))


def carriers(ledger: Ledger, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The ids of the feeds that carry each entry."""
    return {id: tuple(sorted(record.data["feeds"])) for id, record in ledger.get("entry", ids).items()}


def settle(
    ledger: Ledger, tasks: Mapping[str, Task], again: Mapping[str, bool], now: datetime,
    stories: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Mark entries as done, or (`again`: the article is worth another try) as due later, at most five times.

    `stories` are the ids of the stories that they became, as far as these are known now.
    """
    records = []
    for id, record in ledger.get("entry", list(tasks)).items():
        task = tasks[id]
        attempts = task.attempts + 1
        feeds, seen = record.data["feeds"], record.data["seen"]
        story = stories.get(id, task.story)
        known_as = story if story != id else ""
        if again.get(id) and attempts <= len(RETRY_AFTER):
            due_at = now + RETRY_AFTER[attempts - 1]
            records.append(Record(id, _data(feeds, seen, attempts, task.entry, known_as), due=due_at))
        else:
            records.append(Record(id, _data(feeds, seen, attempts, None, known_as)))
    ledger.put("entry", records)


def _data(
    feeds: Mapping[str, str], seen: str, attempts: int, entry: Entry | None, known_as: str = ""
) -> dict[str, Any]:
    data: dict[str, Any] = {"feeds": dict(feeds), "seen": seen, "attempts": attempts}
    if known_as:
        data["story"] = known_as
    if entry is not None:
        data["entry"] = to_plain(entry)
    return data
