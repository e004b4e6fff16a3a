"""Which URLs may be asked for and which IP addresses may be connected to; pure, no look-ups.

A URL passes three checks: `parse_target` refuses every spelling that two parsers could read differently,
`check_target` refuses what the URL itself shows (an IP literal, a local name, an odd port), and `check_address`
is asked again with the address that is really connected to, after each look-up and for each redirect.
"""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import quote, urljoin

from pipeline.net.refusal import Refusal

Address = IPv4Address | IPv6Address

WEB_PORTS: Final = frozenset({80, 443, 8000, 8008, 8080, 8081, 8088, 8443, 8888})
"""Ports that web servers use. Others speak to mail, databases and admin consoles, and are refused; a feed that
really lives on one is reached with `connect_to`."""

MAX_URL: Final = 8192
_DEFAULT_PORT: Final = {"http": 80, "https": 443}

# IANA special-purpose address registries (RFC 6890 and its updates), plus cloud metadata services outside them.
_FORBIDDEN_V4: Final = tuple((IPv4Network(net), name) for net, name in (
    ("0.0.0.0/8", "this-network"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "carrier-grade NAT"),
    ("127.0.0.0/8", "loopback"), ("168.63.129.16/32", "cloud metadata"), ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"), ("192.0.0.0/24", "protocol-assignment"), ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112"), ("192.52.193.0/24", "AMT relay"), ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"), ("192.175.48.0/24", "AS112"), ("198.18.0.0/15", "benchmark"),
    ("198.51.100.0/24", "documentation"), ("203.0.113.0/24", "documentation"), ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
))
_FORBIDDEN_V6: Final = tuple((IPv6Network(net), name) for net, name in (
    ("::/128", "unspecified"), ("::1/128", "loopback"), ("::ffff:0:0/96", "IPv4-mapped"),
    ("::/96", "IPv4-compatible"), ("::ffff:0:0:0/96", "IPv4-translated"), ("64:ff9b:1::/48", "local NAT64"),
    ("100::/64", "discard"), ("2001::/32", "Teredo"), ("2001::/23", "protocol-assignment"),
    ("2001:db8::/32", "documentation"), ("2002::/16", "6to4"), ("2620:4f:8000::/48", "AS112"),
    ("3fff::/20", "documentation"), ("5f00::/16", "segment routing"), ("fc00::/7", "unique-local"),
    ("fe80::/10", "link-local"), ("fec0::/10", "site-local"), ("ff00::/8", "multicast"),
))
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")

_LOCAL_NAME: Final = re.compile(
    r"(^|\.)(localhost|localdomain|local|internal|intranet|home\.arpa|onion)$|^ip6-(localhost|loopback)$"
)
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_PLAIN_PATH: Final = re.compile(r"/[A-Za-z0-9/:@!$&'()*+,;=~._?%\[\]|^-]*")
_SURROUNDING: Final = " \t\r\n\f"


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: `host` in lower-case ASCII, `path` with its query, escaped, without fragment."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None

    @property
    def authority(self) -> str:
        """Host, and port where it is not the scheme's own: the Host header."""
        host = f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host
        return host if self.port == _DEFAULT_PORT[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def on_this_machine(self) -> bool:
        """Whether the URL itself names the loopback interface."""
        if self.literal is not None:
            return is_loopback(self.literal)
        return self.host == "localhost" or self.host.endswith(".localhost")


def parse_target(url: str) -> Target:
    """Take an absolute http(s) URL apart, or raise Refusal (`url`, `scheme`, `credentials`, `forbidden-address`).

    Refused: other schemes, credentials, control characters and backslashes anywhere, escapes or white space in
    the host, IPv6 zones, and numbers as hosts in any spelling but four plain decimals (`2130706433`, `0x7f.1`,
    `0177.0.0.1`, `127.1`, full-width digits, a trailing dot). White space around the URL is dropped, a space or
    non-ASCII character in the path is escaped, an international name becomes IDNA (UTS 46).
    """
    url = url.strip(_SURROUNDING)
    if len(url) > MAX_URL:
        raise Refusal("url", f"the URL is longer than {MAX_URL} characters")
    if _CONTROL.search(url):
        raise Refusal("url", "the URL contains a control character or a backslash")
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme not in _DEFAULT_PORT:
        named = re.match(r"[a-z][a-z0-9+.-]*(?=:)", url.lower())
        raise Refusal("scheme", f"only http and https are fetched, not {named[0] if named else 'a relative URL'}")
    if not separator:
        raise Refusal("url", "the URL has no host")
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    authority, tail = rest[:end], rest[end:]
    if "@" in authority:
        raise Refusal("credentials", "credentials inside a URL are refused; give them as a header")
    host, port, literal = _parse_authority(authority, _DEFAULT_PORT[scheme])
    return Target(scheme, host, port, _escape_path(tail), literal)


def join(base: Target, reference: str) -> str:
    """The URL that a redirect from `base` names; not yet checked."""
    reference = reference.strip(_SURROUNDING)
    if _CONTROL.search(reference):  # the library would drop some of them
        raise Refusal("url", "the redirect contains a control character or a backslash")
    try:
        return urljoin(base.url, reference)
    except ValueError:
        raise Refusal("url", f"the redirect names no URL: {reference[:200]!r}") from None


def same_url(url: str, target: Target) -> bool:
    """Whether `url` names exactly the target, whichever way its host and path are spelled."""
    try:
        return url == target.url or parse_target(url) == target
    except Refusal:
        return False


def check_target(target: Target, *, allow_loopback: bool) -> None:
    """Raise Refusal for what the URL alone shows: a forbidden literal, a local name, a port not of the web.

    With `allow_loopback`, names and ports are left to `check_connection`, which knows the resolved address.
    """
    if target.literal is not None:
        check_address(target.literal, allow_loopback=allow_loopback)
        if isinstance(target.literal, IPv6Address) and target.literal in _NAT64:
            raise Refusal("forbidden-address", f"{target.host} is a NAT64 address")
    elif _LOCAL_NAME.search(target.host) and not allow_loopback:
        raise Refusal("forbidden-address", f"{target.host} is a name for local networks")
    if not allow_loopback:
        check_port(target.port)
    elif target.literal is not None:
        check_connection(target.literal, target.port, allow_loopback=True)


def check_connection(address: Address, port: int, *, allow_loopback: bool) -> None:
    """Raise Refusal unless a connection may be made; any port is open on a loopback address that is allowed."""
    check_address(address, allow_loopback=allow_loopback)
    if not (allow_loopback and is_loopback(address)):
        check_port(port)


def check_address(address: Address, *, allow_loopback: bool) -> None:
    """Raise Refusal unless `address` is public: globally routed unicast, not a tunnel to somewhere else.

    64:ff9b::/96, which DNS64 makes up for every IPv4-only host, counts as the IPv4 address inside it.
    """
    if allow_loopback and is_loopback(address):
        return
    name = forbidden_range(address)
    if name is not None:
        raise Refusal("forbidden-address", f"{address} is a {name} address")


def check_port(port: int) -> None:
    if port not in WEB_PORTS:
        allowed = ", ".join(map(str, sorted(WEB_PORTS)))
        raise Refusal("port", f"port {port} is not one of the web's ({allowed})")


def is_loopback(address: Address) -> bool:
    """127.0.0.0/8 or ::1; an IPv4-mapped loopback address is not, it is only ever an attempt to get around."""
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def forbidden_range(address: Address) -> str | None:
    """The name of the range that makes `address` unfit to connect to, None for a public one."""
    if isinstance(address, IPv4Address):
        for network, name in _FORBIDDEN_V4:
            if address in network:
                return name
        return None if address.is_global else "non-public"
    if address in _NAT64:
        return forbidden_range(IPv4Address(int(address) & 0xFFFF_FFFF))
    for network6, name in _FORBIDDEN_V6:
        if address in network6:
            return name
    if address.scope_id is not None or address not in _GLOBAL_V6 or not address.is_global:
        return "non-public"
    return None


def parse_address(text: str) -> Address:
    """An address as a resolver gives it; anything else is refused."""
    try:
        return ip_address(text)
    except ValueError:
        raise Refusal("forbidden-address", f"the name service answered {text!r}, which is no address") from None


def _parse_authority(authority: str, default_port: int) -> tuple[str, int, Address | None]:
    if authority.startswith("["):
        inside, bracket, port = authority[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            raise Refusal("url", f"{authority!r} is not a host")
        if "%" in inside:
            raise Refusal("forbidden-address", "an IPv6 zone is only valid on a local network")
        try:
            literal = IPv6Address(inside)
        except ValueError:
            raise Refusal("url", f"{authority!r} is not an IPv6 address") from None
        return str(literal), _parse_port(port[1:], default_port), literal
    name, _, port = authority.partition(":")
    host, literal4 = _parse_name(name)
    return host, _parse_port(port, default_port), literal4


def _parse_port(digits: str, default: int) -> int:
    if not digits:
        return default
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5 and 0 < int(digits) < 65536):
        raise Refusal("url", f"{digits!r} is not a port")
    return int(digits)


def _parse_name(name: str) -> tuple[str, IPv4Address | None]:
    host = name.lower() if name.isascii() else _to_ascii(name)
    rooted = host.endswith(".")
    host = host.removesuffix(".")
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise Refusal("url", f"{name!r} is not a host name" if name else "the URL has no host")
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return host, None
    try:
        literal = IPv4Address(host)
    except ValueError:
        literal = None
    if literal is None or rooted or not name.isascii():
        raise Refusal("forbidden-address", f"{name!r} is an odd spelling of an IP address")
    return host, literal


def _to_ascii(name: str) -> str:
    import idna

    if len(name) > 253:
        raise Refusal("url", "the host name is too long")
    folded = unicodedata.normalize("NFKC", name).lower()
    if folded.isascii():
        return folded
    try:
        return idna.encode(folded, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise Refusal("url", f"{name!r} is not a host name") from None


def _escape_path(tail: str) -> str:
    path = tail.partition("#")[0].removesuffix("?")  # aiohttp sends no empty query
    if not path.startswith("/"):
        path = "/" + path
    if _PLAIN_PATH.fullmatch(path):
        return path
    try:
        return quote(path, safe="/:@!$&'()*+,;=~._?%[]|^-", errors="surrogateescape")
    except UnicodeError:
        raise Refusal("url", "the URL contains characters that cannot be encoded") from None
