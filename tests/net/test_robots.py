"""robots.txt as RFC 9309 means it, asked for once a host, harmless whatever it contains."""

import asyncio
import time
import tracemalloc

import pytest

from pipeline.core.errors import FetchError
from pipeline.net.address import parse_target
from pipeline.net.robots import FRESH_S, MAX_BYTES, MAX_CRAWL_DELAY_S, RETRY_S, Robots, parse_rules
from tests.net.behaviours import answers
from tests.net.servers import Site, client, run, serving


@pytest.mark.parametrize(("text", "path", "allowed"), [
    ("", "/a", True),
    ("User-agent: *\nDisallow:", "/a", True),
    ("User-agent: *\nDisallow: /", "/a", False),
    ("User-agent: *\nDisallow: /", "/robots.txt", True),
    ("User-agent: *\nDisallow: /private", "/private/x", False),
    ("User-agent: *\nDisallow: /private", "/public", True),
    ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
    ("User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", False),
    ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False),
    ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf?y", True),
    ("User-agent: *\nDisallow: /*?print=", "/x?print=1", False),
    ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
    ("User-agent: *\nDisallow: /\n\nUser-agent: Wirewatch\nAllow: /", "/a", True),
    ("User-agent: WIREWATCH\nDisallow: /a", "/a", False),
    ("User-agent: wirewatch/1.0\nDisallow: /a", "/a", False),
    ("user-agent:wirewatch\ndisallow:/a", "/a", False),
    ("User-agent: googlebot\nUser-agent: wirewatch\nDisallow: /a", "/a", False),
    ("User-agent: googlebot\nDisallow: /\n\nUser-agent: *\nDisallow: /b", "/a", True),
    ("User-agent: googlebot\nDisallow: /", "/a", True),
    ("User-agent: wire\nDisallow: /", "/a", True),
    ("User-agent: wirewatcher\nDisallow: /", "/a", True),
    ("Disallow: /\nUser-agent: *\nAllow: /", "/a", True),
    ("User-agent: * # all\nDisallow: /a # not this", "/a", False),
    ("\ufeffUser-agent: *\r\nDisallow: /a\r\n", "/a", False),
    ("User agent: *\nDisallow: /a", "/a", False),
    ("<html><body>Not found</body></html>", "/a", True),
    ("User-agent: *\nDisallow: /a\n\nSitemap: https://x.example/s.xml\nHost: x", "/a", False),
    ("\x00\xff\n\nUser-agent: *\nDisallow: /a", "/a", False),
])
def test_rules(text: str, path: str, allowed: bool) -> None:
    assert parse_rules(text.encode(), 0).allows(parse_target(f"https://x.example{path}").url) is allowed


@pytest.mark.parametrize(("text", "delay_s"), [
    ("User-agent: *\nCrawl-delay: 2.5", 2.5), ("User-agent: *\nCrawl-delay: 3600", MAX_CRAWL_DELAY_S),
    ("User-agent: bing\nCrawl-delay: 5", 0), ("User-agent: *\nCrawl-delay: soon", 0),
    ("User-agent: *\nCrawl-delay: -1", 0), ("User-agent: *\nCrawl-delay: inf", 0),
    ("User-agent: *\nCrawl-delay: 9\nUser-agent: wirewatch\nCrawl-delay: 1", 1), ("", 0),
])
def test_crawl_delay(text: str, delay_s: float) -> None:
    assert parse_rules(text.encode(), 0).crawl_delay_s == delay_s


def _filled(line: str) -> str:
    return "".join(line.format(number) for number in range(MAX_BYTES // len(line.format(10_000))))


@pytest.mark.parametrize("text", [
    _filled("User-agent: a{}\n"),
    _filled("User-agent: a{}\n")[: MAX_BYTES // 2] + "\n" + _filled("Disallow: /{}\n")[: MAX_BYTES // 2],
    2 * _filled("User-agent: a{}\n")[: MAX_BYTES // 2],
    "User-agent: *\n" + _filled("Disallow: /*{}*a*b*c\n"),
    "User-agent: *\nDisallow: /" + "*a" * (MAX_BYTES // 2),
    "user agent " * (MAX_BYTES // 11), " " * MAX_BYTES, "\n" * MAX_BYTES, "%" * MAX_BYTES,
], ids=["agents", "agents times rules", "agents twice", "wildcards", "one wildcard", "words", "spaces", "lines",
        "escapes"])
def test_rules_made_to_hurt(text: str) -> None:
    """The parser alone takes minutes and gigabytes for some of these."""
    tracemalloc.start()
    try:
        started = time.process_time()
        rules = parse_rules(text.encode()[:MAX_BYTES], 0)
        for path in ("/", "/" + "a" * 8000, "/" + "ab" * 4000):
            rules.allows("https://x.example" + path)
        assert time.process_time() - started < 8
        assert tracemalloc.get_traced_memory()[1] < 120_000_000
    finally:
        tracemalloc.stop()


class _Host:
    """Answers of one origin's robots.txt, one after the other; the last one for good."""

    def __init__(self, *answers_: bytes | FetchError) -> None:
        self.answers, self.asked, self.now = list(answers_), 0, 0.0

    async def fetch(self, url: str) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def robots(self) -> Robots:
        return Robots(self.fetch, lambda: self.now)


def _status(status: int) -> FetchError:
    return FetchError(f"http-{status}", f"answered {status}", url="x", status=status)


_FORBID = b"User-agent: *\nDisallow: /"
_PAGE = parse_target("https://x.example/page")


@pytest.mark.parametrize(("answer", "reason"), [
    (_status(404), None), (_status(401), None), (_status(403), None), (_status(410), None), (_status(429), None),
    (_status(300), None), (FetchError("redirects", "too many", url="x"), None), (b"", None), (_FORBID, "robots"),
    (_status(500), "robots"), (_status(503), "robots"), (FetchError("dns", "no", url="x"), "dns"),
    (FetchError("timeout", "slow", url="x"), "timeout"), (FetchError("tls", "bad", url="x"), "tls"),
    (FetchError("forbidden-address", "inside", url="x"), "forbidden-address"),
])
def test_what_the_answer_means(answer: bytes | FetchError, reason: str | None) -> None:
    async def scenario() -> str | None:
        try:
            await _Host(answer).robots().check(_PAGE)
        except FetchError as error:
            return error.reason
        return None

    assert run(scenario()) == reason


def test_rules_are_kept_for_a_day_and_failures_for_ten_minutes() -> None:
    async def scenario() -> None:
        host = _Host(_status(500), b"", _status(500), _FORBID)
        robots = host.robots()
        for moment, asked, allowed in (
            (0, 1, False), (RETRY_S - 1, 1, False), (RETRY_S + 1, 2, True), (RETRY_S + FRESH_S, 2, True),
            (RETRY_S + FRESH_S + 2, 3, True),  # now it fails: the old copy goes on
            (RETRY_S + FRESH_S + 9, 3, True), (RETRY_S + FRESH_S + RETRY_S + 3, 4, False),
        ):
            host.now = moment
            if allowed:
                await robots.check(_PAGE)
            else:
                with pytest.raises(FetchError) as caught:
                    await robots.check(_PAGE)
                assert caught.value.url == _PAGE.url
                assert caught.value.retry_after_s is None or 0 < caught.value.retry_after_s <= RETRY_S
            assert host.asked == asked

    run(scenario())


def test_one_question_for_all_who_wait() -> None:
    async def scenario() -> None:
        host = _Host(b"User-agent: *\nCrawl-delay: 3")
        robots = host.robots()
        assert robots.delay_s(_PAGE) == 0
        first = asyncio.create_task(robots.check(_PAGE))
        rest = [asyncio.create_task(robots.check(_PAGE)) for _ in range(9)]
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(*rest)
        assert host.asked == 1
        assert robots.delay_s(_PAGE) == 3
        assert robots.delay_s(parse_target("http://x.example/")) == 0  # another origin
        await robots.close()

    run(scenario())


def test_memory_of_many_hosts_is_bounded() -> None:
    async def scenario() -> None:
        host = _Host(b"#" * 480_000)
        robots = host.robots()
        for number in range(50):
            await robots.check(parse_target(f"https://h{number}.example/"))
        assert 10 < len(robots._rules) < 20
        await robots.check(parse_target("https://h49.example/"))
        assert host.asked == 50

    run(scenario())


def test_pages_are_fetched_by_the_rules_of_every_host_on_the_way() -> None:
    async def scenario() -> None:
        open_, shut = Site(), Site()
        async with serving(open_) as a, serving(shut) as b, client() as fetcher:
            shut.add("/robots.txt", body=b"User-agent: *\nDisallow: /no")
            shut.add("/yes", body=b"yes")
            shut.add("/no", body=b"no")
            open_.add("/to-yes", 302, Location=f"http://shut.example:{b}/yes")
            open_.add("/to-no", 302, Location=f"http://shut.example:{b}/no")
            assert (await fetcher.fetch(f"http://open.example:{a}/to-yes", robots=True)).body == b"yes"
            with pytest.raises(FetchError, match="forbids /no") as caught:
                await fetcher.fetch(f"http://open.example:{a}/to-no", robots=True)
            assert caught.value.reason == "robots"
            assert len(caught.value.redirects) == 1
            assert (await fetcher.fetch(f"http://open.example:{a}/to-no")).body == b"no"  # not asked to keep them
        assert [request.path for request in shut.asked] == ["/robots.txt", "/yes", "/no"]
        assert [request.path for request in open_.asked] == ["/robots.txt", "/to-yes", "/to-no", "/to-no"]

    run(scenario())


def test_robots_takes_a_turn_and_its_delay_is_kept() -> None:
    async def scenario() -> None:
        site = Site()
        site.add("/robots.txt", body=b"User-agent: *\nCrawl-delay: 0.15")
        site.add("/", body=b"x")
        async with serving(site) as port, client() as fetcher:
            await asyncio.gather(*(fetcher.fetch(f"http://x.example:{port}/", robots=True) for _ in range(3)))
        times = [request.at for request in site.asked]
        assert len(times) == 4
        assert min(times[2] - times[1], times[3] - times[2]) > 0.14

    run(scenario())


def test_only_the_first_part_of_a_huge_robots_counts() -> None:
    async def scenario() -> None:
        text = _FORBID + b"\n" + b"# comment\n" * (MAX_BYTES // 5)
        async with serving(answers(text)) as port, client(max_bytes=10) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://x.example:{port}/", robots=True)
        assert caught.value.reason == "robots"

    run(scenario())
