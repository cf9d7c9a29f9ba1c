"""Gather what a package holds of the log, as the tables have it at one moment."""

from inspection.model.errors import WrongMoment
from inspection.model.key_history import keys_document
from inspection.model.log import Published
from inspection.model.log_papers import LogPapers, Place, Stamped, witness_texts
from inspection.model.merkle import Read, consistency, inclusion, keeping
from inspection.model.tlog import VerifierKey, parse_checkpoint, parse_note
from inspection.ports import Work
from inspection.services.read_log import checkpoint_note


def collect_log(
    work: Work, case: str, entries: int, witnesses: tuple[VerifierKey, ...] = (), authority: bytes = b""
) -> LogPapers:
    """Proofs for the case's first `entries` entries. `witnesses` are the configured ones; `authority` (PEM) is what
    stamps are judged by.

    Raises `WrongMoment("log-pending")` while they are not all in the log: `services.sequence` takes them in.
    """
    published = work.checkpoints.newest()
    leaves = [leaf for leaf in work.log.of_case(case) if leaf.number <= entries]
    if published is None or len(leaves) != entries or max(leaf.index for leaf in leaves) >= published.size:
        raise WrongMoment("log-pending")
    read = keeping(work.log.tile)
    places = [Place(leaf.number, leaf.index, tuple(inclusion(read, leaf.index, published.size))) for leaf in leaves]
    origin = parse_checkpoint(parse_note(published.note.encode()).text).origin
    return LogPapers(
        origin,
        keys_document(work.ledger_keys.history(), origin),
        checkpoint_note(work, published),
        places,
        witness_texts(witnesses),
        _stamped(work, read, published, authority) if authority else None,
    )


def _stamped(work: Work, read: Read, published: Published, authority: bytes) -> Stamped | None:
    """The newest stamped checkpoint, with its stamp and every renewal."""
    size = work.checkpoints.newest_stamped(published.size)
    older = None if size is None else work.checkpoints.get(size)
    if older is None:
        return None
    tokens = tuple(one.token for one in work.checkpoints.stamps(older.size))
    path = tuple(consistency(read, older.size, published.size))
    return Stamped(older.note.encode(), older.size, path, tokens, authority)
