"""Ways to reach people, opened from `channels:` of wirewatch.yaml; only what is used is imported."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pipeline.core.alerts.message import Channel
from pipeline.core.errors import WirewatchError

if TYPE_CHECKING:
    from pipeline.channels.base import Post
    from pipeline.config import ChannelSettings


def open_channels(
    settings: "Mapping[str, ChannelSettings]",
    *,
    post: "Post",
    base: Path | None = None,
    stream: TextIO | None = None,
) -> dict[str, Channel]:
    """The channels by name; raises WirewatchError that names the channel which cannot be used.

    `post` sends HTTP requests for them, `base` is what relative paths are relative to (else the working
    directory), `stream` is where the console channel prints (else standard output).
    """
    opened: dict[str, Channel] = {}
    for name, one in settings.items():
        try:
            opened[name] = _open(one, post, base or Path(), stream)
        except WirewatchError as error:
            raise WirewatchError(f"channel {name}: {error}") from error
    return opened


def _open(one: "ChannelSettings", post: "Post", base: Path, stream: TextIO | None) -> Channel:
    if one.type == "console":
        from pipeline.channels.console import ConsoleChannel

        return ConsoleChannel(stream, one.text)
    if one.type == "file":
        from pipeline.channels.file import FileChannel

        return FileChannel(base / one.path)
    if one.type == "webhook":
        from pipeline.channels.webhook import WebhookChannel

        return WebhookChannel(one.url, post, secret=one.secret, headers=one.headers, template=one.body,
                              timeout_s=one.timeout_s)
    if one.type == "mail":
        from pipeline.channels.mail import MailChannel

        return MailChannel(
            one.host, one.port, one.sender, one.to, security=one.security, user=one.user, password=one.password,
            ca_file=one.ca_file, unsubscribe=one.unsubscribe, subject=one.subject, text=one.text, html=one.html,
            timeout_s=one.timeout_s,
        )
    if one.type == "feed":
        from pipeline.channels.feed import FeedChannel

        return FeedChannel(base / one.path, limit=one.limit, url=one.url)
    from pipeline.channels.apprise import AppriseChannel

    return AppriseChannel(one.urls, text=one.text)
