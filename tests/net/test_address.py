"""The address gate as pure functions: tables, and laws over all spellings of all addresses."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from pipeline.net.address import (
    WEB_PORTS,
    Target,
    check_address,
    check_connection,
    check_target,
    forbidden_range,
    parse_address,
    parse_target,
    same_url,
)
from pipeline.net.refusal import Refusal
from tests.net.forbidden import FORBIDDEN, NAMES

ALLOWED = [
    ("http://example.com", "http://example.com/"),
    ("HTTP://EXAMPLE.com/A?b=c#d", "http://example.com/A?b=c"),
    ("  https://example.com/a \n", "https://example.com/a"),
    ("https://example.com./x", "https://example.com/x"),
    ("http://example.com:80/", "http://example.com/"),
    ("https://example.com:443/", "https://example.com/"),
    ("http://example.com:/", "http://example.com/"),
    ("http://example.com:0080/", "http://example.com/"),
    ("https://example.com:80/", "https://example.com:80/"),
    ("http://example.com:8080?x", "http://example.com:8080/?x"),
    ("http://example.com#f", "http://example.com/"),
    ("http://example.com/a b?c d", "http://example.com/a%20b?c%20d"),
    ("http://example.com/é/日本?q=ü", "http://example.com/%C3%A9/%E6%97%A5%E6%9C%AC?q=%C3%BC"),
    ("http://example.com/%zz%41", "http://example.com/%zz%41"),
    ("http://example.com/a@b:c", "http://example.com/a@b:c"),
    ("http://example.com/?u=http://user:pw@x/", "http://example.com/?u=http://user:pw@x/"),
    ("http://example.com/<b>\"{}`", "http://example.com/%3Cb%3E%22%7B%7D%60"),
    ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    ("http://例え.テスト/", "http://xn--r8jz45g.xn--zckzah/"),
    ("http://ｅｘａｍｐｌｅ.com/", "http://example.com/"),
    ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
    ("http://foo_bar.example.com/", "http://foo_bar.example.com/"),
    ("http://8.8.8.8/", "http://8.8.8.8/"),
    ("http://172.32.0.1/", "http://172.32.0.1/"),
    ("http://100.128.0.1/", "http://100.128.0.1/"),
    ("http://[2606:4700:4700::1111]/", "http://[2606:4700:4700::1111]/"),
    ("http://[2606:4700:4700:0:0:0:0:1111]:8080/", "http://[2606:4700:4700::1111]:8080/"),
    ("http://127.example.com/", "http://127.example.com/"),
    ("http://0x7f.example.com/", "http://0x7f.example.com/"),
    ("http://1.2.3.4.example/", "http://1.2.3.4.example/"),
]


def _pass(url: str, *, allow_loopback: bool = False) -> Target:
    """All three checks, names resolved by the table."""
    target = parse_target(url)
    check_target(target, allow_loopback=allow_loopback)
    for text in NAMES.get(target.host, []):
        check_connection(parse_address(text), target.port, allow_loopback=allow_loopback)
    return target


@pytest.mark.parametrize(("url", "reason"), FORBIDDEN, ids=range(len(FORBIDDEN)))
def test_forbidden(url: str, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        _pass(url)
    assert caught.value.reason == reason
    assert "\n" not in caught.value.sentence


@pytest.mark.parametrize(("url", "normal"), ALLOWED)
def test_allowed(url: str, normal: str) -> None:
    target = _pass(url)
    assert target.url == normal
    assert parse_target(normal) == target
    assert same_url(url, target)


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:9/", "http://127.9.9.9:22/", "http://[::1]:6379/", "http://localhost:40000/",
    "http://loop.example:40000/", "http://loop6.example:1/",
])
def test_loopback_on_any_port_where_allowed(url: str) -> None:
    _pass(url, allow_loopback=True)
    with pytest.raises(Refusal):
        _pass(url)


@pytest.mark.parametrize("url", [
    "http://0.0.0.0:9/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://[::]/", "http://10.0.0.1/",
    "http://8.8.8.8:22/", "http://[::127.0.0.1]/", "http://private.example/", "http://mixed6.example/",
    "http://mixed.example:22/", "http://mapped.example/", "http://127.1/", "http://[64:ff9b::7f00:1]/",
    "http://169.254.169.254/", "http://[2606:4700::1]:6379/", "http://127.0.0.1@8.8.8.8/",
])
def test_allowing_loopback_allows_nothing_else(url: str) -> None:
    with pytest.raises(Refusal):
        _pass(url, allow_loopback=True)


@pytest.mark.parametrize(("one", "other", "same"), [
    ("http://a.example", "http://a.example/", True),
    ("http://A.example/x#y", "http://a.example:80/x", True),
    ("http://a.example/feed", "http://a.example/feed/", False),
    ("http://a.example/feed", "https://a.example/feed", False),
    ("http://a.example/feed", "http://a.example/feed?x", False),
    ("http://a.example/feed", "http://a.example:8080/feed", False),
    ("nonsense", "http://a.example/feed", False),
])
def test_same_url(one: str, other: str, same: bool) -> None:
    assert same_url(one, parse_target(other)) is same


def test_nat64_of_dns64_is_judged_by_the_address_inside() -> None:
    check_address(parse_address("64:ff9b::8.8.8.8"), allow_loopback=False)
    for inside in ("127.0.0.1", "10.0.0.1", "169.254.169.254"):
        with pytest.raises(Refusal):
            check_address(parse_address(f"64:ff9b::{inside}"), allow_loopback=True)


@given(st.ip_addresses(v=4))
def test_public_v4_is_what_the_library_calls_global(address: ipaddress.IPv4Address) -> None:
    if forbidden_range(address) is None:
        assert address.is_global
        assert not any((address.is_private, address.is_multicast, address.is_loopback, address.is_reserved))


@given(st.ip_addresses(v=6))
def test_public_v6_is_global_unicast(address: ipaddress.IPv6Address) -> None:
    if forbidden_range(address) is None:
        assert address.is_global
        assert address in ipaddress.IPv6Network("2000::/3") or address in ipaddress.IPv6Network("64:ff9b::/96")
        assert address.sixtofour is None
        assert address.teredo is None


def _spell(octets: bytes, cut: int, bases: list[str]) -> str:
    parts = [*octets[:cut], int.from_bytes(octets[cut:], "big")]
    spelled = {"d": str, "o": lambda part: f"0{part:o}", "h": hex, "H": lambda part: f"0X{part:X}"}
    return ".".join(spelled[base](part) for base, part in zip(bases, parts, strict=False))


@given(st.ip_addresses(v=4), st.integers(0, 3), st.lists(st.sampled_from("dohH"), min_size=4, max_size=4))
def test_every_number_but_four_decimals_is_refused(address: ipaddress.IPv4Address, cut: int,
                                                   bases: list[str]) -> None:
    spelled = _spell(address.packed, cut, bases)
    if spelled == str(address):
        return
    with pytest.raises(Refusal):
        parse_target(f"http://{spelled}/")


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "http://a.example", "http://a.example/"]))
def test_parsing_is_total_and_stable(text: str, start: str) -> None:
    """Any text is refused or gives a URL of plain printable ASCII that means the same when parsed again."""
    try:
        target = parse_target(start + text)
    except Refusal:
        return
    assert target.url.isascii()
    assert target.url.isprintable()
    assert " " not in target.url
    assert "@" not in target.authority
    assert parse_target(target.url) == target


@given(st.text(st.sampled_from("/?#.%&=;:@[]|^~ é\udce9aZ0'\"<>{}+"), max_size=30))
def test_the_request_line_is_what_the_target_says(path: str) -> None:
    target = parse_target(f"http://a.example/{path}")
    assert URL(target.url, encoded=True).raw_path_qs == target.path


@pytest.mark.parametrize("port", [22, 25, 110, 3306, 5432, 6379, 9200, 9300, 11211, 27017])
def test_service_ports_are_not_web_ports(port: int) -> None:
    assert port not in WEB_PORTS
