"""Articles out of pages written for these tests."""

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import Article, extract_article

URL = "https://www.harbour-post.example/world/2024/03/convoy-reaches-port"

PARAGRAPHS = (
    "The grain convoy reached the southern port on Tuesday after eleven days at sea, the harbour master said.",
    "Officials had feared that mines laid near the strait would force the ships to turn back before the weekend.",
    "“We lost no vessel and no sailor,” said Ada Merin, who led the escort. “Nobody expected it to be this calm.”",
    "Two of the ships carry wheat for the northern districts, where the harvest failed for a second year running.",
    "The ministry plans another convoy in April, although insurers have not agreed to cover the crossing yet.",
)

PAGE = """<!doctype html><html lang="en-GB"><head><meta charset="utf-8">
<title>Convoy reaches port after eleven days | Harbour Post</title>
<meta property="og:title" content="Convoy reaches port after eleven days">
<meta property="og:site_name" content="Harbour Post">
<meta name="description" content="Escort ships met no resistance on their way through the mined strait this week.">
<link rel="canonical" href="/world/2024/03/convoy-reaches-port">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
{"@type":"WebPage","name":"Convoy"},
{"@type":"NewsArticle","headline":"Convoy reaches port after eleven days","datePublished":"2024-03-05T18:20:00+02:00",
"author":[{"@type":"Person","name":"Ina Solberg"},{"@type":"Person","name":"By Teo Brandt"}],
"publisher":{"@type":"Organization","name":"Harbour Post"}}]}</script></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav>
<div class="cookie-banner"><p>We use cookies to make this site better for all of our many readers.</p></div>
<main><article><h1>Convoy reaches port after eleven days</h1>
<p class="standfirst">Escort ships met no resistance on their way through the mined strait this week.</p>
<div class="byline">By Ina Solberg and Teo Brandt</div><time datetime="2024-03-05T18:20:00+02:00">5 March 2024</time>
<figure><img src="a.jpg"><figcaption>Ships at anchor in the bay. Photo: Lisa Kern/Pool</figcaption></figure>
<div class="share-buttons"><a href="#">Share on Facebook</a></div>
<div class="article-body">%s</div></article>
<section class="related-stories"><h3>Related</h3><a href="/x"><h4>Fishermen return to the strait</h4></a></section>
<div id="comments"><p>I have never read such a long and boring story about ships in my life, thanks.</p></div></main>
<footer><p>Copyright 2024 Harbour Post. All rights reserved.</p></footer></body></html>"""


def page(*paragraphs: str, template: str = PAGE) -> bytes:
    return (template % "".join(f"<p>{text}</p>" for text in paragraphs)).encode()


def test_whole_article() -> None:
    article = extract_article(page(*PARAGRAPHS), url=URL)
    assert article == Article(
        title="Convoy reaches port after eleven days",
        authors=("Ina Solberg", "Teo Brandt"),
        published=datetime(2024, 3, 5, 16, 20, tzinfo=UTC),
        published_raw="2024-03-05T18:20:00+02:00",
        lang="en",
        canonical_url=URL,
        publisher="Harbour Post",
        body="\n".join(
            ("Escort ships met no resistance on their way through the mined strait this week.", *PARAGRAPHS)
        ),
    )


@pytest.mark.parametrize(
    "line",
    [
        "The story continues below.",
        "Story continues below advertisement",
        "Read more: Fishermen return to the strait",
        "READ MORE Fishermen return to the strait",
        "Lesen Sie auch: Fischer kehren zurück",
        "À lire aussi : Les pêcheurs reviennent",
        "Lea también: Los pescadores vuelven",
        "Les også: Fiskerne er tilbake",
        "Читайте также: Рыбаки возвращаются",
        "Follow AP's coverage of the convoy at https://apnews.example/hub/convoy",
        "Sign up for our morning newsletter and never miss a story.",
        "Get the latest news delivered to your inbox every day.",
        "Follow us on Twitter",
        "Click here to get the Harbour Post app",
        "Advertisement",
        "Photo: Lisa Kern/Pool",
        "Filed under: Shipping, War",
    ],
)
def test_boilerplate_line_goes(line: str) -> None:
    article = extract_article(page(*PARAGRAPHS[:3], line, *PARAGRAPHS[3:]), url=URL)
    assert line not in article.body
    assert all(paragraph in article.body for paragraph in PARAGRAPHS)


@pytest.mark.parametrize(
    "line",
    [
        "Read more slowly, the teacher told her class, and the story of the convoy will make more sense to you.",
        "Sources close to the ministry said that the talks would go on through the night and into the weekend.",
        "Related to the attack, police said, were two arrests made in the capital on Monday evening.",
        "For more than twenty years people from the valley have come to visit the shrine on this day.",
        "More than forty ships have followed the route since, according to the harbour master’s own figures.",
        "Copyright law will not protect the footage, a judge in the capital ruled on Thursday.",
        "(c) the parties shall withdraw all heavy weapons from the buffer zone within thirty days.",
    ],
)
def test_prose_that_looks_like_boilerplate_stays(line: str) -> None:
    assert line in extract_article(page(*PARAGRAPHS[:3], line, *PARAGRAPHS[3:]), url=URL).body


@pytest.mark.parametrize(
    "last",
    [
        "(Reporting by Ina Solberg; Editing by Teo Brandt)",
        "Additional reporting by Mara Quint in Geneva",
        "Associated Press writer Mara Quint contributed to this report.",
        "© 2024 Harbour Post. All rights reserved.",
        "Harbour Post / Agencies",
        "Source: Harbour Post and agencies",
        "Write to Ina Solberg at ina.solberg@harbour-post.example",
    ],
)
def test_credit_at_the_end_goes(last: str) -> None:
    article = extract_article(page(*PARAGRAPHS, last), url=URL)
    assert article.body.endswith(PARAGRAPHS[-1])


def test_list_under_a_pointer_goes_and_other_lists_stay() -> None:
    body = (
        f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>"
        "<ul><li>Four ships carry wheat from the southern fields.</li><li>Two carry medicine and parts.</li></ul>"
        f"<p>{PARAGRAPHS[2]}</p><p>Read also:</p><ul><li>Fishermen return</li><li>Insurers balk</li></ul>"
        f"<p>{PARAGRAPHS[3]}</p><p>{PARAGRAPHS[4]}</p>"
    )
    article = extract_article((PAGE % body).encode(), url=URL)
    assert "Four ships carry wheat" in article.body
    assert "Fishermen return" not in article.body
    assert "Insurers balk" not in article.body


def test_paragraph_that_is_one_link_goes_and_links_in_prose_stay() -> None:
    teaser = '<a href="/y">MINISTER SAYS INSURERS WILL COME ROUND IN THE END</a>'
    linked = 'The <a class="keyword" href="/k">harbour master</a> of the port had warned the crews of fog at dawn.'
    article = extract_article(page(*PARAGRAPHS[:2], teaser, linked, *PARAGRAPHS[2:]), url=URL)
    assert "MINISTER SAYS" not in article.body
    assert "The harbour master of the port had warned" in article.body


def test_body_cut_up_by_advertisements_is_joined() -> None:
    half = len(PARAGRAPHS) // 2 + 1
    more = tuple(f"{text} It was the third such voyage of the year." for text in PARAGRAPHS)
    chunks = "".join(
        '<div class="body-part">' + "".join(f"<p>{text}</p>" for text in part) + '</div><div class="ad-slot">x</div>'
        for part in (PARAGRAPHS[:half], PARAGRAPHS[half:] + more[:2], more[2:])
    )
    article = extract_article((PAGE % chunks).encode(), url=URL)
    assert [text for text in PARAGRAPHS + more if text not in article.body] == []


@pytest.mark.parametrize(
    ("content_type", "encoding", "meta"),
    [
        ("text/html; charset=utf-8", "utf-8", ""),
        ("text/html; charset=ISO-8859-1", "utf-8", ""),  # a server's default header
        ("text/html", "windows-1252", '<meta charset="iso-8859-1">'),
        ("text/html; charset=windows-1251", "windows-1251", ""),
        ("text/html", "windows-1251", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">'),
        ("text/html", "shift_jis", '<meta charset="Shift_JIS">'),
        ("", "utf-16", ""),
        ("text/html; charset=nonsense", "utf-8", ""),
    ],
)
def test_encodings(content_type: str, encoding: str, meta: str) -> None:
    words = {"windows-1252": "Köln – “Grüße” für Île", "windows-1251": "Привет из порта", "shift_jis": "船団が港に到着"}
    word = words.get(encoding, "Köln Привет 船団")
    text = (PAGE % f"<p>{word}: {PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>").replace('<meta charset="utf-8">', meta)
    body = text.replace("“", '"').replace("”", '"') if encoding != "windows-1252" else text
    article = extract_article(body.encode(encoding, "replace"), url=URL, content_type=content_type)
    assert word in article.body


@pytest.mark.parametrize("body", [b"", b" ", b"<", b"<html>", b"\x00\x01", b"{}", b"<!doctype html>"])
def test_nothing_gives_an_empty_body(body: bytes) -> None:
    article = extract_article(body, url=URL)
    assert (article.body, article.canonical_url) == ("", URL)


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        extract_article(b"", url=URL).body = "x"  # type: ignore[misc]


@given(st.binary(max_size=3000))
def test_any_bytes_pass(body: bytes) -> None:
    extract_article(body, url=URL)


@given(st.lists(st.sampled_from(
    ["<p>", "</p>", "<div class='ad'>", "<table><tr><td>", "</table>", "<li>", "<a href=x>", "</a>", "<h1>", "<script>",
     "</script>", "<b>", "text that goes on for a while. ", "&amp;", "<!--", "-->", "<br>", "<![CDATA[", "\n", '"', ">"]
), max_size=60))  # fmt: skip
def test_any_markup_passes(pieces: list[str]) -> None:
    extract_article("".join(pieces).encode(), url=URL)
