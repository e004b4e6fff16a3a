"""What a terminal shows while something goes on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str) -> Iterator[None]:
    """What is done so far and the time that has passed, on a terminal; nothing elsewhere.

    Counts are those of this process: with worker processes only the time moves.
    """
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    from pipeline.flow.tally import so_far

    class Done(ProgressColumn):
        def render(self, task: Task) -> Text:
            polled = sum(so_far[f"feeds.{outcome}"] for outcome in ("ok", "not_modified", "failed"))
            stored = sum(so_far[f"stories.{outcome}"] for outcome in ("new", "revised", "unchanged"))
            told = f"{polled} polled, {so_far['entries.new']} new entries, {stored} stories" if polled else ""
            return Text(told, "dim")

    so_far.clear()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), Done(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        shown.add_task(what)
        yield


@contextmanager
def counted(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar with the time left, on a terminal; nothing elsewhere. Takes how many are done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=total)
        yield lambda done: shown.update(task, completed=done)
