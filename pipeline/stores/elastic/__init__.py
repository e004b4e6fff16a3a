"""The store on Elasticsearch 9: for more than one machine can hold, or more than one writes to."""

from pipeline.config import StoreSettings
from pipeline.core.errors import StoreError
from pipeline.stores.base import Store
from pipeline.stores.elastic.archive import ElasticArchive
from pipeline.stores.elastic.connection import Connection
from pipeline.stores.elastic.ledger import ElasticLedger
from pipeline.stores.elastic.traces import ElasticTraces

__all__ = ["ElasticArchive", "ElasticLedger", "open_elastic"]


def open_elastic(at: str, settings: StoreSettings, create: bool = True) -> Store:
    """The store at one or more URLs (separated by commas), under `settings.index_prefix`.

    With `create` its indices are made where there are none; without, that is a StoreError. StoreUnavailable, at
    once, where the server does not answer.
    """
    connection = Connection(at, settings)
    archive = ElasticArchive(connection)
    if not archive.exists():
        if not create:
            raise StoreError(f"Elasticsearch at {connection.at} holds no store under the prefix {connection.prefix}; "
                             "make one with `wirewatch store init` or with the first `wirewatch run`")
        archive.init()
    return Store(archive, ElasticLedger(connection), ElasticTraces(connection))
