"""The ledger of each case, the log over all of them, and the keys that sign both."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from inspection.model.key_history import KeyStatement
from inspection.model.ledger import Entry, Head, Tip
from inspection.model.log import Cosignature, Leaf, Published, Stamp
from inspection.model.merkle import Place


class Ledger(Protocol):
    """One case's chain, and its signed end."""

    def tip(self, case: str) -> Tip | None:
        """Of the last entry. In a unit of work that writes to this case it stays the last until the end."""

    def append(self, entry: Entry, head: Head) -> None:
        """The next entry, and the head that it makes. Raises `Conflict("ledger-moved")` when another entry has that
        number, `ValueError` in a unit of work that is about another case."""

    def entries(self, case: str, since_us: int = 0) -> Sequence[Entry]:
        """In order of number; only those with `at_us` at or after `since_us`."""

    def head(self, case: str) -> Head | None: ...


class Log(Protocol):
    """The tree over all cases' entries. Whoever extends it holds the claim; a conditional UPDATE decides, so nothing is
    taken in twice, whatever dies when."""

    def claim(self, holder: str, now_us: int, until_us: int) -> bool:
        """Take the turn, or keep one's own; False while another's has not run out. One that would run out after this
        one was taken by a clock that has been set back since: it does not count."""

    def size(self) -> int: ...
    def unlogged(self, limit: int) -> Sequence[Entry]:
        """Entries that are not in the tree yet: of each case in order of number, without a hole."""

    def extend(self, holder: str, added: Sequence[Leaf], changed: Mapping[Place, bytes]) -> None:
        """Write the next leaves and the tiles that they change. Raises `Conflict("log-moved")` when the tree is not of
        the size that they follow, the claim is another's, or an entry is in it already."""

    def tile(self, level: int, index: int) -> bytes:
        """Empty when there is none."""

    def leaves(self, start: int, limit: int) -> Sequence[Leaf]:
        """In order of index."""

    def taken(self, start: int, limit: int) -> Sequence[tuple[Leaf, Entry | None]]:
        """Leaves in order of index, each with the entry as the ledger has it now; None when it has none."""

    def of_case(self, case: str) -> Sequence[Leaf]:
        """In order of number."""


class Checkpoints(Protocol):
    """What was published of the log, who has seen it, and when by an authority's clock. Never changed, only added."""

    def add(self, published: Published) -> None:
        """Raises `Conflict("log-moved")` when one of that size is there."""

    def newest(self) -> Published | None: ...
    def get(self, size: int) -> Published | None: ...
    def after(self, size: int, limit: int) -> Sequence[Published]:
        """Those of larger trees; the smallest first."""

    def cosign(self, cosignature: Cosignature) -> None:
        """Again: harmless."""

    def cosignatures(self, size: int) -> Sequence[Cosignature]: ...
    def last_of(self, witness: str, key_id: str) -> Cosignature | None:
        """That witness's word about the largest tree."""

    def stamp(self, stamp: Stamp) -> None:
        """Raises `Conflict("stamp-taken")` when one of that number is there."""

    def stamps(self, size: int) -> Sequence[Stamp]: ...
    def newest_stamped(self, size: int) -> int | None:
        """The largest stamped checkpoint of at most that size."""

    def ending(self, before_us: int, limit: int) -> Sequence[Stamp]:
        """Last stamps of their checkpoints whose certificates end before then; the first to end first."""


class LedgerKeys(Protocol):
    """The history of the ledger's keys; only ever added to."""

    def history(self) -> Sequence[KeyStatement]: ...
    def add(self, statement: KeyStatement) -> None:
        """Raises `Conflict("key-taken")` when one of that number is there."""
