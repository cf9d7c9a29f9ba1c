"""Immutable originals. Triggers (see the migrations) refuse every UPDATE and DELETE."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Named, Table, Text, TypedColumns

from inspection.model.evidence import EvidenceKind
from storage.tables.base import Moment, json_type, metadata, one_of, sha256


class EvidenceColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    case: Named[str] = Column(Text, ForeignKey("cases.id"), index=True)
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), index=True)
    kind: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    sha256: Named[str] = Column(Text)
    bytes: Named[int] = Column(BigInteger)
    facts: Named[Any] = Column(json_type(), nullable=False)
    track: Named[str | None] = Column(Text, ForeignKey("tracks.id"))
    created_at: Named[datetime] = Column(Moment)


evidence = Table("evidence", metadata, EvidenceColumns, one_of("kind", EvidenceKind), sha256("sha256"))
