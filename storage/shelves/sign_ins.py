"""Browsers that are signed in, and failed attempts."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from inspection.model.people import SignedIn
from storage.shelves.rows import columns_of, value_of
from storage.tables.sign_ins import failures, sign_ins


class SqlSignIns:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, signed_in: SignedIn) -> None:
        self._connection.execute(sign_ins.insert().values(columns_of(signed_in)))

    def get(self, id: str) -> SignedIn | None:
        row = self._connection.execute(select(sign_ins).where(sign_ins.c.id == id)).one_or_none()
        return None if row is None else value_of(SignedIn, row)

    def touch(self, id: str, seen_at: datetime) -> None:
        self._connection.execute(sign_ins.update().where(sign_ins.c.id == id).values(seen_at=seen_at))

    def remove(self, id: str) -> None:
        self._connection.execute(sign_ins.delete().where(sign_ins.c.id == id))

    def remove_person(self, person: str) -> None:
        self._connection.execute(sign_ins.delete().where(sign_ins.c.person == person))

    def remove_participant(self, participant: str) -> None:
        self._connection.execute(sign_ins.delete().where(sign_ins.c.participant == participant))

    def remove_expired(self, now: datetime) -> None:
        self._connection.execute(sign_ins.delete().where(sign_ins.c.expires_at <= now))

    def failed(self, key: str, at: datetime) -> None:
        self._connection.execute(failures.insert().values(key=key, at=at))

    def failures(self, key: str, since: datetime) -> int:
        query = select(func.count()).select_from(failures).where(failures.c.key == key, failures.c.at >= since)
        return self._connection.execute(query).scalar_one()

    def forgive(self, key: str, at: datetime) -> None:
        one = select(failures.c.row).where(failures.c.key == key, failures.c.at == at).limit(1).scalar_subquery()
        self._connection.execute(failures.delete().where(failures.c.row == one))

    def clear_failures(self, key: str) -> None:
        self._connection.execute(failures.delete().where(failures.c.key == key))
