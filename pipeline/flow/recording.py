"""The raw archive of a pass: what is fetched is kept, and a disk that fails costs the recording, not the pass."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.config import NetworkSettings
from pipeline.core.errors import WirewatchError
from pipeline.core.story import Failure
from pipeline.net.client import Client
from pipeline.net.manners import Slots
from pipeline.net.response import Exchange
from pipeline.net.robots import RobotsMemory
from pipeline.net.warc import RawArchive

STAGE = "archive"


@dataclass
class Recording:
    """Clients whose exchanges are kept below `directory`, one folder a day; after a first failure no more is kept."""

    network: NetworkSettings
    directory: str
    day: datetime
    slots: Slots | None = None
    robots: RobotsMemory | None = None
    problem: str = field(default="", init=False)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """A network client, to be entered on the event loop that uses it."""
        if not self.directory:
            async with Client(self.network, slots=self.slots, robots=self.robots) as client:
                yield client
            return
        archive = RawArchive(self._folder())
        broken = False

        def keep(exchange: Exchange) -> None:
            nonlocal broken
            if broken:
                return
            try:
                archive.record(exchange)
            except WirewatchError as error:
                broken, self.problem = True, str(error)
            except Exception as error:  # one exchange costs one exchange
                self.problem = f"{exchange.url} cannot be kept in the raw archive: {type(error).__name__}: {error}"

        try:
            async with Client(self.network, recorder=keep, slots=self.slots, robots=self.robots) as client:
                yield client
        finally:
            try:
                archive.close()
            except OSError as error:
                self.problem = f"the raw archive {self.directory} cannot be written: {error.strerror}"

    def _folder(self) -> Path:
        return Path(self.directory).expanduser() / f"{self.day:%Y-%m-%d}"

    def failures(self, now: datetime) -> list[Failure]:
        """That it could not be kept, if so."""
        if not self.problem:
            return []
        message = f"{self.problem}; what was fetched then is not in the raw archive, but nothing else is lost"
        return [Failure(STAGE, self.directory, "disk", message, now)]
