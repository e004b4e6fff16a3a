"""What is published while `wirewatch watch` runs reaches the webhook, each story once (tests/bench/bench_watch.py)."""

from pathlib import Path

from tests.bench.bench_watch import measured


def test_published_stories_reach_the_receiver_once(tmp_path: Path) -> None:
    """How soon is measured by the benchmark; here only that none waits for more than some polls."""
    waited = measured(tmp_path, stories=30, seconds=4, interval_s=2)
    assert len(waited) == 30
    assert all(0 < one < 60 for one in waited)
    assert sorted(waited)[15] < 20
