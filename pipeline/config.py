"""`configs/` as one frozen Config; every mistake at once, as `file:line: path: what is wrong, what is allowed`.

    configs/wirewatch.yaml   Settings: store, network, extraction, channels
    configs/feeds.yaml       feeds: a list of FeedSettings, or groups of them with shared defaults
    configs/topics/*.yaml    topic rules (core/topics.py)
    configs/lists/*.txt      term lists that topics refer to
    configs/alerts/*.yaml    alert rules (core/alerts.py)

`${NAME}` inside a string takes a secret from the environment variable NAME.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


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
    robots: Literal["articles", "all", "off"] = "articles"
    allow_loopback: bool = False
    """Let requests reach 127.0.0.0/8 and ::1: for tests, the demo and a webhook receiver on this machine."""
    connect_to: dict[str, str] = Field(default_factory=dict)
    """Host (or `*`) -> `http://127.0.0.1:8901`: send its requests there in clear, URL and Host header unchanged."""


class ExtractSettings(Model):
    """`extract:` — how article bodies are taken from pages."""

    min_chars: int = Field(200, ge=0)
    """A page body shorter than this, and shorter than the feed's own text, gives way to the feed's text."""


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


class FeedSettings(Model):
    """One feed of `feeds.yaml`."""

    url: str = Field(pattern=r"^https?://")
    id: str = ""
    """Short stable name; the host and path of the URL where missing."""
    title: str = ""
    source: str = ""
    """Outlet that stories are counted under; the host of the article where missing."""
    tags: tuple[str, ...] = ()
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


class ConsoleChannel(Model):
    type: Literal["console"]


class FileChannel(Model):
    """One JSON object a line, appended."""

    type: Literal["file"]
    path: str


class WebhookChannel(Model):
    """HTTP POST of JSON, signed with HMAC-SHA256 of the body where a secret is set."""

    type: Literal["webhook"]
    url: str = Field(pattern=r"^https?://")
    secret: str = ""
    headers: dict[str, str] = Field(default_factory=dict)


ChannelSettings = Annotated[ConsoleChannel | FileChannel | WebhookChannel, Field(discriminator="type")]


class Settings(Model):
    """`wirewatch.yaml`."""

    store: StoreSettings = StoreSettings()
    network: NetworkSettings = NetworkSettings()
    extract: ExtractSettings = ExtractSettings()
    channels: dict[str, ChannelSettings] = Field(default_factory=dict)
