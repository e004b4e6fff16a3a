"""Certificates are verified, always; what is wrong with one is said."""

import asyncio
import ssl
from pathlib import Path

import pytest

from pipeline.core.errors import FetchError
from tests.net.behaviours import answers, says
from tests.net.certificates import Authority
from tests.net.servers import Handler, client, run, serving


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


async def _refused(tls: ssl.SSLContext | None, host: str = "good.example",
                   handler: Handler = answers(b"secret")) -> str:
    async with serving(handler, tls) as port, client() as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(f"https://{host}:{port}/")
        assert caught.value.reason == "tls"
        return str(caught.value).partition(": ")[2]


def test_a_good_certificate(authority: Authority) -> None:
    async def scenario() -> None:
        async with serving(answers(b"hello"), authority.context("good.example")) as port, client() as fetcher:
            assert (await fetcher.fetch(f"https://good.example:{port}/")).body == b"hello"

    run(scenario())


@pytest.mark.parametrize(("hosts", "how", "says_"), [
    (["good.example"], {"to_days": -0.5}, "certificate has expired"),
    (["good.example"], {"from_days": 0.5}, "certificate is not yet valid"),
    (["other.example"], {}, "certificate is not valid for 'good.example'"),
    (["*.good.example"], {}, "certificate is not valid for 'good.example'"),
    (["good.example"], {"trusted": False}, "self-signed certificate"),
])
def test_bad_certificates(authority: Authority, hosts: list[str], how: dict[str, float], says_: str) -> None:
    told = run(_refused(authority.context(*hosts, **how)))  # type: ignore[arg-type]
    assert told.startswith("the certificate of https://good.example:")
    assert says_ in told


def test_an_authority_nobody_trusts(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    context = authority.context("good.example")
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "unable to get local issuer certificate" in run(_refused(context))


@pytest.mark.parametrize("reply", [
    b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28", b"\x00" * 99, b"SSH-2.0-x\r\n",
], ids=["plain HTTP", "handshake failure", "zeros", "ssh"])
def test_no_tls_where_tls_was_asked_for(reply: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(reply)

    assert run(_refused(None, handler=handler)).startswith("no secure connection to https://good.example")


def test_an_address_is_no_name_of_the_certificate(authority: Authority) -> None:
    assert "IP address mismatch" in run(_refused(authority.context("good.example"), "127.0.0.1"))


def test_a_redirect_to_a_bad_certificate(authority: Authority) -> None:
    async def scenario() -> None:
        async with serving(answers(b"x"), authority.context("good.example", to_days=-0.5)) as bad:
            moved = f"HTTP/1.1 301 Moved\r\nLocation: https://good.example:{bad}/\r\nContent-Length: 0\r\n\r\n"
            async with serving(says(moved.encode())) as port, client() as fetcher:
                with pytest.raises(FetchError, match="expired") as caught:
                    await fetcher.fetch(f"http://good.example:{port}/")
            assert caught.value.reason == "tls"
            assert len(caught.value.redirects) == 1

    run(scenario())


def test_the_handshake_counts_against_the_limits(authority: Authority) -> None:
    async def scenario() -> None:
        async with serving(says(then="silent")) as port, client(connect_timeout_s=0.3) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"https://good.example:{port}/")
        assert caught.value.reason == "timeout"

    run(scenario())
