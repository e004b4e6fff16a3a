"""Alerts on their way out: what is due becomes messages, and each channel's delivery is marked on the records.

See outbox.py for the record, and for why a crash leads to a repeat under the same key and never to silence.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, get_args

from pipeline.core.alerts.message import Channel, Item, Message, message_key
from pipeline.core.alerts.rule import AlertRule, Severity
from pipeline.core.alerts.times import held_until
from pipeline.core.errors import FetchError, WirewatchError
from pipeline.core.story import from_plain
from pipeline.stores import folds
from pipeline.stores.base import Ledger, Record
from pipeline.stores.outbox import NEVER, Row, meta_key, moment

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

    def then(self, later: "Outcome") -> "Outcome":
        """What this delivery and the one after it did."""
        return Outcome(self.delivered + later.delivered, self.messages + later.messages, later.pending,
                       {**self.errors, **later.errors})


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
        rows = [Row(record) for record in due]
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


def _whole(rows: Sequence[Row]) -> list[Row]:
    """Without the messages of which `due` gave only some records."""
    got = Counter(row.part for row in rows)
    return [row for row in rows if row.part is None or got[row.part] == row.data["batch"]["size"]]


def _batches(
    ledger: Ledger, rows: Sequence[Row], rules: Mapping[str, AlertRule], now: datetime
) -> list[list[Row]]:
    """The rows of each message to be sent now; which they are is on record when this returns."""
    by_rule: dict[str, list[Row]] = {}
    for row in rows:
        by_rule.setdefault(row.data["rule"], []).append(row)
    metas = ledger.get("meta", [meta_key(name) for name in by_rule])
    batches: list[list[Row]] = []
    changed: list[Record] = []
    sent: list[Record] = []
    for name, mine in by_rule.items():
        rule = rules.get(name)
        meta = metas.get(meta_key(name))
        times = [moment(row.data["batch"]["at"]) for row in mine if row.data["batch"]]
        if meta is not None and "sent" in meta.data:
            times.append(moment(meta.data["sent"]))
        fresh = [row for row in mine if not row.data["batch"]]
        until = held_until(rule, now, max(times, default=None)) if rule is not None else now
        if fresh and until > now:
            for row in fresh:
                row.data["held"] = True
                changed.append(row.record(until))
            fresh = []
        paced = rule is not None and (rule.cooldown or rule.digest)
        together = [row for row in fresh if paced or row.data["held"]]
        alone: dict[str, list[Row]] = {}
        for row in fresh:
            if not (paced or row.data["held"]):  # one story may bring a thread a claim and a denial: one message
                alone.setdefault(row.data["item"]["story"] or row.key, []).append(row)
        for group in [together, *alone.values()] if together else alone.values():
            changed.extend(_put_together(group, rule, now))
        times += [now] if together else []
        if rule is not None and rule.cooldown and times:
            data = meta.data if meta is not None else {"began": now.isoformat(), "timing": ""}
            sent.append(Record(meta_key(name), {**data, "sent": max(times).isoformat()}))
        parts: dict[tuple[str, str, int], list[Row]] = {}
        for row in mine:
            if row.part is not None:
                parts.setdefault(row.part, []).append(row)
        batches.extend(parts.values())
    ledger.put("alert", changed)
    ledger.put("meta", sent)
    return batches


def _put_together(rows: list[Row], rule: AlertRule | None, now: datetime) -> list[Record]:
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


def _newness(row: Row) -> tuple[str, str]:
    return row.data["item"]["published"] or row.data["matched"], row.key


@dataclass(frozen=True, slots=True)
class _Job:
    """One message to be sent over one channel."""

    channel: str
    rows: list[Row]

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
            at=moment(batch["at"]),
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
        dead = {"dead": now.isoformat()} if now - moment(first) >= GIVE_UP else {}
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
