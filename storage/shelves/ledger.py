"""The custody ledger of each case."""

import json
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import Connection, select

from inspection.model.errors import Conflict
from inspection.model.ledger import Entry, Head, Tip
from storage.shelves.rows import value_of
from storage.straight import Statement, run
from storage.tables.ledger import entries, heads

TIP = Statement(
    "takan_tip",
    'SELECT number, hash FROM ledger_entries WHERE "case" = ? ORDER BY number DESC LIMIT 1',
    'SELECT number, hash FROM ledger_entries WHERE "case" = $1 ORDER BY number DESC LIMIT 1',
)
ENTRY = """
    INSERT INTO ledger_entries ("case", number, at_us, actor, event, digest, body, previous, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
HEAD = """
    INSERT INTO ledger_heads ("case", count, hash, at_us, key, signature) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT ("case") DO UPDATE SET count = excluded.count, hash = excluded.hash, at_us = excluded.at_us,
        key = excluded.key, signature = excluded.signature
"""
# Both in one trip: no entry, no head.
TOGETHER = """
    WITH added AS (
        INSERT INTO ledger_entries ("case", number, at_us, actor, event, digest, body, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING number
    )
    INSERT INTO ledger_heads ("case", count, hash, at_us, key, signature)
    SELECT $10::text, $11::integer, $12::text, $13::bigint, $14::text, $15::text FROM added
    ON CONFLICT ("case") DO UPDATE SET count = excluded.count, hash = excluded.hash, at_us = excluded.at_us,
        key = excluded.key, signature = excluded.signature
"""
APPEND = Statement("takan_append", ENTRY, TOGETHER)
PUT_HEAD = Statement("takan_head", HEAD, "")


class SqlLedger:
    """Units of work that write to one case take turns (see `storage.turns`), so a case's last entry stays the last
    until the end of the unit that read it; should a writer come another way, the primary key refuses the second entry.
    `about`: the only case that this unit may write to."""

    def __init__(self, connection: Connection, about: str | None = None) -> None:
        self._connection, self._about = connection, about

    def tip(self, case: str) -> Tip | None:
        rows, _ = run(self._connection, TIP, (case,))
        return Tip(int(rows[0][0]), rows[0][1]) if rows else None

    def append(self, entry: Entry, head: Head) -> None:
        if self._about not in (None, entry.case):
            raise ValueError("a unit of work writes to the case only that it is about")
        whole, signed = _entry(entry), (head.case, head.count, head.hash, head.at_us, head.key, head.signature)
        if self._connection.dialect.name == "postgresql":
            _, added = run(self._connection, APPEND, whole + signed)
        else:
            _, added = run(self._connection, APPEND, whole)
            if added:
                run(self._connection, PUT_HEAD, signed)
        if not added:
            raise Conflict("ledger-moved")

    def entries(self, case: str, since_us: int = 0) -> Sequence[Entry]:
        query = select(entries).where(entries.c.case == case, entries.c.at_us >= since_us).order_by(entries.c.number)
        return [value_of(Entry, row) for row in self._connection.execute(query)]

    def head(self, case: str) -> Head | None:
        signed = [heads.c[part.name] for part in fields(Head)]  # how far the log has come is no part of it
        row = self._connection.execute(select(*signed).where(heads.c.case == case)).one_or_none()
        return None if row is None else value_of(Head, row)


def _entry(entry: Entry) -> tuple[str | int | None, ...]:
    actor, body = json.dumps(entry.actor), json.dumps(entry.body)
    return (
        entry.case, entry.number, entry.at_us, actor, entry.event, entry.digest, body, entry.previous, entry.hash
    )  # fmt: skip
