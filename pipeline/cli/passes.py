"""`wirewatch run | demo`: passes over the feeds."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

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
from pipeline.cli.progress import progress
from pipeline.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config, FeedSettings
    from pipeline.flow.run import Summary


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(watch)
    app.command()(demo)


def run(
    feed: Annotated[
        list[str] | None,
        typer.Option("--feed", metavar="ID_OR_URL", help="Only this feed; may be repeated."),
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Only feeds whose pace says it is time: for cron.")] = False,
    workers: WorkersOption = 1,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Make one pass: poll feeds, fetch new articles, detect, index, alert; then end."""
    from pipeline.flow.run import run_pass

    place = Place(config, store)
    loaded = place.load()
    at = place.store_at(loaded.settings)
    feeds = choose_feeds(loaded, feed or [])
    with progress(f"a pass over {len(feeds)} feeds"):
        summary = run_pass(loaded, at, feeds=feeds, only_due=due and not feed, clock=lambda: datetime.now(UTC),
                           workers=workers, stream=sys.stderr if as_json else sys.stdout)
    for warning in summary.warnings:
        say(f"wirewatch: {warning}")
    if as_json:
        print_json(summary.plain())
    else:
        show_summary(summary, loaded)


def watch(workers: WorkersOption = 1, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Make passes over what is due, each feed at its own pace, until stopped (Ctrl-C or SIGTERM)."""
    from pipeline.flow.watch import until_told_to_stop
    from pipeline.flow.watch import watch as keep_watching

    place = Place(config, store)
    loaded = Reloading(place)
    at = place.store_at(loaded().settings)
    warned: set[str] = set()

    def told(summary: "Summary") -> None:
        n = summary.plain()
        for warning in summary.warnings:
            if warning not in warned:
                say(warning)
        warned.clear()
        warned.update(summary.warnings)
        if n["entries"]["new"] or n["alerts"]["matched"] or n["feeds"]["failed"] or n["stories"]["revised"]:
            say(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {n['feeds']['due']} feeds, {n['entries']['new']} new entries, "
                f"{n['stories']['revised']} revised, {n['alerts']['delivered']} alerts delivered, "
                f"{n['feeds']['failed']} feeds failed, {n['seconds']:.1f} s")

    say(f"watching {len(loaded().feeds)} feeds into {at}; Ctrl-C ends the pass under way and stops")
    with until_told_to_stop():
        keep_watching(loaded, at, clock=lambda: datetime.now(UTC), workers=workers, stream=sys.stdout, told=told,
                      warn=say)
    say("stopped")


class Reloading:
    """The configuration as it stands now: read again when a file of it changes, the last good one if it is wrong."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._mark = self._now()
        self._loaded = place.load()

    def __call__(self) -> "Config":
        mark = self._now()
        if mark != self._mark:
            self._mark = mark
            try:
                self._loaded = self._place.load()
                say("the configuration was read anew")
            except ConfigError as error:
                say(f"the configuration was changed and has mistakes; the one before stays in use:\n{error}")
        return self._loaded

    def _now(self) -> list[tuple[str, int, int]]:
        files = sorted(path for path in self._place.directory.rglob("*") if path.is_file())
        return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]


def choose_feeds(config: "Config", wanted: "Sequence[str]") -> "list[FeedSettings]":
    """The enabled feeds, or those named by id or URL; a URL that is not configured makes a feed of its own."""
    from pipeline.config import FeedSettings, feed_id
    from pipeline.core.urls import canonical_url
    from pipeline.core.yamltext import suggest

    if not wanted:
        return [feed for feed in config.feeds if feed.enabled]
    by_name = {feed.id: feed for feed in config.feeds} | {canonical_url(feed.url): feed for feed in config.feeds}
    chosen: dict[str, FeedSettings] = {}
    for name in wanted:
        feed = by_name.get(name) or by_name.get(canonical_url(name))
        if feed is None:
            if not name.startswith(("http://", "https://")):
                ids = [feed.id for feed in config.feeds]
                raise ConfigError([f'--feed {name}: no feed has this id{suggest(name, ids) if ids else ""}'])
            feed = FeedSettings(url=name, id=feed_id(name))
        chosen[feed.id] = feed
    return list(chosen.values())


def show_summary(summary: "Summary", config: "Config") -> None:
    """What a pass did, in a few lines."""
    n = summary.plain()
    feeds, entries, stories, alerts = n["feeds"], n["entries"], n["stories"], n["alerts"]
    out = console()
    out.print(f"feeds    {feeds['due']} due: {feeds['ok']} read, {feeds['not_modified']} not modified, "
              f"{feeds['failed']} failed")
    out.print(f"entries  {entries['seen']} seen, {entries['new']} new")
    out.print(f"stories  {stories['indexed']} indexed, {stories['revised']} revised, {stories['failed']} failed")
    out.print(f"alerts   {alerts['matched']} matched, {alerts['delivered']} delivered, {alerts['pending']} pending")
    out.print(f"in {n['seconds']:.1f} s")
    if config.settings.network.connect_to:
        hosts = ", ".join(config.settings.network.connect_to)
        out.print(f"requests for {hosts} went to the servers named in network.connect_to, not to the real ones",
                  style="yellow")
    if feeds["failed"]:
        out.print("`wirewatch failures` says what failed", style="dim")


DEMO_ALERT = "denied by North Korea"
DEMO_ALERT_LINES = 14
DEMO_QUERY = 'event:(topic:arms-transfer supplier:KP recipient:RU) "artillery shells"'


def demo(config: ConfigOption = None, store: StoreOption = None) -> None:
    """Run the whole pipeline on a sample wire that this command serves itself, and show what it found."""
    import tempfile
    from dataclasses import replace
    from io import StringIO
    from pathlib import Path

    import pipeline.demo
    from pipeline.cli.show import show_facets, show_page
    from pipeline.config import ConsoleChannel, Settings, load_feeds
    from pipeline.core.alerts import load_rules
    from pipeline.core.query import parse
    from pipeline.demo.server import SampleWire
    from pipeline.flow.run import run_pass

    here = Path(pipeline.demo.__file__).parent
    loaded = Place(config, None).load()
    at = store or str(Path(tempfile.mkdtemp(prefix="wirewatch-demo-")) / "store")
    out = console()

    def title(text: str) -> None:
        out.print(f"\n── {text} " + "─" * max(0, 76 - len(text)), style="bold", markup=False)

    delivered: list[str] = []
    with SampleWire(now=datetime.now(UTC)) as wire:
        loaded = replace(
            loaded,
            settings=Settings(network=wire.network, channels={"console": ConsoleChannel(type="console")}),
            feeds=load_feeds(here),
            rules=load_rules({"alerts.yaml": (here / "alerts.yaml").read_text("utf-8")}, ("console",)),
        )
        for what in ("Pass 1: everything is new", "Pass 2: the wire moved on, and only what changed is fetched"):
            said = StringIO()
            title(what)
            with progress(f"polling {len(loaded.feeds)} feeds"):
                summary = run_pass(loaded, at, feeds=loaded.feeds, clock=lambda: datetime.now(UTC), stream=said)
            show_summary(summary, loaded)
            delivered += [alert for alert in said.getvalue().split("▌ ") if alert.strip()]
            wire.advance()
    now = datetime.now(UTC)
    with Place(config, at).opened(loaded.settings) as opened:
        found = opened.archive.search(parse("*"), now=now, limit=0, facets=("topic", "status", "country"))
        title("Topics found")
        show_facets(out, found)
        title(f"wirewatch search '{DEMO_QUERY}'")
        show_page(opened.archive.search(parse(DEMO_QUERY), now=now, limit=3), parse(DEMO_QUERY), now)
    title(f"An alert, as delivered (one of {len(delivered)})")
    lines = next((alert for alert in delivered if DEMO_ALERT in alert), delivered[0]).rstrip().splitlines()
    out.print("\n".join([f"▌ {lines[0]}", *lines[1:DEMO_ALERT_LINES]]), markup=False)
    if len(lines) > DEMO_ALERT_LINES:
        out.print("  …", style="dim")
    title("Next")
    out.print(
        f"wirewatch search --store {at} status:denied\n"
        "                                  ask this store your own questions (docs/queries.md)\n"
        "wirewatch run                     poll the real wires of configs/feeds.yaml, into data/\n"
        "wirewatch search 'missile launch' and see what they told\n"
        "configs/                          feeds, topics and alert rules are plain files; `wirewatch check`",
        markup=False,
    )
