"""Topics of the shipped rules: examples, headlines that mislead, evidence, what is secondary."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.examples import mistakes
from pipeline.core.matching import any_matches
from pipeline.core.places import parties
from pipeline.core.reading import Reading
from pipeline.core.text import Text
from pipeline.core.topics import detect
from tests.core.detection import found, match, names, topics

SEVEN = ("armed-attack", "arms-transfer", "military-exercise", "missile-launch", "nuclear-program", "sanctions",
         "territorial-recognition")


def test_all_seven_topics_are_shipped() -> None:
    assert topics().names == SEVEN


def test_every_example_comes_out_right() -> None:
    assert mistakes(topics()) == []


@pytest.mark.parametrize("topic", SEVEN)
def test_every_topic_has_a_dozen_examples_of_each_kind(topic: str) -> None:
    examples = next(t for t in topics().topics if t.name == topic).examples
    assert sum(e.wanted for e in examples) >= 12
    assert sum(not e.wanted for e in examples) >= 12


@pytest.mark.parametrize(("title", "body", "wanted"), [
    ("Union strikes deal with carmaker", "The union struck a deal on pay with the carmaker on Friday.", set()),
    ("Envoy calls for de-escalation", "The envoy called for de-escalation and more talks.", set()),
    ("Allies open war games", "South Korean and U.S. troops opened war games on Monday.", {"military-exercise"}),
    ("New war games top the charts", "Two new war games for the console topped the sales charts.", set()),
    ("Concerted push to halt missile launch",
     "Leaders made a concerted push on Thursday to halt the missile launch that North Korea plans.",
     {"missile-launch"}),
    ("Transfer window", "The club signed two strikers before the transfer window closed.", set()),
    ("Arms around", "She put her arms around her son at the airport.", set()),
    ("Apple launches product", "The company launched a new product at a show in California.", set()),
    ("Shell company", "Investigators traced the money to a shell company in Cyprus.", set()),
    ("Shell buys stake", "Royal Dutch Shell bought a stake in a Brazilian oil field.", set()),
    ("Club sanctioned by FIFA", "The club was sanctioned by FIFA and may not sign players.", set()),
    ("Turkey prices rise", "Turkey prices rose before Thanksgiving, and farmers blamed the feed.", set()),
    ("Bullet train", "The bullet train will link the two cities in an hour.", set()),
    ("Rocket salad", "Toss the rocket with oil and serve the fish at once.", set()),
    ("Drone show", "A drone show lit up the harbour on New Year's Eve.", set()),
    ("Sanctions against doper", "The federation announced sanctions against the sprinter for doping.", set()),
])
def test_headlines_that_mislead(title: str, body: str, wanted: set[str]) -> None:
    assert names(body, title) == wanted


def test_an_anniversary_is_background() -> None:
    assert match("Thirty years ago Iraq fired Scuds at Israel.", "missile-launch").secondary
    assert not match("Iraq fired Scuds at Israel on Friday.", "missile-launch").secondary


def test_a_passing_mention_is_secondary() -> None:
    body = ("The president spoke about schools. He praised teachers. He promised money. He visited a farm. "
            "In the evening he said that sanctions against Iran would stay. He then flew home.")
    assert match(body, "sanctions").secondary
    assert not match(body, "sanctions", "President wants sanctions against Iran to stay").secondary


def test_a_near_miss_excludes_that_mention_and_not_the_story() -> None:
    assert "arms-transfer" not in names("The ban on arms sales to Iran stays.")
    assert "arms-transfer" in names("The ban on arms sales to Iran stays. Russia has sold tanks to Syria.")


@pytest.mark.parametrize("body", [
    "NORTH KOREA SHIPPED ARTILLERY SHELLS TO RUSSIA, OFFICIALS SAID.",
    "North Korea Ships Artillery Shells to Russia",
    "North Korea’s artillery shells — supplied to Russia — were old, officials said.",
])
def test_capitals_and_marks_do_not_matter(body: str) -> None:
    assert "arms-transfer" in names(body)


@given(st.lists(st.sampled_from([
    "North Korea fired two missiles into the sea.", "Iran sold drones to Russia.", "“No,” he said.",
    "The EU imposed sanctions on Syria.", "It rained in Paris.", "U.S. and Korean troops began joint drills.",
    "Rebels attacked the town\nand fled.", "…", "A café in Türkiye closed.", "Pyongyang denied the charge.",
]), max_size=8), st.sampled_from(["", "Iran test-fires missile", "MISSILE HITS SHIP"]))
@settings(max_examples=150, deadline=None)
def test_evidence_and_claims_point_into_the_text(sentences: list[str], title: str) -> None:
    body = " ".join(sentences)
    detection = detect(Text.of(title), Text.of(body), topics())
    where = {"title": title, "body": body}
    pieces = [e for m in detection.topics for e in m.evidence] + [e for v in detection.events for e in v.evidence]
    pieces += [claim.evidence for event in detection.events for claim in event.claims if claim.evidence]
    for piece in pieces:
        assert piece.text == where[piece.field][piece.start : piece.end] != ""
    for event in detection.events:
        assert event.claims
        assert event.topic in {m.topic for m in detection.topics}


def test_countries_are_those_named() -> None:
    body = "MOSCOW (AP) — Tehran and Washington spoke; Polish officials listened. Turkey dined on turkey in Haifa."
    assert found(body).countries == ("IR", "PL", "TR", "US")


def test_patterns_ruled_out_before_a_sentence_is_read_do_not_match() -> None:
    known = topics()
    examples = [example.text for topic in known.topics for example in topic.examples][::2]
    matching = 0
    for text in map(Text.of, examples):
        reading = Reading("body", text, parties(text, known.parties), known.lexicon, known.parties)
        places = known.anchors.places(text)
        for index, (first, last) in enumerate(text.sentences):
            inside = [at for at in places if first <= at < last]
            likely = set(known.anchors.likely(text, first, last, inside))
            present = reading.sentence(index).present
            for number, candidate in enumerate(known.candidates):
                if any_matches([candidate.pattern], present):
                    assert number in likely, (text.raw, candidate.rule.name)
                    matching += 1
    assert matching > len(examples) // 2


def test_topics_are_picklable() -> None:
    again = pickle.loads(pickle.dumps(topics()))  # noqa: S301 - our own bytes
    text = Text.of("Iran sold drones to Russia.")
    assert detect(Text.of(""), text, again) == detect(Text.of(""), text, topics())
