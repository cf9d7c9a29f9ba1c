"""Files on their way in, the work on those that are evidence, and what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from inspection.model.upload import JobState, UploadState
from storage.tables.base import Moment, json_type, metadata, one_of, sha256


class UploadColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    case: Named[str] = Column(Text, ForeignKey("cases.id"), index=True)
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), index=True)
    by: Named[str] = Column(Text)
    by_name: Named[str] = Column(Text)
    by_role: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    size: Named[int] = Column(BigInteger)
    said: Named[Any] = Column(json_type(), nullable=False)
    state: Named[str] = Column(Text)
    received: Named[int] = Column(BigInteger)
    token: Named[str] = Column(Text)
    holder: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Moment)
    expires_at: Named[datetime] = Column(Moment)
    sha256: Named[str | None] = Column(Text)
    kind: Named[str | None] = Column(Text)
    format: Named[str | None] = Column(Text)
    reason: Named[str | None] = Column(Text)


uploads = Table(
    "uploads",
    metadata,
    UploadColumns,
    one_of("state", UploadState),
    sha256("sha256"),
    Index(None, "state", "expires_at"),
)


class JobColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    evidence: Named[str] = Column(Text, ForeignKey("evidence.id"), index=True)
    case: Named[str] = Column(Text, ForeignKey("cases.id"), index=True)
    kind: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    priority: Named[int] = Column(Integer)
    done: Named[int] = Column(Integer)
    attempts: Named[int] = Column(Integer)
    created_at: Named[datetime] = Column(Moment)
    updated_at: Named[datetime] = Column(Moment)
    reason: Named[str | None] = Column(Text)
    result: Named[Any] = Column(json_type(), nullable=False)


media_jobs = Table("media_jobs", metadata, JobColumns, one_of("state", JobState), Index(None, "state", "updated_at"))


class RenditionColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    evidence: Named[str] = Column(Text, ForeignKey("evidence.id"))
    name: Named[str] = Column(Text)
    sha256: Named[str] = Column(Text)
    bytes: Named[int] = Column(BigInteger)
    media_type: Named[str] = Column(Text)
    parent: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Moment)


renditions = Table(
    "renditions", metadata, RenditionColumns, sha256("sha256"), sha256("parent"), UniqueConstraint("evidence", "name")
)
