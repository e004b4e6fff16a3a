"""What was found, shown: coloured text, a table of events, a page."""

import re

from pipeline.core.explain import explain, explain_html
from tests.core.detection import found

TITLE = "US <accuses> Iran & Co of arming Syria"
BODY = "The United States accused Iran of selling <b>missiles</b> to Syria.\nTehran denied the charge on Friday."


def test_pieces_join_to_the_text_again() -> None:
    told = explain(TITLE, BODY, found(BODY, TITLE))
    assert "".join(piece.text for piece in told.title) == TITLE
    assert "".join(piece.text for piece in told.body) == BODY
    assert any("arms-transfer" in piece.topics for piece in told.body)


def test_events_are_rows() -> None:
    (row,) = explain(TITLE, BODY, found(BODY, TITLE)).events
    assert "supplier Iran (IR)" in row.roles
    assert "recipient Syria (SY)" in row.roles
    assert set(row.claims) >= {"alleged by United States", "denied by Tehran"} or "alleged by US" in row.claims


def test_the_page_escapes_everything() -> None:
    page = explain_html(explain(TITLE, BODY, found(BODY, TITLE)))
    assert "<accuses>" not in page
    assert "<b>" not in page
    assert "&lt;b&gt;missiles" in page or "&lt;b&gt;" in page
    assert page.count("<mark") == page.count("</mark>") > 0
    assert re.search(r"<p>[^\n]*Tehran", page)


def test_a_story_without_topics_is_a_page_too() -> None:
    assert "No topic." in explain_html(explain("", "A cat.", found("A cat.")))
