"""Pages made to hang, crash or fill the memory of whoever reads them: each within its ten seconds."""

import time

import pytest

from pipeline.extract import extract_article

HEAD = "<html><head><title>T</title></head><body>"
PROSE = "<p>This is a sentence of a normal paragraph that is long enough to be counted as prose by all.</p>"


def ld(text: str) -> str:
    return HEAD.replace("</head>", f'<script type="application/ld+json">{text}</script></head>') + PROSE * 5


PAGES = {
    "deep elements": HEAD + "<div>" * 100_000 + PROSE,
    "deep tables": HEAD + "<table><tr><td>" * 30_000 + PROSE,
    "deep lists": HEAD + "<ul><li>" * 30_000 + PROSE,
    "endless table": HEAD + "<table>" + ("<tr>" + "<td>cell text here</td>" * 10 + "</tr>") * 20_000,
    "tables in tables": HEAD + "<table><tr><td>x<table><tr><td>y</td></tr></table></td></tr></table>" * 10_000,
    "tables just small enough": HEAD + "<table><tr><td>x<table><tr><td>y</td></tr></table></td></tr></table>" * 700,
    "paragraphs just few enough": HEAD + PROSE * 5_000,
    "nested clutter": HEAD + ('<div class="ad">' + PROSE) * 200 + PROSE * 500,
    "many paragraphs": HEAD + PROSE * 40_000,
    "one huge paragraph": HEAD + "<p>" + "word " * 700_000,
    "one huge word": HEAD + "<p>" + "a" * 3_900_000,
    "blank space": HEAD + "<p>" + " \n" * 1_500_000 + PROSE,
    "links": HEAD + '<p><a href="/x">link text</a></p>' * 30_000,
    "attributes": HEAD + "<div " + " ".join(f'a{i}="{i}"' for i in range(100_000)) + ">" + PROSE * 5,
    "attributes without values": HEAD + "<div ' a=\"'>\" " + " ".join(f"b{i}" for i in range(200_000)) + ">" + PROSE,
    "unclosed tags": HEAD + "<a " * 1_000_000,
    "brackets": HEAD + "<" * 3_000_000,
    "entities": HEAD + "<p>" + "&amp;" * 700_000,
    "title of separators": HEAD.replace("<title>T", "<title>" + "a | b - " * 100_000) + PROSE,
    "headings": HEAD + "<h1>A heading that is some words long</h1>" * 20_000 + PROSE,
    "meta tags": HEAD.replace("</head>", '<meta name="author" content="A, B and C">' * 20_000 + "</head>") + PROSE,
    "dates": HEAD + "<h1>Title of it</h1>" + "<span>1/2/2022 foo</span>" * 30_000,
    "deep JSON-LD": ld('{"a":' * 50_000 + "1" + "}" * 50_000),
    "wide JSON-LD": ld("[" + '{"@type":"Article","headline":"x"},' * 50_000 + "1]"),
    "broken JSON-LD": ld('{"@type":"Article","headline":"' + '\\"' * 300_000),
    "zero bytes": HEAD + "\0" * 1_000_000 + PROSE,
}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_done_with_in_time(name: str) -> None:
    start = time.monotonic()
    extract_article(PAGES[name].encode(), url="https://hostile.example/a")
    assert time.monotonic() - start < 10


def test_flood_of_attributes_does_not_cost_the_text() -> None:
    assert PROSE[3:-4] in extract_article(PAGES["attributes"].encode(), url="https://hostile.example/a").body


def test_page_too_large_to_look_at_closely_gives_its_paragraphs() -> None:
    body = extract_article(PAGES["many paragraphs"].encode(), url="https://hostile.example/a").body
    assert body.startswith(PROSE[3:-4])
    assert len(body) < 1_200_000


@pytest.mark.parametrize("reference", ["&#1;", "&#0011", "&#12;", "&#31;", "&#65535;", "&#x1;", "&#X000b;", "&#xFFFE",
                                       "&#\0004;", "&#&#1;4;"])
def test_reference_to_a_control_character_costs_no_text(reference: str) -> None:
    page = f'{HEAD}<h1>T</h1><div class="share">Share</div>{reference} after it {PROSE * 5}'
    assert extract_article(page.encode(), url="https://outlet.example/a").body.count("a normal paragraph") == 5


@pytest.mark.parametrize(("written", "read"), [("&#128;", "€"), ("&#127;5", ""), ("&#x1F4;", "Ǵ")])
def test_other_references_are_characters(written: str, read: str) -> None:
    page = f"{HEAD}<h1>T</h1><p>The price was set at {written} by the ministry, it said on Monday.</p>{PROSE * 5}"
    assert f"set at {read}" in extract_article(page.encode(), url="https://outlet.example/a").body
