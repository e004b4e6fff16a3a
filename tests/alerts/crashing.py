"""A process that matches, claims and delivers, to be killed at any moment; started from a prepared one by forking.

    python -m tests.alerts.crashing      reads one JSON object a line: {"store", "prefix", "hook", "began", "stories"}
                                         writes the pid of the process that works on it, then its exit status
"""

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

from pipeline.channels.webhook import WebhookChannel
from pipeline.config import StoreSettings
from pipeline.core.alerts import AlertRule, RuleIndex
from pipeline.core.document import Document
from pipeline.core.story import Story
from pipeline.stores import delivery, open_store, outbox
from tests.alerts.conftest import NOW, rule, story
from tests.alerts.receiver import post

RULES: list[AlertRule] = [
    rule("plain"), rule("gathering", "shells", cooldown="1h"), rule("by-topic", "topic:arms-transfer", fold="story"),
]


def stories(count: int) -> list[Story]:
    """Half of them are copies of the other half."""
    return [story(n, cluster=f"c{n // 2}", source=f"outlet-{n % 2}", published=NOW) for n in range(count)]


def work(task: dict[str, Any]) -> None:
    """One pass: match all stories, some at a time, deliver between; go on until nothing is pending."""
    settings = StoreSettings.model_validate({"index_prefix": task["prefix"], "wait_s": 30})
    store = open_store(task["store"], settings)
    index = RuleIndex(RULES)
    channels = {"hook": WebhookChannel(task["hook"], post, secret="secret")}

    def now() -> Any:
        return NOW + timedelta(hours=6 * (time.time() - task["began"]))  # a second here is six hours there

    def deliver() -> delivery.Outcome:
        return delivery.deliver(store.ledger, RULES, channels, now(), pause=lambda seconds: time.sleep(seconds / 100))

    waiting = stories(task["stories"])
    outbox.begin(store.ledger, RULES, now())
    while waiting:
        batch, waiting = waiting[:4], waiting[4:]
        found = [one for s in batch for one in index.found(s, Document.of(s), now())[0]]
        outbox.claim(store.ledger, found, now())
        deliver()
    while deliver().pending:
        time.sleep(0.02)
    store.close()


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                work(json.loads(line))
            except BaseException as error:
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
