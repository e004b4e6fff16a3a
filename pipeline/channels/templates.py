"""Templates that users may change, in a small and bounded part of Jinja2.

A template may print values, use the filters below, `if`, and `for` over lists at most three deep. It has no
calls, assignments, macros, imports or arithmetic: so neither a template nor the story text that it prints can reach
anything outside the message; and its rounds of loops, its characters and its time are bounded.

    {% for item in items %}{{ item.title | marked }} — {{ item.source }} {{ item.published | date }}
    {% endfor %}

Names: everything of `Message` (core/alerts/message.py), `subject`, `count`, and `text`, the whole as plain text.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from pipeline.channels.base import message_text
from pipeline.core.alerts.message import Item, Message, marked, sample
from pipeline.core.errors import WirewatchError

MAX_TEMPLATE: Final = 20_000
MAX_OUTPUT: Final = 1_000_000
MAX_ROUNDS: Final = 20_000
MAX_SECONDS: Final = 5.0
MAX_LOOPS: Final = 3
MAX_CHAIN: Final = 4
"""Filters on one value; some make text longer each time."""
_NODES: Final = frozenset({
    "Template", "TemplateData", "Output", "Const", "Name", "Getattr", "Getitem", "Filter", "Test", "If", "For",
    "CondExpr", "Compare", "Operand", "And", "Or", "Not", "Tuple", "List", "Slice",
})
_TESTS: Final = frozenset({"defined", "undefined", "none", "true", "false", "in", "eq", "ne", "odd", "even"})


def _date(moment: datetime | None, form: str = "%Y-%m-%d %H:%M UTC") -> str:
    return moment.strftime(form[:100]) if moment is not None else ""


def _marked(item: Item, field: str = "title", before: str = "*", after: str = "*") -> str:
    text, spans = (item.title, item.title_spans) if field == "title" else (item.excerpt, item.excerpt_spans)
    return marked(text, spans, before[:50], after[:50])


def _marked_html(item: Item, field: str = "title") -> Markup:
    text, spans = (item.title, item.title_spans) if field == "title" else (item.excerpt, item.excerpt_spans)
    return Markup(marked(text, spans, "<mark>", "</mark>", lambda piece: str(escape(piece))))


def _cut(text: Any, length: int = 80) -> str:
    shown = str(text)
    return shown if len(shown) <= length else shown[: max(0, length - 1)] + "…"


def _join(values: Iterable[Any], between: str = ", ") -> str:
    if isinstance(values, str):
        raise SecurityError("join takes a list, not text")
    return between[:50].join(map(str, values))


_OWN: Final[dict[str, Callable[..., Any]]] = {
    "date": _date, "marked": _marked, "marked_html": _marked_html, "cut": _cut, "join": _join,
}
_FILTERS: Final = frozenset({
    "upper", "lower", "capitalize", "title", "trim", "length", "count", "default", "d", "first", "last", "e",
    "escape", "tojson", "urlencode", "string",
})


class Template:
    """A checked template, tried on a sample; raises WirewatchError with the line of a mistake when made."""

    def __init__(self, source: str, *, html: bool = False) -> None:
        if len(source) > MAX_TEMPLATE:
            raise WirewatchError(f"the template is longer than {MAX_TEMPLATE:,} characters")
        environment = ImmutableSandboxedEnvironment(
            autoescape=html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.globals.clear()
        environment.filters = {k: v for k, v in environment.filters.items() if k in _FILTERS} | _OWN
        environment.tests = {k: v for k, v in environment.tests.items() if k in _TESTS}
        self._rounds, self._until = 0, 0.0
        environment.filters["counted"] = self._counted
        try:
            tree = environment.parse(source)
            _check(tree)
            for loop in list(tree.find_all(nodes.For)):
                loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None, lineno=loop.lineno)
            self._template = environment.from_string(tree)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            where = f" in line {line}" if line else ""
            raise WirewatchError(f"the template has a mistake{where}: {error}") from None
        except RecursionError:
            raise WirewatchError("the template is nested too deeply") from None
        self._check_names(tree)
        self.render(sample(datetime.now(UTC)))

    def render(self, message: Message) -> str:
        """The message in the template's form, at most 1,000,000 characters."""
        self._rounds, self._until = 0, time.monotonic() + MAX_SECONDS
        out: list[str] = []
        size = 0
        try:
            for piece in self._template.generate(_values(message)):
                size += len(piece)
                if size > MAX_OUTPUT:
                    raise SecurityError(f"it makes more than {MAX_OUTPUT:,} characters")
                out.append(piece)
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise WirewatchError(f"the template cannot be filled in: {error}") from error
        return "".join(out)

    def _counted(self, items: Iterable[Any]) -> Iterator[Any]:
        if isinstance(items, str):
            raise SecurityError("a loop must run over a list, not over text")
        for item in items:
            self._rounds += 1
            if self._rounds > MAX_ROUNDS:
                raise SecurityError(f"its loops run more than {MAX_ROUNDS:,} times")
            if time.monotonic() > self._until:
                raise SecurityError(f"it takes longer than {MAX_SECONDS:.0f} s")
            yield item

    def _check_names(self, tree: nodes.Template) -> None:
        from jinja2.meta import find_undeclared_variables

        unknown = sorted(find_undeclared_variables(tree) - _NAMES)
        if unknown:
            raise WirewatchError(f"the template has no value {unknown[0]}; there are {', '.join(sorted(_NAMES))}")


def _values(message: Message) -> dict[str, Any]:
    named = {field.name: getattr(message, field.name) for field in fields(message)}
    return named | {"subject": message.subject, "count": len(message.items), "text": message_text(message)}


_NAMES: Final = frozenset({field.name for field in fields(Message)} | {"subject", "count", "text"})


def _check(node: nodes.Node, loops: int = 0, chain: int = 0) -> None:
    kind = type(node).__name__
    if kind not in _NODES:
        raise SecurityError(f"line {node.lineno}: {kind} is not allowed, only values, filters, `if` and `for`")
    chain = chain + 1 if isinstance(node, nodes.Filter) else 0
    if chain > MAX_CHAIN:
        raise SecurityError(f"line {node.lineno}: at most {MAX_CHAIN} filters on one value")
    if isinstance(node, nodes.For):
        loops += 1
        if node.recursive or loops > MAX_LOOPS:
            raise SecurityError(f"line {node.lineno}: loops may be {MAX_LOOPS} deep and not recursive")
    for child in node.iter_child_nodes():
        _check(child, loops, chain)
