"""A store in one folder, without a server: SQLite holds the truth, tantivy makes it searchable.

    wirewatch.db   everything: stories and their revisions, and the records of the Ledger
    near/ index/   derived from it; may be deleted at any time, are made anew when missing
"""

from pathlib import Path

from pipeline.core.errors import StoreError
from pipeline.stores.base import Store


def open_folder(folder: Path, create: bool = True) -> Store:
    """The store in `folder`; with `create`, made where there is none. StoreError where it cannot be used."""
    from pipeline.stores.embedded.archive import EmbeddedArchive
    from pipeline.stores.embedded.database import Database
    from pipeline.stores.embedded.ledger import EmbeddedLedger
    from pipeline.stores.embedded.traces import EmbeddedTraces

    database = Database(folder, create)
    try:
        (folder / "index").mkdir(exist_ok=True)
        return Store(EmbeddedArchive(folder, database), EmbeddedLedger(database), EmbeddedTraces(folder, database))
    except OSError as error:
        database.close()
        raise StoreError(f"{folder}: cannot be written ({error.strerror}); check its permissions") from None
