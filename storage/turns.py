"""What a unit of work may do, and with whom it takes turns.

There are two kinds of turn. The whole office's is for whoever may touch anything: nobody else writes meanwhile. A
part's (one case's, or the log's) lets those of other parts write beside it, and waits for its own kind and for the
whole's. On PostgreSQL these are advisory locks until the end of the transaction: the whole's is exclusive, a part takes
the same one shared and then its own. They are taken in statements before any other, and in this order, so that what is
read afterwards is what the last holder left, and nobody waits in a ring. SQLite has one writer at a time in any case.
"""

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

WHOLE_LOCK = 0x54414B414E01  # "TAKAN", 1
PART_LOCK = 0x54414B41  # with a part's own number beside it; another space of keys than the one above
MODE = "takan_mode"  # how a connection is set, kept with it
STRIPES = 64  # of the waiting within a process: two parts that share one wait for each other, harmlessly


@dataclass(frozen=True, slots=True)
class Unit:
    """`postgresql` and `sqlite` begin it; `mode` is what SQLite's connection has to be set to before."""

    postgresql: str
    sqlite: str
    mode: tuple[str, str]
    grouped: bool = False  # its commit does not wait for the disk: the caller does, together with others


LOOKS = "PRAGMA synchronous = FULL", "PRAGMA query_only = ON"
SYNCS = "PRAGMA synchronous = FULL", "PRAGMA query_only = OFF"
# In WAL mode NORMAL leaves the log's flush to us (see `storage.flushing`), and only that.
SHARES = "PRAGMA synchronous = NORMAL", "PRAGMA query_only = OFF"
READING = Unit("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN", LOOKS)
RECORDING = Unit("BEGIN", "BEGIN IMMEDIATE", SYNCS)
WHOLE = Unit(
    f"BEGIN; SET LOCAL synchronous_commit = off; SELECT pg_advisory_xact_lock({WHOLE_LOCK})",
    "BEGIN IMMEDIATE",
    SHARES,
    grouped=True,
)


def part_number(part: str) -> int:
    """A signed 32-bit number for a part; two parts with the same one wait for each other, harmlessly."""
    return zlib.crc32(part.encode()) - 2**31


def unit_of(part: str, at_once: bool, alone: bool) -> Unit:
    """A unit that writes what belongs to one part. `at_once`: nobody sees it before it is durable. `alone`: this
    database has one writer at a time (SQLite), so its commits share a flush."""
    turns = (
        f"BEGIN; SELECT pg_advisory_xact_lock_shared({WHOLE_LOCK}); "
        f"SELECT pg_advisory_xact_lock({PART_LOCK}, {part_number(part)})"
    )
    grouped = alone and not at_once
    return Unit(turns, "BEGIN IMMEDIATE", SHARES if grouped else SYNCS, grouped)


class Turns:
    """Waiting within this process: a thread that waits here holds no connection and asks no server."""

    def __init__(self, wait: float) -> None:
        self._wait = wait
        self._locks = [threading.Lock() for _ in range(STRIPES + 1)]

    @contextmanager
    def taken(self, part: str | None) -> Iterator[None]:
        """`part`: None for the whole. Raises `TimeoutError` after `wait` seconds."""
        lock = self._locks[STRIPES if part is None else part_number(part) % STRIPES]
        if not lock.acquire(timeout=self._wait):
            raise TimeoutError("another thread has been writing for too long")
        try:
            yield
        finally:
            lock.release()
