"""The custody ledger of each case."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import Connection, bindparam, select

from inspection.model.errors import Conflict
from inspection.model.ledger import Entry, Head
from storage.shelves.rows import columns_of, insert_once, insert_or_replace, value_of
from storage.tables.ledger import entries, heads

LAST = select(entries).where(entries.c.case == bindparam("wanted")).order_by(entries.c.number.desc()).limit(1)


class SqlLedger:
    """Writing units of work take turns (see `storage.database`), so a case's last entry stays the last until the end
    of the unit that read it; should a writer come another way, the primary key refuses the second entry."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self, case: str) -> Entry | None:
        row = self._connection.execute(LAST, {"wanted": case}).one_or_none()
        return None if row is None else value_of(Entry, row)

    def append(self, entry: Entry) -> None:
        if not insert_once(self._connection, entries, columns_of(entry), ["case", "number"]):
            raise Conflict("ledger-moved")

    def entries(self, case: str, since_us: int = 0) -> Sequence[Entry]:
        query = select(entries).where(entries.c.case == case, entries.c.at_us >= since_us).order_by(entries.c.number)
        return [value_of(Entry, row) for row in self._connection.execute(query)]

    def put_head(self, head: Head) -> None:
        insert_or_replace(self._connection, heads, columns_of(head), ["case"])

    def head(self, case: str) -> Head | None:
        signed = [heads.c[part.name] for part in fields(Head)]  # how far the log has come is no part of it
        row = self._connection.execute(select(*signed).where(heads.c.case == case)).one_or_none()
        return None if row is None else value_of(Head, row)
