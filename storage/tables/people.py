"""Staff."""

from datetime import datetime

from sqlalchemy import Boolean, Column, Named, Table, Text, TypedColumns, UniqueConstraint

from inspection.model.people import STAFF
from storage.tables.base import Moment, metadata, one_of


class PersonColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    sign_in: Named[str] = Column(Text)
    role: Named[str] = Column(Text)
    password: Named[str] = Column(Text)
    must_change: Named[bool] = Column(Boolean)
    active: Named[bool] = Column(Boolean)
    created_at: Named[datetime] = Column(Moment)


people = Table(
    "people",
    metadata,
    PersonColumns,
    UniqueConstraint("sign_in"),
    one_of("role", sorted(STAFF)),
)
