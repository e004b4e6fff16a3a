"""Alerts on the terminal: matched words stand out, and story text can do nothing to it."""

import sys
from typing import TextIO

from rich.console import Console
from rich.text import Text

from pipeline.channels.base import tells
from pipeline.channels.templates import Template
from pipeline.core.alerts.message import Message
from pipeline.core.errors import WirewatchError
from pipeline.core.telling import Span, clean

_COLOURS = {"low": "dim", "normal": "cyan", "high": "yellow", "critical": "bold red"}


class ConsoleChannel:
    """Prints each message to `stream`."""

    def __init__(self, stream: TextIO | None = None, template: str = "") -> None:
        self._console = Console(file=stream or sys.stdout, highlight=False, markup=False, emoji=False,
                                soft_wrap=True)
        self._template = Template(template) if template else None

    def send(self, message: Message) -> None:
        try:
            self._console.print(self._shown(message), end="")
            self._console.file.flush()
        except (OSError, ValueError) as error:
            raise WirewatchError(f"the terminal takes no alerts: {error}") from error

    def _shown(self, message: Message) -> Text:
        if self._template is not None:
            text = self._template.render(message)
            return Text("\n".join(clean(line) for line in text.split("\n")).rstrip() + "\n")
        out = Text()
        count = f" · {message.counted}" if message.gathered else ""
        part = f" ({message.part}/{message.parts})" if message.parts > 1 else ""
        out.append(f"▌ {message.rule}{count}{part}", _COLOURS[message.severity])
        out.append(f"  for {clean(message.owner, 100)}" if message.owner else "", "dim")
        out.append(f"  {clean(message.note)}\n" if message.note else "\n")
        for item in message.items:
            out.append("  ").append_text(_marked(item.title, item.title_spans, "bold")).append("\n")
            for line in tells(item):
                out.append(f"    {line}\n", "dim")
            if item.excerpt:
                out.append("    ").append_text(_marked(item.excerpt, item.excerpt_spans)).append("\n")
            if item.url:
                out.append(f"    {item.url}\n", "blue")
        asked = [clean(message.query, 200)] if message.query else []
        asked += [f"({message.when})"] if message.when else []
        out.append(f"  why: {' '.join(asked)}\n" if asked else "", "dim")
        return out


def _marked(text: str, spans: tuple[Span, ...], style: str = "") -> Text:
    shown = Text(text, style)
    for start, end in spans:
        shown.stylize("bold black on yellow", start, end)
    return shown
