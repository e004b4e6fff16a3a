"""Why a story has its topics, and why a sentence has not: data for a terminal and a page of HTML."""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.core.lexicon import Present
from pipeline.core.matching import any_matches, matches
from pipeline.core.places import parties
from pipeline.core.reading import Reading
from pipeline.core.rules import Pattern, Rule, Topic
from pipeline.core.story import Event, Evidence, TextField
from pipeline.core.text import Text
from pipeline.core.topics import Detection, Topics


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a field's text; `topics` are those whose evidence covers it, `rules` what said so."""

    text: str
    topics: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as one row: roles as `supplier North Korea (KP)`, claims as `alleged by the White House`."""

    topic: str
    roles: tuple[str, ...]
    claims: tuple[str, ...]
    when: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A story in pieces, its topics with the rules that fired, its events."""

    title: tuple[Piece, ...]
    body: tuple[Piece, ...]
    topics: tuple[tuple[str, bool, tuple[str, ...]], ...]
    """(topic, whether secondary, rules that fired)"""
    events: tuple[EventRow, ...]
    countries: tuple[str, ...]


def explain(title: str, body: str, detection: Detection) -> Explanation:
    """What `detection` found in the story with that title and body, for showing."""
    return Explanation(
        tuple(_pieces("title", title, detection)),
        tuple(_pieces("body", body, detection)),
        tuple((match.topic, match.secondary, tuple(dict.fromkeys(e.rule.partition(": ")[2] for e in match.evidence)))
              for match in detection.topics),
        tuple(_row(event) for event in detection.events),
        detection.countries,
    )


def _pieces(field: TextField, text: str, detection: Detection) -> Iterator[Piece]:
    marks: list[tuple[str, Evidence]] = [
        (match.topic, evidence) for match in detection.topics for evidence in match.evidence if evidence.field == field
    ]
    cuts = sorted({0, len(text), *(edge for _, evidence in marks for edge in (evidence.start, evidence.end))})
    for start, end in pairwise(cuts):
        over = [(topic, evidence.rule) for topic, evidence in marks if evidence.start <= start and end <= evidence.end]
        yield Piece(text[start:end], tuple(dict.fromkeys(topic for topic, _ in over)),
                    tuple(dict.fromkeys(rule for _, rule in over)))


def _row(event: Event) -> EventRow:
    roles = tuple(
        f"{role} {party.text}" + (f" ({party.code or party.kind})" if party.code or party.kind else "")
        for role, party in event.roles.items()
    )
    claims = tuple(dict.fromkeys(
        claim.status + (f" by {claim.holder.text}" if claim.holder else "") for claim in event.claims
    ))
    return EventRow(event.topic, roles, claims, event.when, event.evidence[0].text if event.evidence else "")


# ── why not ───────────────────────────────────────────────────────────────────────────────────────────────────


def why_not(sentence: str, name: str, topics: Topics) -> list[str]:
    """For a sentence that should have the topic: the rules that came nearest, and what each lacked; nearest first."""
    topic = next((topic for topic in topics.topics if topic.name == name), None)
    if topic is None:
        return [f"there is no topic {name}"]
    text = Text.of(sentence)
    reading = Reading("body", text, parties(text, topics.parties), topics.lexicon, topics.parties)
    found: list[tuple[float, str]] = []
    for index in range(len(text.sentences)):
        present = reading.sentence(index).present
        for rule in topic.rules:
            found += _lacks(rule, topic, present)
    return [said for _, said in sorted(set(found), key=lambda pair: -pair[0])[:5]] or ["no word of any rule is there"]


def _lacks(rule: Rule, topic: Topic, present: Present) -> Iterator[tuple[float, str]]:
    for pattern in rule.patterns:
        there = [symbol for symbol in pattern.symbols if present.of(symbol)]
        if not there:
            continue
        missing = [symbol for symbol in pattern.symbols if not present.of(symbol)]
        share = len(there) / len(pattern.symbols)
        if missing:
            yield share, f"{rule.name}: has {_written(there)}, but not {_written(missing)}"
        elif next(matches(pattern, present), None) is None:
            yield 1.0, f"{rule.name}: has {_written(there)}, but too far apart, in another order or across a clause"
        else:
            yield 2.0, f"{rule.name}: matches, but {_spoiled(rule, topic, present)}"


def _spoiled(rule: Rule, topic: Topic, present: Present) -> str:
    if rule.with_ and not any_matches(rule.with_, present):
        return f"`with` is not there: {_patterns(rule.with_)}"
    for key, patterns in (("unless", rule.unless), ("unless of the topic", topic.unless), ("except", topic.excepted)):
        spoiling = [pattern for pattern in patterns if any_matches([pattern], present)]
        if spoiling:
            return f"`{key}` is there: {_patterns(spoiling)}"
    if rule.story:
        return "nothing of `story` is in the story"
    return "`unless_story`, `not_between` or `in` stands against it"


def _patterns(patterns: Sequence[Pattern]) -> str:
    return "; ".join(_written(pattern.symbols) for pattern in patterns[:6]) + (" …" if len(patterns) > 6 else "")


def _written(symbols: Iterable[str]) -> str:
    return ", ".join(
        symbol[1:] if symbol[0] == "'" else symbol if symbol[0] == "(" else f"@{symbol}" for symbol in symbols
    )


# ── as a page ─────────────────────────────────────────────────────────────────────────────────────────────────

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body{{font:17px/1.6 Georgia,serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}}
mark{{padding:.1em .15em;border-radius:.2em;background:hsl(var(--h) 80% 86%)}}
table{{border-collapse:collapse;font:14px/1.4 sans-serif;width:100%}}td,th{{border:1px solid #ccc;padding:.3em .5em;
text-align:left;vertical-align:top}}.tag{{font:13px sans-serif;padding:.2em .6em;border-radius:1em;margin-right:.4em;
background:hsl(var(--h) 80% 86%)}}.rules{{color:#666;font:13px sans-serif}}
@media(prefers-color-scheme:dark){{body{{background:#181818;color:#ddd}}mark,.tag{{color:#111}}}}
</style>
<h1>{head}</h1>
<p>{tags}</p>
{body}
<h2>Events</h2>
{events}
<h2>Rules</h2>
<ul class="rules">{rules}</ul>
</html>
"""


def explain_html(explanation: Explanation) -> str:
    """A page of its own: the story with its evidence coloured by topic, the events, the rules. Everything escaped."""
    hues = {topic: index * 360 // max(1, len(explanation.topics))
            for index, (topic, _, _) in enumerate(explanation.topics)}
    escape = html.escape
    title = "".join(piece.text for piece in explanation.title)
    tags = "".join(f'<span class="tag" style="--h:{hues[topic]}">{escape(topic)}{" (secondary)" if secondary else ""}'
                   "</span>" for topic, secondary, _ in explanation.topics)
    paragraphs = "".join(_marked(explanation.body, hues)).split("\n")
    rows = "".join(
        f"<tr><td>{escape(row.topic)}<td>{'<br>'.join(map(escape, row.roles))}<td>"
        f"{'<br>'.join(map(escape, row.claims))}<td>{escape(row.when)}<td>{escape(row.evidence)}"
        for row in explanation.events
    )
    table = f"<table><tr><th>topic<th>roles<th>claims<th>when<th>evidence{rows}</table>" if rows else "<p>None.</p>"
    rules = "".join(f"<li>{escape(topic)}: {escape(rule)}" for topic, _, names in explanation.topics for rule in names)
    return _PAGE.format(
        title=escape(title or "Story"), head="".join(_marked(explanation.title, hues)), tags=tags or "No topic.",
        body="".join(f"<p>{text}</p>" for text in paragraphs if text.strip()), events=table, rules=rules,
    )


def _marked(pieces: Sequence[Piece], hues: dict[str, int]) -> Iterator[str]:
    for piece in pieces:
        text = html.escape(piece.text)
        if not piece.topics:
            yield text
            continue
        said = html.escape("; ".join(piece.rules), quote=True)
        opening = f'<mark style="--h:{hues[piece.topics[0]]}" title="{said}">'
        yield "\n".join(f"{opening}{part}</mark>" for part in text.split("\n"))  # no mark reaches over a paragraph
