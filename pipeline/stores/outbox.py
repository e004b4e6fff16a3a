"""Alerts that lose nothing and repeat nothing: one ledger record is claim, outbox and log at once.

    claim     `rule/fold` is created, by one winner, whoever else meets the same match
    batch     (delivery.py) which records go into one message, and its id, is written before anything is sent
    deliver   each channel gets the message, under a key made of rule, batch and channel
    mark      each channel's delivery is written before that channel's next message is sent

A crash in between leads to the same message under the same key, never to silence; at most one repeat for each
channel. One process at a time should deliver (hold the lease); if two do, a repeat carries the same key.

    kind "alert"  {"rule", "fold", "kind", "matched", "item": an Item, "about": severity, note, query, when, owner,
                   "held": it waited, so it is gathered, "batch": "" or {"id", "at", "size", "part", "parts"},
                   "channels": {name: {} | {"delivered"} | {"attempts", "first", "due", "error"[, "dead"]}}}
    kind "meta"   alert/RULE: {"began", "sent": when its last message was put together, "timing"}
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Any, Final, Literal

from pipeline.core.alerts.message import Found, Item
from pipeline.core.alerts.rule import AlertRule
from pipeline.core.alerts.times import send_time
from pipeline.core.alerts.triggers import Trouble, absent, unwell
from pipeline.core.story import from_plain, to_plain
from pipeline.core.telling import clean
from pipeline.stores import folds
from pipeline.stores.base import Ledger, Record, Store

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The `due` of dead records: so they are listed with the pending ones."""
_START: Final = {"now": timedelta(), "24h": timedelta(hours=24)}


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


class Row:
    """A record on its way, changed in memory and written back."""

    def __init__(self, record: Record) -> None:
        self.key = record.key
        self.written = False
        self.data: dict[str, Any] = dict(record.data)
        self.data["channels"] = dict(self.data["channels"])

    def wants(self, channel: str, now: datetime) -> bool:
        state = self.data["channels"].get(channel, {"delivered": ""})
        return not ended(state) and ("due" not in state or moment(state["due"]) <= now)

    def set(self, channel: str, **state: Any) -> None:
        self.data["channels"][channel] = state

    def due(self, now: datetime) -> datetime | None:
        states = self.data["channels"].values()
        open_ = [moment(state["due"]) if "due" in state else now for state in states if not ended(state)]
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


def ended(state: Mapping[str, Any]) -> bool:
    return not state.keys().isdisjoint(("delivered", "dead", "withdrawn"))


# ── rules begin ───────────────────────────────────────────────────────────────────────────────────────────


def begin(ledger: Ledger, rules: Iterable[AlertRule], now: datetime) -> None:
    """Note when rules began and whether their timing changed; to be called when a pass has loaded its rules.

    What a rule had gathered under another cool-down, digest or silence becomes due as it now says.
    """
    named = {meta_key(rule.name): rule for rule in rules}
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
        row = Row(record)
        if record.due is not None and not row.data["batch"] and any(not s for s in row.data["channels"].values()):
            moved.append(row.record(send_time(rule, moment(row.data["matched"]))))
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
            meta = store.ledger.get("meta", [meta_key(rule.name)]).get(meta_key(rule.name))
            began = moment(meta.data["began"]) if meta is not None else now
            silence = absent(rule, max((hit.story.seen for hit in newest), default=None), began, now)
            found += [silence] if silence is not None else []
    return claim(store.ledger, found, now) if found else 0


def _begun(ledger: Ledger, found: Sequence[Found], now: datetime) -> Iterator[Found]:
    rules = {meta_key(one.rule.name): one.rule for one in found if one.rule.start in _START}
    began: dict[str, datetime] = {}
    if rules:
        known = ledger.get("meta", list(rules))
        missing = [rule for key, rule in rules.items() if key not in known]
        if missing:
            begin(ledger, missing, now)
        began = {key: moment(known[key].data["began"]) if key in known else now for key in rules}
    for one in found:
        start = began.get(meta_key(one.rule.name))
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
                  "query": clean(str(rule.query), 500) if one.item.story else "",
                  "when": str(rule.when) if rule.when is not None else ""},
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
    rows = [Row(record) for record in ledger.due("alert", NEVER, 1_000_000)]
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
            row = Row(record)
            for name, state in row.data["channels"].items():
                if "delivered" not in state:
                    row.set(name, withdrawn=now.isoformat())
            over.append(row.record(None))
    ledger.put("alert", over)
    return len(over)


def forget(ledger: Ledger, before: datetime) -> int:
    """Delete the log of what was matched before and needs nothing any more; its stories could then alert again."""
    old = [r.key for r in ledger.scan("alert") if r.due is None and moment(r.data["matched"]) < before]
    return ledger.delete("alert", old) if old else 0


def _alert(record: Record) -> Alert:
    data = record.data
    deliveries = tuple(_delivery(name, state) for name, state in data["channels"].items())
    return Alert(record.key, data["rule"], from_plain(Item, data["item"]), moment(data["matched"]), record.due,
                 deliveries)


def _delivery(channel: str, state: Mapping[str, Any]) -> Delivery:
    attempts, error = state.get("attempts", 0), state.get("error", "")
    for ended in ("delivered", "dead", "withdrawn"):
        if ended in state:
            return Delivery(channel, ended, moment(state[ended]), attempts, error)
    at = moment(state["due"]) if "due" in state else None
    return Delivery(channel, "failing" if error else "waiting", at, attempts, error)


def meta_key(rule: str) -> str:
    return f"alert/{rule}"


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
