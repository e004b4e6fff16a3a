"""Words, stems, spans and sentences."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.sentences import ends_of_sentences
from pipeline.core.text import MAX_WORD, Text, normalise, stem

LETTERS = "abcABC19_-'’“…é İıßﬁ²½ª\u0301\u200d中文ﷺ①Ⅳ\u00a0£€\n.x"


def plainly(raw: str) -> list[tuple[str, int, int]]:
    """The definition of a word, said slowly: runs of letters, digits and their marks, normalised."""
    found, at = [], 0
    while at < len(raw):
        if not (raw[at].isalnum() or re.match(r"\w", raw[at])) or raw[at] == "_":
            at += 1
            continue
        start = at
        while (
            at < len(raw) and at - start < MAX_WORD and raw[at] != "_"
            and (re.match(r"\w", raw[at]) or unicodedata.category(raw[at])[0] == "M")
        ):
            at += 1
        word = normalise("".join(c.lower() if len(c.lower()) == 1 else c for c in raw[start:at]))
        if word:
            found.append((word, start, at))
    return found


@given(st.text(alphabet=LETTERS, max_size=60))
@settings(max_examples=400)
def test_words_and_spans_are_those_of_the_definition(raw: str) -> None:
    text = Text.of(raw)
    assert list(zip(text.words, text.starts, text.ends, strict=True)) == plainly(raw)
    assert text.stems == [stem(word) for word in text.words]
    assert text.written == [raw[start:end] for _, start, end in plainly(raw)]


@pytest.mark.parametrize("raw", ["a" * 250 + " b", "é" + "a" * 250 + " b", "a_" * 150, "", "…", "naïve café"])
def test_long_words_are_cut_and_odd_texts_are_read(raw: str) -> None:
    text = Text.of(raw)
    assert [raw[s:e] for s, e in zip(text.starts, text.ends, strict=True)] == [raw[s:e] for _, s, e in plainly(raw)]


@given(st.text(max_size=200) | st.text(alphabet=LETTERS, max_size=60))
def test_sentences_cover_every_word_once(raw: str) -> None:
    text = Text.of(raw)
    assert [word for first, last in text.sentences for word in range(first, last)] == list(range(len(text)))
    for word in range(len(text)):
        first, last = text.sentences[text.sentence_at(word)]
        assert first <= word < last
    firsts = {first for first, _ in text.sentences}
    starts = [next((word for word, start in enumerate(text.starts) if start >= end), len(text))
              for end in ends_of_sentences(raw)]
    assert {0, *starts} - {len(text)} == firsts


@pytest.mark.parametrize(("raw", "count"), [
    ("The U.S. says Gen. Smith met Lt. Col. J. Doe in the U.S. The talks failed.", 2),
    ("Acme Inc. President Bob Jones resigned. Shares of Acme Corp. rose.", 2),
    ('"No," he said. "Why?" It cost $3.5 bn. Mr. X went to St. Paul.', 4),
    ("WASHINGTON (AP) — The U.N. Security Council voted Oct. 3. It was late.", 2),
    ("A headline without a stop\nThe first paragraph. The second sentence.", 3),
    ("    Iran said today it would not attack ships in the Gulf\nunless its own ships were hit, a Reuters\n"
     "report said. \n    But it added that it would.", 2),
    ("The plane left at 3 p.m. Monday. It landed at 5 p.m. on Tuesday.", 2),
    ("He spoke… and left. “Go!” she cried.", 2),
    ("", 0),
])
def test_sentences_of_news(raw: str, count: int) -> None:
    assert len(Text.of(raw).sentences) == count
