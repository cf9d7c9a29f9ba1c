"""Tables and migrations say the same, on both databases, and any number of processes may migrate at once."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from storage.database import Database, DatabaseTooNew, is_current, migrate
from storage.tables.base import metadata

ROOT = Path(__file__).parents[3]


def shape(connection: Connection) -> dict[str, Any]:
    """What Alembic does not compare: the CHECKs and the names of keys, by table."""
    found = inspect(connection)
    return {
        table: {
            "checks": sorted((check["name"], check["sqltext"]) for check in found.get_check_constraints(table)),
            "key": found.get_pk_constraint(table),
            "foreign": sorted(str(sorted(key.items(), key=str)) for key in found.get_foreign_keys(table)),
            "unique": sorted(str(sorted(key.items(), key=str)) for key in found.get_unique_constraints(table)),
        }
        for table in metadata.tables
    }


def test_tables_and_migrations_say_the_same(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert is_current(connection)


def test_checks_and_keys_are_the_same_too(url: str, database: Database) -> None:
    with database.reading() as connection:
        migrated = shape(connection)
    with database.writing() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    with database.reading() as connection:
        assert shape(connection) == migrated


def test_every_constraint_has_a_name() -> None:
    nameless = [
        constraint for table in metadata.tables.values() for constraint in table.constraints if not constraint.name
    ]
    assert nameless == []


def test_migrating_again_changes_nothing(url: str, database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("INSERT INTO settings (name, value) VALUES ('kept', 'yes')"))
    migrate(url)
    with database.reading() as connection:
        assert connection.execute(text("SELECT value FROM settings")).scalar_one() == "yes"


def test_an_empty_database_is_not_current(empty_url: str) -> None:
    database = Database(empty_url)
    with database.reading() as connection:
        assert not is_current(connection)
    database.close()


def test_threads_migrate_at_once(empty_url: str, together: Callable[..., None]) -> None:
    together(4, lambda _: migrate(empty_url))
    database = Database(empty_url)
    with database.reading() as connection:
        assert is_current(connection)
    database.close()


def test_processes_migrate_at_once(empty_url: str) -> None:
    code = "import sys; from storage.database import migrate; sys.stdin.readline(); migrate(sys.argv[1])"
    command = [sys.executable, "-c", code, empty_url]
    processes = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert ends == [(b"", 0)] * 3


def test_a_database_of_a_newer_version_is_left_alone(url: str, database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew):
        migrate(url)
    with database.reading() as connection:
        assert not is_current(connection)


def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    database = Database(empty_url)
    with database.writing() as connection:
        # The last migration meets a table of that name: what the ones before it made must go again.
        connection.execute(text("CREATE TABLE ledger_heads (x INTEGER)"))
    with pytest.raises(Exception, match="ledger_heads"):
        migrate(empty_url)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["ledger_heads"]
    database.close()
