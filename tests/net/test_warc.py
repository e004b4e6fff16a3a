"""What was fetched comes back from the archive, whatever happened to the file."""

import gzip
import random
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from pipeline.config import NetworkSettings
from pipeline.core.errors import FetchError, WirewatchError
from pipeline.net import Client, Exchange, Headers
from pipeline.net.warc import Page, RawArchive, read_warc
from tests.net.servers import Site, run, serving, to_loopback

AT = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)


def exchange(number: int = 1, body: bytes = b"<p>text</p>", **changes: object) -> Exchange:
    values = {
        "url": f"https://x.example/{number}?q=1", "method": "GET", "request_body": b"", "at": AT, "status": 200,
        "request_headers": Headers((("Host", "x.example"),)), "phrase": "OK",
        "headers": Headers((("Content-Type", "text/html"),)), "body": body,
    }
    return Exchange(**{**values, **changes})  # type: ignore[arg-type]


def write(folder: Path, *exchanges: Exchange) -> Path:
    with RawArchive(folder) as archive:
        for one in exchanges:
            archive.record(one)
    (path,) = folder.iterdir()
    return path


def read(path: Path) -> list[Page]:
    return list(read_warc(path, max_bytes=100_000))


def test_a_page_comes_back(tmp_path: Path) -> None:
    headers = Headers((("Content-Type", "text/html; charset=koi8-r"), ("Content-Encoding", "br"), ("X", "a"),
                       ("X", "b"), ("Content-Length", "7"), ("Transfer-Encoding", "chunked")))
    body = bytes(range(256)) * 20
    (page,) = read(write(tmp_path, exchange(body=body, headers=headers)))
    assert (page.url, page.status, page.body, page.at, page.problem) == (
        "https://x.example/1?q=1", 200, body, AT, "")
    assert page.headers["content-type"] == "text/html; charset=koi8-r"
    assert page.headers["x"] == "a, b"
    assert page.headers["x-archive-orig-content-encoding"] == "br"


def test_odd_texts_do_no_harm(tmp_path: Path) -> None:
    odd = exchange(phrase="D\ufffdj\u00e0 vu", headers=Headers((("X", "caf\u00e9 \u20ac"),)), body=b"")
    (page,) = read(write(tmp_path, odd))
    assert (page.status, page.body) == (200, b"")


def test_other_tools_can_read_it_and_digests_hold(tmp_path: Path) -> None:
    with write(tmp_path, exchange(1), exchange(2)).open("rb") as file:
        kinds = []
        for record in ArchiveIterator(file, check_digests="raise"):
            kinds.append(record.rec_type)
            record.content_stream().read()
    assert kinds == ["warcinfo", "response", "request", "response", "request"]


def test_secrets_are_not_archived(tmp_path: Path) -> None:
    asked = Headers((("Host", "x.example"), ("Authorization", "Bearer s3cret"), ("X-Api-Key", "s3cret"),
                     ("Cookie", "s3cret"), ("If-None-Match", '"v1"')))
    text = gzip.decompress(write(tmp_path, exchange(request_headers=asked)).read_bytes())
    assert b"s3cret" not in text
    assert b'If-None-Match: "v1"' in text


@pytest.mark.parametrize(("changes", "kept"), [
    ({}, True), ({"status": 301, "headers": Headers((("Location", "/x"),)), "body": b""}, True),
    ({"status": 304, "body": b""}, False), ({"status": 404, "body": b""}, False), ({"status": 500, "body": b""}, False),
    ({"method": "POST", "request_body": b"alert"}, False), ({"method": "HEAD"}, False),
])
def test_what_is_kept(tmp_path: Path, changes: dict[str, object], kept: bool) -> None:
    pages = read(write(tmp_path, exchange(0), exchange(1, **changes)))  # type: ignore[arg-type]
    assert len(pages) == 1 + kept


def test_files_roll(tmp_path: Path) -> None:
    with RawArchive(tmp_path / "deep" / "er", roll_bytes=3000) as archive:
        for number in range(20):
            archive.record(exchange(number))
    files = sorted((tmp_path / "deep" / "er").iterdir())
    assert len(files) > 3
    assert [page.url for file in files for page in read(file)] == [exchange(n).url for n in range(20)]


def test_nothing_recorded_leaves_no_file(tmp_path: Path) -> None:
    with RawArchive(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with RawArchive(tmp_path / "file") as archive, pytest.raises(WirewatchError, match="cannot be written"):
        archive.record(exchange())


@pytest.mark.filterwarnings("error")
def test_a_file_cut_anywhere_gives_what_it_has(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole", exchange(0), exchange(1), exchange(2)).read_bytes()
    cut, counts = tmp_path / "cut.warc.gz", []
    for end in range(len(whole), 0, -41):
        cut.write_bytes(whole[:end])
        pages = []
        try:
            for page in read_warc(cut, max_bytes=100_000):
                pages.append(page)
        except WirewatchError as error:
            assert str(cut) in str(error)  # noqa: PT017
        assert all(page.problem or page.body == b"<p>text</p>" for page in pages)
        counts.append(len(pages))
    assert counts[0] == 3
    assert counts == sorted(counts, reverse=True)


def test_a_file_broken_within_says_so(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole", *(exchange(number, b"<p>text</p>" * 50) for number in range(6))).read_bytes()
    path, chance = tmp_path / "broken.warc.gz", random.Random(7)
    for _ in range(20):
        place = chance.randrange(800, len(whole) - 400)
        path.write_bytes(whole[:place] + chance.randbytes(8) + whole[place + 8:])
        pages = []
        with pytest.raises(WirewatchError, match=r"breaks off after \d pages"):
            pages.extend(read_warc(path, max_bytes=100_000))
        assert all(page.body == b"<p>text</p>" * 50 for page in pages if not page.problem)


@pytest.mark.parametrize("content", [
    b"", b"nonsense", b"\x1f\x8b nonsense", gzip.compress(b"nonsense"), b"WARC/1.1\r\n",
])
def test_what_is_no_warc(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    try:
        assert read(path) == []
    except WirewatchError as error:
        assert "is not a WARC file" in str(error)  # noqa: PT017


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WirewatchError, match="cannot be read: No such file"):
        read(tmp_path / "none")


def _foreign(*fields: tuple[str, str], body: bytes, date: str = "2020-01-02T03:04:05Z") -> bytes:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = BytesIO()
    writer = WARCWriter(out, gzip=False)
    writer.write_record(writer.create_warc_record(
        "http://old.example/", "response", payload=BytesIO(body), length=len(body),
        warc_headers_dict={"WARC-Date": date},
        http_headers=StatusAndHeaders("200 OK", list(fields), protocol="HTTP/1.1")))
    return out.getvalue()


_CODED = gzip.compress(b"hello")
_CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(_CODED), _CODED)


@pytest.mark.parametrize(("content", "body", "problem"), [
    (_foreign(("Content-Encoding", "gzip"), body=_CODED), b"hello", ""),
    (_foreign(("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"), body=_CHUNKED), b"hello", ""),
    (_foreign(("Transfer-Encoding", "chunked"), body=b"5\r\nhello\r\n0\r\n\r\n"), b"hello", ""),
    (_foreign(("Transfer-Encoding", "chunked"), body=b"hello"), b"hello", ""),
    (_foreign(("Content-Encoding", "gzip"), body=gzip.compress(b"\0" * 10_000_000)), b"", "larger"),
    (_foreign(("Content-Encoding", "gzip"), body=b"hello"), b"", "broken"),
    (_foreign(("Content-Encoding", "exotic"), body=b"hello"), b"", "not asked for"),
    (_foreign(body=b"hello" * 9)[:-30], b"hello" * 3, "ends early"),
])
def test_files_of_other_crawlers(tmp_path: Path, content: bytes, body: bytes, problem: str) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes(content)
    (page,) = read(path)
    assert page.url == "http://old.example/"
    assert problem in page.problem
    assert bool(page.problem) is bool(problem)
    assert page.body.startswith(body)
    assert page.at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(("date", "at"), [
    ("2020-01-02T03:04:05", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)), ("yesterday", None),
])
def test_odd_dates(tmp_path: Path, date: str, at: datetime | None) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes(_foreign(body=b"x", date=date))
    (page,) = read(path)
    assert page.at == at


def test_the_client_records_into_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/a", 301, Location="/b")
        site.add("/b", body=gzip.compress(b"page"), Content_Encoding="gzip")
        settings = NetworkSettings(allow_loopback=True, per_host_delay_s=0)
        with RawArchive(tmp_path) as archive:
            async with (serving(site) as port,
                        Client(settings, resolver=to_loopback, recorder=archive.record) as fetcher):
                await fetcher.fetch(f"http://x.example:{port}/a")
                with pytest.raises(FetchError):
                    await fetcher.fetch(f"http://x.example:{port}/none")

    run(scenario())
    (path,) = tmp_path.iterdir()
    assert [(page.url.rpartition("/")[2], page.status, page.body) for page in read(path)] == [
        ("a", 301, b""), ("b", 200, b"page")]
