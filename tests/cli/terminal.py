"""The command line run in this process: as fast as a call, with everything that a user would see."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from unittest.mock import patch

from pipeline.cli.app import main
from pipeline.config import load_feeds, load_settings
from pipeline.flow.poll import poll_feeds
from pipeline.net import Client
from pipeline.stores import failures, open_store
from tests.e2e.workspace import Workspace


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err


def say(workspace: Workspace, *words: str, stdin: bytes = b"") -> Said:
    """Run `wirewatch` with these words on the workspace."""
    out, err = io.StringIO(), io.StringIO()
    arguments = workspace.command(*words)[2:]
    source = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with patch.object(sys, "argv", arguments), patch.object(sys, "stdin", source), redirect_stdout(out), \
            redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    said = Said(code, out.getvalue(), err.getvalue())
    assert "Traceback" not in said.err
    assert "mistake of Wirewatch itself" not in said.err, said.err
    return said


def poll(workspace: Workspace, now: datetime | None = None) -> None:
    """Poll all feeds once, as a pass does before anything else, and keep what failed."""
    configs = workspace.root / "configs"
    settings = load_settings(configs)
    store = open_store(str(workspace.store), settings.store, create=True)
    try:
        polled = list(poll_feeds(load_feeds(configs), store.ledger, settings, lambda: Client(settings.network),
                                 lambda: now or datetime.now(UTC)))
        failures.record(store.ledger, [failure for one in polled for failure in one.failures])
    finally:
        store.close()
