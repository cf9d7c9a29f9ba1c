"""The ledger's keys, old and new: a chain of statements, each signed by the key that it names and by the one before.

A statement's message holds the hash of the statement before it, so a key vouches for all keys that came before it; the
hand-over, signed by the key before, carries trust forward. A key that was lost hands nothing over: there trust ends,
and the new key has to be made known in another way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspection.model.ledger import GENESIS, canonical
from inspection.model.shape import Malformed, fits, hex_bytes, part

PREFIX = b"takan-key/v1\n"
GRACE_US = 600_000_000  # what was begun under the old key may still be signed with it for ten minutes
KEYS = frozenset({"at_us", "handed_over", "key", "lost", "number", "previous", "public_key", "signature"})
MOST_KEYS = 1000


@dataclass(frozen=True, slots=True)
class KeyStatement:
    """From `at_us` (microseconds UTC) on, `public_key` (raw, hex) signs. `number` counts from 1."""

    number: int
    public_key: str
    at_us: int
    lost: bool  # the key before could not sign any more
    previous: str  # SHA-256 of the message of the statement before; 64 zeros for the first
    signature: str  # Ed25519 by this key over `message`, hex
    handed_over: str  # the same by the key before; empty for the first, and after a loss

    def fingerprint(self) -> str:
        """SHA-256 of the raw public key, hex."""
        return sha256(bytes.fromhex(self.public_key)).hexdigest()

    def message(self) -> bytes:
        told = {
            "at_us": self.at_us,
            "key": self.public_key,
            "lost": self.lost,
            "number": self.number,
            "previous": self.previous,
        }
        return PREFIX + canonical(told)


def next_statement(
    history: Sequence[KeyStatement],
    public_key: bytes,
    at_us: int,
    sign: Callable[[bytes], bytes],
    hand_over: Callable[[bytes], bytes] | None,
) -> KeyStatement:
    """The statement that makes `public_key` the current one. `hand_over` signs with the key before (None: lost)."""
    previous = sha256(history[-1].message()).hexdigest() if history else GENESIS
    lost = bool(history) and hand_over is None
    draft = KeyStatement(len(history) + 1, public_key.hex(), at_us, lost, previous, "", "")
    message = draft.message()
    handed = hand_over(message).hex() if history and hand_over else ""
    return KeyStatement(draft.number, draft.public_key, at_us, lost, previous, sign(message).hex(), handed)


def keys_document(history: Sequence[KeyStatement], origin: str) -> dict[str, Any]:
    """As it is published and packed."""
    return {
        "keys": [
            {
                "at_us": one.at_us,
                "handed_over": one.handed_over,
                "key": one.fingerprint(),
                "lost": one.lost,
                "number": one.number,
                "previous": one.previous,
                "public_key": one.public_key,
                "signature": one.signature,
            }
            for one in history
        ],
        "origin": origin,
    }


def parse_keys(document: Any) -> list[KeyStatement]:
    """The history in a document of any make, every signature checked. Raises `Malformed`."""
    listed = part(document, "keys", list)
    if set(document) != {"keys", "origin"}:
        raise Malformed("keys")
    if not 0 < len(listed) <= MOST_KEYS:
        raise Malformed("keys")
    history: list[KeyStatement] = []
    for number, told in enumerate(listed, start=1):
        statement = _statement(fits(told, f"keys:{number}", dict), number)
        _require_next(history, statement)
        history.append(statement)
    return history


def vouched(history: Sequence[KeyStatement], trust: bytes) -> frozenset[str]:
    """The public keys (raw, hex) whose signatures are the office's when `trust` (raw) is: itself, all before it, and
    those after it to which trust was handed over. Empty when the history does not know it."""
    places = [place for place, one in enumerate(history) if one.public_key == trust.hex()]
    if not places:
        return frozenset()
    last = places[-1]
    while last + 1 < len(history) and history[last + 1].handed_over:
        last += 1
    return frozenset(one.public_key for one in history[: last + 1])


def in_time(history: Sequence[KeyStatement], public_key: bytes, at_us: int) -> bool:
    """Whether that key was the current one, or had only just ceased to be, at a moment."""
    for one, after in zip(history, [*history[1:], None], strict=True):
        if one.public_key == public_key.hex():
            return after is None or at_us <= after.at_us + GRACE_US
    return False


def _statement(told: dict[str, Any], number: int) -> KeyStatement:
    where = f"keys:{number}"
    if set(told) != KEYS or part(told, "number", int) != number:
        raise Malformed(where)
    key = part(told, "public_key", str)
    one = KeyStatement(
        number,
        hex_bytes(key, 32, where).hex(),
        part(told, "at_us", int),
        part(told, "lost", bool),
        part(told, "previous", str),
        part(told, "signature", str),
        part(told, "handed_over", str),
    )
    if one.fingerprint() != part(told, "key", str):
        raise Malformed(where, "key-wrong")
    return one


def _require_next(history: Sequence[KeyStatement], one: KeyStatement) -> None:
    where = f"keys:{one.number}"
    previous = sha256(history[-1].message()).hexdigest() if history else GENESIS
    needs = bool(history) and not one.lost
    if one.previous != previous or one.lost > bool(history) or bool(one.handed_over) != needs:
        raise Malformed(where, "chain-broken")
    if any(one.public_key == other.public_key for other in history) or (history and one.at_us < history[-1].at_us):
        raise Malformed(where, "chain-broken")
    _require_signed(one.public_key, one.signature, one.message(), where)
    if needs:
        _require_signed(history[-1].public_key, one.handed_over, one.message(), where)


def _require_signed(public_key: str, signature: str, message: bytes, where: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(hex_bytes(signature, 64, where), message)
    except (InvalidSignature, ValueError) as error:
        raise Malformed(where, "signature-wrong") from error
