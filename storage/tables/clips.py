"""Ranges of recordings in files of their own."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Named, Table, Text, TypedColumns, false

from inspection.model.clip import ClipKind
from inspection.model.evidence import RenditionState
from storage.tables.base import Moment, json_type, metadata, one_of, sha256


class ClipColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    case: Named[str] = Column(Text, ForeignKey("cases.id"), index=True)
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), index=True)
    kind: Named[str] = Column(Text)
    evidence: Named[str | None] = Column(Text, ForeignKey("evidence.id"))
    start: Named[int] = Column(BigInteger)
    end: Named[int] = Column(BigInteger)
    state: Named[str] = Column(Text)
    wanted_by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Moment)
    sha256: Named[str | None] = Column(Text)
    bytes: Named[int] = Column(BigInteger)
    facts: Named[Any] = Column(json_type(), nullable=False)
    done: Named[int] = Column(BigInteger)
    total: Named[int] = Column(BigInteger)
    reason: Named[str | None] = Column(Text)
    exact: Named[bool] = Column(Boolean, server_default=false())
    overlay: Named[bool] = Column(Boolean, server_default=false())


clips = Table(
    "clips",
    metadata,
    ClipColumns,
    one_of("kind", ClipKind),
    one_of("state", RenditionState),
    sha256("sha256"),
    Index(None, "state", "created_at"),
)
