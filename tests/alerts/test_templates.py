"""Templates: what they may do, and that nothing else gets through."""

import time
from dataclasses import replace

import pytest

from pipeline.channels.base import message_text
from pipeline.channels.mail_html import HTML
from pipeline.channels.templates import MAX_TEMPLATE, Template
from pipeline.core.alerts.message import sample
from pipeline.core.errors import WirewatchError
from tests.alerts.conftest import NOW

MESSAGE = sample(NOW)


@pytest.mark.parametrize(("template", "shown"), [
    ("{{ rule }}: {{ count }}", "test: 1"),
    ("{% for item in items %}{{ item | marked }}|{{ item.published | date }}{% endfor %}",
     "Test: North Korea ships *artillery shells* to Russia, a sample story says|2026-03-04 12:00 UTC"),
    ("{% for item in items %}{{ loop.index }}{% if loop.last %}.{% endif %}{% endfor %}", "1."),
    ("{{ items[0].outlets | join(' + ') | upper }}", "EXAMPLE.ORG + EXAMPLE.NET"),
    ("{{ items[0].published | date('%d.%m.%Y') }}", "04.03.2026"),
    ("{% if severity == 'normal' and not note %}a{% else %}b{% endif %}", "b"),
    ("{{ items[0].title | cut(10) }}", "Test: Nor…"),
    ("{{ items[0] | marked('excerpt', '<', '>') }}",
     "This is no news but a test of a channel; <artillery shells> are named as an example."),
    ("{{ 'x' if count > 1 else 'y' }}", "y"),
    ('{"t": {{ items[0].title | tojson }}}',
     '{"t": "Test: North Korea ships artillery shells to Russia, a sample story says"}'),
])
def test_what_templates_can_show(template: str, shown: str) -> None:
    assert Template(template).render(MESSAGE) == shown


LONG = "{% for a in items %}" * 3 + "{% for b in items %}{% endfor %}" + "{% endfor %}" * 3


@pytest.mark.parametrize(("template", "says"), [
    ("{{ rule", "mistake in line 1"),
    ("{{ rulle }}", "no value rulle"),
    ("{{ rule.__class__.__mro__ }}", "unsafe|cannot"),
    ("{{ ''.__class__ }}", "unsafe|cannot"),
    ("{{ rule.format('x') }}", "Call is not allowed"),
    ("{{ range(10 ** 9) }}", "not allowed"),
    ("{{ 'x' * 10000000000 }}", "Mul is not allowed"),
    ("{{ 9 ** 9 ** 9 }}", "Pow is not allowed"),
    ("{{ '%9999999999d' % 1 }}", "Mod is not allowed"),
    ("{{ rule ~ rule }}", "Concat is not allowed"),
    ("{% set a = rule %}", "Assign is not allowed"),
    ("{% macro m() %}{% endmacro %}", "Macro is not allowed"),
    ("{% include 'etc/passwd' %}", "Include is not allowed"),
    ("{% import 'os' as os %}", "Import is not allowed"),
    ("{% extends 'x' %}", "Extends is not allowed"),
    ("{{ rule | center(999999999) }}", "center"),
    ("{{ rule | attr('__class__') }}", "attr"),
    ("{{ rule | replace('t', note) }}", "replace"),
    ("{{ items | map('upper') }}", "map"),
    ("{{ note | tojson | tojson | tojson | tojson | tojson }}", "at most 4 filters"),
    (LONG, "loops may be 3 deep"),
    ("{% for a in items recursive %}{% endfor %}", "not recursive"),
    ("x" * (MAX_TEMPLATE + 1), "longer than"),
    ("{{ " + "(" * 5000 + "rule" + ")" * 5000 + " }}", "nested too deeply|mistake"),
    ("{{ " + "not " * 4900 + "rule }}", "nested too deeply|mistake"),
])
def test_what_is_refused(template: str, says: str) -> None:
    with pytest.raises(WirewatchError, match=says):
        Template(template)


@pytest.mark.parametrize("template", [
    "{% for a in text %}x{% endfor %}",
    "{{ text | join(text) }}",
    "{% for a in items %}{% for b in items %}{% for c in items %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in items %}{% for b in items %}{{ text }}{% endfor %}{% endfor %}",
    "{{ items[0].nothing }}",
    "{{ items[999] }}",
])
def test_a_template_that_runs_away_is_stopped(template: str) -> None:
    many = replace(MESSAGE, items=MESSAGE.items * 200)
    begun = time.monotonic()
    with pytest.raises(WirewatchError, match=r"filled in|no value"):
        Template(template).render(many)
    assert time.monotonic() - begun < 2


def test_html_is_escaped() -> None:
    bad = replace(MESSAGE.items[0], title="<script>x</script>", title_spans=((8, 9),), excerpt="<b>",
                  excerpt_spans=(), url='https://x.example/"><script>', events=("<i>",), topics=("<u>",), source="<s>")
    html = Template(HTML, html=True).render(replace(MESSAGE, items=(bad,), note="<n>", query="<q>"))
    for tag in ("<script", "<b>", "<i>", "<u>", "<s>", "<n>", "<q>"):
        assert tag not in html
    assert "&lt;script&gt;<mark>x</mark>&lt;/script&gt;" in html


def test_the_usual_mail_holds_a_whole_digest() -> None:
    html = Template(HTML, html=True).render(replace(MESSAGE, items=MESSAGE.items * 200))
    assert html.count("<h3") == 200
    assert "example.org</strong> (also in example.net)" in html


@pytest.mark.parametrize("html", [True, False])
def test_a_message_says_which_other_trigger_fired(html: bool) -> None:
    fired = replace(MESSAGE, query="", when="absent: 24h", owner="maria")
    text = Template(HTML, html=True).render(fired) if html else message_text(fired)
    assert "Why: rule test (maria) (absent: 24h)" in " ".join(text.split())
