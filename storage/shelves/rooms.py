"""Which node holds the live side of a survey."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from inspection.model.survey import Room
from storage.shelves.rows import columns_of, insert_or_replace, value_of
from storage.tables.rooms import rooms

OPEN = select(rooms).where(rooms.c.closed.is_(False)).order_by(rooms.c.epoch, rooms.c.survey)


class SqlRooms:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, survey: str) -> Room | None:
        row = self._connection.execute(select(rooms).where(rooms.c.survey == survey)).one_or_none()
        return None if row is None else value_of(Room, row)

    def put(self, room: Room) -> None:
        insert_or_replace(self._connection, rooms, columns_of(room), ["survey"])

    def open_on(self, node: str) -> Sequence[Room]:
        return [value_of(Room, row) for row in self._connection.execute(OPEN.where(rooms.c.node == node))]

    def open(self) -> Sequence[Room]:
        return [value_of(Room, row) for row in self._connection.execute(OPEN)]
