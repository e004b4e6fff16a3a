"""Alert rules: a question put to the future, who hears the answers, and when.

    # configs/alerts/*.yaml
    alerts:
      - name: nk-arms                     # letters, digits, - _ . ; unique
        query: 'event:(topic:arms-transfer supplier:KP)'
        channels: [console, desk-mail]    # names under `channels:` in wirewatch.yaml
        severity: high                    # low | normal | high | critical
        note: Call the duty analyst.      # said in every message
        fold: cluster                     # once per cluster of near-copies | story | thread
        cooldown: 30m                     # at most one message in this time, the others gather
        digest: "0 7 * * mon-fri"         # gather, and send at these times (cron)
        quiet: ["22:00-06:30", "sat,sun 00:00-24:00"]    # gather in these hours
        timezone: Europe/Berlin           # of digest and quiet
        start: 24h                        # how old stories may be when the rule begins: now | 24h | all
        expires: 2027-01-01
        owner: maria
        enabled: true
        when: {absent: 24h}               # another trigger than a match (core/alerts/triggers.py)
                                          # | {health: any} | {burst: [query, topic, pair]} | {thread: [denial]}

Only name, query and channels are needed (a `when:` of feed health has no query).
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from pipeline.core.alerts.rule import (
    LISTS,
    WEEKDAYS,
    AlertRule,
    Fold,
    Quiet,
    Severity,
    Start,
    When,
    parse_duration,
    show_duration,
)
from pipeline.core.alerts.times import MINUTES_A_WEEK, check_cron, minutes_covered
from pipeline.core.errors import ConfigError, QueryError
from pipeline.core.query import All, Query, parse
from pipeline.core.yamltext import Path, YamlText, parse_yaml, show_path, suggest

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_QUIET: Final = re.compile(r"(?:([a-z,]+)\s+)?(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")


def load_rules(files: Mapping[str, str], channels: Collection[str] | None) -> tuple[AlertRule, ...]:
    """The rules of configs/alerts/*.yaml (file name -> text), in order of file and line.

    `channels` are the names that rules may use (None: any). Raises ConfigError with every mistake, each as
    `file:line: path: what is wrong, what is allowed`; a mistake in a query points into the query.
    """
    mistakes: list[str] = []
    rules: list[AlertRule] = []
    places: dict[str, str] = {}
    for name, text in files.items():
        try:
            document = parse_yaml(text, name)
        except ConfigError as error:
            mistakes.extend(error.mistakes)
            continue
        data = document.data
        if data is None:
            continue
        if not isinstance(data, dict) or not isinstance(data.get("alerts", []), list | None):
            mistakes.append(f"{document.at(())}: write `alerts:` and below it a list of rules"
                            if not isinstance(data, dict) else
                            f"{document.at(('alerts',))}: must be a list of rules, each beginning with `- name:`")
            continue
        for key in data:
            if key != "alerts":
                mistakes.append(f"{document.at((key,))}: unknown key{suggest(key, ['alerts'])}")
        for index, item in enumerate(data.get("alerts") or ()):
            at = partial(_at, document, index)
            rule = _rule(item, at, channels, mistakes)
            if rule is None:
                continue
            if rule.name in places:
                mistakes.append(f"{at(('name',))}: {rule.name} is already the name of the rule at "
                                f"{places[rule.name]}; choose another")
            places.setdefault(rule.name, at(()))
            rules.append(rule)
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(rules)


def _at(document: YamlText, index: int, path: Path) -> str:
    return document.at(("alerts", index, *path))


def rule_from_plain(
    data: Mapping[str, Any], channels: Collection[str] | None = None, made: Literal["file", "ledger"] = "ledger"
) -> AlertRule:
    """A rule from the same keys as in YAML; raises ConfigError with every mistake as `path: what is wrong`."""
    mistakes: list[str] = []
    rule = _rule(dict(data), lambda path: show_path(path) or "rule", channels, mistakes, made)
    if rule is None or mistakes:
        raise ConfigError(mistakes)
    return rule


def rule_to_plain(rule: AlertRule) -> dict[str, Any]:
    """The inverse of `rule_from_plain`: JSON values, defaults left out."""
    plain: dict[str, Any] = {"name": rule.name, "query": str(rule.query), "channels": list(rule.channels)}
    if rule.when is not None and rule.when.health:
        del plain["query"]
    for key in ("severity", "note", "fold", "digest", "timezone", "start", "owner", "enabled"):
        value = getattr(rule, key)
        if value != _DEFAULTS[key]:
            plain[key] = value
    if rule.cooldown:
        plain["cooldown"] = show_duration(rule.cooldown)
    if rule.quiet:
        plain["quiet"] = [str(quiet) for quiet in rule.quiet]
    for key in ("expires", "silenced_until"):
        moment: datetime | None = getattr(rule, key)
        if moment is not None:
            plain[key] = moment.isoformat()
    if rule.when is not None:
        plain["when"] = {"absent": show_duration(rule.when.absent)} if rule.when.absent else {
            name: list(getattr(rule.when, name)) for name in LISTS if getattr(rule.when, name)
        }
    return plain


# ── one rule ──────────────────────────────────────────────────────────────────────────────────────────────


def _rule(
    item: Any,
    at: Callable[[Path], str],
    channels: Collection[str] | None,
    mistakes: list[str],
    made: Literal["file", "ledger"] = "file",
) -> AlertRule | None:
    """The rule, or None with at least one mistake added."""
    if not isinstance(item, dict):
        mistakes.append(f"{at(())}: a rule is written as keys and values: name, query, channels …")
        return None
    before = len(mistakes)
    values: dict[str, Any] = {"made": made}
    for key, value in item.items():
        if key not in _READERS:
            mistakes.append(f"{at((key,))}: unknown key{suggest(str(key), _READERS)}")
            continue
        if value is None:
            continue
        try:
            values[key] = _READERS[key](value)
        except (ValueError, QueryError) as error:
            mistakes.append(f"{at((key,))}: {error}")
    for key in ("name", "query", "channels"):
        if item.get(key) is None and not (key == "query" and _is_health(item)):
            mistakes.append(f"{at((key,))}: is missing")
    for index, name in enumerate(values.get("channels", ())):
        if channels is not None and name not in channels:
            told = suggest(name, channels) or "; wirewatch.yaml names none under `channels:`"
            mistakes.append(f"{at(('channels', index))}: there is no channel {name}{told}")
    if _is_health(item) and item.get("query") is not None:
        mistakes.append(f"{at(('query',))}: a rule about feed health asks no query; remove it")
    if len(mistakes) > before:
        return None
    return AlertRule(**{"query": All(), **values})


def _is_health(item: Mapping[str, Any]) -> bool:
    when = item.get("when")
    return isinstance(when, dict) and "health" in when


def _text(value: Any) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError("must be a text")
    text = str(value).strip()
    if len(text) > 2000:
        raise ValueError("is longer than 2,000 characters")
    return text


def _name(value: Any) -> str:
    text = _text(value)
    if not _NAME.fullmatch(text):
        raise ValueError(f"must be letters, digits, - _ or . and at most 64 of them, not {text!r}")
    return text


def _query(value: Any) -> Query:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a query, such as 'topic:sanctions country:RU'")
    return parse(value)


def _names(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError("must be a list of one or more names, such as [console]")
    return tuple(dict.fromkeys(names))


def _one_of(kind: Any) -> Callable[[Any], str]:
    allowed: tuple[str, ...] = get_args(kind)

    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is not one of {', '.join(allowed)}{_near(value, allowed)}")
        return str(value)

    return read


def _near(value: Any, allowed: Collection[str]) -> str:
    told = suggest(str(value), allowed)
    return told if "did you mean" in told else ""


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")
    return value


def _duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f"must be a time such as 30m, 2h or 1d, not {value!r}")
    return parse_duration(value)


def _moment(value: Any) -> datetime:
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"must be a date or time such as 2027-01-01 or 2027-01-01T18:00Z, not {value!r}")


def _cron(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f'must be five cron fields in quotes, such as "0 7 * * mon-fri", not {value!r}')
    return check_cron(" ".join(value.split()))


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(_text(value)).key
    except (ValueError, OSError, KeyError):
        raise ValueError(f"there is no time zone {value!r}; write a name such as Europe/Berlin or UTC") from None


def _quiet(value: Any) -> tuple[Quiet, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError('must be hours such as "22:00-06:30" or "sat,sun 00:00-24:00", or a list of them')
    quiet = tuple(_hours(text) for text in texts)
    if minutes_covered(quiet) >= MINUTES_A_WEEK:
        raise ValueError("covers the whole week, so that nothing would ever be sent; leave some hours")
    return quiet


def _hours(text: str) -> Quiet:
    found = _QUIET.fullmatch(text.strip().lower())
    days: tuple[int, ...] = ()
    if found is not None:
        names = found[1].split(",") if found[1] else []
        if all(name in WEEKDAYS for name in names):
            days = tuple(sorted({WEEKDAYS.index(name) for name in names}))
        else:
            found = None
    if found is not None:
        start = int(found[2]) * 60 + int(found[3])
        end = int(found[4]) * 60 + int(found[5])
        if start < 24 * 60 and end <= 24 * 60 and int(found[3]) < 60 and int(found[5]) < 60 and start != end:
            return Quiet(start, end, days)
    raise ValueError(f'hours are written as "22:00-06:30" or "sat,sun 00:00-24:00", not {text!r}')


def _when(value: Any) -> When:
    if isinstance(value, dict) and len(value) == 1:
        if "absent" in value:
            absent = _duration(value["absent"])
            if absent < timedelta(minutes=1):
                raise ValueError("absent: must be a minute or more")
            return When(absent=absent)
        name = next(iter(value))
        if name in LISTS:
            return When(**{name: _some_of(name, value[name])})  # type: ignore[arg-type]
    lists = " or ".join(f"{{{name}: [{', '.join(get_args(kind))}]}}" for name, kind in LISTS.items())
    raise ValueError(f"must be {{absent: 24h}} or {lists}")


def _some_of(name: str, value: Any) -> tuple[str, ...]:
    allowed: tuple[str, ...] = get_args(LISTS[name])
    if value == "any":
        return allowed
    given = _names(value)
    for one in given:
        if one not in allowed:
            raise ValueError(f"{name}: {one!r} is not one of {', '.join(allowed)}{_near(one, allowed)}")
    return given


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": _name,
    "query": _query,
    "channels": _names,
    "severity": _one_of(Severity),
    "note": _text,
    "fold": _one_of(Fold),
    "cooldown": _duration,
    "digest": _cron,
    "quiet": _quiet,
    "timezone": _zone,
    "start": _one_of(Start),
    "expires": _moment,
    "owner": _text,
    "enabled": _bool,
    "silenced_until": _moment,
    "when": _when,
}
_DEFAULTS: Final = {
    "severity": "normal", "note": "", "fold": "cluster", "digest": "", "timezone": "UTC", "start": "all",
    "owner": "", "enabled": True,
}
