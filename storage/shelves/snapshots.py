"""Pictures cut from recorded bytes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from inspection.model.errors import NotFound
from inspection.model.evidence import RenditionState, Snapshot
from storage.shelves.rows import columns_of, update, value_of
from storage.tables.snapshots import snapshots


class SqlSnapshots:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Snapshot:
        row = self._connection.execute(select(snapshots).where(snapshots.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("snapshot-unknown")
        return value_of(Snapshot, row, state=RenditionState)

    def add(self, snapshot: Snapshot) -> None:
        self._connection.execute(snapshots.insert().values(columns_of(snapshot)))

    def put(self, snapshot: Snapshot) -> None:
        if not update(self._connection, snapshots, columns_of(snapshot), ["id"]):
            raise NotFound("snapshot-unknown")

    def of_survey(self, survey: str) -> Sequence[Snapshot]:
        query = select(snapshots).where(snapshots.c.survey == survey)
        query = query.order_by(snapshots.c.created_at, snapshots.c.id)
        return [value_of(Snapshot, row, state=RenditionState) for row in self._connection.execute(query)]

    def wanted(self, before: datetime, limit: int) -> Sequence[Snapshot]:
        wanted = (snapshots.c.state == RenditionState.WANTED.value, snapshots.c.created_at < before)
        query = select(snapshots).where(*wanted).order_by(snapshots.c.created_at, snapshots.c.id).limit(limit)
        return [value_of(Snapshot, row, state=RenditionState) for row in self._connection.execute(query)]
