"""Rules with other triggers, made and listed at the command line; how rules and the log are shown."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cli.alert_lines import show_log, show_rules
from pipeline.core.errors import FetchError
from pipeline.stores import delivery, outbox
from pipeline.stores.base import Ledger
from tests.alerts.conftest import NOW, Inbox, found, rule, story
from tests.e2e.workspace import Workspace


def test_made_at_run_time(tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path, server="http://127.0.0.1:9",
                               feeds=[{"url": "https://agency.example/feed", "id": "agency"}])
    made = {"news": {"thread": ["denial", "outlets"]}, "unusual": {"burst": ["topic"]}}
    for name, when in made.items():
        told = workspace.run("alerts", "add", name, "shells", "--set", f"when={json.dumps(when)}")
        assert "there are no stories of the last 30 days to try it on" in told
    assert {rule["name"]: rule["when"] for rule in workspace.json("alerts")} == made


def test_a_rule_is_listed_with_all_that_is_not_as_usual(capsys: pytest.CaptureFixture[str]) -> None:
    show_rules([
        rule("plain"),
        rule("paced", "shells OR drones", channels=("a", "b"), severity="high", fold="thread", cooldown="2h",
             start="24h", quiet="22:00-06:00", digest="0 7 * * *", timezone="Asia/Seoul", owner="maria", note="Call.",
             silenced_until="2026-03-04T14:00Z"),
        rule("off", enabled=False), rule("over", expires="2026-01-01"),
        rule("ill", None, when={"health": ["gone"]}), rule("news", when={"thread": ["denial", "outlets"]}),
    ], NOW)
    assert capsys.readouterr().out == """\
plain  on · normal · hook
    shells russia
    once a cluster · made at run time
paced  on, silent until 2026-03-04 14:00 UTC · high · a, b
    shells OR drones
    once a thread · cooldown 2h · digest 0 7 * * * · quiet 22:00-06:00 · Asia/Seoul · start 24h · owner maria · Call. \
· made at run time
off  off · normal · hook
    shells russia
    once a cluster · made at run time
over  expired · normal · hook
    shells russia
    once a cluster · expires 2026-01-01 00:00 UTC · made at run time
ill  on · normal · hook
    (health: gone)
    made at run time
news  on · normal · hook
    shells russia (thread: denial, outlets)
    made at run time
"""


def test_the_log_says_to_whom_and_what_became_of_it(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    rules = [rule(channels=("desk", "mail", "chat"), cooldown="1h")]
    refused = FetchError("http-400", "answered 400 {x}", url="http://hook", status=400)
    outbox.claim(ledger, found(rules, story(1)), NOW)
    delivery.deliver(ledger, rules, {"desk": Inbox(), "mail": Inbox(refused), "chat": Inbox(refused)}, NOW)
    later = NOW + timedelta(minutes=5)
    outbox.claim(ledger, found(rules, story(2)), later)
    delivery.deliver(ledger, rules, {name: Inbox(refused) for name in ("desk", "mail", "chat")}, later)
    show_log(outbox.log(ledger), NOW + timedelta(minutes=10), "nothing")
    assert capsys.readouterr().out == """\
 5 min ago  shells  waiting
            North Korea ships artillery shells to Russia, report 2 says
            to desk, mail, chat in 50 min (2026-03-04 13:00 UTC)
10 min ago  shells  failing
            North Korea ships artillery shells to Russia, report 1 says
            delivered to desk
            mail, chat: next try in the next pass, after 2 attempts: answered 400 {x}
"""
    show_log([], NOW, "nothing")
    assert capsys.readouterr().out == "nothing\n"
