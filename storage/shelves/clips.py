"""Ranges of recordings in files of their own."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from inspection.model.clip import Clip, ClipKind
from inspection.model.errors import NotFound
from inspection.model.evidence import RenditionState
from storage.shelves.rows import columns_of, update, value_of
from storage.tables.clips import clips


class SqlClips:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Clip:
        row = self._connection.execute(select(clips).where(clips.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("clip-unknown")
        return value_of(Clip, row, kind=ClipKind, state=RenditionState)

    def add(self, clip: Clip) -> None:
        self._connection.execute(clips.insert().values(columns_of(clip)))

    def put(self, clip: Clip) -> None:
        if not update(self._connection, clips, columns_of(clip), ["id"]):
            raise NotFound("clip-unknown")

    def of_survey(self, survey: str) -> Sequence[Clip]:
        query = select(clips).where(clips.c.survey == survey)
        query = query.order_by(clips.c.created_at.desc(), clips.c.id.desc())
        return [value_of(Clip, row, kind=ClipKind, state=RenditionState) for row in self._connection.execute(query)]

    def wanted(self, before: datetime, limit: int) -> Sequence[Clip]:
        wanted = (clips.c.state == RenditionState.WANTED.value, clips.c.created_at < before)
        query = select(clips).where(*wanted).order_by(clips.c.created_at, clips.c.id).limit(limit)
        return [value_of(Clip, row, kind=ClipKind, state=RenditionState) for row in self._connection.execute(query)]
