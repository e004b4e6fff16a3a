"""Alerts by mail: text and HTML in one message, the messages of a rule in one thread.

Headers by which mail programs group, filter and stop: References (one root for each rule), List-Id (the rule),
List-Unsubscribe, Auto-Submitted (RFC 3834), and Message-ID made of the idempotency key, so that a repeat after a
crash is recognised as the same mail.
"""

import smtplib
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Literal

from pipeline.channels.base import message_text
from pipeline.channels.mail_html import HTML
from pipeline.channels.templates import Template
from pipeline.core.alerts.message import Message
from pipeline.core.errors import WirewatchError
from pipeline.core.telling import clean

Security = Literal["starttls", "tls", "none"]


class MailChannel:
    """Hands each message to an SMTP server for all its recipients."""

    def __init__(
        self, host: str, port: int, sender: str, to: Sequence[str], *, security: Security = "starttls", user: str = "",
        password: str = "", ca_file: str = "", unsubscribe: str = "", subject: str = "", text: str = "",
        html: str = "", timeout_s: float = 30.0,
    ) -> None:
        self._host, self._port, self._security, self._timeout_s = host, port, security, timeout_s
        self._user, self._password = user, password
        self._sender, self._to = sender, tuple(to)
        self._unsubscribe = unsubscribe
        self._domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
        self._subject = Template(subject) if subject else None
        self._text = Template(text) if text else None
        self._html = Template(html or HTML, html=True)
        self._owed: dict[str, tuple[str, ...]] = {}
        try:
            self._tls = ssl.create_default_context(cafile=ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise WirewatchError(f"ca_file {ca_file} cannot be used: {error}") from error

    def send(self, message: Message) -> None:
        mail = self.compose(message)
        to = self._owed.get(message.key, self._to)
        try:
            with self._connected() as server:
                refused = server.send_message(mail, parseaddr(self._sender)[1], [parseaddr(a)[1] for a in to])
        except (smtplib.SMTPException, OSError) as error:
            raise WirewatchError(f"mail server {self._host}:{self._port}: {_said(error)}") from error
        if refused:  # the others have it: only those refused are owed it, as long as this process lives
            self._owed[message.key] = tuple(a for a in to if parseaddr(a)[1] in refused)
            raise WirewatchError(f"mail server {self._host}:{self._port} refuses {', '.join(refused)}")
        self._owed.pop(message.key, None)

    def _connected(self) -> smtplib.SMTP:
        if self._security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_s, context=self._tls)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)
        try:
            if self._security == "starttls":
                server.starttls(context=self._tls)
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def compose(self, message: Message) -> EmailMessage:
        """The mail; story text can add no header and no markup to it."""
        mail = EmailMessage(policy=SMTP)
        root = f"<rule.{sha256(message.rule.encode()).hexdigest()[:32]}@{self._domain}>"
        subject = self._subject.render(message) if self._subject is not None else message.subject
        mail["Subject"] = " ".join(clean(subject, 300).split())
        mail["From"] = _address(self._sender)
        mail["To"] = [_address(to) for to in self._to]
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{message.key}@{self._domain}>"
        mail["References"] = mail["In-Reply-To"] = root
        mail["List-Id"] = f"<{message.rule.lower()}.wirewatch.{self._domain}>"
        mail["List-Unsubscribe"] = self._unsubscribe or (
            f"<mailto:{parseaddr(self._sender)[1]}?subject=unsubscribe%20{message.rule}>"
        )
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Wirewatch-Severity"] = message.severity
        if message.severity in ("high", "critical"):
            mail["X-Priority"] = "1"
        mail.set_content(_sound(self._text.render(message) if self._text is not None else _text(message)))
        mail.add_alternative(_sound(self._html.render(message)), subtype="html")
        return mail


def _text(message: Message) -> str:
    return (f"{message_text(message)}To stop it: wirewatch alerts disable {message.rule}; "
            f"for a while: wirewatch alerts silence {message.rule} --for 1d\n")


def _address(written: str) -> Address:
    name, address = parseaddr(written)
    try:
        return Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError):
        raise WirewatchError(f"{written!r} is not a mail address; write name@host or Name <name@host>") from None


def _sound(text: str) -> str:
    """Without halves of characters, which no encoding can carry."""
    return text.encode("utf-8", "replace").decode()


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    return str(error) or type(error).__name__
