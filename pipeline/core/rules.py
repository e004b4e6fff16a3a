"""What an analyst wrote in a topic file, as frozen values.

docs/topics.md teaches the format. A rule matches within one sentence; its items are lists or words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from pipeline.core.phrases import Gap
from pipeline.core.story import ClaimStatus

BREAKS: Final = "breaks"
"""The list of words that end a clause: a gap `..n` does not reach over them."""

ELSEWHERE: Final = "elsewhere"
"""The list whose classes know the words of stories about something else, such as sport."""

PARTIES: Final = "parties"
"""The built-in list of whoever may act: states, groups, organisations and actor words."""

POSITIONS: Final = (
    "subject", "object", "given", "owner", "maker", "to", "from", "by", "for", "of", "with", "in", "at", "on", "into",
    "against", "over", "between", "near", "toward", "across", "off", "under", "agent", "compound",
    "through", "via",
)
"""Where a party may stand around an act (core/positions.py finds them)."""

STATUSES: Final[tuple[ClaimStatus, ...]] = get_args(ClaimStatus)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Items (symbols of the lexicon) in one sentence.

    `ordered`: as written, with at most `gaps[i].words` words after item i; otherwise in any order with at most
    `gaps[0].words` words between them in all.
    """

    symbols: tuple[str, ...]
    gaps: tuple[Gap, ...] = ()
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which a topic is written."""

    name: str
    patterns: tuple[Pattern, ...]
    act: str = ""
    with_: tuple[Pattern, ...] = ()
    unless: tuple[Pattern, ...] = ()
    not_between: frozenset[str] = frozenset()
    story: frozenset[str] = frozenset()
    unless_story: frozenset[str] = frozenset()
    only_in: str = ""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    status: ClaimStatus | None = None
    otherwise: bool = False
    """Looked for only in a sentence in which no other rule of its topic matched."""
    things: frozenset[str] = frozenset()
    """The lists whose terms fill roles themselves, as weapons do."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence that must (`wanted`) or must not carry the topic, and where it is written."""

    text: str
    wanted: bool
    place: str


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic file."""

    name: str
    title: str
    about: str
    rules: tuple[Rule, ...]
    excepted: tuple[Pattern, ...] = ()
    unless: tuple[Pattern, ...] = ()
    earnest: tuple[Pattern, ...] = ()
    """In a story of another kind (`ELSEWHERE`) a sentence counts only with one of these; none: any counts."""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    several: frozenset[str] = frozenset()
    examples: tuple[Example, ...] = ()

    def symbols(self) -> set[str]:
        """Every symbol that its rules name."""
        found = {symbol for pattern in (*self.excepted, *self.unless, *self.earnest) for symbol in pattern.symbols}
        for rule in self.rules:
            for pattern in (*rule.patterns, *rule.with_, *rule.unless):
                found.update(pattern.symbols)
            found |= rule.not_between | rule.story | rule.unless_story
        return found
