"""The last result for each check of a survey; its history is in the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Named, Table, Text, TypedColumns

from inspection.model.finding import Result
from storage.tables.base import Moment, json_type, metadata, one_of


class FindingColumns(TypedColumns):
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), primary_key=True)
    check: Named[str] = Column(Text, primary_key=True)
    result: Named[str] = Column(Text)
    note: Named[str] = Column(Text)
    snapshots: Named[Any] = Column(json_type(), nullable=False)
    annotations: Named[Any] = Column(json_type(), nullable=True)  # null: written down before there were any
    evidence: Named[Any] = Column(json_type(), nullable=True)  # the same
    by: Named[str] = Column(Text, ForeignKey("people.id"))
    at: Named[datetime] = Column(Moment)


findings = Table("findings", metadata, FindingColumns, one_of("result", Result))
