"""Stories with the statistics of news, in any number, and questions to ask of them.

Words follow Zipf and Mandelbrot's law (rank^-1.05) over a vocabulary of 200,000 made-up words, so that common words
stand in nearly every story and half of the vocabulary in a handful; bodies are log-normal around 190 words.
Topics, sources, countries and times have skewed frequencies too. The same seed gives the same stories.
`with_copies` makes some of them copies of earlier ones, as outlets carry a wire, marked as what they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from typing import Any, Final

import numpy

from pipeline.core.story import Claim, Event, Evidence, Party, Story, TopicMatch
from pipeline.core.urls import story_id

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS: Final = 1095
VOCABULARY: Final = 200_000
TOPICS: Final = ("armed-attack", "sanctions", "military-exercise", "missile-launch", "arms-transfer",
                 "nuclear-program", "territorial-recognition")
COUNTRIES: Final = ("US", "RU", "UA", "CN", "IL", "IR", "GB", "FR", "DE", "KP", "KR", "JP", "IN", "PK", "TR", "SY",
                    "IQ", "AF", "SA", "YE", "EG", "LB", "PL", "TW", "VE", "BR", "NG", "SD", "ET", "ML")
_LANGUAGES: Final = ("en", "en-GB", "en-US", "fr", "es", "de", "ar", "ru")
_STATUSES: Final = ("reported", "alleged", "denied", "planned", "hypothetical")
_SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta",
                     "ve", "wi", "xo", "yu", "za", "tra", "ment", "ing", "ed", "er", "ian", "ist", "ov", "sk")


@cache
def vocabulary() -> Any:
    """Distinct words, most frequent first; frequent ones are short."""
    random = numpy.random.default_rng(7)
    made: dict[str, None] = {}
    for size in (1, 2, 3):
        every = ["".join(syllables) for syllables in product(_SYLLABLES, repeat=size)]
        random.shuffle(every)
        made.update(dict.fromkeys(every))
    while len(made) < VOCABULARY:
        made["".join(_SYLLABLES[i] for i in random.integers(0, len(_SYLLABLES), 4))] = None
    return numpy.array(list(made)[:VOCABULARY], dtype=object)


@cache
def _cumulative(size: int, power: float) -> Any:
    weights = (numpy.arange(size) + 2.7) ** -power
    return numpy.cumsum(weights / weights.sum())


def _ranks(random: Any, size: int, count: int, power: float = 1.05) -> Any:
    return numpy.minimum(numpy.searchsorted(_cumulative(size, power), random.random(count)), size - 1)


def stories(count: int, seed: int = 1, at_once: int = 2_000) -> Iterator[Story]:
    """`count` stories, oldest first; about 30 µs each."""
    random = numpy.random.default_rng(seed)
    known = vocabulary()
    for first in range(0, count, at_once):
        size = min(at_once, count - first)
        lengths = numpy.clip(random.lognormal(5.1, 0.55, size).astype(int), 20, 1500)
        words = known[_ranks(random, VOCABULARY, int(lengths.sum()) + 10 * size)]
        countries = _ranks(random, len(COUNTRIES), 3 * size, 0.9)
        sources, topics = _ranks(random, 400, size, 0.9), _ranks(random, len(TOPICS), 2 * size, 0.7)
        chances = random.random((size, 4))
        at = 0
        for number in range(size):
            title, body = words[at : at + 10], words[at + 10 : at + 10 + lengths[number]]
            at += 10 + lengths[number]
            yield _story(first + number, count, " ".join(title).capitalize(), _sentences(body), int(sources[number]),
                         [TOPICS[i] for i in topics[2 * number : 2 * number + 2]],
                         [COUNTRIES[i] for i in countries[3 * number : 3 * number + 3]], chances[number])


def with_copies(given: Iterable[Story], share: float = 0.3, largest: int = 200, seed: int = 1) -> Iterator[Story]:
    """The stories, of which `share` are in clusters of 2 to `largest` (Zipf's law, exponent 1.7).

    Copies keep text, topics, events and countries, and their own address, outlet and time; half of them are within
    30 stories of the one before.
    """
    random = numpy.random.default_rng(seed)
    due: dict[int, Story] = {}
    clustered = 0
    for number, story in enumerate(given):
        if number in due:
            of = due.pop(number)
            yield replace(of, id=story.id, url=story.url, source=story.source, feeds=story.feeds,
                          published=story.published, seen=story.seen, updated=story.updated)
        elif clustered < share * number:
            size = 1
            while not 1 < size <= largest:
                size = int(random.zipf(1.7))
            clustered += size
            first = replace(story, cluster=story.id, copied=True, outlets=size)
            at = number
            for _ in range(size - 1):
                at += 1 + int(random.exponential(43))
                while at in due:
                    at += 1
                due[at] = first
            yield first
        else:
            yield story


def _sentences(words: Any) -> str:
    return ". ".join(" ".join(words[i : i + 22]).capitalize() for i in range(0, len(words), 22)) + "."


def _story(number: int, count: int, title: str, body: str, source: int, topics: list[str], countries: list[str],
           chances: Any) -> Story:
    url = f"https://outlet{source}.example/{number}"
    published = NOW - timedelta(days=DAYS) * (1 - number / count)
    named = () if chances[0] > 0.3 else tuple(dict.fromkeys(topics[: 1 + (chances[0] < 0.05)]))
    return Story(
        id=story_id(url), url=url, title=title, body=body, source=f"Outlet {source}", published=published,
        seen=published, updated=published, feeds=(f"outlet-{source}",), authors=(title.split()[0].title(),),
        lang=_LANGUAGES[min(int(chances[1] ** 3 * 8), 7)],
        countries=tuple(dict.fromkeys(countries[: int(chances[2] * 4)])),
        topics=tuple(TopicMatch(name, (Evidence("body", 0, 40, body[:40], name),)) for name in named),
        events=tuple(Event(name, {"supplier": Party(countries[0], countries[0]),
                                  "recipient": Party(countries[1], countries[1])},
                           (Claim(_STATUSES[int(chances[3] ** 2 * 5)]),), ())  # type: ignore[arg-type]
                     for name in named if chances[3] < 0.4))


def questions(seed: int = 1) -> list[tuple[str, str]]:
    """(kind, query text): ten of each kind, with words of all frequencies, phrases that occur."""
    random = numpy.random.default_rng(seed)
    known = vocabulary()

    def word(low: int, high: int) -> str:
        return str(known[int(numpy.exp(random.uniform(numpy.log(low), numpy.log(high))))])

    out: list[tuple[str, str]] = []
    for _ in range(10):
        a, b = word(200, 5_000), word(200, 5_000)
        pair = f"{word(20, 200)} {word(20, 200)}"
        days = int(random.integers(2, 60))
        topic, country = TOPICS[int(random.integers(7))], COUNTRIES[int(random.integers(12))]
        out += [
            ("one word", word(50, 50_000)), ("one common word", word(3, 50)), ("two words", f"{a} {b}"),
            ("three words", f"{a} {b} {word(20, 200)}"), ("either word", f"{a} OR {b}"),
            ("phrase", f'"{pair}"'), ("phrase in titles", f'title:"{pair}"'),
            ("proximity", f'"{word(20, 500)} {word(20, 500)}"~5'), ("prefix", f"{word(500, 50_000)[:5]}*"),
            ("without a word", f"{word(50, 500)} -{word(10, 100)}"), ("topic", f"topic:{topic}"),
            ("topic and country", f"topic:{topic} country:{country}"),
            ("words in a topic", f"topic:{topic} {word(20, 2_000)}"), ("last days", f"since:{days}d {word(10, 2_000)}"),
            ("source", f'source:"Outlet {int(random.integers(40))}" {word(3, 300)}'),
            ("event", f"event:({topic} supplier:{country})"),
        ]
    return out
