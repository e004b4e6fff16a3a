"""`wirewatch replay | redetect`: do over what was done before, without fetching anything."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.place import (
    ConfigOption,
    JsonOption,
    Place,
    StoreOption,
    WorkersOption,
    console,
    print_json,
    say,
)
from pipeline.cli.progress import counted, progress
from pipeline.core.errors import ConfigError


def register(app: typer.Typer) -> None:
    app.command()(replay)
    app.command()(redetect)


def replay(
    warc: Annotated[list[Path], typer.Argument(metavar="WARC…", help="WARC files, or directories of them.")],
    alerts: Annotated[bool, typer.Option("--alerts", help="Match the alert rules too, and deliver.")] = False,
    workers: WorkersOption = 1,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Run recorded feeds and pages (`archive:` in wirewatch.yaml) through the pipeline again, without network."""
    from pipeline.flow.recordings import find_files
    from pipeline.flow.replay import run_replay

    place = Place(config, store)
    loaded = place.load()
    files = find_files(warc)
    with progress(f"replaying {len(files)} files"):
        summary = run_replay(loaded, place.store_at(loaded.settings), files, clock=lambda: datetime.now(UTC),
                             workers=workers, alerting=alerts, stream=sys.stderr if as_json else sys.stdout)
    for warning in summary.warnings:
        say(f"wirewatch: {warning}")
    n = summary.plain()
    if as_json:
        print_json(n)
        return
    out = console()
    out.print(f"feeds    {n['feeds']['due']} recorded, {n['feeds']['failed']} could not be read")
    out.print(f"entries  {n['entries']['seen']} seen, {n['entries']['new']} new")
    out.print(f"stories  {n['stories']['indexed']} indexed, {n['stories']['revised']} revised, "
              f"{n['stories']['failed']} failed")
    if alerts:
        out.print(f"alerts   {n['alerts']['matched']} matched, {n['alerts']['delivered']} delivered")
    out.print(f"in {n['seconds']:.1f} s")


def redetect(
    query: Annotated[str, typer.Argument(help="Only stories that this query finds.")] = "*",
    rejoin: Annotated[
        bool, typer.Option("--rejoin", help="Make all clusters and threads anew, as after an upgrade.")] = False,
    workers: WorkersOption = 1,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Find topics, events, countries, clusters and threads of stored stories anew, with the rules as they are now."""
    from pipeline.core.query import parse
    from pipeline.flow.redetect import Work
    from pipeline.flow.redetect import redetect as find_anew

    if rejoin and query != "*":
        raise ConfigError(["--rejoin is for all stories: leave the query out"])
    place = Place(config, store)
    loaded = place.load()
    now = datetime.now(UTC)
    asked = None if query == "*" else parse(query)
    with place.opened(loaded.settings) as opened:
        total = opened.archive.search(parse(query), now=now, limit=0).total
    settings = loaded.settings
    work = Work(place.store_at(settings), settings.store, settings.clusters, asked, loaded.topics, now, workers, rejoin)
    with counted(f"{total} stories", total) as told:
        found = find_anew(work, told)
    if as_json:
        print_json({"stories": found.stories, "changed": found.changed, "failed": found.failed})
    else:
        console().print(f"{found.stories} stories looked at, {found.changed} changed, {found.failed} failed")
    if found.failed:
        say("`wirewatch failures list` says what failed")
