"""Staff."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from inspection.model.errors import Conflict, NotFound
from inspection.model.people import Person, Role
from storage.shelves.rows import columns_of, insert_once, update, value_of
from storage.tables.people import people


class SqlPeople:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Person:
        row = self._connection.execute(select(people).where(people.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("person-unknown")
        return value_of(Person, row, role=Role)

    def by_sign_in(self, sign_in: str) -> Person | None:
        row = self._connection.execute(select(people).where(people.c.sign_in == sign_in)).one_or_none()
        return None if row is None else value_of(Person, row, role=Role)

    def add(self, person: Person) -> None:
        if not insert_once(self._connection, people, columns_of(person), ["sign_in"]):
            raise Conflict("sign-in-taken")

    def put(self, person: Person) -> None:
        other = self.by_sign_in(person.sign_in)
        if other is not None and other.id != person.id:
            raise Conflict("sign-in-taken")
        if not update(self._connection, people, columns_of(person), ["id"]):
            raise NotFound("person-unknown")

    def list(self, role: Role | None, offset: int, limit: int) -> Sequence[Person]:
        query = select(people).order_by(people.c.name, people.c.id).offset(offset).limit(limit)
        if role is not None:
            query = query.where(people.c.role == role.value)
        return [value_of(Person, row, role=Role) for row in self._connection.execute(query)]

    def count(self, role: Role | None = None) -> int:
        query = select(func.count()).select_from(people)
        if role is not None:
            query = query.where(people.c.role == role.value)
        return self._connection.execute(query).scalar_one()
