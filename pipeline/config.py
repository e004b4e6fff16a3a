"""`configs/` as one frozen Config; every mistake at once, as `file:line: path: what is wrong, what is allowed`.

    configs/wirewatch.yaml   Settings: store, network, extraction, channels
    configs/feeds.yaml       feeds: groups of FeedSettings with shared tags
    configs/feeds.added.yaml the same form, written by `wirewatch feeds add | import | remove`
    configs/topics/*.yaml    topic rules (core/topics.py)
    configs/lists/*.txt      term lists that topics refer to
    configs/alerts/*.yaml    alert rules (core/alerts.py)

`${NAME}` inside a string takes a secret from the environment variable NAME; in feeds.added.yaml, which holds what
strangers wrote, inside headers alone.
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from pipeline.core.errors import ConfigError, QueryError
from pipeline.core.secrets import Secrets
from pipeline.core.urls import canonical_url
from pipeline.core.yamltext import Path as YamlPath
from pipeline.core.yamltext import YamlText, parse_yaml, suggest

FEEDS: Final = "feeds.yaml"
ADDED_FEEDS: Final = "feeds.added.yaml"
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")

if TYPE_CHECKING:  # `wirewatch search` needs the settings alone, and quickly
    from pipeline.core.alerts import AlertRule
    from pipeline.core.query import Query
    from pipeline.core.topics import Topics


class Model(BaseModel):
    """A section of the configuration: frozen, unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkSettings(Model):
    """`network:` — limits and manners of every request."""

    contact: str = "https://github.com/wirewatch/wirewatch"
    """A URL or mail address in the User-Agent, so that a site's operator can reach you."""
    timeout_s: float = Field(30.0, gt=0)
    """Total time for one request with all its redirects and its whole body."""
    connect_timeout_s: float = Field(10.0, gt=0)
    max_bytes: int = Field(10_000_000, gt=0)
    """Limit of one body, after decompression."""
    max_redirects: int = Field(5, ge=0)
    concurrency: int = Field(64, gt=0)
    """Requests under way at once in one worker process."""
    per_host_concurrency: int = Field(2, gt=0)
    per_host_delay_s: float = Field(1.0, ge=0)
    """Least time between the starts of two requests to one host."""
    robots: Literal["articles", "all", "ignore"] = "articles"
    allow_loopback: bool = False
    """Let requests reach 127.0.0.0/8 and ::1: for tests, the demo and a webhook receiver on this machine."""
    connect_to: dict[str, str] = Field(default_factory=dict)
    """Host (or `*`) -> `http://127.0.0.1:8901`: send its requests there in clear, URL and Host header unchanged."""


class ExtractSettings(Model):
    """`extract:` — how article bodies are taken from pages."""

    min_chars: int = Field(200, ge=0)
    """A page that gives less text than this, and less than the feed itself, is a failure to be looked at."""


class ClusterSettings(Model):
    """`clusters:` — which stories are copies of one text, and which tell of one matter."""

    days: int = Field(7, ge=0, le=60)
    """Copies are published at most this far apart."""
    thread_days: int = Field(30, ge=0, le=60)
    """Reports of one matter are published at most this far from the one that began their thread."""


class StoreSettings(Model):
    """`store:` — where stories live: a directory (embedded) or the URL of an Elasticsearch server."""

    at: str = "data"
    index_prefix: str = Field("wirewatch", pattern=r"^[a-z0-9][a-z0-9_-]*$")
    api_key: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    timeout_s: float = Field(30.0, gt=0)
    wait_s: float = Field(120.0, ge=0)
    """How long a pass waits for a server that stopped answering, before it ends with exit code 3."""


Tag = Annotated[str, Field(pattern=r"^[^\s\p{Cc},/]([^\p{Cc},]*[^\s\p{Cc},])?$", max_length=200)]
"""No comma and no line break, and no slash in front, which OPML keeps for itself."""


class FeedSettings(Model):
    """One feed of `feeds.yaml`."""

    url: str = Field(pattern=r"^https?://")
    id: str = ""
    """Short stable name; the host and path of the URL where missing."""
    title: str = ""
    source: str = ""
    """Outlet that stories are counted under; the host of the article where missing."""
    tags: tuple[Tag, ...] = ()
    lang: str = ""
    """Language of the feed where it does not say itself."""
    enabled: bool = True
    full_text: Literal["page", "feed"] = "page"
    """`feed`: do not fetch article pages, the feed's own text is the body."""
    robots: bool | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    interval_min_s: int = Field(300, gt=0)
    interval_max_s: int = Field(86_400, gt=0)
    include: str = ""
    """A query: only entries that match become stories."""
    exclude: str = ""
    """A query: entries that match are left out (and counted)."""
    _secrets: Secrets = PrivateAttr(default_factory=Secrets)

    def hidden(self, text: str) -> str:
        """`text` without what this feed's address and headers keep secret: for whatever is shown or told."""
        return self._secrets.hidden(text)

    def hidden_in(self, value: Any) -> Any:
        """What JSON can hold, with every text in it `hidden`."""
        return self._secrets.hidden_in(value)


class ConsoleChannel(Model):
    """Printed where the command runs."""

    type: Literal["console"]
    text: str = ""
    """A template (docs/alerts.md) in place of the usual form."""


class FileChannel(Model):
    """One JSON object a line, appended."""

    type: Literal["file"]
    path: str


class WebhookChannel(Model):
    """HTTP POST of JSON, signed with HMAC-SHA256 where a secret is set."""

    type: Literal["webhook"]
    url: str = Field(pattern=r"^https?://")
    secret: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    """A template that makes other JSON, such as `{"text": {{ text | tojson }}}`."""
    timeout_s: float = Field(20.0, gt=0)


class MailChannel(Model):
    """Mail through an SMTP server: text and HTML, a thread for each rule."""

    type: Literal["mail"]
    host: str
    port: int = Field(587, gt=0, lt=65536)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    ca_file: str = ""
    sender: str = Field(pattern=r"^[^\r\n]*[^@\s]@[^@\s]+$")
    to: tuple[Annotated[str, Field(pattern=r"^[^\r\n]*[^@\s]@[^@\s]+$")], ...] = Field(min_length=1)
    unsubscribe: str = Field("", pattern=r"^(<(https?|mailto):[^\s<>]+>)?$")
    """List-Unsubscribe, such as `<mailto:desk@example.org>`; a mail to the sender where empty."""
    subject: str = ""
    text: str = ""
    html: str = ""
    """Templates (docs/alerts.md) in place of the usual forms."""
    timeout_s: float = Field(30.0, gt=0)


class FeedChannel(Model):
    """An RSS and a JSON feed for each rule, as files in a directory."""

    type: Literal["feed"]
    path: str
    url: str = Field("", pattern=r"^(https?://\S+)?$")
    """Where a web server serves the directory."""
    limit: int = Field(100, gt=0, le=10_000)


class AppriseChannel(Model):
    """Slack, Teams, Telegram, Discord, ntfy … by service URLs of the apprise library (`wirewatch[apprise]`)."""

    type: Literal["apprise"]
    urls: tuple[str, ...] = Field(min_length=1)
    text: str = ""


ChannelSettings = Annotated[
    ConsoleChannel | FileChannel | WebhookChannel | MailChannel | FeedChannel | AppriseChannel,
    Field(discriminator="type"),
]


class Settings(Model):
    """`wirewatch.yaml`."""

    store: StoreSettings = StoreSettings()
    network: NetworkSettings = NetworkSettings()
    extract: ExtractSettings = ExtractSettings()
    clusters: ClusterSettings = ClusterSettings()
    archive: str = ""
    """A directory in which every fetched feed and page is kept, as WARC files; none where empty."""
    channels: dict[str, ChannelSettings] = Field(default_factory=dict)


class FeedGroup(Model):
    """Feeds that belong together; the group's tags are added to each feed's own."""

    name: str
    tags: tuple[Tag, ...] = ()
    feeds: tuple[FeedSettings, ...] = ()


class FeedsFile(Model):
    """`feeds.yaml`."""

    groups: tuple[FeedGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that `configs/` says, checked."""

    directory: Path
    settings: Settings
    feeds: tuple[FeedSettings, ...]
    topics: "Topics"
    rules: "tuple[AlertRule, ...]"


def default_directory() -> Path:
    """`$WIREWATCH_CONFIG`, else `configs/` here, else the configuration that ships with the package."""
    if named := os.environ.get("WIREWATCH_CONFIG"):
        return Path(named)
    here = Path("configs")
    if (here / "wirewatch.yaml").is_file():
        return here
    package = Path(__file__).parent
    shipped = package / "configs"
    return shipped if shipped.is_dir() else package.parent / "configs"


def load(directory: Path) -> Config:
    """Load and check all of a configuration directory; raises ConfigError with every mistake in it."""
    mistakes: list[str] = []

    def attempt(part: Any, *args: Any) -> Any:
        try:
            return part(*args)
        except ConfigError as error:
            mistakes.extend(error.mistakes)
            return None

    settings = attempt(load_settings, directory)
    feeds = attempt(load_feeds, directory)
    topics = attempt(_load_topics, directory)
    channels = tuple(settings.channels) if settings is not None else None
    rules = attempt(_load_rules, directory, channels)
    if topics is not None and rules is not None:
        for rule in rules:
            mistakes += [f"{directory / 'alerts'}: rule {rule.name}: query: {said}"
                         for said in unknown_topics(rule.query, topics.names)]
    if mistakes:
        raise ConfigError(mistakes)
    return Config(directory, settings, feeds, topics, rules)


def unknown_topics(query: "Query", names: Collection[str]) -> list[str]:
    """A sentence for each topic that a query asks for and nobody has defined: it would silently match nothing."""
    from pipeline.core.query import tag_value, topics_named

    known = {tag_value(name): name for name in names}
    unknown = sorted(topics_named(query) - set(known))
    return [f"there is no topic {name}{suggest(name, known.values())}" for name in unknown]


def load_settings(directory: Path) -> Settings:
    """`wirewatch.yaml` alone; all defaults where the file is missing or empty."""
    if not directory.is_dir():
        raise ConfigError([f"{directory}: no such configuration directory; name one with --config DIR"])
    path = directory / "wirewatch.yaml"
    return _validated(Settings, _read(path)) if path.exists() else Settings()


@dataclass(frozen=True, slots=True)
class PlacedFeed:
    """A feed with its group's name, and where it stands."""

    feed: FeedSettings
    group: str
    file: Path
    line: int

    @property
    def at(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


def load_feeds(directory: Path) -> tuple[FeedSettings, ...]:
    """All feeds, flattened: ids filled in and unique, group tags added, queries checked."""
    return tuple(placed.feed for placed in placed_feeds(directory))


def placed_feeds(directory: Path) -> tuple[PlacedFeed, ...]:
    """The feeds of `feeds.yaml`, then those of `feeds.added.yaml`; ConfigError names file and line of each mistake."""
    found: list[PlacedFeed] = []
    mistakes: list[str] = []
    for path in (directory / FEEDS, directory / ADDED_FEEDS):
        if path.exists():
            try:
                _take_feeds(path, parse_yaml(_text(path), str(path)), found, mistakes)
            except ConfigError as error:
                mistakes.extend(error.mistakes)
    if mistakes:
        raise ConfigError(list(map(feed_secrets(directory).hidden, mistakes)))
    return tuple(found)


def _take_feeds(path: Path, written: YamlText, found: list[PlacedFeed], mistakes: list[str]) -> None:
    """Add a file's feeds to those `found` before it, and what is wrong with them to `mistakes`."""
    from pipeline.core.query import parse as parse_query

    document = _filled(written, everywhere=path.name != ADDED_FEEDS)
    file = _validated(FeedsFile, document)
    ids = {placed.feed.id: placed.at for placed in found}
    urls = {canonical_url(placed.feed.url): placed.at for placed in found}
    for g, group in enumerate(file.groups):
        for f, feed in enumerate(group.feeds):
            at: YamlPath = ("groups", g, "feeds", f)
            as_written = written.data["groups"][g]["feeds"][f]
            full = feed.model_copy(update={
                "id": feed.id or feed_id(as_written["url"]),  # it is shown, and must hold no secret
                "tags": tuple(dict.fromkeys(group.tags + feed.tags)),
            })
            full._secrets = _secrets_of(full, as_written["url"])
            for known, value, name in ((ids, full.id, "id"), (urls, canonical_url(full.url), "url")):
                if value in known:
                    mistakes.append(f"{document.at((*at, name))}: {value} is already the {name} of the feed "
                                    f"at {known[value]}; keep one")
                known.setdefault(value, document.at(at))
            for name in ("include", "exclude"):
                if text := getattr(full, name):
                    try:
                        parse_query(text)
                    except QueryError as error:
                        mistakes.append(f"{document.at((*at, name))}: {error}")
            found.append(PlacedFeed(full, group.name, path, document.lines.get(at, 1)))


def _secrets_of(feed: FeedSettings, url: str) -> Secrets:
    """What stands in a feed's headers, and what its address (`url` as written) takes from the environment."""
    if not feed.headers and url == feed.url:
        return Secrets()
    taken = ((os.environ.get(name, ""), f"${{{name}}}") for name in _VARIABLE.findall(url) if url != feed.url)
    return Secrets.of([*taken, *((value, "…") for value in feed.headers.values())])


def feed_secrets(directory: Path) -> Secrets:
    """What the feeds take from the environment, to be shown as `${NAME}`."""
    named: set[str] = set()
    for name in (FEEDS, ADDED_FEEDS):
        path = directory / name
        if path.exists():
            named.update(_VARIABLE.findall(_text(path)))
    return Secrets.of((os.environ[name], f"${{{name}}}") for name in sorted(named) if name in os.environ)


def feed_id(url: str) -> str:
    """A short stable name for a feed that was given none: host and path, as letters, digits and hyphens."""
    parts = urlsplit(url)
    name = f"{(parts.hostname or '').removeprefix('www.')}{parts.path}{'-' + parts.query if parts.query else ''}"
    return re.sub(r"[^\w.]+", "-", name).strip("-").lower() or "feed"


def _load_topics(directory: Path) -> "Topics":
    topics = tuple((str(p), _text(p)) for p in sorted((directory / "topics").glob("*.yaml")))
    lists = tuple((str(p), _text(p)) for p in sorted((directory / "lists").glob("*.txt")))
    return _topics(topics, lists)


@lru_cache(maxsize=1)
def _topics(topics: tuple[tuple[str, str], ...], lists: tuple[tuple[str, str], ...]) -> "Topics":
    """Made once as long as the files say the same: `watch` reads them before every pass."""
    from pipeline.core.topics import load_topics

    return load_topics(dict(topics), dict(lists))


def _load_rules(directory: Path, channels: Sequence[str] | None) -> "tuple[AlertRule, ...]":
    """Without `channels` (the settings did not load) every channel name is taken as known."""
    from pipeline.core.alerts import load_rules

    files = {str(p): _text(p) for p in sorted((directory / "alerts").glob("*.yaml"))}
    return load_rules(files, channels)


# ── from YAML to models ───────────────────────────────────────────────────────────────────────────────────

M = TypeVar("M", bound=Model)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read as UTF-8 text: {error}"]) from None


def _read(path: Path) -> YamlText:
    return _filled(parse_yaml(_text(path), str(path)))


def _filled(document: YamlText, *, everywhere: bool = True) -> YamlText:
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

    return _VARIABLE.sub(take, value)


def _validated(model: type[M], document: YamlText) -> M:
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
