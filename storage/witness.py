"""What a witness remembers: the last checkpoint that it signed of each log, in a SQLite file of its own."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from inspection.model.log import Reply
from inspection.model.tlog import Checkpoint

TABLE = "CREATE TABLE IF NOT EXISTS logs (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL)"
WAIT = 10.0  # seconds for one's turn


class WitnessBook:
    """Implements `inspection.ports.WitnessBook`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._open()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(TABLE)

    def step(self, origin: str, decide: Callable[[Checkpoint | None], Reply]) -> Reply:
        try:
            with closing(self._open()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                reply = decide(self._last(connection, origin))
                new = reply.remember
                if new is not None:
                    connection.execute("INSERT OR REPLACE INTO logs VALUES (?, ?, ?)", (new.origin, new.size, new.root))
                connection.execute("COMMIT")
                return reply
        except sqlite3.Error as error:
            raise OSError(f"{self._path}: {error}") from error

    def all(self) -> Sequence[Checkpoint]:
        try:
            with closing(self._open()) as connection:
                return [Checkpoint(*row) for row in connection.execute("SELECT * FROM logs ORDER BY origin")]
        except sqlite3.Error as error:
            raise OSError(f"{self._path}: {error}") from error

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=WAIT, isolation_level=None)
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _last(self, connection: sqlite3.Connection, origin: str) -> Checkpoint | None:
        row = connection.execute("SELECT * FROM logs WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else Checkpoint(*row)
