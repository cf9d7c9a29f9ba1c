"""Who takes part in a survey, what they agreed to, and where their devices said they were."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
)

from inspection.model.people import Role
from storage.tables.base import Moment, json_type, metadata, one_of


class ParticipantColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), index=True)
    name: Named[str] = Column(Text)
    role: Named[str] = Column(Text)
    person: Named[str | None] = Column(Text, ForeignKey("people.id"), index=True)
    created_at: Named[datetime] = Column(Moment)
    seen_at: Named[datetime | None] = Column(Moment)
    device: Named[Any] = Column(json_type(), nullable=False)


participants = Table("participants", metadata, ParticipantColumns, one_of("role", Role))


class ConsentColumns(TypedColumns):
    row: Named[int] = Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
    participant: Named[str] = Column(Text, ForeignKey("participants.id"))
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"))
    name: Named[str] = Column(Text)
    version: Named[str] = Column(Text)
    language: Named[str] = Column(Text)
    agreed: Named[bool] = Column(Boolean)
    at: Named[datetime] = Column(Moment)
    stated_by: Named[str | None] = Column(Text)


consents = Table("consents", metadata, ConsentColumns, Index(None, "participant", "at"))


class PositionColumns(TypedColumns):
    row: Named[int] = Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
    participant: Named[str] = Column(Text, ForeignKey("participants.id"))
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"))
    at: Named[datetime] = Column(Moment)
    refused: Named[bool] = Column(Boolean)
    latitude: Named[float | None] = Column(Double)
    longitude: Named[float | None] = Column(Double)
    accuracy: Named[float | None] = Column(Double)
    source: Named[str] = Column(Text)


positions = Table(
    "positions",
    metadata,
    PositionColumns,
    Index(None, "survey", "at"),
    CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole"),
)
