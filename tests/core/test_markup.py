"""Markup to plain text."""

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.markup import plain_line, plain_text, without_attribute_floods

TEXTS = [
    ("plain", "plain"),
    ("<p>One.</p><p>Two.</p>", "One.\nTwo."),
    ("One<br/>two<br>three", "One\ntwo\nthree"),
    ("a <b>bold</b> <i>word</i>", "a bold word"),
    ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
    ("Q&amp;A &lt;live&gt; &#8364;5", "Q&A <live> €5"),
    ("&lt;p&gt;twice&lt;/p&gt; escaped &amp;amp; so", "twice\n escaped & so".replace("\n ", "\n")),
    ("dès 5 &amp;#8364;", "dès 5 €"),
    ("x < y and y > z", "x < y and y > z"),
    ("s&box", "s&box"),
    ("AT&T", "AT&T"),
    ("<script>alert('x')</script>text<style>p{}</style>", "text"),
    ("<SCRIPT SRC=x>bad()</SCRIPT >text", "text"),
    ("a<!-- hidden <b>x</b> -->b", "ab"),
    ("a<!-- never closed", "a"),
    ("a --> b", "a --> b"),
    ("<![CDATA[text]]>", ""),
    ("Bundes\u00adtag", "Bundestag"),
    ("a\x00b\x0bc", "abc"),
    ("  \n\n one \n\n\n two  \n", "one\ntwo"),
    ("<p", "<p"),
    ("", ""),
]


@pytest.mark.parametrize(("markup", "text"), TEXTS)
def test_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "line"),
    [
        ("<b>Slack</b> rises", "Slack rises"),
        ("One\n  two\tthree", "One two three"),
        ("two  spaces and «\xa0guillemets\xa0»", "two  spaces and «\xa0guillemets\xa0»"),
        ("x" * 5000, "x" * 2000),
    ],
)
def test_plain_line(markup: str, line: str) -> None:
    assert plain_line(markup) == line


@given(st.text())
def test_escaped_text_comes_back(text: str) -> None:
    words = "".join(c for c in text if c.isalnum() or c == " ")
    assert plain_line(html.escape(f"{words} < & > {words}")) == f"{words} < & > {words}".strip()[:2000].strip()


@given(st.text(alphabet="<>/!-&;ab \n'\"=pscript", max_size=200))
def test_any_markup_passes(markup: str) -> None:
    assert "\n" not in plain_line(markup)
    plain_text(markup)


@pytest.mark.parametrize("piece", ["<", "<!--", "<a ", "<a><", "&", "&lt;", " ", "\n ", "<script>", "-->", "<b", "</"])
def test_time_is_linear(piece: str) -> None:
    start = time.monotonic()
    plain_text(piece * (1_000_000 // len(piece)))
    plain_line(piece * (1_000_000 // len(piece)))
    assert time.monotonic() - start < 5


def test_floods_of_attributes_are_emptied_and_nothing_else() -> None:
    flood = "<item " + " ".join(f'a{i}="{i}"' for i in range(5000)) + "/>"
    image = f'<img src="data:image/png;base64,{"A" * 100_000}=">'
    assert without_attribute_floods(f"<p>one</p>{image}{flood}<p>two</p>") == f"<p>one</p>{image}<item /><p>two</p>"
    assert without_attribute_floods("<p>" * 100) == "<p>" * 100
