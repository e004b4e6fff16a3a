"""How a mail looks: a narrow column that any mail program shows, styles inline; a template (templates.py)."""

from typing import Final

HTML: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>mark { background: #ffec99; color: inherit; padding: 0 1px }</style>
</head>
<body style="margin: 0; background: #eef0f3; color: #1f2328; font: 15px/1.5 'Segoe UI', Roboto, Arial, sans-serif">
<div style="max-width: 640px; margin: 0 auto; padding: 16px 8px">
<div style="background: #ffffff; border: 1px solid #d5dae0; border-radius: 6px; border-top: 4px solid
{% if severity == "critical" %}#b3261e{% elif severity == "high" %}#d97706{% elif severity == "low" %}#9aa4af
{% else %}#2563a8{% endif %}">
<div style="padding: 14px 20px">
<div style="color: #656d76; font-size: 12px">Wirewatch
{% if severity in ("high", "critical") %}&middot; <strong style="color: #b3261e">{{ severity }}</strong>{% endif %}
</div>
<h2 style="margin: 0; font-size: 20px">{{ rule }}</h2>
{% if note %}<div style="margin-top: 8px; padding: 6px 12px; background: #fff8e1; border-left: 3px solid #e0a800">
{{ note }}</div>{% endif %}
{% if count > 1 or parts > 1 %}<div style="margin-top: 8px">
{{ count }} {{ "notices" if kind == "notice" else "matches" }}
{%- if parts > 1 %}, part {{ part }} of {{ parts }}{% endif %}, newest first</div>{% endif %}
</div>
{% for item in items %}
<div style="padding: 14px 20px; border-top: 1px solid #e4e8ec">
<h3 style="margin: 0; font-size: 17px; line-height: 1.35">
{% if item.url %}<a href="{{ item.url }}" style="color: #0b4f99; text-decoration: none">{{ item | marked_html }}</a>
{% else %}{{ item | marked_html }}{% endif %}
</h3>
<div style="color: #656d76; font-size: 13px">
{% if item.source %}<strong>{{ item.source }}</strong>{% endif %}
{% if item.outlets | length > 1 %} (also in {{ item.outlets[1:6] | join }}
{%- if item.outlets | length > 6 %} &hellip;{% endif %}){% endif %}

{% if item.source %}&middot;{% endif %} {{ item.published | date if item.published else item.matched | date }}
{% if item.late %}&middot; <strong style="color: #9a6700">late</strong>{% endif %}
{% if item.revision > 1 %}&middot; revision {{ item.revision }}{% endif %}
</div>
{% if item.topics %}<div style="margin-top: 4px">{% for topic in item.topics %}
<span style="background: #e7edf4; border-radius: 9px; padding: 1px 8px; font-size: 12px; white-space: nowrap">
{{- topic }}</span>
{% endfor %}</div>{% endif %}
{% for event in item.events[:3] %}
<div style="margin-top: 6px; padding-left: 10px; border-left: 3px solid #b9c4d0">{{ event }}</div>
{% endfor %}
{% if item.events | length > 3 %}<div style="padding-left: 13px; color: #656d76; font-size: 13px">&hellip; and
{{ item.events[3:] | length }} more</div>{% endif %}
{% if item.excerpt %}<div style="margin-top: 8px">{{ item | marked_html("excerpt") }}</div>{% endif %}
{% if item.words %}<div style="margin-top: 6px; color: #656d76; font-size: 13px">matched: {{ item.words | join }}</div>
{% endif %}
</div>
{% endfor %}
<div style="padding: 12px 20px; border-top: 1px solid #e4e8ec; color: #656d76; font-size: 12px">
Why: rule {{ rule }}{% if owner %} ({{ owner }}){% endif %}{% if query %}, query <code>{{ query }}</code>{% endif %}
{%- if when %} ({{ when }}){% endif %}

</div>
</div>
<div style="padding: 8px 20px; color: #656d76; font-size: 12px">
To stop it: <code>wirewatch alerts disable {{ rule }}</code>; for a while:
<code>wirewatch alerts silence {{ rule }} --for 1d</code>
</div>
</div>
</body>
</html>
"""
