"""Which of very many rules a story answers: only rules that could match are looked at.

Each rule is filed under terms of which every matching document has at least one: a conjunction under its rarest
part (and there under its second rarest), a disjunction under one term of each part. For a story, the terms that it
has are intersected with those that rules are filed under; what is found there is decided by set operations on terms,
or where these are not enough by matching the rest of its query. Rules without such a term (only negations or dates)
are tried on every story.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pipeline.core.alerts.message import Found, found_story
from pipeline.core.alerts.plan import Plan, Rarity, Term, Terms, plan
from pipeline.core.alerts.rule import AlertRule
from pipeline.core.document import Document
from pipeline.core.query import match
from pipeline.core.story import Story
from pipeline.core.telling import Span

_USUAL: Final[Mapping[str, float]] = {
    "lang": 0.9, "status": 0.3, "country": 0.25, "tag": 0.25, "topic": 0.1, "origin": 0.1, "event": 0.02,
    "source": 0.02, "feed": 0.02, "author": 0.005, "cluster": 0.0,
}
"""Rough share of stories that have one value of a field."""


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule that a document answers, and where: ascending character spans of matched words."""

    rule: AlertRule
    title: tuple[Span, ...]
    body: tuple[Span, ...]


_Entry = tuple[frozenset[Term], Plan | None, int]
"""A rule under two terms: the others that it needs, its plan where terms are not all, its number."""
_Filed = tuple[list[_Entry], frozenset[Term], dict[Term, list[_Entry]]]
"""What is under one term: rules that need no other, the others that the rest need first, and the rest by them."""


class RuleIndex:
    """Rules filed for matching; can be pickled. Rules whose trigger is no story (`when:`) are left out, but for those
    that a story in a thread fires (core/alerts/triggers.py)."""

    def __init__(self, rules: Iterable[AlertRule]) -> None:
        self.rules = tuple(rule for rule in rules if rule.enabled and (rule.when is None or rule.when.thread))
        rarity = _rarity(self.rules)
        shared: dict[Any, Any] = {}
        asked: set[Term] = set()
        self._always: list[tuple[int, Plan]] = []
        filed: dict[Term, tuple[list[_Entry], dict[Term, list[_Entry]]]] = {}
        for number, rule in enumerate(self.rules):
            made = plan(rule.query, rarity)
            asked.update(made.asked())
            cover = made.cover(rarity)
            if cover is None:
                self._always.append((number, made))
                continue
            for term in cover:
                others = sorted(made.needed - {term}, key=lambda other: (rarity(other), str(other)))
                rest = frozenset(others[1:])
                entry = (shared.setdefault(rest, rest), None if made.simple else made, number)
                alone, needing = filed.setdefault(shared.setdefault(term, term), ([], {}))
                if others:
                    needing.setdefault(shared.setdefault(others[0], others[0]), []).append(entry)
                else:
                    alone.append(entry)
        self._filed: dict[Term, _Filed] = {
            term: (alone, frozenset(needing), needing) for term, (alone, needing) in filed.items()
        }
        self._known = frozenset(self._filed)
        self._terms = Terms(frozenset(asked))

    def answered(self, document: Document, now: datetime) -> list[AlertRule]:
        """The active rules that the document answers as of `now`, in their order."""
        terms = self._terms.of(document)
        filed = self._filed
        hits: set[int] = set()
        for term in self._known & terms:
            alone, others, needing = filed[term]
            for _, more, number in alone:
                if more is None or more.holds(terms, document, now):
                    hits.add(number)
            if not others.isdisjoint(terms):
                for other in others & terms:
                    for needed, more, number in needing[other]:
                        if needed <= terms and (more is None or more.holds(terms, document, now)):
                            hits.add(number)
        hits.update(number for number, more in self._always if more.holds(terms, document, now))
        return [rule for rule in (self.rules[number] for number in sorted(hits)) if rule.active(now)]

    def matches(self, document: Document, now: datetime) -> list[RuleMatch]:
        """`answered`, with the spans of matched words."""
        out: list[RuleMatch] = []
        for rule in self.answered(document, now):
            spans = match(rule.query, document, now)
            if spans is not None:
                out.append(RuleMatch(rule, spans.spans.get("title", ()), spans.spans.get("body", ())))
        return out

    def found(self, story: Story, document: Document, now: datetime) -> tuple[list[Found], list[AlertRule]]:
        """What the rules tell about a new or revised story, ready to be claimed (stores/outbox.py); and the rules that
        want to know of its thread."""
        matched = self.matches(document, now)
        return (
            [found_story(m.rule, story, m.title, m.body, now) for m in matched if m.rule.when is None],
            [m.rule for m in matched if m.rule.when is not None],
        )


def _rarity(rules: Iterable[AlertRule]) -> Rarity:
    """How often a term is had, guessed: words that many rules ask for are those that the news is full of."""
    uses: Counter[Term] = Counter()
    number = 20
    for rule in rules:
        made = plan(rule.query, lambda term: 0.1)
        uses.update({*made.needed, *(term for options in made.options for term in options)})
        number += 1

    def guess(term: Term) -> float:
        if isinstance(term, tuple):
            return 0.1 * min(guess(term[0]), guess(term[1]))
        field, colon, _ = term.partition(":")
        if colon:
            return _USUAL.get(field, 0.1)
        return 0.1 if term.startswith("*") else min(0.5, 0.005 + uses[term] / number)

    return guess
