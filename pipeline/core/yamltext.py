"""YAML text as plain data that remembers on which line each value stands, for error messages that point."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import yaml

from pipeline.core.errors import ConfigError

Path = tuple[str | int, ...]
_LISTED: Final = 20
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class YamlText:
    """Parsed YAML: `data` as plain Python values; `at(path)` says where a value stands."""

    name: str
    data: Any
    lines: dict[Path, int]

    def at(self, path: Path) -> str:
        """`file:line: a.b[2]`: where the value at `path`, or the nearest parent that exists, stands."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        place = f"{self.name}:{self.lines.get(known, 1)}"
        return f"{place}: {show_path(path)}" if path else place


def show_path(path: Path) -> str:
    """("a", "b", 2) -> `a.b[2]`."""
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else str(step)
    return out


def parse_yaml(text: str, name: str) -> YamlText:
    """Parse; raises ConfigError `file:line: not valid YAML: …`, also for keys given twice."""
    lines: dict[Path, int] = {}
    mistakes: list[str] = []

    def build(node: Any, path: Path, depth: int) -> Any:
        lines.setdefault(path, node.start_mark.line + 1)
        if depth > 50:
            raise ConfigError([f"{name}:{node.start_mark.line + 1}: nested more than 50 levels deep"])
        if isinstance(node, yaml.MappingNode):
            out: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
                line = key_node.start_mark.line + 1
                if key is None:
                    mistakes.append(f"{name}:{line}: a key must be a plain word")
                elif key in out:
                    mistakes.append(f"{name}:{line}: {show_path((*path, key))}: given twice, keep one")
                else:
                    lines[(*path, key)] = line
                    out[key] = build(value_node, (*path, key), depth + 1)
            return out
        if isinstance(node, yaml.SequenceNode):
            return [build(child, (*path, index), depth + 1) for index, child in enumerate(node.value)]
        return loader.construct_object(node)

    loader = _Loader(text)
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, _Loader)):
            raise ConfigError([f"{name}: YAML anchors and aliases (&x, *x) are not allowed, write the value out"])
        node = loader.get_single_node()
        data = build(node, (), 0) if node is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark is not None else 1
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError([f"{name}:{line}: not valid YAML: {problem}"]) from None
    except ValueError as error:
        raise ConfigError([f"{name}: not valid YAML: {error}"]) from None
    finally:
        loader.dispose()
    if mistakes:
        raise ConfigError(mistakes)
    return YamlText(name, data, lines)


def suggest(word: str, allowed: Iterable[str]) -> str:
    """`; did you mean "source"?` for a near miss, else `; allowed: a, b, c` (the first of many), else nothing."""
    known = sorted(allowed)
    near = difflib.get_close_matches(word, known, 1, 0.6)
    if near:
        return f'; did you mean "{near[0]}"?'
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"; allowed: {', '.join(known[:_LISTED])}{more}" if known else ""
