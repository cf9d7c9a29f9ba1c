"""One database, by URL: SQLite in a file (WAL, every commit synced) or PostgreSQL through psycopg 3.

A unit of work that reads sees one consistent state and cannot write. One that writes takes the write lock of the
whole database at once, on both: SQLite's BEGIN IMMEDIATE, on PostgreSQL one advisory lock until the transaction's end.
So what it reads first still holds when it writes, and no rule of the office depends on which database is under it.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)

from storage.flushing import Flushing, flush_of

WAIT = 10.0  # seconds that a writer waits for its turn, or anyone for a connection
CONNECT = 5  # seconds until a server that does not answer counts as away
IDLE = 60  # seconds after which PostgreSQL ends a transaction whose owner has died
WRITE_LOCK = 0x54414B414E01  # "TAKAN", 1
MIGRATION_LOCK = 0x54414B414E02
MIGRATION_WAIT = 300.0
# One round trip: the turn, and a commit that does not wait for the disk by itself.
TURN = text("SELECT pg_advisory_xact_lock(:key), set_config('synchronous_commit', 'off', true)")
MIGRATIONS = Path(__file__).with_name("migrations")
BUGS = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_READONLY}  # what SQLite says of wrong SQL, and of writing as a reader
AWAY = (DisconnectionError, InterfaceError, OperationalError, TimeoutError)


class DatabaseAway(OSError):
    """The database cannot be reached, or is too busy to be changed."""


class DatabaseTooNew(Exception):
    """A newer version has changed the tables; this one must not touch them."""


def engine_url(url: str) -> URL:
    """SQLAlchemy's address, with the driver that we use. Raises `ValueError` for any other database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ValueError("SQLite needs a file")
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError(f"neither SQLite nor PostgreSQL: {parsed.drivername}")


class Database:
    """The connections to one database. `url` as in `sqlite:////data/takan.db` or `postgresql://takan@host/takan`."""

    def __init__(self, url: str, wait: float = WAIT, connections: int = 8) -> None:
        self._wait = wait
        self.engine = make_engine(url, wait, connections)
        self._turn = threading.Lock()
        self._flushing = Flushing(flush_of(self.engine))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent state, for reading only."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The only writer, until the end of the block: commits, or rolls back when it raises. It returns when the
        commit is durable; the turn is over before, so that many writers share one flush."""
        with self._taking_turns(), self.engine.connect() as connection:
            connection.execution_options(takan_writes=True, takan_grouped=True)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(TURN, {"key": WRITE_LOCK})
                yield connection
        self._flushing.wait()

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        """First within this process: a thread that waits here holds no connection and asks no server."""
        if not self._turn.acquire(timeout=self._wait):
            raise TimeoutError("another thread has been writing for too long")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def recording(self) -> Iterator[Connection]:
        """A short transaction of upserts that needs no turn: what the media role received."""
        with self.engine.connect() as connection:
            connection.execution_options(takan_writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        self.engine.dispose()


def make_engine(url: str, wait: float = WAIT, connections: int = 8) -> Engine:
    address = engine_url(url)
    # An error's text must not carry people's names and password hashes into a log: no parameters in it.
    common: dict[str, Any] = {
        "hide_parameters": True,
        "pool_size": connections,
        "max_overflow": connections,
        "pool_timeout": wait,
    }
    if address.get_backend_name() == "sqlite":
        arguments = {"timeout": wait, "check_same_thread": False}
        engine = create_engine(address, connect_args=arguments, **common)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(address, connect_args=_postgres_arguments(wait), pool_pre_ping=True, **common)


def is_away(error: BaseException) -> bool:
    """Whether this error means that the database cannot serve now, as opposed to a bug in what it was asked."""
    if isinstance(error, OperationalError) and isinstance(error.orig, sqlite3.OperationalError):
        return error.orig.sqlite_errorcode not in BUGS
    return isinstance(error, AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _postgres_arguments(wait: float) -> dict[str, Any]:
    limits = {"lock_timeout": int(wait * 1000), "idle_in_transaction_session_timeout": IDLE * 1000}
    limits["statement_timeout"] = IDLE * 1000
    return {
        "connect_timeout": CONNECT,
        "application_name": "takan",
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
    }


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions by itself, late and always deferred; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        _use_wal(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA recursive_triggers = ON")
    finally:
        cursor.close()


def _use_wal(cursor: Any) -> None:
    """The mode stays with the file. Two processes that change it at once are told "locked" without the usual wait."""
    for attempt in range(100):
        try:
            if cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                return
        except sqlite3.OperationalError:
            if attempt == 99:
                raise
        time.sleep(0.02)
    raise sqlite3.OperationalError("this file system cannot hold a write-ahead log")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes, grouped = options.get("takan_writes", False), options.get("takan_grouped", False)
    # In WAL mode NORMAL leaves the log's flush to us (see `storage.flushing`), and only that.
    mode = f"PRAGMA synchronous = {'NORMAL' if grouped else 'FULL'}", f"PRAGMA query_only = {'OFF' if writes else 'ON'}"
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    pooled = connection.connection
    for statement in (begin,) if pooled.info.get("takan_mode") == mode else (*mode, begin):
        connection.exec_driver_sql(statement)
    pooled.info["takan_mode"] = mode


_one_at_a_time = threading.Lock()  # Alembic's context belongs to the process, not to the thread


def migrate(url: str) -> None:
    """Bring the tables to this version, whole or not at all. Two processes may call it at once: one does it, the
    other waits. Raises `DatabaseTooNew` when a newer version of Takan has been here, `DatabaseAway`, and `ValueError`
    for an address that is neither SQLite's nor PostgreSQL's."""
    engine = make_engine(url, wait=MIGRATION_WAIT)
    try:
        with _one_at_a_time, engine.connect() as connection:
            connection.execution_options(takan_writes=True)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SET LOCAL lock_timeout = 0"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
                _upgrade(connection)
    except SQLAlchemyError as error:
        if is_away(error):
            raise DatabaseAway(f"the database is away: {error}") from error
        raise
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the tables are those of this version."""
    scripts = ScriptDirectory.from_config(_alembic(connection))
    return MigrationContext.configure(connection).get_current_heads() == tuple(scripts.get_heads())


def _upgrade(connection: Connection) -> None:
    configuration = _alembic(connection)
    scripts = ScriptDirectory.from_config(configuration)
    known = {script.revision for script in scripts.walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    if unknown:
        raise DatabaseTooNew(f"the database is at {', '.join(sorted(unknown))}, which this version does not know")
    command.upgrade(configuration, "head")


def _alembic(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration
