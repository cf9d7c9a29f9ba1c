"""Browsers that are signed in, and failed attempts."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Named, Table, Text, TypedColumns

from storage.tables.base import Moment, metadata


class SignInColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    person: Named[str | None] = Column(Text, ForeignKey("people.id"), index=True)
    participant: Named[str | None] = Column(Text, ForeignKey("participants.id"), index=True)
    survey: Named[str | None] = Column(Text, ForeignKey("surveys.id"))
    created_at: Named[datetime] = Column(Moment)
    seen_at: Named[datetime] = Column(Moment)
    expires_at: Named[datetime] = Column(Moment, index=True)


sign_ins = Table(
    "sign_ins",
    metadata,
    SignInColumns,
    CheckConstraint("(person IS NULL) <> (participant IS NULL)", name="one_kind"),
)


class FailureColumns(TypedColumns):
    row: Named[int] = Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
    key: Named[str] = Column(Text)
    at: Named[datetime] = Column(Moment)


failures = Table("sign_in_failures", metadata, FailureColumns, Index(None, "key", "at"))
