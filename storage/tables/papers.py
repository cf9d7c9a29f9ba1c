"""Records, notices and drafts that were asked for, with who has signed them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Named, Table, Text, TypedColumns

from inspection.model.paper import PaperKind, PaperState
from storage.tables.base import Moment, json_type, metadata, one_of, sha256


class PaperColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    case: Named[str] = Column(Text, ForeignKey("cases.id"), index=True)
    survey: Named[str | None] = Column(Text, ForeignKey("surveys.id"))
    kind: Named[str] = Column(Text)
    language: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    wanted_by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Moment)
    address: Named[str] = Column(Text)
    subject: Named[str | None] = Column(Text)
    sha256: Named[str | None] = Column(Text)
    bytes: Named[int] = Column(BigInteger)
    needed: Named[Any] = Column(json_type(), nullable=False)
    signatures: Named[Any] = Column(json_type(), nullable=False)
    refusals: Named[Any] = Column(json_type(), nullable=False)
    reason: Named[str | None] = Column(Text)


papers = Table(
    "papers",
    metadata,
    PaperColumns,
    one_of("kind", PaperKind),
    one_of("state", PaperState),
    sha256("sha256"),
    sha256("subject"),
    Index(None, "state", "created_at"),
)
