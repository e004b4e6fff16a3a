"""Alerts as JSON lines at the end of a file, safe with several processes and after a crash."""

import fcntl
import json
import os
from pathlib import Path
from typing import Final

from pipeline.core.alerts.message import Message
from pipeline.core.errors import WirewatchError

_TAIL: Final = 256 * 1024


class FileChannel:
    """Appends each message as one line of JSON, on disk when `send` returns.

    A message whose key stands in the last 256 kB already is not written again, so that a retry after a crash
    leaves one line; a line that a crash cut short is closed first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: Message) -> None:
        line = json.dumps(message.plain(), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                size = os.fstat(file).st_size
                tail = os.pread(file, _TAIL, max(0, size - _TAIL))
                if _has(tail, message.key):
                    return
                if tail and not tail.endswith(b"\n"):
                    line = b"\n" + line
                while line:
                    line = line[os.write(file, line):]
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise WirewatchError(f"alerts cannot be written to {self._path}: {error.strerror}") from error


def _has(tail: bytes, key: str) -> bool:
    """Whether one of the whole lines has this key."""
    start = b'{"key": "' + key.encode() + b'"'
    return any(line.startswith(start) and line.endswith(b"}") for line in tail.split(b"\n"))
