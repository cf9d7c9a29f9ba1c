"""What an administrator has set."""

from sqlalchemy import Connection, select

from storage.shelves.rows import insert_or_replace
from storage.tables.settings import settings


class SqlSettings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str | None:
        return self._connection.execute(select(settings.c.value).where(settings.c.name == name)).scalar_one_or_none()

    def put(self, name: str, value: str) -> None:
        insert_or_replace(self._connection, settings, {"name": name, "value": value}, ["name"])
