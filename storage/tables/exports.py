"""Packages that were asked for, with their progress."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Named, Table, Text, TypedColumns

from storage.tables.base import Moment, metadata, one_of


class ExportColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    case: Named[str] = Column(Text, ForeignKey("cases.id"), index=True)
    wanted_by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Moment)
    state: Named[str] = Column(Text)
    done: Named[int] = Column(BigInteger)
    total: Named[int] = Column(BigInteger)
    reason: Named[str | None] = Column(Text)


exports = Table(
    "exports",
    metadata,
    ExportColumns,
    one_of("state", ["wanted", "running", "ready", "failed"]),
    Index(None, "state", "created_at"),
)
