"""Enter an event into a case's custody ledger, and sign its new head: in the transaction of what it tells."""

from datetime import datetime
from typing import Any

from inspection.model.event import Event
from inspection.model.ledger import Entry, Head, chain, head_message
from inspection.model.people import Actor
from inspection.ports import Signer, Work


def enter(
    work: Work,
    signer: Signer,
    case: str,
    event: Event,
    actor: Actor,
    now: datetime,
    body: dict[str, Any],
    digest: str | None = None,
) -> Entry:
    """The new last entry. Raises `Conflict("ledger-moved")` when somebody else's came between."""
    entry = chain(work.ledger.tip(case), case, event.value, actor, now, digest, body)
    signature = signer.sign(head_message(case, entry.number, entry.hash, entry.at_us)).hex()
    work.ledger.append(entry, Head(case, entry.number, entry.hash, entry.at_us, signer.fingerprint(), signature))
    return entry
