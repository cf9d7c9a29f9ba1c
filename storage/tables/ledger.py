"""The custody ledger. Triggers (see the migrations) refuse every UPDATE and DELETE of an entry."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
    text,
)

from storage.tables.base import json_type, metadata, sha256


class EntryColumns(TypedColumns):
    case: Named[str] = Column(Text, ForeignKey("cases.id"), primary_key=True)
    number: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    at_us: Named[int] = Column(BigInteger)
    actor: Named[Any] = Column(json_type(), nullable=False)
    event: Named[str] = Column(Text)
    digest: Named[str | None] = Column(Text)
    body: Named[Any] = Column(json_type(), nullable=False)
    previous: Named[str] = Column(Text)
    hash: Named[str] = Column(Text)


# The primary key is the promise that two entries never share a number.
entries = Table(
    "ledger_entries",
    metadata,
    EntryColumns,
    CheckConstraint("number >= 1", name="number"),
    sha256("digest"),
    sha256("previous"),
    sha256("hash"),
)


UNLOGGED = text("logged < count")


class HeadColumns(TypedColumns):
    case: Named[str] = Column(Text, ForeignKey("cases.id"), primary_key=True)
    count: Named[int] = Column(Integer)
    hash: Named[str] = Column(Text)
    at_us: Named[int] = Column(BigInteger)
    key: Named[str] = Column(Text)
    signature: Named[str] = Column(Text)
    logged: Named[int] = Column(
        Integer, server_default=text("0")
    )  # how many of the entries are in the log over all cases


heads = Table("ledger_heads", metadata, HeadColumns, sha256("hash"))
# Small whatever the number of cases: only those that the sequencer has yet to look at.
Index("ix_ledger_heads_unlogged", heads.c.case, sqlite_where=UNLOGGED, postgresql_where=UNLOGGED)
