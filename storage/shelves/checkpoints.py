"""What was published of the log, who has seen it, and the authority's stamps; all of it only added to."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from inspection.model.errors import Conflict
from inspection.model.log import Cosignature, Published, Stamp
from storage.shelves.rows import columns_of, insert_once, value_of
from storage.tables.log import checkpoints, cosignatures, stamps


class SqlCheckpoints:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, published: Published) -> None:
        if not insert_once(self._connection, checkpoints, columns_of(published), ["size"]):
            raise Conflict("log-moved")

    def newest(self) -> Published | None:
        query = select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else value_of(Published, row)

    def get(self, size: int) -> Published | None:
        row = self._connection.execute(select(checkpoints).where(checkpoints.c.size == size)).one_or_none()
        return None if row is None else value_of(Published, row)

    def after(self, size: int, limit: int) -> Sequence[Published]:
        query = select(checkpoints).where(checkpoints.c.size > size).order_by(checkpoints.c.size).limit(limit)
        return [value_of(Published, row) for row in self._connection.execute(query)]

    def cosign(self, cosignature: Cosignature) -> None:
        insert_once(self._connection, cosignatures, columns_of(cosignature), ["size", "witness", "key_id"])

    def cosignatures(self, size: int) -> Sequence[Cosignature]:
        query = select(cosignatures).where(cosignatures.c.size == size)
        rows = self._connection.execute(query.order_by(cosignatures.c.witness, cosignatures.c.key_id))
        return [value_of(Cosignature, row) for row in rows]

    def last_of(self, witness: str, key_id: str) -> Cosignature | None:
        query = select(cosignatures).where(cosignatures.c.witness == witness, cosignatures.c.key_id == key_id)
        row = self._connection.execute(query.order_by(cosignatures.c.size.desc()).limit(1)).one_or_none()
        return None if row is None else value_of(Cosignature, row)

    def stamp(self, stamp: Stamp) -> None:
        if not insert_once(self._connection, stamps, columns_of(stamp), ["size", "number"]):
            raise Conflict("stamp-taken")

    def stamps(self, size: int) -> Sequence[Stamp]:
        query = select(stamps).where(stamps.c.size == size).order_by(stamps.c.number)
        return [value_of(Stamp, row) for row in self._connection.execute(query)]

    def newest_stamped(self, size: int) -> int | None:
        return self._connection.execute(select(func.max(stamps.c.size)).where(stamps.c.size <= size)).scalar_one()

    def ending(self, before_us: int, limit: int) -> Sequence[Stamp]:
        later = stamps.alias()
        last = ~select(later.c.size).where(later.c.size == stamps.c.size, later.c.number > stamps.c.number).exists()
        query = select(stamps).where(stamps.c.until_us < before_us, last).order_by(stamps.c.until_us, stamps.c.size)
        return [value_of(Stamp, row) for row in self._connection.execute(query.limit(limit))]
