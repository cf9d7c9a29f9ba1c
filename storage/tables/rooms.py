"""Which node holds the live side of a survey."""

from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, Named, Table, Text, TypedColumns

from storage.tables.base import Moment, metadata


class RoomColumns(TypedColumns):
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), primary_key=True)
    node: Named[str] = Column(Text)
    epoch: Named[datetime] = Column(Moment)
    closed: Named[bool] = Column(Boolean)


rooms = Table("rooms", metadata, RoomColumns, Index(None, "closed", "node"))
