"""Slack, Teams, Telegram, Discord, ntfy, PagerDuty and a hundred others, through the `apprise` library (an extra)."""

import logging
import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from pipeline.channels.base import message_text
from pipeline.channels.templates import Template
from pipeline.core.alerts.message import Message
from pipeline.core.errors import WirewatchError
from pipeline.core.telling import clean

_KINDS: Final = {"low": "info", "normal": "info", "high": "warning", "critical": "failure"}


class AppriseChannel:
    """Notifies every service URL; a message counts as taken when all of them took it."""

    def __init__(self, urls: Sequence[str], *, text: str = "") -> None:
        try:
            import apprise
        except ImportError:
            raise WirewatchError(
                "needs the apprise library; install it with: pip install 'wirewatch[apprise]'"
            ) from None
        self._services: list[Any] = []
        self._said, self._urls = partial(apprise.LogCapture, level=logging.WARNING, fmt="%(message)s"), tuple(urls)
        logging.getLogger("apprise").propagate = False  # what goes wrong is told as the error of the message
        for number, url in enumerate(urls, 1):
            service = apprise.Apprise()
            if not service.add(url):
                scheme = url.partition(":")[0]
                raise WirewatchError(f"its URL number {number} ({scheme}:…) is none that apprise understands; "
                                     "see https://github.com/caronc/apprise/wiki")
            self._services.append(service)
        self._text = Template(text) if text else None
        self._taken: dict[str, set[int]] = {}

    def send(self, message: Message) -> None:
        body = self._text.render(message) if self._text is not None else message_text(message, ("", ""))
        taken = self._taken.setdefault(message.key, set())
        left: list[str] = []
        for number, service in enumerate(self._services):
            if number in taken:  # those that took it are not told again, as long as this process lives
                continue
            with self._said() as said:
                if service.notify(
                    title=message.subject, body=body, body_format="text", notify_type=_KINDS[message.severity]
                ):
                    taken.add(number)
                else:
                    left.append(f"number {number + 1}: {_secretly(said.getvalue(), self._urls[number]) or 'no reason'}")
        if left:
            raise WirewatchError(f"a service did not take the message, {'; '.join(left)}")
        del self._taken[message.key]


def _secretly(said: str, url: str) -> str:
    """What a service said, in one line, without any part of its URL: that may be a token."""
    for part in sorted(re.split(r"[/:@?&=#,]+", url), key=len, reverse=True):
        if len(part) > 3:
            said = said.replace(part, "…")
    return clean(" ".join(said.split()), 200)
