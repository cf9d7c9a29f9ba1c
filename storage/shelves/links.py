"""What lets a participant in who has no password."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from inspection.model.people import Link
from storage.shelves.rows import columns_of, value_of
from storage.tables.links import links


class SqlLinks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, link: Link) -> None:
        self._connection.execute(links.insert().values(columns_of(link)))

    def by_digest(self, digest: str) -> Link | None:
        row = self._connection.execute(select(links).where(links.c.digest == digest)).one_or_none()
        return None if row is None else value_of(Link, row)

    def of_survey(self, survey: str) -> Sequence[Link]:
        query = select(links).where(links.c.survey == survey).order_by(links.c.created_at.desc(), links.c.id.desc())
        return [value_of(Link, row) for row in self._connection.execute(query)]

    def revoke(self, participant: str, at: datetime) -> None:
        holds = (links.c.participant == participant, links.c.revoked_at.is_(None), links.c.expires_at > at)
        self._connection.execute(links.update().where(*holds).values(revoked_at=at))
