"""From publication to the webhook: how long a story takes through `wirewatch watch`, by the clock on the wall.

    python -m tests.bench.bench_watch [--write] [stories] [seconds] [poll interval in seconds]       1000 300 10

Ten feeds on ten hosts of a server on loopback, each polled at the interval given. Stories appear in them one by one at
random moments; each has a page of its own that is fetched, is matched by one rule, and told by a webhook to a receiver
that notes when it came. Nothing is switched off: robots.txt, the address gate, topics, clusters, the ledger.
"""

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.alerts.receiver import Receiver, receiving
from tests.bench.report import percentile, table, write_section
from tests.e2e.workspace import Workspace
from tests.servers.site import Answer, Site

FEEDS = 10
SHOWN = 60
"""Items in a feed, the newest ones."""
WORDS = ("harbour council budget rail bridge storm minister vote price grain court strike border talks mission report "
         "river plant survey market school league record train night morning engine station valley island").split()


@dataclass
class Published:
    """The numbers of the stories of each feed, and by number the moment at which each appeared."""

    shown: dict[int, list[int]] = field(default_factory=lambda: {feed: [] for feed in range(FEEDS)})
    moments: dict[int, float] = field(default_factory=dict)


def main() -> None:
    numbers = [int(argument) for argument in sys.argv[1:] if argument != "--write"]
    stories, seconds, interval_s = (*numbers, *(1000, 300, 10)[len(numbers):])
    with tempfile.TemporaryDirectory() as place:
        waited = measured(Path(place), stories, seconds, interval_s)
    rows = [(name, f"{value:.2f}") for name, value in (
        ("median", percentile(waited, 50)), ("95th percentile", percentile(waited, 95)),
        ("99th percentile", percentile(waited, 99)), ("longest", max(waited)),
    )]
    text = (
        f"{len(waited):,} stories that appeared one by one within {seconds} seconds in {FEEDS} feeds, polled every "
        f"{interval_s} seconds by `wirewatch watch`; each with its page fetched. Each was received once. "
        f"(The goal: 99th percentile below the poll interval and 2 seconds, {interval_s + 2}.)\n\n"
        + table(("from publication to receipt", "seconds"), rows)
    )
    print(text)
    if "--write" in sys.argv:
        write_section("watch", "From publication to the webhook", text)


def measured(root: Path, stories: int, seconds: float, interval_s: int) -> list[float]:
    """Seconds from publication to receipt, of each story."""
    published = Published()
    arrived: list[float] = []

    def note() -> int:
        arrived.append(time.time())
        return 200

    with Site({}) as site, receiving(note) as receiver:
        for feed in range(FEEDS):
            publish(site, published, feed, -1 - feed)
        workspace = Workspace.make(
            root, server=site.url,
            feeds=[{"url": f"http://outlet{feed}.example/feed", "id": f"outlet{feed}", "interval_min_s": interval_s,
                    "interval_max_s": interval_s} for feed in range(FEEDS)],
            alerts=[{"name": "all", "query": "dispatch", "channels": ["hook"], "fold": "story"}],
            channels={"hook": {"type": "webhook", "url": receiver.url}},
            network={"connect_to": {f"outlet{feed}.example": site.url for feed in range(FEEDS)}},
        )
        with watching(workspace):
            wait_for(receiver, FEEDS, 120)
            chance = random.Random(1)
            begun = time.time()
            for number, moment in enumerate(sorted(chance.uniform(0, seconds) for _ in range(stories))):
                time.sleep(max(0.0, begun + moment - time.time()))
                publish(site, published, chance.randrange(FEEDS), number)
            wait_for(receiver, FEEDS + stories, interval_s + 120)
    came = {numbers[0]: at for at, numbers in zip(arrived, map(told, receiver.taken), strict=True)}
    assert len(came) == len(receiver.taken) == FEEDS + stories, "each story is told once"
    return [came[number] - at for number, at in published.moments.items() if number >= 0]


def publish(site: Site, published: Published, feed: int, number: int) -> None:
    """The story's page, then the feed that shows it."""
    chance = random.Random(number)
    text = " ".join(chance.choice(WORDS) + str(chance.randrange(1000)) for _ in range(250))
    page = f"<html><head><title>Dispatch {number}</title></head><body><article><h1>Dispatch {number}</h1>"
    site.put(f"http://outlet{feed}.example/{number}", Answer(f"{page}<p>{text}.</p></article></body></html>".encode()))
    published.shown[feed].append(number)
    items = "".join(
        f"<item><title>Dispatch {n}</title><link>http://outlet{feed}.example/{n}</link></item>"
        for n in reversed(published.shown[feed][-SHOWN:])
    )
    body = f'<rss version="2.0"><channel><title>Outlet {feed}</title>{items}</channel></rss>'
    published.moments[number] = time.time()
    site.put(f"http://outlet{feed}.example/feed", Answer(body.encode(), "text/xml"))


def told(request: tuple[object, bytes]) -> list[int]:
    """The numbers of the stories of one webhook."""
    return [int(item["title"].split()[-1]) for item in json.loads(request[1])["items"]]


def wait_for(receiver: Receiver, count: int, timeout_s: float) -> None:
    """Until so many webhooks came."""
    begun = time.monotonic()
    while len(receiver.taken) < count:
        if time.monotonic() - begun > timeout_s:
            raise AssertionError(f"only {len(receiver.taken)} of {count} came in time")
        time.sleep(0.05)


@contextmanager
def watching(workspace: Workspace) -> Iterator[None]:
    """`wirewatch watch` in a process of its own."""
    process = subprocess.Popen(workspace.command("watch"), cwd=workspace.root, env=workspace.environment, text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said: list[str] = []
    assert process.stderr is not None
    reader = threading.Thread(target=lambda: said.extend(process.stderr or ()))
    reader.start()
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{error}; watch said: {''.join(said[-5:])}") from None
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()
            reader.join()
            process.stderr.close()


if __name__ == "__main__":
    main()
