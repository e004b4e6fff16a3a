"""Bodies decoded in any cut of chunks, within any limit."""

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.net.decode import Body
from pipeline.net.refusal import Refusal
from tests.net.behaviours import CODERS, raw_deflate

_SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"


def decode(coded: bytes, coding: str, *, limit: int = 1_000_000, chunk: int = 65_536, cut: bool = False) -> bytes:
    body = Body(coding, limit, cut=cut)
    for start in range(0, len(coded), chunk):
        body.feed(coded[start:start + chunk])
        if body.full:
            break
    return body.finish()


@given(st.binary(max_size=3000), st.sampled_from(sorted(CODERS)), st.integers(1, 40))
def test_decoding_undoes_coding_in_any_chunks(data: bytes, name: str, chunk: int) -> None:
    token, code = CODERS[name]
    assert decode(code(data), token, chunk=chunk) == data


@given(st.binary(max_size=3000), st.sampled_from(sorted(CODERS)), st.sampled_from(sorted(CODERS)))
def test_two_codings(data: bytes, inner: str, outer: str) -> None:
    coded = CODERS[outer][1](CODERS[inner][1](data))
    assert decode(coded, f"{CODERS[inner][0]}, {CODERS[outer][0]}", chunk=100) == data


@given(st.binary(min_size=1, max_size=3000), st.sampled_from(sorted(CODERS)), st.integers(1, 3000))
def test_the_limit_is_exact(data: bytes, name: str, chunk: int) -> None:
    token, code = CODERS[name]
    coded = code(data)
    limit = max(len(data), len(coded))
    assert decode(coded, token, limit=limit, chunk=chunk) == data
    with pytest.raises(Refusal) as caught:
        decode(coded, token, limit=limit - 1, chunk=chunk)
    assert caught.value.reason == "too-large"


@given(st.binary(max_size=300), st.sampled_from([*sorted(CODERS), "identity"]), st.integers(1, 50))
def test_any_bytes_are_decoded_or_refused(data: bytes, name: str, chunk: int) -> None:
    token = CODERS[name][0] if name in CODERS else name
    try:
        decoded, reason = decode(data, token, limit=10_000, chunk=chunk), "encoding"
    except Refusal as refusal:
        decoded, reason = b"", refusal.reason
    assert len(decoded) <= 10_000
    assert reason in ("encoding", "too-large")


@pytest.mark.parametrize(("coding", "coded", "data"), [
    ("", b"plain", b"plain"),
    ("identity", b"plain", b"plain"),
    (" GZip ", gzip.compress(b"a"), b"a"),
    ("identity, gzip", gzip.compress(b"a"), b"a"),
    ("gzip", gzip.compress(b"a") + gzip.compress(b"b") + b"\0" * 9, b"ab"),
    ("gzip", gzip.compress(b"a") + b"trailing noise", b"a"),
    ("gzip", b"", b""),
    ("br", b"", b""),
    ("deflate", zlib.compress(b"a") + b"noise", b"a"),
    ("deflate", raw_deflate(b"a" * 99), b"a" * 99),
    ("zstd", zstandard.compress(b"a") + _SKIPPABLE + zstandard.compress(b"b") + b"\0\0", b"ab"),
])
def test_bodies_as_servers_send_them(coding: str, coded: bytes, data: bytes) -> None:
    assert decode(coded, coding) == data
    assert decode(coded, coding, chunk=1) == data


@pytest.mark.parametrize("name", sorted(CODERS))
def test_cutting_keeps_the_first_bytes(name: str) -> None:
    token, code = CODERS[name]
    data = bytes(range(256)) * 400
    assert decode(code(data), token, limit=70_001, cut=True) == data[:70_001]
    assert decode(data, "", limit=10, cut=True) == data[:10]


def test_a_bomb_never_takes_more_memory_than_a_slice_may_make() -> None:
    import tracemalloc

    block = b"\x02\x00\x10A"  # run-length block: 128 KiB of one byte
    bomb = b"\x28\xb5\x2f\xfd\x00\x58" + block * 100_000  # would be 13 GB
    tracemalloc.start()
    try:
        for coding, coded in (("zstd", bomb), ("br", brotli.compress(b"\0" * 50_000_000, quality=4)),
                              ("gzip", gzip.compress(b"\0" * 50_000_000))):
            tracemalloc.reset_peak()
            with pytest.raises(Refusal, match="larger"):
                decode(coded, coding, limit=1_000_000)
            assert tracemalloc.get_traced_memory()[1] < 110_000_000, coding
    finally:
        tracemalloc.stop()
