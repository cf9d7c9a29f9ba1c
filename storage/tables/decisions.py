"""The approver's outcome: one a case."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Named, Table, Text, TypedColumns

from inspection.model.decision import DecisionOutcome
from storage.tables.base import Moment, metadata, one_of, sha256


class DecisionColumns(TypedColumns):
    case: Named[str] = Column(Text, ForeignKey("cases.id"), primary_key=True)
    outcome: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)
    by: Named[str] = Column(Text, ForeignKey("people.id"))
    at: Named[datetime] = Column(Moment)
    head: Named[str] = Column(Text)


decisions = Table("decisions", metadata, DecisionColumns, one_of("outcome", DecisionOutcome), sha256("head"))
