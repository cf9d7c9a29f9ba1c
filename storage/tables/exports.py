"""Packages that were asked for, with their progress."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Named, Table, Text, TypedColumns

from storage.tables.base import Moment, metadata, one_of, sha256


class ExportColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    case: Named[str] = Column(Text, ForeignKey("cases.id"), index=True)
    wanted_by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Moment)
    state: Named[str] = Column(Text)
    done: Named[int] = Column(BigInteger)
    total: Named[int] = Column(BigInteger)
    reason: Named[str | None] = Column(Text)
    plan: Named[str | None] = Column(Text)
    size: Named[int] = Column(BigInteger, server_default="0")


exports = Table(
    "exports",
    metadata,
    ExportColumns,
    one_of("state", ["wanted", "running", "ready", "failed"]),
    Index(None, "state", "created_at"),
)


class ExportFileColumns(TypedColumns):
    """What is known of the files of a package in the making, so that an interrupted job goes on from there."""

    export: Named[str] = Column(Text, ForeignKey("exports.id"), primary_key=True)
    path: Named[str] = Column(Text, primary_key=True)
    recipe: Named[str] = Column(Text)
    sha256: Named[str] = Column(Text)
    crc: Named[int] = Column(BigInteger)
    size: Named[int] = Column(BigInteger)


export_files = Table("export_files", metadata, ExportFileColumns, sha256("recipe"), sha256("sha256"))
