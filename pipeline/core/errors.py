"""The exceptions a caller may want to catch, in one tree.

    WirewatchError                 one clear sentence: what, where, what to do
    ├── ConfigError                a mistake in configs/; carries every mistake at once
    ├── QueryError                 a mistake in a query; points at the character
    ├── FetchError                 a request was refused, cut off or failed; carries a reason
    ├── ReadError                  a feed or page cost too much to read; carries a reason
    ├── StoreError                 the store cannot be used
    │   ├── NoStore                ... because there is none yet
    │   └── StoreUnavailable       ... because it does not answer
    └── PassRunning                another pass holds the lease

A bad feed or page is not an exception but data: a `Failure` (core/story.py).
Anything that is not a WirewatchError is a bug and crashes.
"""

from collections.abc import Sequence


class WirewatchError(Exception):
    """Base of all expected errors; `str(error)` is one sentence for the user."""


class ConfigError(WirewatchError):
    """Every mistake found in the configuration, each as `file:line: path: what is wrong, what is allowed`."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(dict.fromkeys(mistakes))
        super().__init__("\n".join(self.mistakes))


class QueryError(WirewatchError):
    """A query that cannot be understood.

    `position` is the 0-based character offset in `text` at which it goes wrong.
    """

    def __init__(self, message: str, text: str, position: int) -> None:
        self.message, self.text, self.position = message, text, position
        super().__init__(f"{message} (at character {position + 1})\n  {text}\n  {' ' * position}^")


class FetchError(WirewatchError):
    """A request that gave no usable answer.

    `reason` is a short stable word for counting and retry decisions: `url`, `scheme`, `credentials`,
    `port`, `forbidden-address`, `dns`, `connect`, `tls`, `timeout`, `too-large`, `redirects`, `protocol`, `encoding`,
    `robots`, `request` (a header that cannot be sent), `http-404` …
    `retry_after_s` is what the server asked for, in seconds, where it did. `redirects` are those followed before
    it went wrong: (status, from URL, to URL).
    """

    def __init__(self, reason: str, message: str, *, url: str, status: int | None = None,
                 retry_after_s: float | None = None, redirects: tuple[tuple[int, str, str], ...] = ()) -> None:
        super().__init__(message)
        self.reason, self.url, self.status, self.retry_after_s = reason, url, status, retry_after_s
        self.redirects = redirects


class ReadError(WirewatchError):
    """A feed or page whose reading was cut off; `reason` is `too-slow`, `memory` or `crash`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class StoreError(WirewatchError):
    """The store cannot be used as asked."""


class NoStore(StoreError):
    """There is no store at the place named."""


class StoreUnavailable(StoreError):
    """The store does not answer (exit code 3)."""


class PassRunning(WirewatchError):
    """Another pass holds the lease of this store (exit code 4)."""
