"""The database alone, with its driver and nothing of ours: what our own commits are measured beside.

It keeps the same rows as durably, in tables made as ours are (columns, keys, checks, indexes), and knows beforehand
what will stand in them: nothing is read, hashed or signed.
"""

import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy import make_url

ENTRY = '"case", number, at_us, actor, event, digest, body, previous, hash'
HEAD = '"case", count, hash, at_us, key, signature'
CHANGES = ("count", "hash", "at_us", "key", "signature")


def bare_commits(url: str, cases: Sequence[str], actor: str, body: str) -> Generator[Callable[[int], None]]:
    """Again and again a function that commits the next entry and head of one of these cases, which the office has."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        _copy_sqlite(str(address.database))
        links: Sequence[Any] = [_sqlite(str(address.database)) for _ in cases]
        mark, json_mark, begin = "?", "?", "BEGIN IMMEDIATE"
    else:
        plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
        links = [psycopg.connect(plain, autocommit=True) for _ in cases]
        _copy_postgresql(links[0])
        mark, json_mark, begin = "%s", "%s::jsonb", "BEGIN"
    marks = [json_mark if name.strip() in ("actor", "body") else mark for name in ENTRY.split(",")]
    entry = " ".join(("INSERT INTO bare_entries", f"({ENTRY})", "VALUES", f"({', '.join(marks)})"))
    changed = ", ".join(f"{name} = excluded.{name}" for name in CHANGES)
    heading = ("INSERT INTO bare_heads", f"({HEAD})", f"VALUES ({', '.join([mark] * 6)})")
    head = " ".join((*heading, 'ON CONFLICT ("case") DO UPDATE SET', changed))
    numbers = [0] * len(cases)
    some_hash, signature, at_us = "a" * 64, "b" * 128, 1_795_000_000_000_000

    def commit(writer: int) -> None:
        numbers[writer] += 1
        case, number, link = cases[writer], numbers[writer], links[writer]
        link.execute(begin)
        link.execute(entry, (case, number, at_us, actor, "viewed", None, body, some_hash, some_hash))
        link.execute(head, (case, number, some_hash, at_us, some_hash, signature))
        link.execute("COMMIT")

    try:
        while True:
            yield commit
    finally:
        for link in links:
            link.close()


def _copy_sqlite(path: str) -> None:
    with closing(_sqlite(path)) as link:
        made = link.execute("SELECT sql FROM sqlite_master WHERE tbl_name IN ('ledger_entries', 'ledger_heads')")
        for (statement,) in made.fetchall():
            if statement and "TRIGGER" not in statement:  # those that refuse changes cost an addition nothing
                link.execute(statement.replace("ledger_", "bare_"))


def _copy_postgresql(link: psycopg.Connection[Any]) -> None:
    for name in ("entries", "heads"):
        link.execute(f"CREATE TABLE bare_{name} (LIKE ledger_{name} INCLUDING ALL)")
        link.execute(f'ALTER TABLE bare_{name} ADD FOREIGN KEY ("case") REFERENCES cases (id)')


def _sqlite(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection
