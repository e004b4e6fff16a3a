"""Rules as written: what each key means, and every mistake told with its line."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.alerts import load_rules, rule_from_plain, rule_to_plain
from pipeline.core.alerts.rule import parse_duration, show_duration
from pipeline.core.errors import ConfigError

GOOD = """\
alerts:
  - name: nk-arms
    query: 'event:(topic:arms-transfer supplier:KP)'
    channels: [console, desk]
    severity: high
    note: Call the duty analyst.
    fold: story
    cooldown: 30m
    digest: "0 7 * * mon-fri"
    quiet: ["22:00-06:30", "sat,sun 00:00-24:00"]
    timezone: Europe/Berlin
    start: 24h
    expires: 2027-01-01
    owner: maria
    enabled: false
  - {name: silent, query: source:kcna, channels: console, when: {absent: 2d}}
  - {name: feeds, channels: [desk], when: {health: any}}
  - {name: gone, channels: [desk], when: {health: [gone, failing]}, expires: "2027-01-01T12:00+09:00"}
  - {name: much, query: "*", channels: [desk], when: {burst: [topic, pair]}}
  - {name: news, query: shells, channels: [desk], when: {thread: denial}}
"""


def test_a_file_of_rules() -> None:
    first, silent, feeds, gone, much, news = load_rules({"a.yaml": GOOD}, ["console", "desk"])
    assert first.channels == ("console", "desk")
    assert not first.enabled
    assert first.expires is not None
    assert first.expires.isoformat() == "2027-01-01T00:00:00+00:00"
    assert gone.expires is not None
    assert gone.expires.isoformat() == "2027-01-01T03:00:00+00:00"
    assert silent.when is not None
    assert show_duration(silent.when.absent) == "2d"  # type: ignore[arg-type]
    assert feeds.when is not None
    assert feeds.when.health == ("failing", "gone", "silent", "flooding", "moved", "recovered")
    assert [str(rule.when) for rule in (silent, gone, much, news)] == [
        "absent: 2d", "health: gone, failing", "burst: topic, pair", "thread: denial"]
    for rule in (first, silent, feeds, gone, much, news):
        assert rule_from_plain(rule_to_plain(rule), made="file") == rule


@pytest.mark.parametrize("text", ["", "alerts:", "alerts: []", "# nothing\n"])
def test_no_rules(text: str) -> None:
    assert load_rules({"a.yaml": text}, []) == ()


RULE = "alerts:\n  - {{name: r, query: shells, channels: [c], {}}}"


@pytest.mark.parametrize(("text", "says"), [
    ("- a", "a.yaml:1: write `alerts:`"),
    ("alerts: x", "a.yaml:1: alerts: must be a list of rules"),
    ("alrets: []", 'a.yaml:1: alrets: unknown key; did you mean "alerts"?'),
    ("alerts: [", "not valid YAML"),
    ("alerts:\n  - x", "a.yaml:2: alerts[0]: a rule is written as keys"),
    ("alerts:\n  - {}", "a.yaml:2: alerts[0].name: is missing"),
    ("alerts:\n  - {name: r, channels: [c]}", "a.yaml:2: alerts[0].query: is missing"),
    ("alerts:\n  - {name: r, query: x}", "a.yaml:2: alerts[0].channels: is missing"),
    ("alerts:\n  - name: r\n    query: x\n    channels: [c]\n    serverity: low",
     'a.yaml:5: alerts[0].serverity: unknown key; did you mean "severity"?'),
    ("alerts:\n  - {name: r, query: x, channels: [d]}", "alerts[0].channels[0]: there is no channel d; allowed: c"),
    ("alerts:\n  - {name: a/b, query: x, channels: [c]}", "alerts[0].name: must be letters, digits"),
    ("alerts:\n  - {name: r, query: x, channels: [c]}\n  - {name: r, query: y, channels: [c]}",
     "a.yaml:3: alerts[1].name: r is already the name of the rule at a.yaml:2: alerts[0]; choose another"),
    ('alerts:\n  - {name: r, query: "shells (", channels: [c]}', "alerts[0].query: "),
    ("alerts:\n  - {name: r, query: 7, channels: [c]}", "alerts[0].query: must be a query"),
    ("alerts:\n  - {name: r, query: x, channels: []}", "must be a list of one or more names"),
    (RULE.format("severity: hihg"), '\'hihg\' is not one of low, normal, high, critical; did you mean "high"?'),
    (RULE.format("fold: outlet"), "'outlet' is not one of cluster, story, thread"),
    (RULE.format("cooldown: 30"), "cooldown: must be a time such as 30m, 2h or 1d, not 30"),
    (RULE.format("cooldown: half an hour"), "must be a time such as 30m"),
    (RULE.format('digest: "7 * * *"'), "is not a time table (wrong number of fields)"),
    (RULE.format('digest: "* * * * * *"'), "is not a time table"),
    (RULE.format('digest: "0 7 * * funday"'), "is not a time table (bad day-of-week)"),
    (RULE.format('digest: "0 0 30 2 *"'), "day-of-month"),
    (RULE.format("digest: 7"), "must be five cron fields in quotes"),
    (RULE.format("quiet: 22-6"), 'hours are written as "22:00-06:30"'),
    (RULE.format('quiet: "25:00-06:00"'), "hours are written as"),
    (RULE.format('quiet: "22:00-22:00"'), "hours are written as"),
    (RULE.format('quiet: "someday 22:00-06:00"'), "hours are written as"),
    (RULE.format('quiet: "00:00-24:00"'), "covers the whole week"),
    (RULE.format('quiet: ["00:00-12:00", "12:00-00:00"]'), "covers the whole week"),
    (RULE.format("timezone: Europe/Berlim"), "there is no time zone 'Europe/Berlim'"),
    (RULE.format("timezone: ../../etc/passwd"), "there is no time zone"),
    (RULE.format("start: yesterday"), "'yesterday' is not one of now, 24h, all"),
    (RULE.format("expires: soon"), "must be a date or time such as 2027-01-01"),
    (RULE.format("enabled: maybe"), "must be true or false, not 'maybe'"),
    (RULE.format("note: [x]"), "must be a text"),
    (RULE.format("when: absent"), "must be {absent: 24h} or {health:"),
    (RULE.format("when: {absent: 5s}"), "absent: must be a minute or more"),
    (RULE.format("when: {health: [sick]}"), "'sick' is not one of failing, gone, silent, flooding"),
    (RULE.format("when: {health: any}"), "asks no query; remove it"),
    (RULE.format("when: {thread: [claim, denail]}"), "'denail' is not one of claim, denial, outlets; did you mean"),
    (RULE.format("when: {burst: 3}"), "must be a list of one or more names"),
    (RULE.format("when: {burst: any, thread: any}"), "must be {absent: 24h} or {health:"),
])
def test_mistakes(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_rules({"a.yaml": text}, ["c"])
    assert says in str(caught.value)
    assert all(re.match(r"a\.yaml:\d+: ", mistake) for mistake in caught.value.mistakes)


def test_every_mistake_at_once_and_the_place_in_the_query() -> None:
    bad = "alerts:\n  - name: r\n    query: '\"a b c\"~5 shells'\n    channels: [d]\n    start: never\n"
    with pytest.raises(ConfigError) as caught:
        load_rules({"a.yaml": bad, "b.yaml": "alerts: 1", "c.yaml": GOOD}, ["c"])
    mistakes = caught.value.mistakes
    assert len([m for m in mistakes if m.startswith("a.yaml")]) == 3
    assert any(m.startswith("b.yaml") for m in mistakes)
    assert any("console" in m for m in mistakes)
    [query] = [m for m in mistakes if "alerts[0].query" in m]
    assert query.startswith("a.yaml:3:")
    assert query.splitlines()[-1].strip() == "^"


def test_a_hostile_query_is_refused_quickly() -> None:
    for query in ("(" * 9000, "a OR " * 5000 + "a", "x" * 100_000, "NOT " * 4000 + "a", '"' + "a " * 5000 + '"'):
        with pytest.raises(ConfigError):
            rule_from_plain({"name": "r", "query": query, "channels": ["c"]})


def test_any_channel_where_none_are_known() -> None:
    assert len(load_rules({"a.yaml": GOOD}, None)) == 6


def test_the_rules_that_ship_are_good() -> None:
    files = {str(path): path.read_text() for path in Path("configs/alerts").glob("*.yaml")}
    assert len(load_rules(files, None)) >= 5


@given(st.integers(0, 999_999).map(lambda seconds: timedelta(seconds=seconds)))
def test_durations_read_back(duration: timedelta) -> None:
    assert parse_duration(show_duration(duration)) == duration
