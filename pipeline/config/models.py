"""What `wirewatch.yaml` and the files of feeds may say, with defaults and limits."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from pipeline.core.secrets import Secrets


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
