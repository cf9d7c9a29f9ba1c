"""What lets a participant in who has no password: only the digest of the link's secret is kept."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Named, Table, Text, TypedColumns, UniqueConstraint

from storage.tables.base import Moment, metadata, sha256


class LinkColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    digest: Named[str] = Column(Text)
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), index=True)
    participant: Named[str] = Column(Text, ForeignKey("participants.id"), index=True)
    made_by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Moment)
    expires_at: Named[datetime] = Column(Moment)
    revoked_at: Named[datetime | None] = Column(Moment)


links = Table("links", metadata, LinkColumns, UniqueConstraint("digest"), sha256("digest"))
