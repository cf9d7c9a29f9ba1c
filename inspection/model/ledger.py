"""The custody ledger: an append-only chain of entries per case, and its signed head.

Canonical form is RFC 8785 for a subset without doubtful corners: strings, integers below 2**53, booleans, null, arrays,
and objects with ASCII keys. An entry's hash is the SHA-256 of its canonical form, which holds the hash before it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from inspection.model.errors import Invalid
from inspection.model.people import Actor

LIMIT = 2**53
DEPTH = 32  # a value that is nested deeper is no record of anything
GENESIS = "0" * 64
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in the life of a case's evidence. `number` counts from 1; `at_us` is microseconds UTC."""

    case: str
    number: int
    at_us: int
    actor: dict[str, str]  # id, name, role
    event: str  # as in "recording-admitted"
    digest: str | None  # SHA-256 of the object it is about
    body: dict[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Tip:
    """What the next entry needs to know of the last one."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The ledger's end, signed: a shorter or another chain does not fit it."""

    case: str
    count: int
    hash: str
    at_us: int
    key: str  # fingerprint: SHA-256 of the raw public key, hex
    signature: str  # Ed25519 over `head_message`, hex


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a value of the subset. Raises `Invalid` for anything else."""
    _require_subset(value)
    try:
        return ENCODER.encode(value).encode()
    except UnicodeEncodeError as error:  # a lone surrogate has no UTF-8
        raise Invalid("not-canonical", field="str") from error


def chain(
    previous: Tip | Entry | None,
    case: str,
    event: str,
    actor: Actor,
    at: datetime,
    digest: str | None,
    body: dict[str, Any],
) -> Entry:
    """The entry that follows `previous` (None: the first of the case)."""
    number = 1 if previous is None else previous.number + 1
    before = GENESIS if previous is None else previous.hash
    who = {"id": actor.id, "name": actor.name, "role": actor.role.value}
    entry = Entry(case, number, microseconds(at), who, event, digest, body, before, "")
    return Entry(case, number, entry.at_us, who, event, digest, body, before, entry_hash(entry))


def entry_document(entry: Entry) -> dict[str, Any]:
    """What is hashed: every field but the hash itself."""
    return {
        "actor": entry.actor,
        "at_us": entry.at_us,
        "body": entry.body,
        "case": entry.case,
        "digest": entry.digest,
        "event": entry.event,
        "number": entry.number,
        "previous": entry.previous,
    }


def entry_hash(entry: Entry) -> str:
    """SHA-256 of the entry's canonical form, hex."""
    return hashlib.sha256(canonical(entry_document(entry))).hexdigest()


def head_message(case: str, count: int, hash: str, at_us: int) -> bytes:
    """The bytes that the instance signs."""
    return b"takan-ledger-head/v1\n" + canonical({"at_us": at_us, "case": case, "count": count, "hash": hash})


def microseconds(at: datetime) -> int:
    """Microseconds UTC of an aware moment, exact."""
    delta = at - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment(at_us: int) -> datetime:
    """The aware moment of microseconds UTC."""
    return EPOCH + timedelta(microseconds=at_us)


def _require_subset(value: Any, depth: int = 0) -> None:
    if depth > DEPTH:
        raise Invalid("not-canonical", field="depth")
    if isinstance(value, str) or value is None or (isinstance(value, int) and -LIMIT < value < LIMIT):
        return
    if isinstance(value, dict) and all(isinstance(key, str) and key.isascii() for key in value):
        value = value.values()
    elif not isinstance(value, list | tuple):
        raise Invalid("not-canonical", field=type(value).__name__)
    for part in value:
        _require_subset(part, depth + 1)
