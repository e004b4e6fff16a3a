"""Where sentences end in news text: abbreviations, initials, quotes, datelines, and lines wrapped by old wires."""

import re
from collections.abc import Iterator
from typing import Final

_CANDIDATE: Final = re.compile(
    r"""[.!?…\n•](?:
        (?<=•) (?P<bullet>)
        | (?<=\n) (?: (?=\s|\Z) (?P<paragraph>) | (?P<line>) )
        | (?<=[a-z]{5}[.!?]) (?<!pprox.) (?<!essrs.) ["'”’)\]]* (?=\s+["'“‘(\[]*[A-Z]) (?P<sure>)
        | [.!?…]* ["'”’)\]]* (?=\s|$)
    )""",
    re.VERBOSE,
)
"""Where a sentence may end; surely after a long word (no abbreviation but two is longer) and before a capital."""

_LAST_WORD: Final = re.compile(r"([^\W\d_][\w.&-]*)$")

_NEVER_LAST: Final = frozenset(
    "mr mrs ms dr prof rev fr sr hon gen lt maj col capt cpl sgt adm cmdr brig sen rep gov pres amb atty insp supt det"
    " st ft mt messrs mme mlle vs viz e.g i.e cf al ibn ca approx dept est fig ph".split()
)
"""Before a name or a figure, so a full stop after them ends nothing."""

_RARELY_LAST: Final = frozenset(
    "inc corp co ltd llc plc bros jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thurs fri sat"
    " sun ave blvd rd no nos a.m p.m u.s u.n u.k e.u u.s.a u.s.s.r d.c b.c a.d n.y l.a s.c n.c jr etc"
    " ala ariz ark calif colo conn del fla ga ill ind kan ky la mass md mich minn miss mo mont neb nev okla ore pa"
    " tenn tex va vt wash wis wyo".split()
)
"""Ends a sentence only where what follows looks like the start of one."""

_STARTERS: Final = frozenset(
    "the a an in on at it its he she they we i this that these those but and however meanwhile earlier later after"
    " before when while if as for from by there his her their our many some several both all most no one two three"
    " officials analysts police last since under with such what who why how also according about"
    " another other only despite although though still then so yet or nor not now here"
    " asked speaking".split()
)
_ABBREVIATIONS: Final = _NEVER_LAST | _RARELY_LAST
_NEXT_WORD: Final = re.compile(r"""[\s"'“‘(\[]*([A-Za-z]+|\d)?""")


def ends_of_sentences(raw: str) -> Iterator[int]:
    """Character offsets just after each end of sentence, ascending; the end of the text is not among them."""
    line_start = 0
    for mark in _CANDIDATE.finditer(raw):
        kind, end = mark.lastgroup, mark.end()
        if kind in ("sure", "bullet"):
            yield end
        elif kind is None:
            if _is_end(raw, mark):
                yield end
        else:
            if kind == "paragraph" or _is_line_end(raw, line_start, end - 1):
                yield end
            line_start = end


def _is_end(raw: str, mark: re.Match[str]) -> bool:
    if "A" <= raw[mark.end() + 1 : mark.end() + 2] <= "Z":  # nearly always: an ordinary word before, a capital after
        word = raw[raw.rfind(" ", 0, mark.start()) + 1 : mark.start()]
        if len(word) > 1 and word.isalpha() and word.lower() not in _ABBREVIATIONS:
            return True
    follows = _NEXT_WORD.match(raw, mark.end())
    after = (follows and follows[1]) or ""
    if after and after[0].islower():
        return False
    if mark[0][0] != "." or mark[0].startswith(".."):
        return True
    before = _LAST_WORD.search(raw, max(0, mark.start() - 20), mark.start())
    if before is None:
        return True
    word = before[1].lower()
    if word in _NEVER_LAST:
        return False
    if word in _RARELY_LAST or len(word) == 1 or "." in word:
        return not after or (after.lower() in _STARTERS and after != "I")
    return True


def _is_line_end(raw: str, start: int, end: int) -> bool:
    """Whether a line break before text ends a sentence: not inside a paragraph wrapped at 45 to 90 characters."""
    return not (45 <= end - start <= 90) and not raw[end + 1].islower()
