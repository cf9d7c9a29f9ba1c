"""Marks on evidence with their threads; their history is in the ledger."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Named, Table, Text, TypedColumns

from inspection.model.annotation import AnnotationState
from storage.tables.base import json_type, metadata, one_of, sha256


class AnnotationColumns(TypedColumns):
    case: Named[str] = Column(Text, ForeignKey("cases.id"), primary_key=True)
    id: Named[str] = Column(Text, primary_key=True)
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"))
    evidence: Named[str | None] = Column(Text, ForeignKey("evidence.id"))
    track: Named[str | None] = Column(Text, ForeignKey("tracks.id"))
    number: Named[int] = Column(Integer)
    revision: Named[int] = Column(BigInteger)
    state: Named[str] = Column(Text)
    digest: Named[str] = Column(Text)
    mark: Named[Any] = Column(json_type(), nullable=False)
    changed: Named[Any] = Column(json_type(), nullable=True)
    replies: Named[Any] = Column(json_type(), nullable=False)
    imported: Named[Any] = Column(json_type(), nullable=True)


annotations = Table(
    "annotations",
    metadata,
    AnnotationColumns,
    one_of("state", AnnotationState),
    sha256("digest"),
    Index(None, "case", "number", unique=True),
    Index(None, "survey", "revision"),
)
