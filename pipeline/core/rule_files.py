"""Reads topic files and lists into rules, checked, with every mistake at its line (docs/topics.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.core.errors import ConfigError
from pipeline.core.lexicon import Term, parse_lists
from pipeline.core.phrases import Gap, Group, PhraseError, Ref, Word, parse_phrase, written_words
from pipeline.core.places import PARTY_LISTS, STATES, state_terms
from pipeline.core.rules import ELSEWHERE, PARTIES, POSITIONS, STATUSES, Example, Pattern, Rule, Topic
from pipeline.core.yamltext import Path, YamlText, parse_yaml, suggest

_TOPIC_KEYS: Final = (
    "topic", "title", "about", "match", "except", "unless", "earnest", "roles", "several",
    "examples",
)
_RULE_KEYS: Final = (
    "name", "any", "near", "words", "act", "with", "unless", "not_between", "story", "unless_story", "in", "roles",
    "status", "otherwise",
)


def read_rules(files: Mapping[str, str], lists: Mapping[str, str]) -> "Rules":
    """Compile topic files with list files (texts by name); raises ConfigError with every mistake."""
    plain = {name: text for name, text in lists.items() if not _is(name, STATES)}
    by_name, mistakes = parse_lists(plain)
    terms = [term for group in by_name.values() for term in group]
    for name, text in lists.items():
        if _is(name, STATES):
            found, wrong = state_terms(text, name)
            terms += found
            mistakes += wrong
    known: dict[str, frozenset[str]] = dict.fromkeys((*PARTY_LISTS, PARTIES), frozenset())
    known |= {name: frozenset(term.kind for term in group if term.kind) for name, group in by_name.items()}
    topics: list[Topic] = []
    shared = Shared()
    for name, text in sorted(files.items()):
        try:
            reader = _Reader(parse_yaml(text, name), known, shared)
        except ConfigError as error:
            mistakes += error.mistakes
            continue
        topics.append(reader.topic())
        mistakes += reader.mistakes
    seen: dict[str, str] = {}
    for topic, file in zip(topics, sorted(files), strict=False):
        if topic.name and topic.name in seen:
            mistakes.append(f"{file}:1: topic: {topic.name} is defined in {seen[topic.name]} too")
        seen[topic.name] = file
    if mistakes:
        raise ConfigError(mistakes)
    return Rules(
        tuple(topics), (*terms, *shared.terms.values()), frozenset(known),
        {name: tuple(groups) for name, groups in shared.aliases.items()},
    )


def _is(file: str, name: str) -> bool:
    return file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".txt") == name


@dataclass(slots=True)
class Shared:
    """What the rules of all topics share: words of their own, the groups that a list belongs to, and the symbol of
    each set of words and lists, the way it was written first."""

    terms: dict[tuple[str, tuple[Word, ...]], Term] = field(default_factory=dict)
    aliases: dict[str, dict[str, None]] = field(default_factory=dict)
    symbols: dict[tuple[frozenset[tuple[Word, ...]], frozenset[Ref]], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """All topics, the terms that they need, the names of lists, and the groups that a list or class belongs to."""

    topics: tuple[Topic, ...]
    terms: tuple[Term, ...]
    lists: frozenset[str]
    aliases: Mapping[str, tuple[str, ...]]


class _Reader:
    """Reads one topic file and gathers its mistakes."""

    def __init__(self, source: YamlText, lists: Mapping[str, frozenset[str]], shared: "Shared") -> None:
        self.source, self.lists = source, lists
        self.terms, self.aliases, self.symbols = shared.terms, shared.aliases, shared.symbols
        self.mistakes: list[str] = []

    def wrong(self, path: Path, what: str) -> None:
        self.mistakes.append(f"{self.source.at(path)}: {what}")

    def topic(self) -> Topic:
        data = self.source.data
        if not isinstance(data, dict):
            self.wrong((), "a topic file is a mapping with the keys topic, title, match, examples")
            return Topic("", "", "", ())
        self.keys(data, (), _TOPIC_KEYS)
        for key in ("topic", "title", "match", "examples"):
            if key not in data:
                self.wrong((key,), f'the key "{key}" is missing')
        name = self.string(data, ("topic",))
        if name and not all(c.islower() or c.isdigit() or c == "-" for c in name):
            self.wrong(("topic",), f'"{name}": a topic\'s name is small letters, digits and hyphens')
        roles = self.roles(data.get("roles", {}), ("roles",))
        several = self.strings(data.get("several", []), ("several",))
        for index, role in enumerate(several):
            if role not in roles:
                self.wrong(("several", index), f'"{role}" is no role of this topic{suggest(role, roles)}')
        if "earnest" in data:
            self.list_exists(ELSEWHERE, ("earnest",))
        match = data.get("match", [])
        if not isinstance(match, list) or not match:
            self.wrong(("match",), "needs a list of rules, each with `any:` or `near:`")
            match = []
        return Topic(
            name,
            self.string(data, ("title",)),
            self.string(data, ("about",)),
            tuple(self.rule(rule, ("match", index), roles) for index, rule in enumerate(match)),
            self.patterns(data.get("except", []), ("except",)),
            self.patterns(data.get("unless", []), ("unless",)),
            self.patterns(data.get("earnest", []), ("earnest",)),
            roles,
            frozenset(several),
            self.examples(data.get("examples", {})),
        )

    def rule(self, data: Any, path: Path, roles: Mapping[str, tuple[str, ...]]) -> Rule:
        if not isinstance(data, dict):
            self.wrong(path, "a rule is a mapping with `any:` (phrases) or `near:` (two or three items)")
            return Rule("", ())
        self.keys(data, path, _RULE_KEYS)
        name = self.string(data, (*path, "name")) or f"rule {int(path[-1]) + 1}"
        patterns = self.patterns(data.get("any", []), (*path, "any"))
        if "near" in data:
            patterns += self.near(data["near"], data.get("words", 10), path)
        if not patterns and not self.mistakes:
            self.wrong(path, "needs `any:` (phrases) or `near:` (two or three items)")
        own = self.roles(data["roles"], (*path, "roles")) if "roles" in data else dict(roles)
        for role in own:
            if role not in roles:
                self.wrong((*path, "roles", role), f"is no role of this topic{suggest(role, roles)}")
        where = self.string(data, (*path, "in"))
        if where not in ("", "title", "body"):
            self.wrong((*path, "in"), f'"{where}" is not allowed; allowed: body, title')
        written = self.string(data, (*path, "status"))
        status = next((known for known in STATUSES if known == written), None)
        if written and status is None:
            self.wrong((*path, "status"), f'"{written}" is no claim status{suggest(written, STATUSES)}')
        otherwise = data.get("otherwise", False)
        if not isinstance(otherwise, bool):
            self.wrong((*path, "otherwise"), f'"{otherwise}" is not allowed; allowed: true, false')
        symbols = {symbol for pattern in patterns for symbol in pattern.symbols}
        return Rule(
            name, patterns, self.act(data, symbols, path),
            self.patterns(data.get("with", []), (*path, "with")),
            self.patterns(data.get("unless", []), (*path, "unless")),
            self.singles(data, (*path, "not_between")),
            self.singles(data, (*path, "story")),
            self.singles(data, (*path, "unless_story")),
            where, own, status, otherwise is True,
            frozenset(place[1:].partition(":")[0] for places in own.values() for place in places if place[0] == "@"),
        )

    def act(self, data: Mapping[str, Any], symbols: set[str], path: Path) -> str:
        """The list (or class of one) whose hit is the act."""
        act = self.string(data, (*path, "act")).removeprefix("@")
        if act:
            lists = {name.partition(":")[0] for name, groups in self.aliases.items() if symbols & set(groups)}
            lists |= {symbol.partition(":")[0] for symbol in symbols if symbol[0] not in "('"}
            if act.partition(":")[0] not in lists:
                self.wrong((*path, "act"), f'"@{act}" is no list of this rule{suggest(act, lists)}')
        return act.partition(":")[0]

    def singles(self, data: Mapping[str, Any], path: Path) -> frozenset[str]:
        """Symbols of items that are words or one list each."""
        return frozenset(
            pattern.symbols[0]
            for pattern in self.patterns(data.get(str(path[-1]), []), path) if self.single(pattern, path)
        )

    def near(self, items: Any, words: Any, path: Path) -> tuple[Pattern, ...]:
        if not isinstance(items, list) or not 2 <= len(items) <= 3:
            self.wrong((*path, "near"), "needs a list of two or three items")
            return ()
        if not isinstance(words, int) or isinstance(words, bool) or not 0 <= words <= 60:
            self.wrong((*path, "words"), "is the most words between the items, 0 to 60")
            return ()
        choices = [
            [pattern.symbols[0] for pattern in self.pattern(item, (*path, "near", index))
             if self.single(pattern, (*path, "near", index))]
            for index, item in enumerate(items)
        ]
        combined: list[tuple[str, ...]] = [()]
        for symbols in choices:
            combined = [(*chosen, symbol) for chosen in combined for symbol in symbols]
        return tuple(Pattern(symbols, (Gap(words, True),), False) for symbols in combined)

    def single(self, pattern: Pattern, path: Path) -> bool:
        if len(pattern.symbols) > 1:
            self.wrong(path, "an item here is words or one list; sequences belong under `any:`")
        return len(pattern.symbols) == 1

    def patterns(self, data: Any, path: Path) -> tuple[Pattern, ...]:
        return tuple(
            pattern for index, text in enumerate(self.strings(data, path))
            for pattern in self.pattern(text, (*path, index) if isinstance(data, list) else path)
        )

    def pattern(self, text: Any, path: Path) -> Sequence[Pattern]:
        if not isinstance(text, str):
            self.wrong(path, f'"{text}" is not text; put it in quotes')
            return []
        try:
            sequences = parse_phrase(text)
        except PhraseError as error:
            self.wrong(path, str(error))
            return []
        out: list[Pattern] = []
        for sequence in sequences:
            symbols: list[str] = []
            gaps: list[Gap] = []
            run: list[Word] = []
            gap = Gap(0)
            for item in (*sequence, None):
                if isinstance(item, Word):
                    run.append(item)
                    continue
                if run:
                    self.push(symbols, gaps, self.run(tuple(run), path), gap)
                    run, gap = [], Gap(0)
                if isinstance(item, Gap):
                    gap = Gap(gap.words + item.words, gap.free or item.free)
                elif isinstance(item, Ref):
                    self.list_exists(item.name, path)
                    self.push(symbols, gaps, item.name, gap)
                    gap = Gap(0)
                elif isinstance(item, Group):
                    self.push(symbols, gaps, self.group(item, path), gap)
                    gap = Gap(0)
            out.append(Pattern(tuple(symbols), tuple(gaps)))
        return out

    def list_exists(self, name: str, path: Path) -> None:
        name, _, kind = name.partition(":")
        if name not in self.lists:
            self.wrong(path, f"there is no list @{name}{suggest(name, self.lists)}")
        elif kind and kind not in self.lists[name]:
            self.wrong(path, f"the list {name} has no class [{kind}]{suggest(kind, self.lists[name])}")

    @staticmethod
    def push(symbols: list[str], gaps: list[Gap], symbol: str, gap: Gap) -> None:
        if symbols:
            gaps.append(gap)
        symbols.append(symbol)

    def run(self, words: tuple[Word, ...], path: Path) -> str:
        if words[0].form == "#":
            self.wrong(path, 'a phrase cannot begin with "#"')
        symbol = self.symbols.setdefault((frozenset((words,)), frozenset()), "'" + written_words(words))
        self.terms.setdefault((symbol, words), Term(words, symbol))
        return symbol

    def group(self, group: Group, path: Path) -> str:
        symbol = self.symbols.setdefault((frozenset(group.runs), frozenset(group.refs)), group.text)
        for words in group.runs:
            self.terms.setdefault((symbol, words), Term(words, symbol))
        for ref in group.refs:
            self.list_exists(ref.name, path)
            self.aliases.setdefault(ref.name, {})[symbol] = None
        return symbol

    def roles(self, data: Any, path: Path) -> dict[str, tuple[str, ...]]:
        if not isinstance(data, dict):
            self.wrong(path, "is a mapping from role to where it stands, as `supplier: subject, by`")
            return {}
        out: dict[str, tuple[str, ...]] = {}
        for role, where in data.items():
            found = [part.strip() for part in where.split(",")] if isinstance(where, str) else []
            for part in found:
                if part.startswith("@"):
                    self.list_exists(part[1:], (*path, role))
                elif part not in POSITIONS:
                    self.wrong((*path, role), f'"{part}" is no position{suggest(part, POSITIONS)}')
            if not found:
                self.wrong((*path, role), "needs positions separated by commas, as `subject, by, from`")
            out[role] = tuple(found)
        return out

    def examples(self, data: Any) -> tuple[Example, ...]:
        if not isinstance(data, dict):
            self.wrong(("examples",), "needs `yes:` and `no:`, each a list of sentences")
            return ()
        self.keys(data, ("examples",), ("yes", "no"))
        out: list[Example] = []
        for key in ("yes", "no"):
            path: Path = ("examples", key)
            texts = self.strings(data.get(key, []), path)
            if not texts:
                self.wrong(path, "needs at least one sentence")
            out += [Example(text, key == "yes", self.source.at((*path, i))) for i, text in enumerate(texts)]
        return tuple(out)

    def keys(self, data: Mapping[str, Any], path: Path, allowed: Sequence[str]) -> None:
        for key in data:
            if key not in allowed:
                self.wrong((*path, key), f'unknown key "{key}"{suggest(str(key), allowed)}')

    def string(self, data: Mapping[str, Any], path: Path) -> str:
        value = data.get(str(path[-1]), "")
        if not isinstance(value, str):
            self.wrong(path, "must be text")
            return ""
        return value

    def strings(self, data: Any, path: Path) -> list[str]:
        if isinstance(data, str):
            return [data]
        if not isinstance(data, list):
            self.wrong(path, "must be a list of texts")
            return []
        for index, item in enumerate(data):
            if not isinstance(item, str):
                self.wrong((*path, index), f'"{item}" is not text; put it in quotes')
        return [item for item in data if isinstance(item, str)]
