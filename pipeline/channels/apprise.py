"""Slack, Teams, Telegram, Discord, ntfy, PagerDuty and a hundred others, through the `apprise` library (an extra)."""

from collections.abc import Sequence
from typing import Any, Final

from pipeline.channels.base import message_text
from pipeline.channels.templates import Template
from pipeline.core.alerts.message import Message
from pipeline.core.errors import WirewatchError

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
        for number, service in enumerate(self._services):
            if number not in taken and service.notify(
                title=message.subject, body=body, body_format="text", notify_type=_KINDS[message.severity]
            ):
                taken.add(number)
        left = [number + 1 for number in range(len(self._services)) if number not in taken]
        if left:  # those that took it are not told again, as long as this process lives
            raise WirewatchError(f"service number {', '.join(map(str, left))} did not take the message")
        del self._taken[message.key]
