"""From which agency a text came: told by its dateline, its byline, its last lines, or the outlet itself.

    WASHINGTON (AP) — …            a dateline names the agency, also one that is not known here
    By The Associated Press        a byline, among the authors or as the first line
    © 2026 Reuters                 a mark of ownership in the last lines
    source: Reuters                an agency's own feed

A text that only thanks an agency ("Reuters contributed to this report") is the outlet's own.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

AGENCIES: Final[dict[str, tuple[str, ...]]] = {
    "AA": ("Anadolu Agency", "Anadolu", "Anadolu Ajansi"),
    "AAP": ("AAP", "Australian Associated Press"),
    "AFP": ("AFP", "Agence France-Presse", "Agence France Presse"),
    "ANI": ("ANI", "Asian News International"),
    "ANSA": ("ANSA",),
    "AP": ("AP", "Associated Press", "The Associated Press", "AP News"),
    "APA": ("APA",),
    "ATS": ("Keystone-ATS", "Keystone-SDA"),
    "Belga": ("Belga",),
    "BelTA": ("BelTA",),
    "Bernama": ("Bernama",),
    "Bloomberg": ("Bloomberg", "Bloomberg News"),
    "CNA": ("Central News Agency", "CNA"),
    "CNS": ("China News Service",),
    "CP": ("The Canadian Press", "Canadian Press"),
    "CTK": ("CTK", "Czech News Agency"),
    "DPA": ("dpa", "dpa International", "Deutsche Presse-Agentur", "dpa-AFX"),
    "EFE": ("EFE", "Agencia EFE"),
    "Fars": ("Fars", "Fars News", "Fars News Agency"),
    "IANS": ("IANS", "Indo-Asian News Service"),
    "Interfax": ("Interfax", "Interfax-Ukraine"),
    "IRNA": ("IRNA", "Islamic Republic News Agency"),
    "ISNA": ("ISNA", "Iranian Students' News Agency"),
    "Jiji": ("Jiji", "Jiji Press"),
    "KCNA": ("KCNA", "Korean Central News Agency"),
    "Kyodo": ("Kyodo", "Kyodo News"),
    "MENA": ("MENA", "Middle East News Agency"),
    "Mehr": ("Mehr", "Mehr News", "Mehr News Agency"),
    "NAN": ("NAN", "News Agency of Nigeria"),
    "NTB": ("NTB",),
    "PA": ("PA", "PA Media", "Press Association"),
    "PAP": ("PAP", "Polish Press Agency"),
    "Petra": ("Petra",),
    "PTI": ("PTI", "Press Trust of India"),
    "QNA": ("QNA", "Qatar News Agency"),
    "Reuters": ("Reuters", "Thomson Reuters", "Reuters News"),
    "RIA": ("RIA Novosti", "RIA"),
    "SANA": ("SANA", "Syrian Arab News Agency"),
    "SPA": ("SPA", "Saudi Press Agency"),
    "TASS": ("TASS", "ITAR-TASS"),
    "Tanjug": ("Tanjug",),
    "Tasnim": ("Tasnim", "Tasnim News", "Tasnim News Agency"),
    "TT": ("TT", "TT News Agency"),
    "UKRINFORM": ("Ukrinform",),
    "UNI": ("United News of India",),
    "UPI": ("UPI", "United Press International"),
    "VNA": ("VNA", "Vietnam News Agency"),
    "WAFA": ("WAFA",),
    "WAM": ("WAM", "Emirates News Agency"),
    "Xinhua": ("Xinhua", "Xinhua News Agency"),
    "Yonhap": ("Yonhap", "Yonhap News", "Yonhap News Agency"),
}
"""Agencies by the name that `origin:` takes, with the names that they sign by."""

_HOSTS: Final = {
    "apnews.com": "AP", "reuters.com": "Reuters", "afp.com": "AFP", "yna.co.kr": "Yonhap", "en.yna.co.kr": "Yonhap",
    "tass.com": "TASS", "tass.ru": "TASS", "kcna.kp": "KCNA", "xinhuanet.com": "Xinhua", "english.news.cn": "Xinhua",
    "english.kyodonews.net": "Kyodo", "interfax.com": "Interfax", "en.irna.ir": "IRNA", "tasnimnews.com": "Tasnim",
    "upi.com": "UPI", "aa.com.tr": "AA", "ukrinform.net": "UKRINFORM", "bloomberg.com": "Bloomberg",
}
_OPENING: Final = 300
"""Characters of a body in which a dateline or byline stands."""
_ENDING: Final = 400
_PLACE: Final = r"[A-Z][\w.'’-]*(?:[ ,/]{1,2}[A-Z][\w.'’-]*){0,5}(?:,? \d{1,2})?"
_DATELINE: Final = re.compile(
    rf"(?P<place>{_PLACE})?,?\s?"
    r"[(\[](?P<agency>[A-Z][\w.'’&-]*(?: [A-Z&][\w.'’&-]*){0,3}|dpa)(?:/[^)\]]{2,20})?[)\]]\s?(?:--|—|–|[-:]\s)"
)
_BARE: Final = re.compile(r"\s*[(\[]?(?P<agency>[A-Z][\w.-]{1,12}|dpa)[)\]]?\s?(?:--|—|–|-)\s")
_BYLINE: Final = re.compile(r"\s*(?:By|Source:|From)\s+(?P<names>[^\n]{2,90})", re.IGNORECASE)
_OWNED: Final = re.compile(r"(?:©|\(c\)|copyright)\s*(?:\d{4})?[,\s]*(?:by )?(?P<names>[^\n.©]{2,40})", re.IGNORECASE)
_SIGNED: Final = re.compile(r"[(\[]?\s*(?:Source:\s*)?(?P<names>[A-Za-z][\w. -]{1,30})\s*[)\]]?\s*\.?\s*$")


_MARKS: Final = ("©", "(c)", "copyright")
_THANKS: Final = ("contribut", "additional", "input from", "inputs from", "with files from", "along with")


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().lower()


_KNOWN: Final = {_key(name): id for id, names in AGENCIES.items() for name in (id, *names)}
_SIGNATURES: Final = frozenset(name for id, names in AGENCIES.items() for name in (id, *names))
_LONG: Final = re.compile(
    r"\b(?:" + "|".join(sorted((re.escape(key) for key in _KNOWN if len(key) > 5), key=len, reverse=True)) + r")\b"
)
"""Names that are unlikely to mean anything else within a longer line."""
_CAPITALS: Final = frozenset(name for names in AGENCIES.values() for name in names if name.isupper())


def _known(name: str) -> str:
    """The agency that signs so; a short name only as it is written, since people may be called Nan or Ani."""
    key = _key(name)
    return _KNOWN.get(key, "") if len(key) > 5 or name.strip() in _SIGNATURES else ""


def origin_of(source: str, authors: Sequence[str], body: str) -> str:
    """The agency that a text came from, empty for an outlet's own; about 10 µs.

    Known agencies are named as in AGENCIES; one that only a dateline names is given as it is written there.
    """
    own = _known(source) or _HOSTS.get(source.lower().removeprefix("www."))
    return own or _dateline(body) or _byline(authors, body) or _ending(body)


def without_dateline(sentence: str) -> str:
    """A text's first sentence as it is told on: `WASHINGTON (AP) — Talks began.` is `Talks began.`"""
    found = _DATELINE.match(sentence)
    return sentence[found.end() :].lstrip() if found is not None and _dateline(sentence) else sentence


def _dateline(body: str) -> str:
    opening = body[:_OPENING]
    for line in opening.split("\n")[:4]:
        found = _DATELINE.match(line.lstrip(" \"'“‘"))
        if found is None:
            bare = _BARE.match(line)
            known = _known(bare["agency"]) if bare is not None else ""
            if known:
                return known
            continue
        name, place = found["agency"], found["place"]
        if known := _known(name):
            return known
        if place and place.split(",")[0].isupper() and len(place) > 2:
            return name
    return ""


def _byline(authors: Sequence[str], body: str) -> str:
    first = _BYLINE.match(body[:_OPENING])
    for name in (*authors, *([first["names"]] if first is not None else ())):
        if known := _named(name):
            return known
    return ""


@lru_cache(maxsize=10_000)
def _named(name: str) -> str:
    """The agency that a byline names."""
    for part in re.split(r"[,/|;]| and | for | via ", name):
        part = re.sub(r"^by\s+|\s+(?:staff|writers?|staff writers?|correspondent|reporter)$", "", part.strip(),
                      flags=re.IGNORECASE)
        if known := _known(part):
            return known
    if found := _LONG.search(_key(name)):
        return _KNOWN[found[0]]
    words = name.split()  # By JANE DOE AP Diplomatic Writer
    if signed := next((word for word in words[1:] if word in _CAPITALS and len(word) > 1), ""):
        return _KNOWN[_key(signed)]
    return ""


def _ending(body: str) -> str:
    lines = [line for line in body[-_ENDING:].split("\n") if line.strip()]
    for line in reversed(lines[-3:]):
        lowered = line.lower()
        if any(thanks in lowered for thanks in _THANKS):
            continue
        if any(mark in lowered for mark in _MARKS) and (owned := _OWNED.search(line)):
            names = _key(owned["names"])
            for size in range(4, 0, -1):
                if known := _KNOWN.get(" ".join(names.split()[:size])):
                    return known
        if len(line) <= 40 and (signed := _SIGNED.fullmatch(line.strip())) and (
            known := _known(signed["names"])
        ):
            return known
    return ""
