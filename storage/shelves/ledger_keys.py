"""The ledger's keys, old and new."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from inspection.model.errors import Conflict
from inspection.model.key_history import KeyStatement
from storage.shelves.rows import columns_of, insert_once, value_of
from storage.tables.log import keys


class SqlLedgerKeys:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def history(self) -> Sequence[KeyStatement]:
        rows = self._connection.execute(select(keys).order_by(keys.c.number))
        return [value_of(KeyStatement, row) for row in rows]

    def add(self, statement: KeyStatement) -> None:
        if not insert_once(self._connection, keys, columns_of(statement), ["number"]):
            raise Conflict("key-taken")
