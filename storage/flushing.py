"""Commits that become durable together: each is quick, then all who wait share one flush of the log to the disk.

A commit that was written down but not yet flushed is seen by others for a moment. Order keeps that harmless: both
databases flush their log from the front, so whatever is built upon such a commit is not durable before it is.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from storage.lines import Lines
from storage.turns import RECORDING

# A message that nobody reads: a transaction that has written something waits for its commit to be on the disk.
MARK = text("SELECT pg_logical_emit_message(true, 'takan', '')")


class Flushing:
    """`flush` makes durable whatever was committed before it began. Raises what it raises."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._change = threading.Condition()
        self._committed = self._flushed = 0
        self._busy = False

    def wait(self) -> None:
        """Returns when all that this thread has committed is durable."""
        with self._change:
            self._committed += 1
            mine = self._committed
            while self._flushed < mine:
                if self._busy:
                    self._change.wait()
                else:
                    self._lead()

    def _lead(self) -> None:
        """Flush for everybody who has committed by now; called and left with the condition held."""
        self._busy, until = True, self._committed
        self._change.release()
        done = False
        try:
            self._flush()
            done = True
        finally:
            self._change.acquire()
            self._busy = False
            if done:
                self._flushed = max(self._flushed, until)
            self._change.notify_all()  # after a failure the next one leads, and sees for himself


def flush_of(lines: Lines) -> Callable[[], None]:
    """How to make durable what is committed in this database."""
    if lines.engine.dialect.name == "sqlite":
        log = Path(f"{lines.engine.url.database}-wal")
        return lambda: _flush_file(log)
    return lambda: _flush_server(lines)


def _flush_file(log: Path) -> None:
    """SQLite's log: what is not in it any more was made durable on its way into the database itself."""
    try:
        handle = os.open(log, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_server(lines: Lines) -> None:
    with lines.begun(RECORDING) as connection:
        connection.execute(MARK)
