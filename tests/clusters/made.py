"""Stories made for tests of clusters and threads."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.core.story import Claim, Event, Evidence, Party, Story
from pipeline.core.urls import story_id

NOW = datetime(2026, 3, 10, tzinfo=UTC)

CHARGE = ("North Korea is shipping shells to Russia, Washington said. Officials in Seoul spoke of a port near Rason. "
          "The shells would be fired near Bakhmut, a general told the Senate on Tuesday, and Pyongyang would be paid "
          "in oil by Moscow, as the envoy Sung Kim had warned in Tokyo.")
DENIAL = ("Pyongyang denied on Wednesday that shells went from Rason to Russia for Bakhmut, and called what the envoy "
          "Sung Kim told the Senate and Tokyo a lie. Moscow pays nobody in oil, North Korea said of Washington.")


def text(seed: int, words: int = 200) -> str:
    """News of no meaning, the same for each seed."""
    rnd = random.Random(seed)
    return " ".join(f"{rnd.choice('bcdfglmnprst')}{rnd.choice('aeiou')}{rnd.choice('lmnrst')}{rnd.randrange(40)}"
                    for _ in range(words))


def story(number: int, body: str, source: str = "", minutes: int = 0, title: str = "", **changes: object) -> Story:
    url = f"https://{source or f'outlet{number}'}.example/{number}"
    at = NOW + timedelta(minutes=minutes or number)
    made = Story(story_id(url), url, title or f"Headline number {number} about one thing or another", body,
                 source or f"outlet{number}", at, at, at)
    return replace(made, **changes)  # type: ignore[arg-type]


def transfer(supplier: str, recipient: str, status: str = "reported") -> Event:
    evidence = Evidence("title", 0, 3, "Arm", "arms-transfer: supplies")
    return Event("arms-transfer", {"supplier": Party(supplier, supplier), "recipient": Party(recipient, recipient)},
                 (Claim(status, None, evidence),), (evidence,))  # type: ignore[arg-type]


def told(number: int, body: str, *events: Event, **more: object) -> Story:
    more = {"countries": ("KP", "RU", "US"), **more}
    return story(number, body, events=events, title=body.split(",")[0][:60], **more)  # type: ignore[arg-type]


def wires(count: int, seed: int) -> list[Story]:
    """Stories of which about half are copies, in clusters of up to ten, with every kind of edit."""
    rnd = random.Random(seed)
    out: list[Story] = []
    wire = 0
    while len(out) < count:
        wire += 1
        body = text(seed * 100_000 + wire, rnd.randint(60, 400))
        for _ in range(rnd.choice((1, 1, 1, 2, 3, rnd.randint(2, 10)))):
            words = body.split()
            if rnd.random() < 0.5:
                words = words[: rnd.randint(len(words) // 2, len(words))]
            if rnd.random() < 0.3:
                place = rnd.randrange(len(words))
                words[place:place] = text(rnd.randrange(10**9), rnd.randint(5, 40)).split()
            for _ in range(rnd.randint(0, 6)):
                words[rnd.randrange(len(words))] = "changed"
            number = len(out) + 1
            out.append(story(number, " ".join(words), minutes=rnd.randrange(1, 20_000)))
    return out[:count]
