"""Canonical URLs and the ids made of them."""

import hashlib
import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_TRACKING: Final = re.compile(
    r"^(utm_.*|at_(medium|campaign|custom\d|link.*|format|ptr_name|bbc_team|campaign_type)|fbclid|gclid|dclid|yclid"
    r"|msclkid|twclid|igshid|mc_cid|mc_eid|_hs(enc|mi)|mkt_tok|ocid|ns_(campaign|source|mchannel|linkname|fee)"
    r"|cmp(id)?|icid|ito|ftag|wt_mc|wt\.mc_id|xtor|s_cid|smid|partner|guccounter|guce_.*|taid|traffic_source"
    r"|feedtype|feedname|rssfeed|from_rss|source_rss|rss|ref_?(src|url)|__twitter_impression|spref)$",
    re.IGNORECASE,
)
_AMP_PATH: Final = re.compile(r"(?<=.)/amp(?:\.html)?/?$", re.IGNORECASE)
_DEFAULT_PORT: Final = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """One spelling for the addresses of one article; `url` unchanged where it is not http(s).

    Host in lower-case IDNA without `www.`-independent changes, default port, credentials and fragment dropped
    (`#!` routes are kept), tracking parameters dropped and the rest left in their order, escapes normalised,
    `/amp` suffixes removed. http becomes https, since both name one article. Idempotent.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url.strip()
    if parts.scheme.lower() not in _DEFAULT_PORT or not host:
        return url.strip()
    host = host.rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = quote(host)
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    path = quote(unquote(parts.path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~-._", errors="surrogateescape")
    path = _AMP_PATH.sub("", path) or "/"
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
        if not _TRACKING.match(name)
    ]
    query = urlencode(kept, errors="surrogateescape") if kept else ""
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    return urlunsplit(("https", netloc, path, query, fragment))


def story_id(url: str) -> str:
    """20 hexadecimal digits (80 bits) of SHA-256 of the canonical URL: no clash to expect below 10^11 stories."""
    return hashlib.sha256(canonical_url(url).encode("utf-8", "surrogateescape")).hexdigest()[:20]


def host_of(url: str) -> str:
    """The lower-case host of a URL without `www.`, empty where there is none."""
    try:
        host = urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
