"""A process that joins its share of made-up stories: `python -m tests.clusters.joiner` with a JSON object on stdin.

Prints a line when its store is open, begins when it gets another line, and ends when it is done.
"""

import json
import sys

from pipeline.config import ClusterSettings, StoreSettings
from pipeline.stores import open_store
from pipeline.stores.clusters import keep
from tests.clusters.made import wires


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    mine = wires(asked["count"], asked["seed"])[asked["part"] :: asked["parts"]]
    store = open_store(asked["at"], StoreSettings.model_validate(asked["settings"]))
    print("ready", flush=True)
    sys.stdin.readline()
    for first in range(0, len(mine), asked["size"]):
        keep(store, mine[first : first + asked["size"]], ClusterSettings())
    store.close()


if __name__ == "__main__":
    main()
