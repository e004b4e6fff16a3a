"""The one client of an Elasticsearch store: how it is opened, and how it waits when the server does not answer."""

import logging
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

from elasticsearch import ApiError, AuthenticationException, AuthorizationException, Elasticsearch, TransportError

from pipeline.config import StoreSettings
from pipeline.core.errors import StoreError, StoreUnavailable
from pipeline.stores.elastic import trouble

MAJOR: Final = 9
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0

T = TypeVar("T")

_REACHED: Final[set[str]] = set()
"""Servers that have answered this process; a worker of the same process does not ask anew whether one is there."""
_WELCOME: Final[set[tuple[str, int]]] = set()
"""Servers, and hashes of the credentials that they have accepted from this process."""

# The client warns of every failed try; ours end in one sentence. Shown where an application sets logging up.
logging.getLogger("elastic_transport").addHandler(logging.NullHandler())


class Patience:
    """How long one piece of work may still wait for the server, with pauses that double, shortened at random."""

    def __init__(self, wait_s: float) -> None:
        self._end = time.monotonic() + wait_s
        self._pause_s = _FIRST_PAUSE_S

    def wait(self) -> bool:
        """Sleep before another try; False, at once, where the time is up."""
        left = self._end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, self._pause_s * random.uniform(0.5, 1.0)))
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        return True


class Connection:
    """A lazily opened client; making one touches no network.

    Every call waits up to `settings.wait_s` for a server that is away, busy or out of disk, then raises
    StoreUnavailable. Once that has happened further calls try only once, until one succeeds: a pass does not
    wait for the same dead server again and again. Nor is a server waited for that this process has never
    reached: a wrong address, or one that is down from the start, is said at once. A key that was accepted before
    and is not now is waited for, too: a node that is starting cannot look its keys up yet.
    """

    def __init__(self, at: str, settings: StoreSettings) -> None:
        hosts = [part.strip().rstrip("/") for part in at.split(",")]
        self.at = ", ".join(map(_without_secrets, hosts))
        self.prefix = settings.index_prefix
        self._settings = settings
        self._who = self.at, hash((settings.api_key, settings.user, settings.password))
        self._away = False
        self._refusing = False
        self._version = ""
        self._lock = threading.Lock()
        options: dict[str, Any] = {}
        if settings.ca_file and any(host.startswith("https:") for host in hosts):
            if not Path(settings.ca_file).is_file():
                raise StoreError(f"store.ca_file: {settings.ca_file} is not a file")
            options["ca_certs"] = settings.ca_file
        if settings.api_key:
            options["api_key"] = settings.api_key
        elif settings.user:
            options["basic_auth"] = (settings.user, settings.password)
        try:
            # Retries are ours: the client's know neither a time limit nor which writes are safe to repeat.
            self.client = Elasticsearch(
                [_with_port(host) for host in hosts], request_timeout=settings.timeout_s, max_retries=0, **options
            )
        except ValueError as error:
            raise StoreError(f"store.at: {self.at} cannot be used as an address of Elasticsearch: {error}") from None

    def patience(self, *, writing: bool = False) -> Patience:
        """A new limit for one piece of work; none is left for what was waited for in vain just before."""
        vain = self._away or self.at not in _REACHED or (writing and self._refusing)
        return Patience(0 if vain else self._settings.wait_s)

    def call(self, do: Callable[[Elasticsearch], T], *, patience: Patience | None = None) -> T:
        """Run one request, again while its errors pass; other API errors are raised as they are."""
        patience = patience or self.patience()
        while True:
            try:
                self._check()
                answer = do(self.client)
            except (ApiError, TransportError) as error:
                if isinstance(error, ApiError) and self.at not in _REACHED:  # busy, but there
                    _REACHED.add(self.at)
                    patience = self.patience()
                disowned = isinstance(error, AuthenticationException) and self._who in _WELCOME
                if not (disowned or trouble.passes(error)):
                    raise
                if not patience.wait():
                    self._away = True
                    said = self.explained(error)
                    raise (StoreUnavailable(f"{said}; it was accepted before") if disowned else said) from error
            else:
                self._away = False
                _REACHED.add(self.at)
                _WELCOME.add(self._who)
                return answer

    def ask(self, do: Callable[[Elasticsearch], T]) -> T:
        """`call`, with every error explained."""
        try:
            return self.call(do)
        except (ApiError, TransportError) as error:
            raise self.explained(error) from error

    def refused(self, status: int, reason: str) -> StoreError:
        """Note that writes were refused until patience ended; the error that says so."""
        self._refusing = True
        return trouble.refusal(status, reason, f"Elasticsearch at {self.at}", self.prefix)

    def accepted(self) -> None:
        """Note that writes are taken."""
        self._refusing = False

    def explained(self, error: Exception) -> StoreError:
        return trouble.explain(error, self.at, self.prefix)

    def version(self) -> str:
        """The server's version; "unknown" where the key may not ask for it."""
        self.ask(lambda _: None)
        return self._version

    def _check(self) -> None:
        """Once: that this is a version that we know."""
        with self._lock:
            if self._version:
                return
            try:
                version = str(self.client.info()["version"]["number"])
            except AuthorizationException:
                version = "unknown"
            else:
                if int(version.partition(".")[0]) != MAJOR:
                    raise StoreError(f"Elasticsearch at {self.at} has version {version}; Wirewatch works with {MAJOR}")
            self._version = version

    def close(self) -> None:
        self.client.close()


def _with_port(host: str) -> str:
    """The client wants a port in every URL."""
    parts = urlsplit(host)
    if parts.hostname and parts.port is None:
        port = {"https": 443, "http": 80}.get(parts.scheme, 9200)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{port}"))
    return host


def _without_secrets(host: str) -> str:
    parts = urlsplit(host)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else host
