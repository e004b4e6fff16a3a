"""Alerts as signed JSON to a URL.

    POST, Content-Type: application/json
    Idempotency-Key: the message's key, the same whenever it is sent again
    Wirewatch-Timestamp: seconds since 1970 when it was signed
    Wirewatch-Signature: sha256=HEX        with a secret: HMAC-SHA256(secret, timestamp + "." + body)

The receiver computes the signature over the bytes it got, compares in constant time, and refuses an old timestamp.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from pipeline.channels.base import Post
from pipeline.channels.templates import Template
from pipeline.core.alerts.message import Message, sample
from pipeline.core.errors import WirewatchError

TIMEOUT_S: Final = 20.0


class WebhookChannel:
    """Posts each message; any 2xx answer means that it was taken."""

    def __init__(self, url: str, post: Post, *, secret: str = "", headers: Mapping[str, str] | None = None,
                 template: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self._url, self._post, self._secret = url, post, secret.encode()
        self._headers, self._timeout_s = dict(headers or {}), timeout_s
        self._template = Template(template) if template else None
        self._body(sample(datetime.now(UTC)))  # a template that makes no JSON is told when it is loaded

    def send(self, message: Message) -> None:
        body = self._body(message)
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            **self._headers,
            "Idempotency-Key": message.key,
            "Wirewatch-Timestamp": timestamp,
        }
        if self._secret:
            headers["Wirewatch-Signature"] = sign(self._secret, timestamp, body)
        self._post(self._url, headers, body, self._timeout_s)

    def _body(self, message: Message) -> bytes:
        if self._template is None:
            return json.dumps(message.plain(), ensure_ascii=False).encode("utf-8", "replace")
        text = self._template.render(message)
        try:
            json.loads(text)
        except ValueError as error:
            raise WirewatchError(
                f"the template of the webhook does not make JSON ({error}); put `| tojson` after each value"
            ) from error
        return text.encode("utf-8", "replace")


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The value of Wirewatch-Signature."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
