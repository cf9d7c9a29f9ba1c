"""What every shelf does with rows: values in, values out, and conflicts that do not end the transaction."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Executable, Row, Table, and_, bindparam
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from inspection.model.errors import Invalid

Value = TypeVar("Value")
Columns = dict[str, Any]


def columns_of(value: Any) -> Columns:
    """A value's fields as columns. Raises `Invalid("text-unusable")` for text that a database cannot keep."""
    columns = {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    for name, part in columns.items():
        if isinstance(part, str) and not is_text(part):
            raise Invalid("text-unusable", field=name)
    return columns


def is_text(text: str) -> bool:
    """No NUL, which PostgreSQL refuses, and no lone surrogate, which has no UTF-8."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


def value_of(kind: Callable[..., Value], row: Row[*tuple[Any, ...]], /, **convert: Callable[[Any], Any]) -> Value:
    """The value that a whole row of its table stands for; `convert` makes a column into the field's type."""
    facts = dict(row._mapping)
    for name, change in convert.items():
        if facts[name] is not None:
            facts[name] = change(facts[name])
    return kind(**facts)


def insert_once(connection: Connection, table: Table[Any], columns: Columns, key: Sequence[str]) -> bool:
    """Whether the row was added; False, and nothing written, when one with that key is there."""
    statement = _insert_once(connection.dialect.name, table, tuple(columns), tuple(key))
    return connection.execute(statement, columns).first() is not None


def insert_or_replace(
    connection: Connection, table: Table[Any], columns: Columns, key: Sequence[str], only: Sequence[str] | None = None
) -> None:
    """Add the row, or write its columns (`only` those named) over those of the row with that key."""
    changed = tuple(name for name in (only or columns) if name not in key)
    connection.execute(_insert_or_replace(connection.dialect.name, table, tuple(columns), tuple(key), changed), columns)


# A statement is built once for each kind of row: building it anew would cost more than running it.
@cache
def _insert_once(dialect: str, table: Table[Any], columns: Sequence[str], key: Sequence[str]) -> Executable:
    insert = _insert(dialect, table, columns).on_conflict_do_nothing(index_elements=key)
    statement: Executable = insert.returning(table.c[key[0]])
    return statement


@cache
def _insert_or_replace(
    dialect: str, table: Table[Any], columns: Sequence[str], key: Sequence[str], changed: Sequence[str]
) -> Executable:
    insert = _insert(dialect, table, columns)
    replaced = {name: insert.excluded[name] for name in changed}
    statement: Executable = insert.on_conflict_do_update(index_elements=key, set_=replaced)
    return statement


def _insert(dialect: str, table: Table[Any], columns: Sequence[str]) -> Any:
    insert = sqlite_insert if dialect == "sqlite" else postgres_insert
    return insert(table).values({name: bindparam(name) for name in columns})


def update(
    connection: Connection, table: Table[Any], columns: Columns, key: Sequence[str], *also: ColumnElement[bool]
) -> bool:
    """Whether one row with that key (and these conditions) was there and now holds the columns."""
    same = [table.c[name] == columns[name] for name in key]
    changed = {name: part for name, part in columns.items() if name not in key}
    statement = table.update().where(and_(*same, *also)).values(changed).returning(table.c[key[0]])
    return connection.execute(statement).first() is not None


def _plain(part: Any) -> Any:
    if isinstance(part, Enum):
        return part.value
    return list(part) if isinstance(part, tuple) else part
