"""The database alone, with its driver and nothing of ours: what our own commits are measured beside."""

import sqlite3
from collections.abc import Callable, Generator, Sequence
from typing import Any

import psycopg
from sqlalchemy import make_url


def bare_commits(url: str, writers: int, row: str, head: str) -> Generator[Callable[[int], None]]:
    """Again and again what commits an entry's and a head's worth of rows with the driver alone."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        links: Sequence[Any] = [_sqlite(str(address.database)) for _ in range(writers)]
        mark, begin = "?", "BEGIN IMMEDIATE"
    else:
        plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
        links = [psycopg.connect(plain, autocommit=True) for _ in range(writers)]
        mark, begin = "%s", "BEGIN"
    values = f"VALUES ({mark}, {mark}, {mark})"
    entry = " ".join(("INSERT INTO bare_entries", values))
    heading = " ".join(
        ("INSERT INTO bare_heads", values, "ON CONFLICT (writer) DO UPDATE SET number = excluded.number")
    )
    for name, key in (("bare_entries", "writer, number"), ("bare_heads", "writer")):
        links[0].execute(f"CREATE TABLE {name} (writer INTEGER, number INTEGER, body TEXT, PRIMARY KEY ({key}))")
    numbers = [0] * writers

    def commit(writer: int) -> None:
        numbers[writer] += 1
        links[writer].execute(begin)
        links[writer].execute(entry, (writer, numbers[writer], row))
        links[writer].execute(heading, (writer, numbers[writer], head))
        links[writer].execute("COMMIT")

    try:
        while True:
            yield commit
    finally:
        for link in links:
            link.close()


def _sqlite(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
