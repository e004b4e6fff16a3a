"""Alerts that lose nothing and repeat nothing: one ledger record is claim, outbox and log at once.

    claim     `rule/fold` is created, by one winner, whoever else meets the same match
    batch     which records go into one message, and its id, is written before anything is sent
    deliver   each channel gets the message, under a key made of rule, batch and channel
    mark      each channel's delivery is written before that channel's next message is sent

A crash in between leads to the same message under the same key, never to silence; at most one repeat for each
channel. One process at a time should deliver (hold the lease); if two do, a repeat carries the same key.

    kind "alert"  {"rule", "fold", "kind", "matched", "item": an Item, "about": severity, note, query, owner,
                   "held": it waited, so it is gathered, "batch": "" or {"id", "at", "size", "part", "parts"},
                   "channels": {name: {} | {"delivered"} | {"attempts", "first", "due", "error"[, "dead"]}}}
    kind "meta"   alert/RULE: {"began", "sent": when its last message was put together, "timing"}
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import nlargest
from typing import Any, Final, Literal, get_args

from pipeline.core.alerts.message import Channel, Found, Item, Message, Severity, message_key
from pipeline.core.alerts.rules import AlertRule
from pipeline.core.alerts.times import held_until, send_time
from pipeline.core.alerts.triggers import Trouble, absent, unwell
from pipeline.core.errors import FetchError, WirewatchError
from pipeline.core.story import from_plain, to_plain
from pipeline.core.telling import clean
from pipeline.stores import folds
from pipeline.stores.base import Ledger, Record, Store

AT_ONCE: Final = 5000
"""Records taken up at once."""
PART: Final = 200
"""Items in one message; more are sent as several parts."""
TRIES: Final = (0.3, 1.0)
"""Seconds to wait before a second and third try within one call, where trying again soon may help."""
BACK_OFF: Final = tuple(timedelta(seconds=s) for s in (5, 15, 60, 120, 300, 900, 3600))
"""When a message that could not be sent is due again, by attempt (the last for all further ones)."""
GIVE_UP: Final = timedelta(days=3)
"""A message that could not be sent for this long is dead: listed, and sent only after `retry`."""
STRIKES: Final = 3
"""Messages refused in a row after which a channel is left alone until it is due again."""
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The `due` of dead records: so they are listed with the pending ones."""
_START: Final = {"now": timedelta(), "24h": timedelta(hours=24)}
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one delivery did: records delivered over all their channels, messages sent, and what waits still.

    `errors` has, for each channel that could not be used, the last reason.
    """

    delivered: int = 0
    messages: int = 0
    pending: int = 0
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one alert has come over one channel."""

    channel: str
    state: Literal["waiting", "delivered", "failing", "dead", "withdrawn"]
    at: datetime | None = None
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One line of the log: what fired, when, to whom, delivered or not; `due` None: nothing left to do."""

    key: str
    rule: str
    item: Item
    matched: datetime
    due: datetime | None
    deliveries: tuple[Delivery, ...]

    @property
    def state(self) -> str:
        """The least finished of its deliveries."""
        states = {delivery.state for delivery in self.deliveries}
        order = ("failing", "waiting", "dead", "withdrawn")
        return next((state for state in order if state in states), "delivered")


# ── rules begin ───────────────────────────────────────────────────────────────────────────────────────────


def begin(ledger: Ledger, rules: Iterable[AlertRule], now: datetime) -> None:
    """Note when rules began and whether their timing changed; to be called when a pass has loaded its rules.

    What a rule had gathered under another cool-down, digest or silence becomes due as it now says.
    """
    named = {_meta(rule.name): rule for rule in rules}
    known = ledger.get("meta", list(named))
    news: list[Record] = []
    for key, rule in named.items():
        timing = "|".join(map(str, (rule.cooldown, rule.digest, rule.quiet, rule.timezone, rule.silenced_until)))
        record = known.get(key)
        if record is None:
            news.append(Record(key, {"began": now.isoformat(), "timing": timing}))
        elif record.data.get("timing") != timing:
            _reschedule(ledger, rule)
            news.append(Record(key, {**record.data, "timing": timing}))
    if news:
        ledger.put("meta", news)


def _reschedule(ledger: Ledger, rule: AlertRule) -> None:
    moved = []
    for record in ledger.scan("alert", f"{rule.name}/"):
        row = _Row(record)
        if record.due is not None and not row.data["batch"] and any(not s for s in row.data["channels"].values()):
            moved.append(row.record(send_time(rule, _time(row.data["matched"]))))
    ledger.put("alert", moved)


# ── claim ─────────────────────────────────────────────────────────────────────────────────────────────────


def claim(ledger: Ledger, found: Sequence[Found], now: datetime) -> int:
    """Record what rules found; returns how many matches are new.

    A match that is known (same rule, same fold) changes nothing, except that a message not yet put together
    learns the further outlet. A story older than the rule's `start` allows is left out. Clusters and threads go by
    their name of now, and what was told under another that they had is known.
    """
    wanted: dict[str, Found] = {}
    for one in folds.renamed(ledger, list(_begun(ledger, found, now)), now):
        key = f"{one.rule.name}/{one.fold}"
        wanted[key] = _joined(wanted[key], one) if key in wanted else one
    if not wanted:
        return 0
    aliases = {f"{one.rule.name}/{other}": key for key, one in wanted.items() for other in one.also}
    met = ledger.get("alert", list(aliases)) if aliases else {}
    told = {aliases[alias]: record for alias, record in met.items()}
    records = [_claimed(key, one, now) for key, one in wanted.items() if key not in told]
    made = ledger.create("alert", records) if records else []
    lost = [record.key for record, won in zip(records, made, strict=True) if not won]
    told |= ledger.get("alert", lost) if lost else {}
    for key, record in told.items():
        _learn_outlet(ledger, record, wanted[key].item)
    return sum(made)


def notice(store: Store, rules: Iterable[AlertRule], troubles: Iterable[Trouble], now: datetime) -> int:
    """Claim what no story fires: silences that last too long, feeds that are not well; returns how many are new."""
    found: list[Found] = []
    unwell_feeds = tuple(troubles)
    for rule in rules:
        found += unwell(rule, unwell_feeds, now)
        if rule.when is not None and rule.when.absent is not None and rule.active(now):
            newest = store.archive.search(rule.query, now=now, limit=20).hits
            meta = store.ledger.get("meta", [_meta(rule.name)]).get(_meta(rule.name))
            began = _time(meta.data["began"]) if meta is not None else now
            silence = absent(rule, max((hit.story.seen for hit in newest), default=None), began, now)
            found += [silence] if silence is not None else []
    return claim(store.ledger, found, now) if found else 0


def _begun(ledger: Ledger, found: Sequence[Found], now: datetime) -> Iterator[Found]:
    rules = {_meta(one.rule.name): one.rule for one in found if one.rule.start in _START}
    began: dict[str, datetime] = {}
    if rules:
        known = ledger.get("meta", list(rules))
        missing = [rule for key, rule in rules.items() if key not in known]
        if missing:
            begin(ledger, missing, now)
        began = {key: _time(known[key].data["began"]) if key in known else now for key in rules}
    for one in found:
        start = began.get(_meta(one.rule.name))
        published = one.item.published
        if start is None or published is None or published >= start - _START[one.rule.start]:
            yield one


def _claimed(key: str, one: Found, now: datetime) -> Record:
    rule = one.rule
    due = send_time(rule, now)
    data: dict[str, Any] = {
        "rule": rule.name,
        "fold": one.fold,
        "kind": "match" if one.item.story else "notice",
        "matched": now.isoformat(),
        "item": to_plain(one.item),
        "about": {"severity": rule.severity, "note": clean(rule.note), "owner": clean(rule.owner),
                  "query": clean(str(rule.query), 500) if one.item.story else ""},
        "held": due > now or one.item.late,
        "batch": "",
        "channels": {name: {} for name in rule.channels},
    }
    return Record(key, data, due=due)


def _joined(first: Found, second: Found) -> Found:
    """Two copies of one story met at once: the first is told, with the outlets of both."""
    outlets = tuple(dict.fromkeys((*first.item.outlets, *second.item.outlets)))
    item = from_plain(Item, {**to_plain(first.item), "outlets": outlets})
    return Found(first.rule, first.fold, item, tuple(dict.fromkeys((*first.also, *second.also))))


def _learn_outlet(ledger: Ledger, record: Record, item: Item) -> None:
    outlets = record.data["item"]["outlets"]
    more = [outlet for outlet in item.outlets if outlet not in outlets]
    untouched = not record.data["batch"] and record.due is not None
    if more and untouched and len(outlets) < 100:  # losing the race against another worker loses a name only
        data = {**record.data, "item": {**record.data["item"], "outlets": [*outlets, *more]}}
        ledger.replace("alert", Record(record.key, data, record.due, record.version))


# ── deliver ───────────────────────────────────────────────────────────────────────────────────────────────


def deliver(
    ledger: Ledger,
    rules: Iterable[AlertRule],
    channels: Mapping[str, Channel],
    now: datetime,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Send everything that is due at `now`, each channel in a thread of its own; to be called in every pass.

    A rule that is gone by now still has its claimed matches delivered, at once. Of matches that turn out to be of
    one cluster or thread one is told (folds.py).
    """
    named = {rule.name: rule for rule in rules}
    delivered = messages = 0
    errors: dict[str, str] = {}
    resting: dict[str, datetime] = {}
    limit = AT_ONCE
    while due := ledger.due("alert", now, limit):
        rows = [_Row(record) for record in due]
        if len(due) == limit:
            rows = _whole(rows)
            if not rows:
                limit *= 2
                continue
        twins = folds.twins(ledger, [Record(row.key, row.data) for row in rows], named, now)
        ledger.delete("alert", twins)
        rows = [row for row in rows if row.key not in twins]
        jobs: dict[str, list[_Job]] = {}
        for batch in _batches(ledger, rows, named, now):
            for channel in batch[0].data["channels"]:
                waiting = [row for row in batch if row.wants(channel, now)]
                if waiting:
                    jobs.setdefault(channel, []).append(_Job(channel, waiting))
        for name in jobs.keys() & resting.keys():
            _postpone(ledger, jobs.pop(name), name, resting[name], now)
        sent, done = _send(ledger, jobs, channels, now, errors, resting, pause)
        messages += sent
        delivered += done
        ledger.put("alert", [row.record(row.due(now)) for row in rows if not row.written])
    return Outcome(delivered, messages, len(ledger.due("alert", NEVER, 100_000)), errors)


def _whole(rows: Sequence["_Row"]) -> list["_Row"]:
    """Without the messages of which `due` gave only some records."""
    got = Counter(row.part for row in rows)
    return [row for row in rows if row.part is None or got[row.part] == row.data["batch"]["size"]]


class _Row:
    """A record on its way, changed in memory and written back."""

    def __init__(self, record: Record) -> None:
        self.key = record.key
        self.written = False
        self.data: dict[str, Any] = dict(record.data)
        self.data["channels"] = dict(self.data["channels"])

    def wants(self, channel: str, now: datetime) -> bool:
        state = self.data["channels"].get(channel, {"delivered": ""})
        return not _ended(state) and ("due" not in state or _time(state["due"]) <= now)

    def set(self, channel: str, **state: Any) -> None:
        self.data["channels"][channel] = state

    def due(self, now: datetime) -> datetime | None:
        states = self.data["channels"].values()
        open_ = [_time(state["due"]) if "due" in state else now for state in states if not _ended(state)]
        return min(open_) if open_ else NEVER if any("dead" in state for state in states) else None

    def record(self, due: datetime | None) -> Record:
        """What to write back now."""
        self.written = True
        return Record(self.key, {**self.data, "channels": dict(self.data["channels"])}, due=due)

    @property
    def part(self) -> tuple[str, str, int] | None:
        """Which message it goes into, once that is settled."""
        batch = self.data["batch"]
        return (self.data["rule"], batch["id"], batch["part"]) if batch else None


def _ended(state: Mapping[str, Any]) -> bool:
    return not state.keys().isdisjoint(("delivered", "dead", "withdrawn"))


def _batches(
    ledger: Ledger, rows: Sequence[_Row], rules: Mapping[str, AlertRule], now: datetime
) -> list[list[_Row]]:
    """The rows of each message to be sent now; which they are is on record when this returns."""
    by_rule: dict[str, list[_Row]] = {}
    for row in rows:
        by_rule.setdefault(row.data["rule"], []).append(row)
    metas = ledger.get("meta", [_meta(name) for name in by_rule])
    batches: list[list[_Row]] = []
    changed: list[Record] = []
    sent: list[Record] = []
    for name, mine in by_rule.items():
        rule = rules.get(name)
        meta = metas.get(_meta(name))
        times = [_time(row.data["batch"]["at"]) for row in mine if row.data["batch"]]
        if meta is not None and "sent" in meta.data:
            times.append(_time(meta.data["sent"]))
        fresh = [row for row in mine if not row.data["batch"]]
        until = held_until(rule, now, max(times, default=None)) if rule is not None else now
        if fresh and until > now:
            for row in fresh:
                row.data["held"] = True
                changed.append(row.record(until))
            fresh = []
        paced = rule is not None and (rule.cooldown or rule.digest)
        together = [row for row in fresh if paced or row.data["held"]]
        alone = [[row] for row in fresh if not (paced or row.data["held"])]
        for group in [together, *alone] if together else alone:
            changed.extend(_put_together(group, rule, now))
        times += [now] if together else []
        if rule is not None and rule.cooldown and times:
            data = meta.data if meta is not None else {"began": now.isoformat(), "timing": ""}
            sent.append(Record(_meta(name), {**data, "sent": max(times).isoformat()}))
        parts: dict[tuple[str, str, int], list[_Row]] = {}
        for row in mine:
            if row.part is not None:
                parts.setdefault(row.part, []).append(row)
        batches.extend(parts.values())
    ledger.put("alert", changed)
    ledger.put("meta", sent)
    return batches


def _put_together(rows: list[_Row], rule: AlertRule | None, now: datetime) -> list[Record]:
    """Write on each row the message that it goes into: newest first, cut into parts; over the rule's channels."""
    rows.sort(key=_newness, reverse=True)
    id = rows[0].data["fold"] if len(rows) == 1 else sha256("\n".join(row.key for row in rows).encode()).hexdigest()
    claimed = dict.fromkeys(name for row in rows for name in row.data["channels"])
    names = rule.channels if rule is not None else tuple(claimed)
    parts = -(-len(rows) // PART)
    for index, row in enumerate(rows):
        part = index // PART + 1
        size = min(PART, len(rows) - (part - 1) * PART)
        row.data["batch"] = {"id": id, "at": now.isoformat(), "size": size, "part": part, "parts": parts}
        row.data["channels"] = {name: {} for name in names}
    return [row.record(now) for row in rows]


def _newness(row: _Row) -> tuple[str, str]:
    return row.data["item"]["published"] or row.data["matched"], row.key


@dataclass(frozen=True, slots=True)
class _Job:
    """One message to be sent over one channel."""

    channel: str
    rows: list[_Row]

    @property
    def order(self) -> tuple[int, int, str]:
        """Fewest attempts first, so that a message which cannot be sent never blocks the others."""
        first = max(self.rows, key=_newness).data
        severities = get_args(Severity)
        return (max(row.data["channels"][self.channel].get("attempts", 0) for row in self.rows),
                -severities.index(first["about"]["severity"]), first["matched"])

    @property
    def message(self) -> Message:
        rows = sorted(self.rows, key=_newness, reverse=True)
        data = rows[0].data
        batch, about = data["batch"], data["about"]
        name = batch["id"] if batch["parts"] == 1 else f"{batch['id']}#{batch['part']}"
        return Message(
            key=message_key(data["rule"], name, self.channel),
            rule=data["rule"],
            at=_time(batch["at"]),
            items=tuple(from_plain(Item, row.data["item"]) for row in rows),
            kind=data["kind"],
            part=batch["part"],
            parts=batch["parts"],
            **about,
        )


def _send(
    ledger: Ledger,
    jobs: Mapping[str, list[_Job]],
    channels: Mapping[str, Channel],
    now: datetime,
    errors: dict[str, str],
    resting: dict[str, datetime],
    pause: Callable[[float], None],
) -> tuple[int, int]:
    """Send each channel's jobs one after the other, channels side by side; (messages, records finished).

    A channel that refuses goes into `resting`, with the time until which it is left alone.
    """
    queues = {name: sorted(queue, key=lambda job: job.order, reverse=True) for name, queue in jobs.items()}
    strikes = dict.fromkeys(queues, 0)
    running: dict[Future[WirewatchError | None], _Job] = {}
    messages = finished = 0
    with ThreadPoolExecutor(max(1, len(queues)), "deliver") as threads:

        def next_of(name: str) -> None:
            if queues[name]:
                job = queues[name].pop()
                running[threads.submit(_attempt, channels.get(name), job, pause)] = job

        for name in queues:
            next_of(name)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                error = future.result()
                if error is None:
                    strikes[job.channel] = 0
                    messages += 1
                    finished += _mark(ledger, job, now)
                else:
                    errors[job.channel] = str(error)
                    strikes[job.channel] += 1 if getattr(error, "status", None) else STRIKES
                    due = _mark_failed(ledger, job, error, now)
                    if strikes[job.channel] >= STRIKES:
                        _postpone(ledger, queues[job.channel], job.channel, due, now)
                        queues[job.channel].clear()
                        resting[job.channel] = due
                next_of(job.channel)
    return messages, finished


def _attempt(channel: Channel | None, job: _Job, pause: Callable[[float], None]) -> WirewatchError | None:
    if channel is None:
        return WirewatchError(f"the configuration has no channel {job.channel} any more; add it under `channels:`")
    message = job.message
    for wait_s in (*TRIES, None):
        try:
            channel.send(message)
            return None
        except WirewatchError as error:
            soon = isinstance(error, FetchError) and error.status in _TRANSIENT and error.retry_after_s is None
            if wait_s is None or not soon:
                return error
            pause(wait_s)
    return None


def _mark(ledger: Ledger, job: _Job, now: datetime) -> int:
    for row in job.rows:
        row.set(job.channel, delivered=now.isoformat())
    ledger.put("alert", [row.record(row.due(now)) for row in job.rows])
    return sum(row.due(now) is None for row in job.rows)


def _mark_failed(ledger: Ledger, job: _Job, error: WirewatchError, now: datetime) -> datetime:
    later = now
    for row in job.rows:
        state = row.data["channels"][job.channel]
        attempts, first = state.get("attempts", 0) + 1, state.get("first", now.isoformat())
        after = BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
        if isinstance(error, FetchError) and error.retry_after_s:
            after = max(after, min(timedelta(seconds=error.retry_after_s), BACK_OFF[-1]))
        later = max(later, now + after)
        dead = {"dead": now.isoformat()} if now - _time(first) >= GIVE_UP else {}
        row.set(job.channel, attempts=attempts, first=first, due=(now + after).isoformat(), error=str(error)[:500],
                **dead)
    ledger.put("alert", [row.record(row.due(now)) for row in job.rows])
    return later


def _postpone(ledger: Ledger, jobs: Iterable[_Job], channel: str, due: datetime, now: datetime) -> None:
    """The channel is left alone: what waits for it waits on, without an attempt counted."""
    rows = [row for job in jobs for row in job.rows]
    for row in rows:
        row.set(channel, **{**row.data["channels"][channel], "due": due.isoformat()})
    ledger.put("alert", [row.record(row.due(now)) for row in rows])


# ── the operator's view ───────────────────────────────────────────────────────────────────────────────────


def log(ledger: Ledger, rule: str = "", limit: int = 100) -> list[Alert]:
    """What fired, newest first; of one rule where it is named."""
    records = ledger.scan("alert", f"{rule}/" if rule else "")
    return [_alert(record) for record in nlargest(limit, records, key=lambda r: (r.data["matched"], r.key))]


def pending(ledger: Ledger, limit: int = 1000) -> list[Alert]:
    """What is not delivered over every channel, next due first, dead ones last."""
    return [_alert(record) for record in ledger.due("alert", NEVER, limit)]


def retry(ledger: Ledger, now: datetime, keys: Iterable[str] = ()) -> int:
    """Make failed and dead alerts due at once (these and what is in the same message, or all); returns how many."""
    rows = [_Row(record) for record in ledger.due("alert", NEVER, 1_000_000)]
    chosen = set(keys)
    parts = {row.part for row in rows if row.key in chosen and row.part is not None}
    again = []
    for row in rows:
        if chosen and row.key not in chosen and row.part not in parts:
            continue
        failed = [name for name, state in row.data["channels"].items() if "due" in state]
        for name in failed:
            row.set(name)
        if failed:
            again.append(row.record(now))
    ledger.put("alert", again)
    return len(again)


def withdraw(ledger: Ledger, rule: str, now: datetime) -> int:
    """Never send what is still pending of this rule (its owner removed it); it stays in the log."""
    over = []
    for record in ledger.scan("alert", f"{rule}/"):
        if record.due is not None:
            row = _Row(record)
            for name, state in row.data["channels"].items():
                if "delivered" not in state:
                    row.set(name, withdrawn=now.isoformat())
            over.append(row.record(None))
    ledger.put("alert", over)
    return len(over)


def forget(ledger: Ledger, before: datetime) -> int:
    """Delete the log of what was matched before and needs nothing any more; its stories could then alert again."""
    old = [r.key for r in ledger.scan("alert") if r.due is None and _time(r.data["matched"]) < before]
    return ledger.delete("alert", old) if old else 0


def _alert(record: Record) -> Alert:
    data = record.data
    deliveries = tuple(_delivery(name, state) for name, state in data["channels"].items())
    return Alert(record.key, data["rule"], from_plain(Item, data["item"]), _time(data["matched"]), record.due,
                 deliveries)


def _delivery(channel: str, state: Mapping[str, Any]) -> Delivery:
    attempts, error = state.get("attempts", 0), state.get("error", "")
    for ended in ("delivered", "dead", "withdrawn"):
        if ended in state:
            return Delivery(channel, ended, _time(state[ended]), attempts, error)
    at = _time(state["due"]) if "due" in state else None
    return Delivery(channel, "failing" if error else "waiting", at, attempts, error)


def _meta(rule: str) -> str:
    return f"alert/{rule}"


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written)
