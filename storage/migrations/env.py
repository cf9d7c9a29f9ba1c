"""Run by Alembic, on the connection and inside the transaction of `storage.database.migrate`."""

from alembic import context

import storage.tables  # noqa: F401  (fills the metadata)
from storage.tables.base import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
