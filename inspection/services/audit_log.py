"""Recompute the log over all cases from the ledger's entries, and name whatever is not as it was published.

Finds what a signature alone does not: an entry changed, removed or exchanged behind the application's back, a tile or
checkpoint that is not the tree's, an entry that never came into the log, a clock that was set back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inspection.model.key_history import KeyStatement, keys_document, parse_keys
from inspection.model.ledger import Entry, entry_hash
from inspection.model.log import Leaf, Published
from inspection.model.merkle import EMPTY_ROOT, HASH, WIDTH, build, leaf_hash, node_hash
from inspection.model.shape import Malformed
from inspection.model.tlog import VerifierKey, cosigned_at, parse_checkpoint, parse_note
from inspection.ports import Office, Work
from inspection.services.read_log import checkpoint_note
from inspection.services.verify_log import CLOCK_US, signer_of

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class LogFault:
    """`where`: `<case>:<number>` of an entry, `checkpoint <size>`, `tile <level>/<index>`, `keys`; `code`: what."""

    where: str
    code: str


@dataclass(slots=True)
class _Peaks:
    """The roots of the complete subtrees of the leaves so far: enough to tell the root at every size."""

    hashes: list[tuple[int, bytes]]

    def add(self, leaf: bytes) -> None:
        height, top = 0, leaf
        while self.hashes and self.hashes[-1][0] == height:
            top = node_hash(self.hashes.pop()[1], top)
            height += 1
        self.hashes.append((height, top))

    def root(self) -> bytes:
        if not self.hashes:
            return EMPTY_ROOT
        found = self.hashes[-1][1]
        for _, peak in reversed(self.hashes[:-1]):
            found = node_hash(peak, found)
        return found


def audit_log(office: Office, witnesses: Sequence[VerifierKey] = ()) -> Iterator[LogFault]:
    """Every fault, as it is found, in one state of the database. `witnesses`: the configured ones."""
    with office.read() as work:
        history: Sequence[KeyStatement] = ()
        try:
            history = parse_keys(keys_document(work.ledger_keys.history(), ""))
        except Malformed as error:
            yield LogFault("keys", error.code)
        audit = _Audit(work, history, witnesses)
        leaves = audit.leaves()
        for place, hashes in build(leaves):
            yield from audit.told()
            if work.log.tile(*place) != hashes:
                yield LogFault(f"tile {place[0]}/{place[1]}", "tile-altered")
        yield from audit.told()
        if audit.count != work.log.size():
            yield LogFault("log", "size-other")
        for published in work.checkpoints.after(audit.count, CHUNK):
            yield LogFault(f"checkpoint {published.size}", "log-cut")


class _Audit:
    """Walks leaves and checkpoints side by side."""

    def __init__(self, work: Work, history: Sequence[KeyStatement], witnesses: Sequence[VerifierKey]) -> None:
        self._work, self._history, self._witnesses = work, history, witnesses
        self._faults: list[LogFault] = []
        self._latest_us = 0
        self._numbers: dict[str, int] = {}
        self._row = b""  # the tile with the current leaf, as it is kept
        self._agrees = True
        self.count = 0

    def told(self) -> Iterator[LogFault]:
        yield from self._faults
        self._faults.clear()

    def leaves(self) -> Iterator[bytes]:
        """Each leaf's hash as the ledger has it now; looks at entries and checkpoints on the way."""
        peaks, checkpoints = _Peaks([]), self._checkpoints()
        due = next(checkpoints, None)
        while chunk := self._work.log.taken(self.count, CHUNK):
            for leaf, entry in chunk:
                if leaf.index != self.count:
                    self._faults.append(LogFault(f"leaf {self.count}", "leaf-missing"))
                    return
                hash = self._look(leaf, entry)
                peaks.add(hash)
                self.count += 1
                if due is not None and due.size == self.count:
                    self._judge(due, peaks.root())
                    due = next(checkpoints, None)
                yield hash

    def _checkpoints(self) -> Iterator[Published]:
        size = 0
        while chunk := self._work.checkpoints.after(size, CHUNK):
            yield from chunk
            size = chunk[-1].size

    def _look(self, leaf: Leaf, entry: Entry | None) -> bytes:
        """What the leaf must be. An entry's hash is computed from its contents: a changed row gives another one."""
        where = f"{leaf.case}:{leaf.number}"
        before = self._numbers.get(leaf.case, 0)
        self._numbers[leaf.case] = leaf.number
        if leaf.number != before + 1:
            self._faults.append(LogFault(where, "order-wrong"))
        if entry is None:
            self._faults.append(LogFault(where, "entry-missing"))
            return leaf_hash(b"")
        computed = entry_hash(entry)
        if computed != entry.hash:
            self._faults.append(LogFault(where, "entry-altered"))
        if entry.at_us < self._latest_us - CLOCK_US:
            self._faults.append(LogFault(where, "clock-back"))
        self._latest_us = max(self._latest_us, entry.at_us)
        hash = leaf_hash(bytes.fromhex(computed))
        if not self._is_kept(leaf.index, hash):
            self._faults.append(LogFault(where, "leaf-other"))
        return hash

    def _is_kept(self, index: int, hash: bytes) -> bool:
        tile, offset = divmod(index, WIDTH)
        if offset == 0:
            self._row = self._work.log.tile(0, tile)
        return self._row[offset * HASH : (offset + 1) * HASH] == hash

    def _judge(self, published: Published, root: bytes) -> None:
        where = f"checkpoint {published.size}"
        try:
            note = parse_note(checkpoint_note(self._work, published))
            told = parse_checkpoint(note.text)
            if signer_of(note, self._history, told.origin) is None:
                raise Malformed(where, "signature-wrong")
            for key in self._witnesses:
                cosigned_at(note, key)
        except Malformed as error:
            self._faults.append(LogFault(where, error.code))
            return
        if (told.size, told.root.hex()) != (published.size, published.root):
            self._faults.append(LogFault(where, "checkpoint-altered"))
        elif told.root != root and self._agrees:
            self._agrees = False  # all that follow differ too
            self._faults.append(LogFault(where, "root-other"))
