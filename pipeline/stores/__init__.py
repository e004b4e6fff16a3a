"""Where stories and everything else that must survive a crash live: `open_store` opens either kind."""

import re
from pathlib import Path

from pipeline.config import StoreSettings
from pipeline.stores.base import Store


def open_store(at: str, settings: StoreSettings, create: bool = True) -> Store:
    """The store at `at`: a folder (no server), or the http(s) URL of an Elasticsearch server.

    With `create` it is made where there is none. StoreError says why it cannot be used, StoreUnavailable that
    it does not answer. Only what the kind of store needs is imported.
    """
    if re.match(r"https?://", at, re.IGNORECASE):
        from pipeline.stores.elastic import open_elastic

        return open_elastic(at, settings, create)
    from pipeline.stores.embedded import open_folder

    return open_folder(Path(at).expanduser(), create)
