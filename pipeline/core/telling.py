"""How texts and events are told to people: cleaned, cut to what matters, in one line.

Text of a story is data. Control characters (terminal escapes, line feeds that would start a mail header) and
characters that reorder text are replaced by spaces here, once, one for one, so that spans stay true; what a
form of its own gives meaning to (HTML, XML, JSON) that form escapes.
"""

import re
from collections.abc import Sequence
from typing import Final

from pipeline.core.states import NAMES
from pipeline.core.story import ClaimStatus, Event, Party

Span = tuple[int, int]
EXCERPT: Final = 280
"""Characters of body text shown around the matched words."""
_HARMFUL: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff\\ufff9-\\uffff"
    "\\ud800-\\udfff\\U000e0000-\\U000e007f]"
)


def clean(text: str, limit: int = 0) -> str:
    """`text` with each control, bidirectional or unprintable character as a space; cut at `limit` with `…`."""
    if limit and len(text) > limit:
        text = text[: limit - 1].rstrip() + "…"
    return _HARMFUL.sub(" ", text)


def link(url: str) -> str:
    """The address if a message may link to it, else nothing."""
    return url if re.match(r"https?://", url) and not _HARMFUL.search(url) else ""


def excerpt_of(body: str, spans: Sequence[Span], size: int = EXCERPT) -> tuple[str, tuple[Span, ...]]:
    """About `size` characters of `body` with the most matched words in them, and the spans within."""
    best, most, first = 0, 0, 0
    for index, (_, end) in enumerate(spans):
        while spans[first][0] < end - size * 3 // 4:
            first += 1
        if index + 1 - first > most:
            most, best = index + 1 - first, spans[first][0]
    start = 0 if best < size // 4 else best - size // 5
    if start:
        space = body.find(" ", start, best)
        start = space + 1 if space != -1 else start
    end = min(len(body), start + size)
    if end < len(body):
        space = body.rfind(" ", start + size // 2, end)
        end = space if space != -1 else end
    lead = "…" if start else ""
    shift = len(lead) - start
    kept = tuple((s + shift, e + shift) for s, e in spans if s >= start and e <= end)
    return lead + body[start:end] + ("…" if end < len(body) else ""), kept


_DOERS: Final = ("supplier", "actor")
_DONE_TO: Final = ("recipient", "target")
_HOLDERS: Final[dict[ClaimStatus, str]] = {
    "reported": "reported", "alleged": "alleged", "denied": "denied", "planned": "planned",
    "hypothetical": "hypothetical",
}


def event_line(event: Event) -> str:
    """`North Korea → Russia: artillery shells — alleged by US, denied`: who did what to whom, and who says so."""
    doer, done_to = _named(event, _DOERS), _named(event, _DONE_TO)
    parties = " → ".join(name for name in (doer, done_to) if name) or event.topic
    things = ", ".join(
        party_name(party) for role, party in event.roles.items() if role not in (*_DOERS, *_DONE_TO) and party.text
    )
    claims: dict[ClaimStatus, dict[str, None]] = {}
    for claim in event.claims:
        by = claims.setdefault(claim.status, {})
        if claim.holder is not None and claim.holder.text:
            by[party_name(claim.holder)] = None
    said = ", ".join(
        _HOLDERS[status] + (f" by {' and '.join(claims[status])}" if claims[status] else "")
        for status in _HOLDERS
        if status in claims
    )
    what = parties + (f": {things}" if things else "")
    return clean(what + (f" — {said}" if said else ""), 300)


def _named(event: Event, roles: Sequence[str]) -> str:
    return next((party_name(event.roles[role]) for role in roles if role in event.roles), "")


def party_name(party: Party) -> str:
    """A state by its name, whatever the text calls it; others by the words of the text."""
    return NAMES.get(party.code or "") or " ".join(party.text.split())[:80]
