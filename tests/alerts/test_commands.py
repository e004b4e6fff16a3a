"""Rules with other triggers, made and listed at the command line."""

import json

import pytest

from tests.e2e.workspace import Workspace


@pytest.mark.parametrize(("when", "listed"), [
    ({"thread": ["denial", "outlets"]}, "shells (thread: denial, outlets)"),
    ({"burst": ["topic"]}, "shells (burst: topic)"),
])
def test_made_at_run_time(tmp_path_factory: pytest.TempPathFactory, when: dict[str, list[str]], listed: str) -> None:
    workspace = Workspace.make(tmp_path_factory.mktemp("alerts"), server="http://127.0.0.1:9",
                               feeds=[{"url": "https://agency.example/feed", "id": "agency"}])
    workspace.run("alerts", "add", "news", "shells", "--set", f"when={json.dumps(when)}")
    assert [(rule["name"], rule["when"]) for rule in workspace.json("alerts")] == [("news", when)]
    assert listed in " ".join(workspace.run("alerts").split())
