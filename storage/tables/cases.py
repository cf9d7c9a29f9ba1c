"""Cases, and the counter that numbers those of a day."""

from datetime import datetime

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, Named, Table, Text, TypedColumns, UniqueConstraint

from inspection.model.case import CaseState
from storage.tables.base import Moment, json_type, metadata, one_of


class CaseColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    number: Named[str] = Column(Text)
    item: Named[str] = Column(Text, ForeignKey("items.id"))
    applicant: Named[str] = Column(Text)
    address: Named[str] = Column(Text)
    latitude: Named[float | None] = Column(Double)
    longitude: Named[float | None] = Column(Double)
    state: Named[str] = Column(Text)
    inspector: Named[str] = Column(Text, ForeignKey("people.id"), index=True)
    approver: Named[str] = Column(Text, ForeignKey("people.id"), index=True)
    created_at: Named[datetime] = Column(Moment)
    due_on: Named[str] = Column(Text)
    phone: Named[str] = Column(Text)
    polygon: Named[list[list[float]] | None] = Column(json_type())


cases = Table(
    "cases",
    metadata,
    CaseColumns,
    UniqueConstraint("number"),
    one_of("state", CaseState),
    Index(None, "created_at", "id"),
)


class CaseNumberColumns(TypedColumns):
    day: Named[str] = Column(Text, primary_key=True)
    last: Named[int] = Column(Integer)


case_numbers = Table("case_numbers", metadata, CaseNumberColumns)
