"""Each channel against the real thing: a receiver, a file, a feed reader, an SMTP server, a notification service."""

import io
import json
import logging
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import feedparser
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from pipeline.channels import open_channels
from pipeline.channels.apprise import AppriseChannel
from pipeline.channels.console import ConsoleChannel
from pipeline.channels.feed import FeedChannel
from pipeline.channels.file import FileChannel
from pipeline.channels.mail import MailChannel
from pipeline.channels.webhook import WebhookChannel, sign
from pipeline.config import Settings
from pipeline.core.alerts.message import Item, Message, message_key, sample
from pipeline.core.errors import FetchError, WirewatchError
from tests.alerts.conftest import NOW, found, rule, story
from tests.alerts.receiver import post, receiving
from tests.servers.certificates import self_signed

HOSTILE = (
    "Shells\r\nBcc: all@evil.example\r\n\r\n\x1b[2J\x1b]0;owned\x07<script>alert(1)</script> \u202egnp.exe & \ud800"
)


def item(number: int = 1, **changed: Any) -> Item:
    [one] = found([rule()], story(number))
    return replace(one.item, **changed)


def message(*items: Item, **changed: Any) -> Message:
    values: dict[str, Any] = {"key": message_key("shells", "1", "x"), "rule": "shells", "at": NOW, "query": "shells"}
    return Message(**(values | {"items": items or (item(),)} | changed))


@pytest.fixture
def hostile() -> Message:
    bad = story(title=f"{HOSTILE} shells russia", body=f"{HOSTILE} shells", source=HOSTILE,
                url="https://news.example/\r\nX: y")
    return message(found([rule()], bad)[0].item, note=HOSTILE, query=HOSTILE)


# ── console ───────────────────────────────────────────────────────────────────────────────────────────────


def test_console_shows_what_a_person_needs() -> None:
    out = io.StringIO()
    ConsoleChannel(out).send(message(item(outlets=("example-news", "other-paper"))))
    shown = out.getvalue()
    for part in ("shells", "North Korea ships artillery shells to Russia", "example-news (also in other-paper)",
                 "2026-03-04 11:00 UTC", "arms-transfer", "https://news.example/1", "why: shells",
                 "North Korea → Russia: artillery shells — alleged by US, denied"):
        assert part in shown


def test_console_cannot_be_driven_by_a_story(hostile: Message) -> None:
    for template in ("", "{{ subject }}\n{{ note }}\n{% for item in items %}{{ item.title }}{% endfor %}"):
        out = io.StringIO()
        ConsoleChannel(out, template).send(hostile)
        assert not set(out.getvalue()) & set("\x1b\x07\r\u202e\ud800")


def test_a_closed_console_is_an_error_that_keeps_the_alert() -> None:
    out = io.StringIO()
    out.close()
    with pytest.raises(WirewatchError, match="terminal"):
        ConsoleChannel(out).send(message())


# ── file ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_file_has_one_line_for_each_message_also_when_sent_twice(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "alerts.jsonl"
    first, second = message(), message(key="0" * 64)
    for one in (first, second, first):
        FileChannel(path).send(one)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["key"] for line in lines] == [first.key, second.key]
    assert lines[0] == json.loads(json.dumps(first.plain()))
    assert lines[0]["items"][0]["words"] == ["shells", "Russia"]


def test_a_line_that_a_crash_cut_short_is_closed_and_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    whole = json.dumps(message().plain())
    path.write_text(whole[: len(whole) // 2])
    FileChannel(path).send(message())
    torn, line = path.read_text().splitlines()
    assert torn == whole[: len(whole) // 2]
    assert json.loads(line)["key"] == message().key


def test_file_takes_lines_from_several_processes(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    code = ("import sys; from pathlib import Path; from pipeline.channels.file import FileChannel\n"
            "from dataclasses import replace; from datetime import UTC, datetime\n"
            "from pipeline.core.alerts.message import sample\n"
            "one = sample(datetime.now(UTC)); channel = FileChannel(Path(sys.argv[1]))\n"
            "for n in range(50): channel.send(replace(one, key=f'{sys.argv[2]}-{n}', note='x' * 5000))")
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    keys = [json.loads(line)["key"] for line in path.read_text().splitlines()]
    assert sorted(keys) == sorted(f"{name}-{n}" for name in "ab" for n in range(50))


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(WirewatchError, match="cannot be written"):
        FileChannel(tmp_path).send(message())


# ── webhook ───────────────────────────────────────────────────────────────────────────────────────────────


def test_webhook_is_signed_and_carries_its_key() -> None:
    with receiving() as receiver:
        WebhookChannel(receiver.url, post, secret="s3cret", headers={"X-Desk": "7"}).send(message())
    [(headers, body)] = receiver.taken
    assert json.loads(body) == json.loads(json.dumps(message().plain()))
    assert headers["Idempotency-Key"] == message().key
    assert headers["X-Desk"] == "7"
    assert headers["Content-Type"] == "application/json"
    assert headers["Wirewatch-Signature"] == sign(b"s3cret", headers["Wirewatch-Timestamp"], body)


def test_webhook_refused_or_unreachable_is_a_fetch_error() -> None:
    with receiving(lambda: 500) as receiver, pytest.raises(FetchError):
        WebhookChannel(receiver.url, post).send(message())
    with pytest.raises(FetchError) as caught:
        WebhookChannel(receiver.url, post).send(message())
    assert caught.value.reason == "connect"


def test_webhook_template_makes_other_json(hostile: Message) -> None:
    with receiving() as receiver:
        WebhookChannel(receiver.url, post, template='{"text": {{ text | tojson }}, "n": {{ count }}}').send(hostile)
    assert json.loads(receiver.taken[0][1])["n"] == 1
    with pytest.raises(WirewatchError, match="tojson"):
        WebhookChannel(receiver.url, post, template='{"text": "{{ text }}"}')


# ── mail ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Postbox:
    """An SMTP server's handler that keeps mail and refuses one recipient."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuse: str = ""
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == self.refuse:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((list(envelope.rcpt_tos), mail))
        return "250 taken"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


def mailer(box: Postbox, **more: Any) -> MailChannel:
    values: dict[str, Any] = {"security": "none"} | more
    return MailChannel("127.0.0.1", box.port, "Wirewatch <wire@desk.example>", ["ann@desk.example", "bo@desk.example"],
                       **values)


def test_mail_single(postbox: Postbox) -> None:
    mailer(postbox).send(message(severity="high", note="Call the desk."))
    [(to, mail)] = postbox.mails
    assert to == ["ann@desk.example", "bo@desk.example"]
    assert mail["Subject"].strip() == "! [shells] North Korea ships artillery shells to Russia, report 1 says"
    assert mail["From"] == "Wirewatch <wire@desk.example>"
    assert mail["Message-ID"] == f"<{message().key}@desk.example>"
    assert mail["List-Id"] == "<shells.wirewatch.desk.example>"
    assert mail["List-Unsubscribe"] == "<mailto:wire@desk.example?subject=unsubscribe%20shells>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Priority"] == "1"
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "*shells* to *Russia*" in text
    assert "<mark>shells</mark> to <mark>Russia</mark>" in html
    for part in ("Call the desk.", "example-news", "North Korea → Russia: artillery shells — alleged by US, denied",
                 "https://news.example/1", "2026-03-04 11:00 UTC"):
        assert part in text
        assert part in html


def test_mail_of_one_rule_is_one_thread_and_a_digest_counts(postbox: Postbox) -> None:
    channel = mailer(postbox)
    channel.send(message())
    channel.send(message(item(1), item(2), key="1" * 64))
    channel.send(message(rule="other", key="2" * 64))
    mails = [mail for _, mail in postbox.mails]
    assert mails[0]["References"] == mails[1]["References"] == mails[1]["In-Reply-To"]
    assert mails[0]["References"] != mails[2]["References"]
    assert mails[1]["Subject"] == "[shells] 2 matches: North Korea ships artillery shells to Russia, report 1 says"
    body = mails[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "report 1" in body
    assert "report 2" in body


def test_mail_cannot_be_driven_by_a_story(postbox: Postbox, hostile: Message) -> None:
    mailer(postbox).send(hostile)
    mailer(postbox, subject="{{ items[0].title }}\n{{ note }}").send(replace(hostile, key="3" * 64))
    for to, mail in postbox.mails:
        assert to == ["ann@desk.example", "bo@desk.example"]
        assert mail["Bcc"] is None
        assert not set("\r\n") & set(mail["Subject"])
        html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_mail_refused_for_one_is_owed_to_that_one_only(postbox: Postbox) -> None:
    channel = mailer(postbox)
    postbox.refuse = "bo@desk.example"
    with pytest.raises(WirewatchError, match=r"refuses bo@desk\.example"):
        channel.send(message())
    postbox.refuse = ""
    channel.send(message())
    assert [to for to, _ in postbox.mails] == [["ann@desk.example"], ["bo@desk.example"]]


def test_mail_server_away_is_told(postbox: Postbox) -> None:
    with pytest.raises(WirewatchError, match="mail server"):
        MailChannel("127.0.0.1", 1, "a@b.example", ["c@d.example"], security="none").send(message())


def test_mail_with_tls_and_a_password(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    for path, content in zip((certificate, key), self_signed(), strict=True):
        path.write_bytes(content)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == b"right", handled=False)

    box = Postbox(port=free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port, tls_context=context, require_starttls=True,
                            authenticator=check, auth_required=True)
    controller.start()
    try:
        for password, ok in (("wrong", False), ("right", True)):
            channel = MailChannel("127.0.0.1", box.port, "a@b.example", ["c@d.example"], user="u", password=password,
                                  ca_file=str(certificate))
            if ok:
                channel.send(message())
            else:
                with pytest.raises(WirewatchError, match="535"):
                    channel.send(message())
        with pytest.raises(WirewatchError, match="certificate"):
            MailChannel("127.0.0.1", box.port, "a@b.example", ["c@d.example"]).send(message())
    finally:
        controller.stop()
    assert len(box.mails) == 1


# ── feed files ────────────────────────────────────────────────────────────────────────────────────────────


def test_feed_is_read_by_a_feed_reader(tmp_path: Path, hostile: Message) -> None:
    channel = FeedChannel(tmp_path, limit=3, url="https://desk.example/alerts/")
    for n in range(5):
        later = NOW.replace(minute=n)
        channel.send(message(item(n, published=later), key=str(n) * 64))
    channel.send(message(item(4, published=NOW.replace(minute=4)), key="4" * 64))
    channel.send(replace(hostile, rule="hostile"))
    read = feedparser.parse((tmp_path / "shells.xml").read_bytes())
    assert not read.bozo
    assert [e.id for e in read.entries] == ["shells/s0004", "shells/s0003", "shells/s0002"]
    assert read.entries[0].link == "https://news.example/4"
    assert "North Korea → Russia" in read.entries[0].summary
    feed = json.loads((tmp_path / "shells.json").read_text())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://desk.example/alerts/shells.json"
    assert "any <mark>shells</mark> were sent" in feed["items"][0]["content_html"]
    assert [e["id"] for e in feed["items"]] == [e.id for e in read.entries]
    other = feedparser.parse((tmp_path / "hostile.xml").read_bytes())
    assert not other.bozo
    assert "<script" not in json.loads((tmp_path / "hostile.json").read_text())["items"][0]["content_html"]
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "shells.xml", "shells.json", "hostile.xml",
                                                          "hostile.json"}


def test_a_feed_that_is_damaged_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "shells.json").write_text("{")
    FeedChannel(tmp_path).send(message())
    assert len(json.loads((tmp_path / "shells.json").read_text())["items"]) == 1


# ── apprise ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise", "ignore:'imghdr' is deprecated")
class TestApprise:
    def test_a_service_is_notified(self) -> None:
        pytest.importorskip("apprise")
        with receiving() as receiver:
            AppriseChannel([receiver.url.replace("http://", "json://")]).send(message(severity="critical"))
        body = json.loads(receiver.taken[0][1])
        assert body["type"] == "failure"
        assert body["title"].startswith("!! [shells]")
        assert "North Korea → Russia" in body["message"]

    def test_only_the_service_that_failed_is_told_again(self) -> None:
        pytest.importorskip("apprise")
        answers = iter([200, 500, 200])
        with receiving(lambda: next(answers)) as receiver:
            url = receiver.url.replace("http://", "json://")
            channel = AppriseChannel([url, url + "/two"])
            with pytest.raises(WirewatchError, match="number 2"):
                channel.send(message())
            channel.send(message())
        assert len(receiver.taken) == 2

    def test_the_reason_is_told_without_the_token_and_nothing_is_logged(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("apprise")
        logged = io.StringIO()
        monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(logged)])
        with receiving(lambda: 503) as receiver:
            channel = AppriseChannel([receiver.url.replace("http://", "json://") + "/s3cr3t-token"])
            with pytest.raises(WirewatchError, match=r"number 1: .*503") as raised:
                channel.send(message())
        channel = AppriseChannel(["json://user:s3cr3t-token@127.0.0.1:9/s3cr3t-token"])
        with pytest.raises(WirewatchError, match="number 1: ") as unreachable:
            channel.send(message())
        assert "s3cr3t" not in f"{raised.value}{unreachable.value}"
        assert logged.getvalue() == ""

    def test_a_url_that_is_none(self) -> None:
        pytest.importorskip("apprise")
        with pytest.raises(WirewatchError, match="number 1"):
            AppriseChannel(["nonsense://secret-token"])

    def test_without_the_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "apprise", None)
        with pytest.raises(WirewatchError, match="pip install"):
            AppriseChannel(["json://127.0.0.1"])


# ── settings ──────────────────────────────────────────────────────────────────────────────────────────────


def test_channels_are_opened_from_settings(tmp_path: Path) -> None:
    settings = Settings.model_validate({"channels": {
        "console": {"type": "console"},
        "file": {"type": "file", "path": "alerts.jsonl"},
        "hook": {"type": "webhook", "url": "https://desk.example/hook"},
        "mail": {"type": "mail", "host": "mx.example", "sender": "a@b.example", "to": ["c@d.example"]},
        "feed": {"type": "feed", "path": "feeds"},
    }})
    channels = open_channels(settings.channels, post=post, base=tmp_path)
    channels["file"].send(sample(NOW, "file"))
    assert json.loads((tmp_path / "alerts.jsonl").read_text())["kind"] == "test"


def test_a_template_with_a_mistake_names_its_channel() -> None:
    settings = Settings.model_validate({"channels": {"console": {"type": "console", "text": "{{ nothing }}"}}})
    with pytest.raises(WirewatchError, match="channel console: the template has no value nothing"):
        open_channels(settings.channels, post=post)


def test_only_what_is_used_is_imported() -> None:
    code = ("import sys; from pipeline.channels import open_channels; import pipeline.core.alerts\n"
            "print([m for m in ('jinja2', 'smtplib', 'apprise', 'rich', 'apache_beam') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
