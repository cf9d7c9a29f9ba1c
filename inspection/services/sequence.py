"""Take new ledger entries into the log over all cases, and publish the tree's new checkpoint.

One sequencer at a time, by a claim that runs out; even two at once would do no harm, since the tree's size moves by a
conditional UPDATE in the transaction that writes leaves, tiles and checkpoint. Killed anywhere, it leaves all or none.
"""

from collections.abc import Sequence
from datetime import datetime

from inspection.model.errors import NotFound
from inspection.model.ledger import Entry, microseconds
from inspection.model.log import Leaf, Published, entry_leaf
from inspection.model.merkle import extend, root
from inspection.model.tlog import LOG_KEY, Checkpoint, Note, VerifierKey, parse_checkpoint, parse_note, sign_note
from inspection.ports import LOG, Office, Signer

BATCH = 1000  # entries: a write of some 20 ms
LEASE_US = 30_000_000


def sequence(office: Office, signer: Signer, origin: str, holder: str, now: datetime, batch: int = BATCH) -> int:
    """How many entries were taken in; 0 when there were none, or it is somebody else's turn.

    Raises `Conflict("log-moved")` when somebody else was faster, `TreeDamaged` when the tree lacks what it must have.
    """
    at_us = microseconds(now)
    with office.read() as work:
        if not work.log.unlogged(1):
            return 0
    with office.write(LOG) as work:
        if not work.log.claim(holder, at_us, at_us + LEASE_US):
            return 0
    with office.read() as work:
        size, entries = work.log.size(), in_order(work.log.unlogged(batch))
        changed = extend(work.log.tile, size, [entry_leaf(entry) for entry in entries])
        end, tile = size + len(entries), work.log.tile
        top = root(lambda level, index: changed.get((level, index)) or tile(level, index), end)
    if not entries:
        return 0
    published = sign_checkpoint(signer, Checkpoint(origin, end, top), at_us)
    leaves = [Leaf(size + place, entry.case, entry.number) for place, entry in enumerate(entries)]
    with office.write(LOG) as work:
        work.log.extend(holder, leaves, changed)
        work.checkpoints.add(published)
    return len(entries)


def sequence_all(office: Office, signer: Signer, origin: str, holder: str, now: datetime) -> int:
    """Until no entry waits: for whoever needs a case to be in the log at once."""
    taken = 0
    while count := sequence(office, signer, origin, holder, now):
        taken += count
    return taken


def origin_of(office: Office, configured: str) -> str:
    """The log's name: as its first checkpoint was signed, else `configured`, else after the instance's first key. It
    stays the same whatever happens to keys and settings. Raises `NotFound("log-empty")` before there is any key."""
    with office.read() as work:
        published, history = work.checkpoints.newest(), work.ledger_keys.history()
    if published is not None:
        return parse_checkpoint(parse_note(published.note.encode()).text).origin
    if configured:
        return configured
    if not history:
        raise NotFound("log-empty")
    return f"takan/{history[0].fingerprint()[:16]}"


def sign_checkpoint(signer: Signer, checkpoint: Checkpoint, at_us: int) -> Published:
    """A checkpoint under the instance's key, whose name is the log's (C2SP tlog-checkpoint)."""
    key = VerifierKey(checkpoint.origin, LOG_KEY, signer.public_key())
    note = Note(checkpoint.text(), (sign_note(checkpoint.text(), key, signer.sign),))
    return Published(checkpoint.size, at_us, checkpoint.root.hex(), note.write().decode())


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """By time, as far as no case's own order is changed: a clock that was set back moves nothing before its cause."""
    latest: dict[str, int] = {}
    keyed = []
    for entry in entries:
        latest[entry.case] = max(latest.get(entry.case, 0), entry.at_us)
        keyed.append(((latest[entry.case], entry.case, entry.number), entry))
    return [entry for _, entry in sorted(keyed, key=lambda one: one[0])]
