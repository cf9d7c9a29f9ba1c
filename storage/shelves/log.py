"""The tree over all cases' entries: its leaves and tiles, and whose turn it is to add to them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from inspection.model.errors import Conflict
from inspection.model.ledger import Entry
from inspection.model.log import Leaf
from inspection.model.merkle import Place
from storage.shelves.rows import columns_of, insert_or_replace, value_of
from storage.tables.ledger import entries, heads
from storage.tables.log import leaves, state, tiles

# Built once: a proof asks for up to six.
TILE = select(tiles.c.hashes).where(tiles.c.level == bindparam("at"), tiles.c.index == bindparam("place"))


class SqlLog:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, holder: str, now_us: int, until_us: int) -> bool:
        free = or_(state.c.holder == holder, state.c.until_us <= now_us, state.c.until_us > until_us)
        mine = update(state).where(free).values(holder=holder, until_us=until_us).returning(state.c.id)
        return self._connection.execute(mine).first() is not None

    def size(self) -> int:
        return self._connection.execute(select(state.c.size)).scalar_one()

    def unlogged(self, limit: int) -> Sequence[Entry]:
        query = (
            select(entries)
            .join(heads, heads.c.case == entries.c.case)
            .where(heads.c.logged < heads.c.count, entries.c.number > heads.c.logged)
            .order_by(entries.c.case, entries.c.number)
            .limit(limit)
        )
        return [value_of(Entry, row) for row in self._connection.execute(query)]

    def extend(self, holder: str, added: Sequence[Leaf], changed: Mapping[Place, bytes]) -> None:
        first, size = added[0].index, added[-1].index + 1
        mine = state.c.size == first, state.c.holder == holder
        moved = update(state).where(*mine).values(size=size).returning(state.c.id)
        if self._connection.execute(moved).first() is None:
            raise Conflict("log-moved")
        try:
            self._connection.execute(insert(leaves), [columns_of(leaf) for leaf in added])
        except IntegrityError as error:
            raise Conflict("log-moved") from error
        for (level, index), hashes in changed.items():
            row = {"level": level, "index": index, "hashes": hashes}
            insert_or_replace(self._connection, tiles, row, ["level", "index"])
        for case, number in {leaf.case: leaf.number for leaf in added}.items():
            self._connection.execute(update(heads).where(heads.c.case == case).values(logged=number))

    def tile(self, level: int, index: int) -> bytes:
        found = self._connection.execute(TILE, {"at": level, "place": index}).scalar_one_or_none()
        return bytes(found or b"")

    def put_tiles(self, built: Mapping[Place, bytes], size: int) -> None:
        """A tree that was built elsewhere, into an empty log; for measuring."""
        rows = [{"level": level, "index": index, "hashes": hashes} for (level, index), hashes in built.items()]
        if rows:
            self._connection.execute(insert(tiles), rows)
        self._connection.execute(update(state).values(size=size))

    def leaves(self, start: int, limit: int) -> Sequence[Leaf]:
        query = select(leaves).where(leaves.c.index >= start).order_by(leaves.c.index).limit(limit)
        return [value_of(Leaf, row) for row in self._connection.execute(query)]

    def taken(self, start: int, limit: int) -> Sequence[tuple[Leaf, Entry | None]]:
        same = (entries.c.case == leaves.c.case) & (entries.c.number == leaves.c.number)
        query = select(*leaves.c, *entries.c).outerjoin(entries, same).where(leaves.c.index >= start)
        rows = self._connection.execute(query.order_by(leaves.c.index).limit(limit))
        wide = len(leaves.c)
        return [(Leaf(*row[:wide]), None if row[wide] is None else Entry(*row[wide:])) for row in rows]

    def of_case(self, case: str) -> Sequence[Leaf]:
        query = select(leaves).where(leaves.c.case == case).order_by(leaves.c.number)
        return [value_of(Leaf, row) for row in self._connection.execute(query)]
