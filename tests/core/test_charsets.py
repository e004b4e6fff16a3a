"""Bytes to text."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.charsets import decode

XML = '<?xml version="1.0" encoding="{}"?><a>{}</a>'


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"plain", "", "plain"),
        ("é".encode(), "", "é"),
        (codecs.BOM_UTF8 + "é".encode(), "text/xml; charset=iso-8859-1", "é"),
        (codecs.BOM_UTF16_LE + "é<".encode("utf-16-le"), "", "é<"),
        (codecs.BOM_UTF16_BE + "é<".encode("utf-16-be"), "", "é<"),
        (codecs.BOM_UTF32_LE + "é<".encode("utf-32-le"), "", "é<"),
        ("<é>".encode("utf-16-le"), "", "<é>"),
        ("<é>".encode("utf-16-be"), "", "<é>"),
        ("<é>".encode("utf-32-be"), "", "<é>"),
        ("é".encode("latin-1"), "text/html; charset=ISO-8859-1", "é"),
        ("“é”".encode("cp1252"), "text/html; charset=ISO-8859-1", "“é”"),
        ("“é”".encode("cp1252"), "", "“é”"),
        ("é".encode(), "text/html; charset=ISO-8859-1", "é"),
        ("привет".encode("koi8-r"), 'text/html; charset="koi8-r"', "привет"),
        (XML.format("windows-1251", "привет").encode("cp1251"), "", XML.format("windows-1251", "привет")),
        (XML.format("utf-16", "é").encode(), "", XML.format("utf-16", "é")),
        ("船団".encode("iso-2022-jp"), "text/html; charset=iso-2022-jp", "船団"),
        ("我们".encode("gb18030"), "text/html; charset=gb2312", "我们"),
        ("한국".encode("cp949"), "text/html; charset=euc-kr", "한국"),
        (b"<meta charset=big5>" + "台灣".encode("big5"), "", "<meta charset=big5>台灣"),
        (b"x", "text/html; charset=hex", "x"),
        (b"\xe9x", "text/html; charset=zlib", "éx"),
        (b"\xe9x", "text/html; charset=unicode_escape", "éx"),
        (b"\xe9x", "text/html; charset=../../etc", "éx"),
        ("Übergröße ist schön".encode() + b"\xff", "", "Übergröße ist schön\ufffd"),
        (b"", "", ""),
    ],
)
def test_decode(body: bytes, content_type: str, text: str) -> None:
    assert decode(body, content_type) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\x00"), min_size=4))
def test_utf8_is_utf8_whatever_the_header(text: str) -> None:
    assert decode(text.encode(), "text/html; charset=windows-1251") == text


@given(st.binary(max_size=200), st.text(max_size=60))
def test_any_bytes_pass(body: bytes, content_type: str) -> None:
    decode(body, content_type)
