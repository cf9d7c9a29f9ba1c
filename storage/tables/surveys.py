"""Surveys."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    text,
)

from inspection.model.survey import Outcome, SurveyKind, SurveyState
from storage.tables.base import Moment, metadata, one_of


class SurveyColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    number: Named[str] = Column(Text)
    case: Named[str] = Column(Text, ForeignKey("cases.id"), index=True)
    kind: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    inspector: Named[str] = Column(Text, ForeignKey("people.id"), index=True)
    checklist: Named[str] = Column(Text)
    checklist_version: Named[int] = Column(Integer)
    at: Named[datetime] = Column(Moment)
    created_at: Named[datetime] = Column(Moment)
    opened_at: Named[datetime | None] = Column(Moment)
    ended_at: Named[datetime | None] = Column(Moment)
    outcome: Named[str | None] = Column(Text)
    note: Named[str] = Column(Text)
    focus: Named[str | None] = Column(Text)
    admitted: Named[bool] = Column(Boolean)
    inspectors: Named[int] = Column(Integer, server_default=text("1"))


surveys = Table(
    "surveys",
    metadata,
    SurveyColumns,
    UniqueConstraint("number"),
    ForeignKeyConstraint(["checklist", "checklist_version"], ["checklists.id", "checklists.version"]),
    one_of("kind", SurveyKind),
    one_of("state", SurveyState),
    one_of("outcome", Outcome),
    Index(None, "admitted", "ended_at"),
)
