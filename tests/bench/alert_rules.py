"""Stories and rules to measure alert matching on: news texts where the evaluation data is there, else made-up ones.

Rules are a realistic mixture: 70 % two to four words, 20 % phrases, 10 % long booleans with tags. The words of a
rule come from one story and are weighted towards rare ones, as an analyst would choose them, so that each rule has
something to find.
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.core.alerts import AlertRule
from pipeline.core.query import parse
from pipeline.core.story import Claim, Event, Evidence, Party, Story, TopicMatch
from pipeline.core.text import Text

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "eval"
TOPICS = ("arms-transfer", "missile-launch", "sanctions", "military-exercise", "nuclear-program", "armed-attack")
COUNTRIES = ("US", "RU", "UA", "CN", "KP", "KR", "IR", "IL", "SY", "GB", "FR", "DE", "JP", "IN", "TR", "VE")


def texts(count: int, chance: random.Random) -> list[tuple[str, str]]:
    """(title, body) of news articles; the same ones again, sentences shuffled, where there are too few."""
    known: list[str] = []
    if (SHARED / "wire" / "gold").is_dir():
        for path in sorted((SHARED / "wire" / "gold").glob("*.json")):
            body = json.loads(path.read_text()).get("body") or ""
            if len(body) > 500:
                known.append(body)
    if not known:
        words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in ("a", "ero", "i", "olu", "une") for c in _ENDS]
        chance.shuffle(words)
        weights = [1 / (rank + 5) for rank in range(len(words))]
        known = [" ".join(chance.choices(words, weights, k=400)) for _ in range(300)]
    known = known[: len(known) // 2 * 2]  # so that every other one is always the same half of them
    out = []
    for number in range(count):
        body = known[number % len(known)]
        if number >= len(known):
            sentences = body.split(". ")
            chance.shuffle(sentences)
            body = ". ".join(sentences)
        out.append((body[:80], body))
    return out


_ENDS = tuple(f"{a}{b}" for a in ("", "n", "r", "st", "l", "m") for b in ("ak", "o", "end", "iv", "us", "ert", "y"))


def stories(count: int, seed: int = 1) -> list[Story]:
    """Stories with topics, countries and an event now and then."""
    chance = random.Random(seed)
    out = []
    for number, (title, body) in enumerate(texts(count, chance)):
        evidence = (Evidence("body", 0, 1, body[:1], "rule"),)
        topics = tuple(TopicMatch(topic, evidence) for topic in TOPICS if chance.random() < 0.1)
        countries = tuple(code for code in COUNTRIES if chance.random() < 0.12)
        events: tuple[Event, ...] = ()
        if topics and len(countries) > 1:
            roles = {"supplier": Party("a", countries[0]), "recipient": Party("b", countries[1])}
            events = (Event(topics[0].topic, roles, (Claim("alleged"),), ()),)
        at = NOW - timedelta(minutes=number)
        out.append(Story(f"s{number}", f"https://news.example/{number}", title, body, f"outlet-{number % 40}", at, at,
                         at, lang="en", topics=topics, countries=countries, events=events))
    return out


def rules(count: int, corpus: Sequence[Story], seed: int = 2) -> list[AlertRule]:
    """`count` rules in the mixture above."""
    chance = random.Random(seed)
    cut = [Text.of(story.body) for story in corpus]
    frequency: Counter[str] = Counter(stem for text in cut for stem in set(text.stems))
    usual = {stem for stem, count in frequency.items() if count > 0.12 * len(cut)}
    pools = []
    for text in cut:
        pool = [(word, 1 / frequency[stem] ** 0.5) for word, stem in zip(text.words, text.stems, strict=True)
                if _telling(word) and stem not in usual]
        if len(pool) > 10:
            pairs = [place for place in range(len(text) - 1) if _telling(text.words[place])
                     and _telling(text.words[place + 1]) and not usual >= {*text.stems[place : place + 2]}]
            pools.append((text, [word for word, _ in pool], [weight for _, weight in pool], pairs))

    def words(number: int) -> list[str]:
        _, pool, weights, _ = chance.choice(pools)
        return list(dict.fromkeys(chance.choices(pool, weights, k=number)))

    def phrase() -> str:
        text, _, _, pairs = chance.choice(pools)
        start = chance.choice(pairs)
        return '"' + " ".join(text.words[start : start + chance.choice((2, 2, 3))]) + '"'

    def boolean() -> str:
        any_of = " OR ".join([*words(chance.randint(3, 8)), phrase()])
        tags = [f"topic:{chance.choice(TOPICS)}", f"country:{chance.choice(COUNTRIES)}",
                f"event:(topic:{chance.choice(TOPICS)} supplier:{chance.choice(COUNTRIES)})",
                f"(country:{chance.choice(COUNTRIES)} OR country:{chance.choice(COUNTRIES)})"]
        excluded = " ".join(f"-{word}" for word in words(2))
        return f"({any_of}) {' '.join(chance.sample(tags, chance.randint(1, 2)))} {excluded}"

    out: list[AlertRule] = []
    while len(out) < count:
        kind = chance.random()
        text = " ".join(words(chance.randint(2, 4))) if kind < .7 else phrase() if kind < .9 else boolean()
        out.append(AlertRule(f"r{len(out)}", parse(text), ("console",)))
    return out


def _telling(word: str) -> bool:
    return len(word) > 2 and word.isascii() and word not in _FUNCTION_WORDS


_FUNCTION_WORDS = frozenset(
    "and not the for with that this from are was were has have had but its his her their our your you who will would "
    "could should can may might been being they them she him which what when where than then there these those into "
    "over under about after before more most other some such only also very just even here how why all any each both "
    "few own same too out off does did doing because while between against through during above below again once nor"
    .split())

