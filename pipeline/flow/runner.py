"""Beam's in-process runner, kept quiet; with several workers it uses as many processes."""

import logging
import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.core.errors import StoreError, StoreUnavailable, WirewatchError


def run_graph(build: Callable[[Any], None], workers: int) -> dict[str, int]:
    """Run the graph that `build` makes in a pipeline, on Beam's in-process runner; returns its counters."""
    quiet_beam()
    os.environ.setdefault("LANGUAGE", "C")  # or each of Beam's hundreds of argument parsers looks for translations
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    mode = "in_memory" if workers == 1 else "multi_processing"
    options = PipelineOptions([f"--direct_num_workers={workers}", f"--direct_running_mode={mode}"])
    # Named: "DirectRunner" would first try to download Prism.
    graph = beam.Pipeline(runner=FnApiRunner(), options=options)
    build(graph)
    try:
        with _silent_workers(workers):
            result = graph.run()
            result.wait_until_finish()
    except Exception as error:
        raise _translated(error) from error
    counts: Counter[str] = Counter()
    for counter in result.metrics().query()["counters"]:  # one for each step that counts under a name
        counts[counter.key.metric.name] += int(counter.committed)
    return dict(counts)


@contextmanager
def _silent_workers(workers: int) -> Iterator[None]:
    """Worker processes log to the standard error that they inherit: give them none, and keep ours."""
    if workers == 1:
        yield
        return
    sys.stderr.flush()
    kept, ours = os.dup(2), sys.stderr
    with open(os.devnull, "wb") as nowhere, open(kept, "w", buffering=1, encoding="utf-8") as sys.stderr:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            sys.stderr = ours


def _translated(error: BaseException) -> BaseException:
    """What a worker raised, as it was: Beam adds to its message, and makes it text when it comes from a process."""
    text = str(error)
    for kind in (StoreUnavailable, StoreError, WirewatchError):
        if isinstance(error, kind) or f".{kind.__name__}: " in text:
            said = text.rpartition(f".{kind.__name__}: ")[2]
            return kind(said.partition(" [while running")[0].strip())
    return error


def quiet_beam() -> None:
    """Keep Beam's own log lines off the user's terminal; errors still come through as exceptions."""
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apache_beam  # noqa: F401  (warns of optional parts that are missing)
    root.setLevel(level)
