"""The catalogue: items, and every version of their checklists."""

from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Integer, Named, Table, Text, TypedColumns, UniqueConstraint, text

from storage.tables.base import json_type, metadata


class ChecklistColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    version: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    checks: Named[Any] = Column(json_type(), nullable=False)


checklists = Table("checklists", metadata, ChecklistColumns)


class ItemColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    code: Named[str] = Column(Text)
    title: Named[Any] = Column(json_type(), nullable=False)
    department: Named[Any] = Column(json_type(), nullable=False)
    statutory_days: Named[int] = Column(Integer)
    promised_days: Named[int] = Column(Integer)
    checklist: Named[str] = Column(Text)
    checklist_version: Named[int] = Column(Integer)
    inspectors: Named[int] = Column(Integer, server_default=text("1"))


items = Table(
    "items",
    metadata,
    ItemColumns,
    UniqueConstraint("code"),
    ForeignKeyConstraint(["checklist", "checklist_version"], ["checklists.id", "checklists.version"]),
)
