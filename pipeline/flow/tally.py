"""The counters of the pass as they stand in this process, for whoever shows its progress."""

from collections import Counter
from typing import Final

so_far: Final[Counter[str]] = Counter()
