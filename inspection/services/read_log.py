"""Read what is published of the log: the newest checkpoint with its witnesses, proofs, and who vouches for the time."""

from dataclasses import dataclass

from inspection.model.errors import NotFound
from inspection.model.log import Published, Stamp, TimeSource, time_source
from inspection.model.merkle import consistency, inclusion
from inspection.model.tlog import Note, Proof, Submission, hashes, parse_note, parse_signatures
from inspection.ports import Office, Work


@dataclass(frozen=True, slots=True)
class LogState:
    """For staff. `time` tells plainly whether anybody but this instance vouches for it."""

    size: int
    waiting: bool  # entries that are not in the log yet
    published: Published | None
    witnesses: tuple[tuple[str, int, int], ...]  # name, size of the tree that it saw last, when (by its clock)
    time: TimeSource
    stamp: Stamp | None  # the newest checkpoint's that has one


def checkpoint_note(work: Work, published: Published) -> bytes:
    """The checkpoint with every witness's line."""
    note = parse_note(published.note.encode())
    lines = "".join(one.line for one in work.checkpoints.cosignatures(published.size))
    seen = parse_signatures(lines.encode()) if lines else ()
    return Note(note.text, note.signatures + seen).write()


def newest_checkpoint(office: Office) -> bytes:
    """Raises `NotFound("log-empty")`."""
    with office.read() as work:
        return checkpoint_note(work, _newest(work))


def proof_of_entry(office: Office, case: str, number: int) -> bytes:
    """In C2SP's tlog-proof form, in the newest tree. Raises `NotFound("entry-not-logged")`."""
    with office.read() as work:
        published = _newest(work)
        leaf = next((one for one in work.log.of_case(case) if one.number == number), None)
        if leaf is None or leaf.index >= published.size:
            raise NotFound("entry-not-logged")
        path = inclusion(work.log.tile, leaf.index, published.size)
        return Proof(leaf.index, tuple(path), checkpoint_note(work, published)).write()


def proof_of_growth(office: Office, old: int) -> bytes:
    """That the newest checkpoint continues the tree of size `old`, in the form in which a witness is asked. Raises
    `NotFound("log-empty")` when the log never was so large."""
    with office.read() as work:
        published = _newest(work)
        if not 0 <= old <= published.size:
            raise NotFound("log-empty")
        return Submission(old, tuple(consistency(work.log.tile, old, published.size)), published.note.encode()).write()


def consistency_paths(office: Office, old: int, new: int) -> list[str]:
    """Hashes (hex) between two sizes of the log. Raises `NotFound("log-empty")` for sizes that it never had."""
    with office.read() as work:
        if not 0 <= old <= new <= work.log.size():
            raise NotFound("log-empty")
        return hashes(consistency(work.log.tile, old, new))


def log_state(office: Office, has_authority: bool) -> LogState:
    """`has_authority`: whether a time-stamp authority is configured."""
    with office.read() as work:
        published = work.checkpoints.newest()
        size = work.log.size()
        stamped = work.checkpoints.newest_stamped(size)
        return LogState(
            size,
            bool(work.log.unlogged(1)),
            published,
            tuple(
                (one.witness, one.size, one.at_us)
                for one in (work.checkpoints.cosignatures(published.size) if published else ())
            ),
            time_source(has_authority),
            None if stamped is None else work.checkpoints.stamps(stamped)[-1],
        )


def _newest(work: Work) -> Published:
    published = work.checkpoints.newest()
    if published is None:
        raise NotFound("log-empty")
    return published
