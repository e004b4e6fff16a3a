"""From YAML to models: variables of the environment, and mistakes as `file:line: path: what is wrong`."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from pydantic import ValidationError

from pipeline.config.models import Model
from pipeline.core.errors import ConfigError
from pipeline.core.yamltext import Path as YamlPath
from pipeline.core.yamltext import YamlText, parse_yaml, suggest

VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
M = TypeVar("M", bound=Model)


def text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read as UTF-8 text: {error}"]) from None


def read(path: Path) -> YamlText:
    return filled(parse_yaml(text_of(path), str(path)))


def filled(document: YamlText, *, everywhere: bool = True) -> YamlText:
    """With variables of the environment in their places."""
    mistakes: list[str] = []
    data = _with_environment(document.data, (), document, mistakes, os.environ, everywhere)
    if mistakes:
        raise ConfigError(mistakes)
    return YamlText(document.name, data, document.lines)


def _with_environment(
    value: Any, path: YamlPath, document: YamlText, mistakes: list[str], environment: Mapping[str, str], here: bool
) -> Any:
    """`value` with each ${NAME} replaced, `here` or under `headers`; the value itself is never shown in a message."""
    def below(part: Any, step: str | int) -> Any:
        return _with_environment(part, (*path, step), document, mistakes, environment, here or step == "headers")

    if isinstance(value, dict):
        return {key: below(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [below(part, number) for number, part in enumerate(value)]
    if not (here and isinstance(value, str)):
        return value

    def take(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in environment:
            mistakes.append(f"{document.at(path)}: the environment has no variable {name}; "
                            f"set it (export {name}=…) or write the value here")
        return environment.get(name, "")

    return VARIABLE.sub(take, value)


def validated(model: type[M], document: YamlText) -> M:
    data = {} if document.data is None else document.data
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError([_mistake(model, document, dict(detail)) for detail in error.errors()]) from None


def _mistake(model: type[Model], document: YamlText, detail: dict[str, Any]) -> str:
    """One pydantic complaint as `file:line: path: what is wrong, what is allowed`."""
    # A discriminated union puts the chosen tag into the path, which the file does not have.
    path: YamlPath = ()
    for step in detail["loc"]:
        if (*path, step) in document.lines or step == detail["loc"][-1]:
            path = (*path, step)
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        return f"{document.at(path)}: unknown key{suggest(str(path[-1]), _keys_at(model, detail['loc'][:-1]))}"
    if kind == "missing":
        return f"{document.at(path)}: is missing"
    secret = re.search(r"key|secret|password|header|user", ".".join(map(str, path)), re.IGNORECASE)
    shown = "" if secret or isinstance(given, dict | list) else f", not {given!r}"
    return f"{document.at(path)}: {detail['msg'][0].lower()}{detail['msg'][1:]}{shown}"


def _keys_at(model: Any, loc: Sequence[str | int]) -> list[str]:
    """The keys that the model at `loc` knows (all that any member of a union knows)."""
    nodes: list[Any] = [model]
    for step in loc:
        below: list[Any] = []
        for node in nodes:
            fields = getattr(node, "model_fields", None)
            if fields is not None and step in fields:
                below.append(fields[step].annotation)
            elif fields is not None:
                below.append(node)  # the tag of a union: stay
            else:
                below.extend(get_args(node))
        nodes = below
    keys: set[str] = set()
    seen = 0
    while nodes and seen < 100:
        node = nodes.pop()
        seen += 1
        if hasattr(node, "model_fields"):
            keys.update(node.model_fields)
        else:
            nodes.extend(get_args(node))
    return sorted(keys)
