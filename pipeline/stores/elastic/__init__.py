"""The store on Elasticsearch 9: for more than one machine can hold, or more than one writes to."""

from pipeline.config import StoreSettings
from pipeline.core.errors import StoreError
from pipeline.stores.base import Store
from pipeline.stores.elastic.archive import ElasticArchive
from pipeline.stores.elastic.connection import Connection
from pipeline.stores.elastic.ledger import ElasticLedger

__all__ = ["ElasticArchive", "ElasticLedger", "open_elastic"]


def open_elastic(at: str, settings: StoreSettings, create: bool = True) -> Store:
    """The store at one or more URLs (separated by commas), under `settings.index_prefix`.

    With `create` nothing is asked yet: the first use of the store finds out whether the server answers, and
    what is missing is made by the first write. Without, StoreError where there is no store yet.
    """
    connection = Connection(at, settings)
    archive = ElasticArchive(connection)
    if not create and not archive.exists():
        raise StoreError(f"Elasticsearch at {connection.at} holds no store under the prefix {connection.prefix}; "
                         "make one with `wirewatch store init` or with the first `wirewatch run`")
    return Store(archive, ElasticLedger(connection))
