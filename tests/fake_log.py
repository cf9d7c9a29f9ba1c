"""The log's ports in memory, for `tests.fakes.FakeWork`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from inspection.model.errors import Conflict
from inspection.model.key_history import KeyStatement
from inspection.model.ledger import Entry, Head
from inspection.model.log import Cosignature, Leaf, Published, Stamp
from inspection.model.merkle import Place


class Kept(Protocol):
    """What the log reads of the fake ledger."""

    rows: dict[tuple[str, int], Entry]
    heads: dict[str, Head]


class FakeLog:
    def __init__(self, ledger: Kept) -> None:
        self.work = ledger  # by this name, so that it is not taken for this shelf's own state
        self.turn: tuple[str, int] = ("", 0)
        self.placed: dict[int, Leaf] = {}
        self.tiles: dict[Place, bytes] = {}

    def claim(self, holder: str, now_us: int, until_us: int) -> bool:
        if self.turn[0] != holder and now_us < self.turn[1] <= until_us:
            return False
        self.turn = (holder, until_us)
        return True

    def size(self) -> int:
        return len(self.placed)

    def unlogged(self, limit: int) -> Sequence[Entry]:
        placed = {(leaf.case, leaf.number) for leaf in self.placed.values()}
        headed = {case: head.count for case, head in self.work.heads.items()}
        found = [
            self.work.rows[key]
            for key in sorted(self.work.rows)
            if key not in placed and key[1] <= headed.get(key[0], 0)
        ]
        return found[:limit]

    def extend(self, holder: str, added: Sequence[Leaf], changed: Mapping[Place, bytes]) -> None:
        placed = {(leaf.case, leaf.number) for leaf in self.placed.values()}
        if self.turn[0] != holder or added[0].index != self.size():
            raise Conflict("log-moved")
        if any((leaf.case, leaf.number) in placed for leaf in added):
            raise Conflict("log-moved")
        self.placed |= {leaf.index: leaf for leaf in added}
        self.tiles |= changed

    def tile(self, level: int, index: int) -> bytes:
        return self.tiles.get((level, index), b"")

    def leaves(self, start: int, limit: int) -> Sequence[Leaf]:
        return [self.placed[index] for index in range(start, min(start + limit, self.size()))]

    def taken(self, start: int, limit: int) -> Sequence[tuple[Leaf, Entry | None]]:
        return [(leaf, self.work.rows.get((leaf.case, leaf.number))) for leaf in self.leaves(start, limit)]

    def of_case(self, case: str) -> Sequence[Leaf]:
        return sorted((leaf for leaf in self.placed.values() if leaf.case == case), key=lambda leaf: leaf.number)


class FakeCheckpoints:
    def __init__(self) -> None:
        self.rows: dict[int, Published] = {}
        self.seen: dict[tuple[int, str, str], Cosignature] = {}
        self.stamped: dict[tuple[int, int], Stamp] = {}

    def add(self, published: Published) -> None:
        if published.size in self.rows:
            raise Conflict("log-moved")
        self.rows[published.size] = published

    def newest(self) -> Published | None:
        return self.rows[max(self.rows)] if self.rows else None

    def get(self, size: int) -> Published | None:
        return self.rows.get(size)

    def after(self, size: int, limit: int) -> Sequence[Published]:
        return [self.rows[key] for key in sorted(self.rows) if key > size][:limit]

    def cosign(self, cosignature: Cosignature) -> None:
        self.seen.setdefault((cosignature.size, cosignature.witness, cosignature.key_id), cosignature)

    def cosignatures(self, size: int) -> Sequence[Cosignature]:
        return [self.seen[key] for key in sorted(self.seen) if key[0] == size]

    def last_of(self, witness: str, key_id: str) -> Cosignature | None:
        return next((self.seen[key] for key in sorted(self.seen, reverse=True) if key[1:] == (witness, key_id)), None)

    def stamp(self, stamp: Stamp) -> None:
        if (stamp.size, stamp.number) in self.stamped:
            raise Conflict("stamp-taken")
        self.stamped[stamp.size, stamp.number] = stamp

    def stamps(self, size: int) -> Sequence[Stamp]:
        return [self.stamped[key] for key in sorted(self.stamped) if key[0] == size]

    def newest_stamped(self, size: int) -> int | None:
        return max((key[0] for key in self.stamped if key[0] <= size), default=None)

    def ending(self, before_us: int, limit: int) -> Sequence[Stamp]:
        last = {size: self.stamped[size, number] for size, number in sorted(self.stamped)}
        found = [stamp for stamp in last.values() if stamp.until_us < before_us]
        return sorted(found, key=lambda stamp: (stamp.until_us, stamp.size))[:limit]


class FakeLedgerKeys:
    def __init__(self) -> None:
        self.rows: dict[int, KeyStatement] = {}

    def history(self) -> Sequence[KeyStatement]:
        return [self.rows[number] for number in sorted(self.rows)]

    def add(self, statement: KeyStatement) -> None:
        if statement.number in self.rows:
            raise Conflict("key-taken")
        self.rows[statement.number] = statement
