"""One database, by URL: SQLite in a file (WAL, every commit synced) or PostgreSQL through psycopg 3.

A unit of work that reads sees one consistent state and cannot write. One that writes has its turn before its first
statement (see `storage.turns`): alone in the whole database, or alone in one case. So what it reads first still holds
when it writes, and no rule of the office depends on which database is under it.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url, text
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
from storage.lines import Lines
from storage.turns import READING, RECORDING, WHOLE, Turns, unit_of

WAIT = 10.0  # seconds that a writer waits for its turn, or anyone for a connection
CONNECT = 5  # seconds until a server that does not answer counts as away
IDLE = 60  # seconds after which PostgreSQL ends a transaction whose owner has died
MIGRATION_LOCK = 0x54414B414E02
MIGRATION_WAIT = 300.0
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
        self.engine = make_engine(url, wait)
        self._lines = Lines(self.engine, connections, 2 * connections, wait)
        self._one_writer = self.engine.dialect.name == "sqlite"
        self._turns = Turns(wait)
        self._flushing = Flushing(flush_of(self._lines))

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent state, for reading only."""
        return self._lines.begun(READING)

    @contextmanager
    def writing(self, part: str | None = None, at_once: bool = False) -> Iterator[Connection]:
        """The only writer until the end of the block: of `part`, else of the whole database. Commits, or rolls back
        when it raises; returns when the commit is durable. Where writers take turns the turn is over before, so that
        many of them share one flush; `at_once`: nobody shall see it before it is durable."""
        unit = WHOLE if part is None else unit_of(part, at_once, self._one_writer)
        with self._turns.taken(None if self._one_writer else part), self._lines.begun(unit) as connection:
            yield connection
        if unit.grouped:
            self._flushing.wait()

    def recording(self) -> AbstractContextManager[Connection]:
        """A short transaction of upserts that needs no turn: what the media role received."""
        return self._lines.begun(RECORDING)

    def close(self) -> None:
        self._lines.close()
        self.engine.dispose()


def make_engine(url: str, wait: float = WAIT) -> Engine:
    """`wait`: seconds for a lock."""
    address = engine_url(url)
    # An error's text must not carry people's names and password hashes into a log: no parameters in it.
    common: dict[str, Any] = {"hide_parameters": True, "poolclass": NullPool}  # `storage.lines` keeps connections
    if address.get_backend_name() == "sqlite":
        arguments = {"timeout": wait, "check_same_thread": False}
        engine = create_engine(address, connect_args=arguments, **common)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return create_engine(address, connect_args=_postgres_arguments(wait), **common)


def is_away(error: BaseException) -> bool:
    """Whether this error means that the database cannot serve now, as opposed to a bug in what it was asked."""
    if isinstance(error, OperationalError) and isinstance(error.orig, sqlite3.OperationalError):
        return error.orig.sqlite_errorcode not in BUGS
    return isinstance(error, AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _postgres_arguments(wait: float) -> dict[str, Any]:
    limits = {"lock_timeout": int(wait * 1000), "idle_in_transaction_session_timeout": IDLE * 1000}
    limits["statement_timeout"] = IDLE * 1000
    return {
        "autocommit": True,  # the driver would begin transactions by itself, in a trip of its own
        "connect_timeout": CONNECT,
        "application_name": "takan",
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
    }


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions by itself, late and always deferred; `storage.lines` does it instead.
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


_one_at_a_time = threading.Lock()  # Alembic's context belongs to the process, not to the thread


def migrate(url: str) -> None:
    """Bring the tables to this version, whole or not at all. Two processes may call it at once: one does it, the
    other waits. Raises `DatabaseTooNew` when a newer version of Takan has been here, `DatabaseAway`, and `ValueError`
    for an address that is neither SQLite's nor PostgreSQL's."""
    engine = make_engine(url, wait=MIGRATION_WAIT)
    try:
        with _one_at_a_time, Lines(engine, 0, 1, MIGRATION_WAIT).begun(RECORDING) as connection:
            connection.begin()  # Alembic would begin and commit by itself
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
