"""The open connections to one database, and transactions on them.

A connection keeps its SQLAlchemy wrapper from one unit of work to the next: taking one from SQLAlchemy's own pool and
wrapping it costs as much as three statements. Every transaction begins and ends here, by the driver; SQLAlchemy learns
of one when a shelf uses it, and is told at the end.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, TimeoutError

from storage.straight import end, script
from storage.turns import MODE, Unit


class Lines:
    """At most `most` connections at once; `kept` of them stay open when nobody uses them. `engine` pools none."""

    def __init__(self, engine: Engine, kept: int, most: int, wait: float) -> None:
        self.engine = engine
        self._kept, self._wait = kept, wait
        self._free: deque[Connection] = deque()
        self._places = threading.Semaphore(most)

    @contextmanager
    def begun(self, unit: Unit) -> Iterator[Connection]:
        """A transaction as `unit` says: committed at the end of the block, rolled back when it raises. Raises
        SQLAlchemy's errors, its `TimeoutError` when no connection has become free in time."""
        if not self._places.acquire(timeout=self._wait):
            raise TimeoutError("all connections have been in use for too long")
        connection = None
        try:
            connection = self._begin(unit)
            yield connection
            end(connection, "COMMIT")
            self._put_back(connection)
        except BaseException:
            if connection is not None:
                self._roll_back(connection)
            raise
        finally:
            self._places.release()

    def close(self) -> None:
        """Those that nobody uses now; those in use when they come back."""
        self._kept = 0
        while self._free:
            self._free.pop().close()

    def _begin(self, unit: Unit) -> Connection:
        """One that has died while nobody used it shows itself here, before anything was done, and another is taken:
        so none has to be tried out first, which would cost everybody a round trip."""
        while True:
            try:
                connection, fresh = self._free.pop(), False
            except IndexError:
                connection, fresh = self.engine.connect(), True
            begun = False
            try:
                _start(connection, unit)
                begun = True
            except DBAPIError as error:
                if fresh or not error.connection_invalidated:
                    raise
            finally:
                if not begun:
                    connection.invalidate()
                    connection.close()
            if begun:
                return connection

    def _put_back(self, connection: Connection) -> None:
        if len(self._free) < self._kept:
            self._free.append(connection)
        else:
            connection.close()

    def _roll_back(self, connection: Connection) -> None:
        """Whatever has gone wrong with it: what was not committed is gone with the connection at the latest."""
        if not connection.invalidated:
            with suppress(DBAPIError):
                end(connection, "ROLLBACK")
                self._put_back(connection)
                return
            connection.invalidate()  # SQLAlchemy would roll back once more
        connection.close()


def _start(connection: Connection, unit: Unit) -> None:
    if connection.dialect.name == "postgresql":
        script(connection, unit.postgresql)
        return
    facts = connection.connection.info
    if facts.get(MODE) is not unit.mode:
        for statement in unit.mode:
            script(connection, statement)
        facts[MODE] = unit.mode
    script(connection, unit.sqlite)
