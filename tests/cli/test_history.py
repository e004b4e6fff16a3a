"""`wirewatch show ID --history`: what each revision changed."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.config import StoreSettings
from pipeline.core.story import Story
from pipeline.stores import open_store

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FIRST = Story("a1", "https://a.example/1", "Two missiles fired", f"{'Nothing new. ' * 30}Both fell into the sea.", "a",
              NOW, NOW, NOW)
SECOND = replace(FIRST, title="Four missiles\x1b[2J fired", body=f"{FIRST.body}\nOne failed.",
                 updated=NOW + timedelta(hours=1))


def test_what_a_revision_changed(tmp_path: Path) -> None:
    place = str(tmp_path / "store")
    store = open_store(place, StoreSettings())
    for story in (FIRST, SECOND):
        store.archive.index([story])
    store.close()
    shown = CliRunner().invoke(app, ["show", "a1", "--history", "--store", place]).stdout
    last = shown[shown.index("revision 2,"):].splitlines()
    assert last == [
        "revision 2, 2026-03-01 10:00 UTC",
        "title: [-Two missiles-]{+Four missiles [2J+} fired",
        "body: … Nothing new. Nothing new. Nothing new. Nothing new. Both fell into the sea.",
        "{+One failed.+}",
        "",
    ]
    coloured = CliRunner(env={"FORCE_COLOR": "1", "COLUMNS": "200"}).invoke(
        app, ["show", "a1", "--history", "--store", place], color=True).stdout
    assert re.search(r"\x1b\[[0-9;]*32m *One failed\.", coloured)
    one, two = json.loads(CliRunner().invoke(app, ["show", "a1", "--history", "--json", "--store", place]).stdout)
    assert "changes" not in one
    assert two["revision"] == 2
    assert [piece["kind"] for piece in two["changes"]["title"]] == ["removed", "added", "same"]
    assert two["changes"]["topics"] == []
