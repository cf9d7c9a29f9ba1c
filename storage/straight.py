"""Statements that go to the driver as they stand: those with which every unit of work begins, and those that append to
the ledger. SQLAlchemy and psycopg's cursors would take longer over each than the database does.

PostgreSQL: libpq through `psycopg.pq`, prepared once a connection. Errors come as SQLAlchemy's, as everywhere here.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from inspection.model.errors import Invalid

FINE = {pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK}
PREPARED = "takan_prepared"  # which statements a connection knows by name, kept with it
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in both dialects: `?` for values on SQLite, `$1` and so on, cast where needed, on PostgreSQL."""

    name: str
    sqlite: str
    postgresql: str


def run(connection: Connection, statement: Statement, values: Sequence[str | int | None]) -> tuple[Rows, int]:
    """The rows (PostgreSQL: each column as text or None), and how many were changed.

    Raises SQLAlchemy's `DBAPIError`, and `Invalid("text-unusable")` for text that PostgreSQL cannot keep.
    """
    pooled = connection.connection
    driver: Any = pooled.dbapi_connection
    if isinstance(driver, sqlite3.Connection):
        with _told(connection, statement.name):
            cursor = driver.execute(statement.sqlite, values)
            return cursor.fetchall(), cursor.rowcount
    given = [_text(value) for value in values]
    name, known = statement.name.encode(), pooled.info.setdefault(PREPARED, set())
    with _told(connection, statement.name):
        if name not in known:
            _fine(driver.pgconn.prepare(name, statement.postgresql.encode()))
            known.add(name)
        return _fine(driver.pgconn.exec_prepared(name, given))


def script(connection: Connection, text: str) -> None:
    """One statement on SQLite; any number on PostgreSQL, in one trip, each with a snapshot of its own."""
    driver: Any = connection.connection.dbapi_connection
    with _told(connection, text):
        if isinstance(driver, sqlite3.Connection):
            driver.execute(text)
        else:
            _fine(driver.pgconn.exec_(text.encode()))


def end(connection: Connection, how: str) -> None:
    """`COMMIT` or `ROLLBACK`. Raises when there is nothing to commit since a statement has failed before: PostgreSQL
    would roll back and say nothing."""
    driver: Any = connection.connection.dbapi_connection
    ready = isinstance(driver, sqlite3.Connection) or driver.pgconn.transaction_status == pq.TransactionStatus.INTRANS
    with _told(connection, how):
        if how == "COMMIT" and not ready:
            raise psycopg.errors.InFailedSqlTransaction("a statement has failed")
    script(connection, how)
    if connection.in_transaction():  # as far as SQLAlchemy knows; the driver finds nothing left to do
        connection.rollback() if how == "ROLLBACK" else connection.commit()


class _told:
    """Whatever the driver raises inside comes out as SQLAlchemy's error, and a connection that broke is given up."""

    def __init__(self, connection: Connection, what: str) -> None:
        self._connection, self._what = connection, what

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, sqlite3.Error | psycopg.Error):
            return
        connection = self._connection
        driver: Any = connection.connection.dbapi_connection
        base = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
        broken = isinstance(error, psycopg.Error) and driver.pgconn.status != pq.ConnStatus.OK
        raise DBAPIError.instance(
            self._what, None, error, base, hide_parameters=True, connection_invalidated=broken,
            dialect=connection.dialect,
        ) from error  # fmt: skip


def _fine(found: pq.abc.PGresult) -> tuple[Rows, int]:
    if found.status not in FINE:
        raise error_from_result(found, encoding="utf-8")
    wide = range(found.nfields)
    rows = [tuple(_read(found.get_value(row, column)) for column in wide) for row in range(found.ntuples)]
    return rows, found.command_tuples or 0


def _text(value: str | int | None) -> bytes | None:
    if value is None:
        return None
    data = str(value).encode()
    if b"\0" in data:  # libpq would read up to it
        raise Invalid("text-unusable", field="")
    return data


def _read(data: bytes | None) -> str | None:
    return None if data is None else data.decode()
