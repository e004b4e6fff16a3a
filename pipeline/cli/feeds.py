"""`wirewatch feeds`: how the feeds do, as a table."""

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipeline.cli import failures, feed_check, feed_lists, feed_opml
from pipeline.cli.place import ConfigOption, JsonOption, Place, StoreOption, inherit, print_json, say
from pipeline.cli.times import briefly
from pipeline.core.errors import ConfigError
from pipeline.core.telling import clean

if TYPE_CHECKING:
    from pipeline.config import PlacedFeed
    from pipeline.feeds.schedule import FeedState
    from pipeline.feeds.standing import Standing

feeds_app = typer.Typer(help="The feeds and how they do.", invoke_without_command=True)

StateOption = Annotated[
    list[str] | None,
    typer.Option("--state", help="Only feeds in this state (broken: gone, failing or error); may be repeated."),
]
TagOption = Annotated[list[str] | None, typer.Option("--tag", help="Only feeds with this tag; may be repeated.")]
SortOption = Annotated[
    str, typer.Option("--sort", help="By file, id, state, success, due, errors, volume, undated or no-text.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(feeds_app, name="feeds")
    for part in (feed_lists, feed_opml, feed_check):
        part.register(feeds_app)
    failures.register(app)


@dataclass(frozen=True, slots=True)
class Row:
    """A feed and how it does."""

    placed: "PlacedFeed"
    state: "FeedState | None"
    how: "Standing"


_LAST: Final = datetime.max.replace(tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)


def _by_state(row: Row) -> Any:
    from pipeline.feeds.standing import CONDITIONS

    return CONDITIONS.index(row.how.worst)


SORTS: Final[Mapping[str, Callable[[Row], Any]]] = {
    "file": lambda row: 0,
    "id": lambda row: row.placed.feed.id,
    "state": _by_state,
    "success": lambda row: row.how.last_success or _FIRST,
    "due": lambda row: row.how.due or (_FIRST if row.how.worst == "new" else _LAST),
    "errors": lambda row: -row.how.errors,
    "volume": lambda row: -row.how.per_day,
    "undated": lambda row: -(row.how.undated or 0),
    "no-text": lambda row: -row.how.without_text,
}
"""What needs a look comes first: the oldest success, the most errors, the largest volume."""


@feeds_app.callback()
def feeds(
    context: typer.Context,
    state: StateOption = None,
    tag: TagOption = None,
    sort: SortOption = "file",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """List the feeds with their state, last success, next poll, errors, volume by day and what is missing."""
    if context.invoked_subcommand is not None:
        inherit(config, store)
        return
    _check(state or [], sort)
    place = Place(config, store)
    now = datetime.now(UTC)
    everything = _rows(place, now)
    rows = sorted(_chosen(everything, state or [], tag or []), key=SORTS[sort])
    if as_json:
        print_json([row.placed.feed.hidden_in(_plain(row, now)) for row in rows])
        return
    for line in table(rows, now, _width()) if rows else ():
        typer.echo(line)
    say(_summary(rows, len(everything)))


def _check(states: Sequence[str], sort: str) -> None:
    from pipeline.core.yamltext import suggest
    from pipeline.feeds.standing import CONDITIONS

    allowed = (*CONDITIONS, "broken")
    mistakes = [f"--state {name}: no such state{suggest(name, allowed)}" for name in states if name not in allowed]
    if sort not in SORTS:
        mistakes.append(f"--sort {sort}: feeds are not sorted by this{suggest(sort, SORTS)}")
    if mistakes:
        raise ConfigError(mistakes)


def _rows(place: Place, now: datetime) -> list[Row]:
    from pipeline.config import placed_feeds
    from pipeline.core.errors import NoStore
    from pipeline.feeds.standing import standing
    from pipeline.flow.poll import load_states
    from pipeline.stores.failures import listing

    placed = placed_feeds(place.directory)
    states: dict[str, FeedState] = {}
    unread: Counter[str] = Counter()
    with suppress(NoStore), place.opened() as opened:
        states = load_states(opened.ledger, [one.feed for one in placed])
        for stage in ("article", "extract"):
            unread.update(failure.feed for failure in listing(opened.ledger, stage=stage))
    return [
        Row(one, states.get(one.feed.id), standing(one.feed, states.get(one.feed.id), now, unread[one.feed.id]))
        for one in placed
    ]


def _chosen(rows: Sequence[Row], states: Sequence[str], tags: Sequence[str]) -> list[Row]:
    from pipeline.core.query import tag_value
    from pipeline.feeds.standing import wanted

    conditions = wanted(states)
    named = {tag_value(tag) for tag in tags}
    return [
        row for row in rows
        if (not conditions or conditions & set(row.how.conditions))
        and (not named or named & {tag_value(tag) for tag in row.placed.feed.tags})
    ]


def _plain(row: Row, now: datetime) -> dict[str, Any]:
    """Everything that is known of a feed."""
    from pipeline.core.story import to_plain
    from pipeline.feeds.health import troubles

    feed = row.placed.feed
    shown = to_plain(row.how)
    conditions = shown.pop("conditions")
    return {
        "id": feed.id, "url": feed.url, "title": feed.title, "source": feed.source, "tags": feed.tags,
        "group": row.placed.group, "at": row.placed.at, "enabled": feed.enabled,
        "state": row.how.worst, "states": conditions, **shown, "per_day": round(row.how.per_day, 2),
        "troubles": [to_plain(one) for one in troubles(feed.id, row.state, now)] if row.state else [],
        "remembered": to_plain(row.state) if row.state else None,
    }


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────


def _width() -> int:
    """Columns of the terminal; a file or a pipe takes names whole."""
    import shutil

    return max(60, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 10_000


def table(rows: Sequence[Row], now: datetime, width: int) -> list[str]:
    """The lines of the table, none wider than `width`; the names of feeds are cut to what is left."""
    from pipeline.feeds.standing import DAYS, sparkline

    days = DAYS if width >= 100 else 7
    cells = [("state", "last", "next", "err", f"{days} days", "/day", "undated", "no text")]
    for row in rows:
        how = row.how
        cells.append((
            how.worst, briefly(how.last_success, now), _next(how, now), str(how.errors or ""),
            sparkline(how.days, days), _rate(how.per_day) if how.days else "",
            "" if not how.undated else f"{how.undated:.0%}", str(how.without_text or ""),
        ))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    left = width - sum(widths) - 2 * len(widths)
    names = ["feed", *(clean(row.placed.feed.id) for row in rows)]
    longest = min(max(map(len, names)), left)
    return [
        "  ".join([_cut(name, longest), *(_aligned(n, *pair) for n, pair in enumerate(zip(line, widths, strict=True)))])
        .rstrip()
        for name, line in zip(names, cells, strict=True)
    ]


def _next(how: "Standing", now: datetime) -> str:
    if how.worst == "off":
        return ""
    return "now" if how.due is None or how.due <= now else briefly(how.due, now)


def _aligned(column: int, text: str, width: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)


def _cut(name: str, width: int) -> str:
    return name.ljust(width) if len(name) <= width else name[: width - 1] + "…"


def _rate(per_day: float) -> str:
    return f"{per_day:.0f}" if per_day >= 10 else f"{per_day:.1f}"


def _summary(rows: Sequence[Row], configured: int) -> str:
    from pipeline.feeds.standing import CONDITIONS

    counts = Counter[str](row.how.worst for row in rows)
    told = ", ".join(f"{counts[name]:,} {name}" for name in reversed(CONDITIONS) if name in counts)
    of = f" of {configured:,}" if len(rows) != configured else ""
    ill = any(name not in ("ok", "new", "off") for name in counts)
    return (f"{len(rows):,}{of} feeds" + (f": {told}" if told else "")
            + ("; `wirewatch feeds check ID` explains one" if ill else ""))
