"""What a log says of itself, in the forms of C2SP: signed notes, `tlog-checkpoint`, `tlog-cosignature` (v1, Ed25519),
`tlog-proof`, and the request of `tlog-witness`.

Bytes in, values out, and the reverse; whatever is not exactly in form is `Malformed`.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspection.model.merkle import HASH
from inspection.model.shape import Malformed

LOG_KEY, WITNESS_KEY = 0x01, 0x04  # signature types: Ed25519 over the note, Ed25519 over a timed checkpoint
DASH = "\u2014 "
NOTE_LARGEST = 100_000  # bytes
MOST_SIGNATURES = 100
MOST_PROOF = 63  # hashes: no tree is higher
NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
PROOF_HEADER = "c2sp.org/tlog-proof@v1"

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signatures a note may carry. `name` of a log is its origin."""

    name: str
    kind: int  # LOG_KEY or WITNESS_KEY
    public_key: bytes  # raw Ed25519

    def id(self) -> bytes:
        """Four bytes that tell which key may have signed a line (C2SP signed-note)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    def text(self) -> str:
        """As it is written into a configuration: name, key id, type and key."""
        return f"{self.name}+{self.id().hex()}+{_base64(bytes([self.kind]) + self.public_key)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a note."""

    name: str
    key_id: bytes
    data: bytes

    def line(self) -> str:
        return f"{DASH}{self.name} {_base64(self.key_id + self.data)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, whose last sign is a line feed, and who signed it."""

    text: str
    signatures: tuple[Signature, ...]

    def write(self) -> bytes:
        return (self.text + "\n" + "".join(one.line() for one in self.signatures)).encode()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree's size and root, by the name of its log."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Proof:
    """That entry `index` is in the tree of the checkpoint, which is kept as the bytes of its note."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def write(self) -> bytes:
        path = "".join(f"{_base64(one)}\n" for one in self.path)
        return f"{PROOF_HEADER}\nindex {self.index}\n{path}\n".encode() + self.checkpoint


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint for a witness, with the proof that it continues the one of size `old`."""

    old: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def write(self) -> bytes:
        return (
            f"old {self.old}\n" + "".join(f"{_base64(one)}\n" for one in self.path) + "\n"
        ).encode() + self.checkpoint


def sign_note(text: str, key: VerifierKey, sign: Sign) -> Signature:
    return Signature(key.name, key.id(), sign(text.encode()))


def cosign(text: str, key: VerifierKey, sign: Sign, at_s: int) -> Signature:
    """A witness's signature: it saw this checkpoint, and no other history, at `at_s` (seconds since 1970 UTC)."""
    return Signature(key.name, key.id(), at_s.to_bytes(8, "big") + sign(_timed(text, at_s)))


def is_signed(note: Note, key: VerifierKey) -> bool:
    """Whether that log key signed the note; a line that claims so and does not hold makes it False."""
    mine = [one.data for one in note.signatures if (one.name, one.key_id) == (key.name, key.id())]
    return bool(mine) and all(_holds(key.public_key, data, note.text.encode()) for data in mine)


def cosigned_at(note: Note, key: VerifierKey) -> int | None:
    """When that witness says that it saw the checkpoint (seconds since 1970 UTC). Raises `Malformed` for a line that
    claims to be its own and does not hold."""
    told = None
    for one in note.signatures:
        if (one.name, one.key_id) != (key.name, key.id()):
            continue
        at_s = int.from_bytes(one.data[:8], "big")
        if len(one.data) != 72 or not _holds(key.public_key, one.data[8:], _timed(note.text, at_s)):
            raise Malformed("signature", "signature-wrong")
        told = max(told or 0, at_s)
    return told


def parse_key(text: str) -> VerifierKey:
    """A verifier key as `VerifierKey.text` writes it."""
    name, _, rest = text.strip().partition("+")
    told, _, packed = rest.partition("+")
    data = _unpacked(packed)
    if not NAME.fullmatch(name) or len(data) != 33 or data[0] not in (LOG_KEY, WITNESS_KEY):
        raise Malformed("key")
    key = VerifierKey(name, data[0], data[1:])
    if key.id().hex() != told:
        raise Malformed("key", "key-wrong")
    return key


def parse_note(data: bytes) -> Note:
    if len(data) > NOTE_LARGEST:
        raise Malformed("note", "too-large")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("note") from error
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not text or not lines.endswith("\n") or any(sign < " " and sign != "\n" for sign in whole):
        raise Malformed("note")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise Malformed("note", "too-large")
    return Note(text + "\n", signatures)


def parse_checkpoint(text: str) -> Checkpoint:
    """A note's text as a checkpoint. Lines after the third are allowed, and signed like the others."""
    origin, size, packed, *more = text.removesuffix("\n").split("\n") if text.count("\n") >= 3 else ("", "", "")
    root = _unpacked(packed)
    if not NAME.fullmatch(origin) or not NUMBER.fullmatch(size) or len(root) != HASH or not all(more):
        raise Malformed("checkpoint")
    return Checkpoint(origin, int(size), root)


def parse_proof(data: bytes) -> Proof:
    first, _, rest = data.partition(b"\n")
    if first.decode("latin-1") != PROOF_HEADER:
        raise Malformed("proof")
    if rest.startswith(b"extra "):  # says nothing that a proof needs
        rest = rest.partition(b"\n")[2]
    index, path, checkpoint = _headed(rest, b"index ")
    return Proof(index, path, checkpoint)


def parse_submission(data: bytes) -> Submission:
    return Submission(*_headed(data, b"old "))


def parse_signatures(data: bytes) -> tuple[Signature, ...]:
    """Signature lines alone, as a witness answers."""
    return parse_note(b"-\n\n" + data).signatures


def _headed(data: bytes, word: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    """A number after `word`, hashes a line, an empty line, and what follows."""
    head, blank, rest = data.partition(b"\n\n")
    lines = head.decode("latin-1").split("\n")
    number = lines[0].removeprefix(word.decode())
    if not blank or not head.startswith(word) or not NUMBER.fullmatch(number) or len(lines) > MOST_PROOF + 1:
        raise Malformed("proof")
    path = tuple(_unpacked(line) for line in lines[1:])
    if any(len(one) != HASH for one in path):
        raise Malformed("proof")
    return int(number), path, rest


def _signature(line: str) -> Signature:
    name, blank, packed = line.removeprefix(DASH).partition(" ")
    data = _unpacked(packed)
    if not line.startswith(DASH) or not blank or not NAME.fullmatch(name) or len(data) < 5:
        raise Malformed("signature")
    return Signature(name, data[:4], data[4:])


def _timed(text: str, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def _holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _unpacked(text: str) -> bytes:
    """Standard base64 in its one canonical spelling."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("base64") from error
    if _base64(data) != text:
        raise Malformed("base64")
    return data


def hashes(path: Sequence[bytes]) -> list[str]:
    """A proof as JSON carries it: lower-case hex."""
    return [one.hex() for one in path]
