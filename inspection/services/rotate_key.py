"""The ledger's key begins, and is followed by another: the public history of both."""

from collections.abc import Callable
from datetime import datetime

from inspection.model.errors import Conflict
from inspection.model.key_history import KeyStatement, keys_document, next_statement
from inspection.model.ledger import microseconds
from inspection.ports import Office, Signer


def begin_history(office: Office, signer: Signer, now: datetime) -> None:
    """The first statement of an instance's history; nothing when there is one."""
    with office.read() as work:
        if work.ledger_keys.history():
            return
    with office.write() as work:
        if not work.ledger_keys.history():
            work.ledger_keys.add(next_statement([], signer.public_key(), microseconds(now), signer.sign, None))


def rotate_key(
    office: Office, old: Signer | None, new: Signer, now: datetime, switch: Callable[[], None]
) -> KeyStatement:
    """The statement that makes `new` the current key, signed by it and by `old` (None: the old one is lost). `switch`
    makes every signer use the new key: it is called in the unit of work, so that no head is signed with the old key
    after the statement. Again with the same new key: the statement that is there.

    Raises `Conflict("key-other")` when `old` is not the current key.
    """
    public = new.public_key()
    with office.write() as work:
        history = work.ledger_keys.history()
        if history and history[-1].public_key == public.hex():
            switch()
            return history[-1]
        if old is not None and history and history[-1].public_key != old.public_key().hex():
            raise Conflict("key-other")
        at_us = max(microseconds(now), history[-1].at_us if history else 0)
        statement = next_statement(history, public, at_us, new.sign, old.sign if old else None)
        work.ledger_keys.add(statement)
        switch()
    return statement


def published_keys(office: Office, origin: str) -> dict[str, object]:
    """The history as everybody may read it."""
    with office.read() as work:
        return keys_document(work.ledger_keys.history(), origin)
