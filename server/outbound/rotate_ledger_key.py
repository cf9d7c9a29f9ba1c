"""A new ledger key: key file and published history move together, and a rotation that was interrupted can be finished.

Order: the next key is made durable; in one unit of work the statement is written, signed by both keys, and the file is
put in place; after the commit the old private key is removed.
"""

from datetime import datetime
from pathlib import Path

from inspection.model.key_history import KeyStatement
from inspection.ports import Office
from inspection.services.rotate_key import rotate_key
from server.outbound.keys import FileSigner, private_key
from server.outbound.ledger_key import CURRENT, finish, next_signer, previous_signer, switch


def rotate(folder: Path, office: Office, now: datetime, lost: bool) -> KeyStatement:
    """Raises `BadKey` when there is no current key and it is not told to be lost, `Conflict("key-other")` when it is
    not the one that the history names last."""
    unfinished = settle(folder, office, now)
    if unfinished is not None:
        return unfinished
    old = None if lost else FileSigner(private_key(folder / CURRENT))
    statement = rotate_key(office, old, next_signer(folder), now, lambda: switch(folder))
    finish(folder)
    return statement


def settle(folder: Path, office: Office, now: datetime) -> KeyStatement | None:
    """Finish what was interrupted between the switch and its end; None when nothing was."""
    previous = previous_signer(folder)
    if previous is None:
        return None
    with office.read() as work:
        history = work.ledger_keys.history()
    switch(folder)
    old = previous if history and history[-1].public_key == previous.public_key().hex() else None
    statement = rotate_key(office, old, FileSigner(private_key(folder / CURRENT)), now, lambda: None)
    finish(folder)
    return statement
