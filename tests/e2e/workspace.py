"""A configuration and a store of a test's own, and the command line run on them as a user would."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Workspace:
    """`configs/` with the project's own topics and lists, and an empty store beside it."""

    root: Path

    @property
    def store(self) -> Path:
        return self.root / "store"

    @classmethod
    def make(
        cls,
        root: Path,
        *,
        server: str,
        feeds: Sequence[dict[str, Any]],
        alerts: Sequence[dict[str, Any]] = (),
        channels: dict[str, Any] | None = None,
        network: dict[str, Any] | None = None,
    ) -> "Workspace":
        """Everything is fetched from `server`, without delay."""
        configs = root / "configs"
        configs.mkdir(parents=True)
        for name in ("topics", "lists"):
            (configs / name).symlink_to(REPOSITORY / "configs" / name)
        settings = {
            "network": {"connect_to": {"*": server}, "per_host_delay_s": 0, "allow_loopback": True, **(network or {})},
            "channels": {"console": {"type": "console"}, **(channels or {})},
        }
        (configs / "wirewatch.yaml").write_text(yaml.safe_dump(settings))
        (configs / "alerts").mkdir()
        (configs / "alerts" / "rules.yaml").write_text(yaml.safe_dump({"alerts": list(alerts)}))
        workspace = cls(root)
        workspace.write_feeds(feeds)
        return workspace

    def write_feeds(self, feeds: Sequence[dict[str, Any]]) -> None:
        groups = {"groups": [{"name": "test", "feeds": list(feeds)}]}
        (self.root / "configs" / "feeds.yaml").write_text(yaml.safe_dump(groups, allow_unicode=True))

    def command(self, *words: str) -> list[str]:
        place = ["--config", str(self.root / "configs"), "--store", str(self.store)]
        return [sys.executable, "-m", "pipeline", words[0], *place, *words[1:]]

    def run(self, *words: str, code: int = 0, timeout_s: float = 240, stdin: str | None = None) -> str:
        """Standard output of a command that must end with `code`."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=timeout_s, input=stdin,
                              cwd=self.root, env=self.environment, check=False)
        assert done.returncode == code, f"exit {done.returncode}: {done.stderr[-2000:]}{done.stdout[-500:]}"
        assert "Traceback" not in done.stderr
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(REPOSITORY)}

    def json(self, *words: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.run(*words, "--json"))

    def exported(self, *query: str) -> list[dict[str, Any]]:
        """All stories (that `query` finds)."""
        return [json.loads(line) for line in self.run("export", *query).splitlines()]
