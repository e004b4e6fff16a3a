"""The configured channels, opened, with requests that go through net/."""

from collections.abc import Mapping
from typing import TextIO

from pipeline.channels import open_channels
from pipeline.config import Settings
from pipeline.core.alerts import Channel


def connect(settings: Settings, stream: TextIO | None = None) -> dict[str, Channel]:
    """The channels by name; the console channel prints to `stream`."""
    from pipeline.net.client import fetch_once

    def post(url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> int:
        answer = fetch_once(settings.network, url, method="POST", headers=headers, data=body, timeout_s=timeout_s)
        return answer.status

    return open_channels(settings.channels, post=post, stream=stream)
