"""Pictures cut from recorded bytes."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Named, Table, Text, TypedColumns

from inspection.model.evidence import RenditionState
from storage.tables.base import Moment, metadata, one_of, sha256


class SnapshotColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), index=True)
    track: Named[str] = Column(Text, ForeignKey("tracks.id"))
    time: Named[int] = Column(BigInteger)
    state: Named[str] = Column(Text)
    wanted_by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Moment)
    check: Named[str | None] = Column(Text)
    presented: Named[int | None] = Column(BigInteger)
    sha256: Named[str | None] = Column(Text)
    bytes: Named[int] = Column(BigInteger)
    width: Named[int] = Column(Integer)
    height: Named[int] = Column(Integer)
    parent: Named[str | None] = Column(Text)
    reason: Named[str | None] = Column(Text)


snapshots = Table(
    "snapshots",
    metadata,
    SnapshotColumns,
    one_of("state", RenditionState),
    sha256("sha256"),
    sha256("parent"),
    Index(None, "state", "created_at"),
)
