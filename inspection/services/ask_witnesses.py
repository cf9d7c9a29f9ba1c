"""Show the newest checkpoint to each witness, and keep what it signs.

A witness that knows a larger tree than ours, or another one, is the alarm that the log was cut back or rewritten: that
is written down (`log.alarm` in the settings) until that witness signs again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inspection.model.errors import Refusal
from inspection.model.key_history import keys_document
from inspection.model.ledger import canonical
from inspection.model.log import Cosignature, Published
from inspection.model.merkle import consistency
from inspection.model.shape import Malformed
from inspection.model.tlog import NUMBER, Note, Submission, cosigned_at, parse_checkpoint, parse_note, parse_signatures
from inspection.ports import LOG, Office, Witness

ALARM = "log.alarm"  # empty: none; else the witness's name, what it says, and the sizes


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it: `outcome` is `cosigned`, `already`, `away`, `refused` or `contradicts`."""

    witness: str
    outcome: str


def ask_witnesses(office: Office, witnesses: Sequence[Witness]) -> list[Asked]:
    """One round; whoever is away is asked in the next one."""
    with office.read() as work:
        published = work.checkpoints.newest()
    return [] if published is None else [Asked(one.key.name, _ask(office, one, published)) for one in witnesses]


def _ask(office: Office, witness: Witness, published: Published) -> str:
    key = witness.key
    with office.read() as work:
        last = work.checkpoints.last_of(key.name, key.id().hex())
    old = last.size if last else 0
    if old == published.size:
        return "already"
    try:
        status, body = witness.add_checkpoint(_submission(office, old, published))
        if status == 403 and witness.add_keys(_keys(office, published)) == 200:  # the log's key has changed
            status, body = witness.add_checkpoint(_submission(office, old, published))
        told = body.decode("latin-1").strip()
        if status == 409 and NUMBER.fullmatch(told):
            if int(told) > published.size:
                return _alarm(office, key.name, f"has seen {told} entries, the log has {published.size}")
            if int(told) != old:  # our memory of it is older than its own
                status, body = witness.add_checkpoint(_submission(office, int(told), published))
    except Refusal:
        return "away"
    if status in (409, 422):
        return _alarm(office, key.name, f"says that the log of {published.size} entries does not continue what it saw")
    if status != 200:
        return "refused"
    return _keep(office, witness, published, body)


def _keep(office: Office, witness: Witness, published: Published, body: bytes) -> str:
    """Only what holds under the witness's own key."""
    note = parse_note(published.note.encode())
    try:
        lines = parse_signatures(body)
        mine = [one for one in lines if one.key_id == witness.key.id() and one.name == witness.key.name]
        at_s = cosigned_at(Note(note.text, tuple(mine)), witness.key)
    except Malformed:
        return "refused"
    if at_s is None:
        return "refused"
    kept = Cosignature(published.size, mine[0].name, mine[0].key_id.hex(), at_s * 1_000_000, mine[0].line())
    with office.write(LOG) as work:
        work.checkpoints.cosign(kept)
        if (work.settings.get(ALARM) or "").startswith(f"{witness.key.name} "):  # its operator has looked into it
            work.settings.put(ALARM, "")
    return "cosigned"


def _submission(office: Office, old: int, published: Published) -> bytes:
    with office.read() as work:
        path = consistency(work.log.tile, old, published.size)
    return Submission(old, tuple(path), published.note.encode()).write()


def _keys(office: Office, published: Published) -> bytes:
    origin = parse_checkpoint(parse_note(published.note.encode()).text).origin
    with office.read() as work:
        return canonical(keys_document(work.ledger_keys.history(), origin))


def _alarm(office: Office, witness: str, what: str) -> str:
    with office.write(LOG) as work:
        work.settings.put(ALARM, f"{witness} {what}")
    return "contradicts"
