"""The instance's keys as files: made once, 0600, never overwritten."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from media.client import Ticket, sign_ticket


class BadKey(Exception):
    """A key file that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`ledger` signs ledger heads, `ticket` tickets; `session` authenticates links and form tokens."""

    ledger: Ed25519PrivateKey
    ticket: Ed25519PrivateKey
    session: bytes


class FileSigner:
    """Implements `inspection.ports.Signer`."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key, self._public = key, key.public_key().public_bytes_raw()

    def fingerprint(self) -> str:
        return hashlib.sha256(self._public).hexdigest()

    def public_key(self) -> bytes:
        return self._public

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class TicketSigner:
    """Implements `server.services.Tickets`."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def sign(self, ticket: Ticket) -> str:
        return sign_ticket(ticket, self._key)


def make_keys(folder: Path) -> None:
    """Whatever is missing. Two processes that start at once end up with the same keys."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("ledger", "ticket"):
        create_key(folder / f"{name}.key", Ed25519PrivateKey.generate())
        _create(folder / f"{name}.pub", public_pem(private_key(folder / f"{name}.key").public_key()))
    _create(folder / "session.key", secrets.token_hex(32).encode() + b"\n")


def read_keys(folder: Path) -> Keys:
    """All private keys. Raises `BadKey`."""
    try:
        session = bytes.fromhex((folder / "session.key").read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise BadKey(f"{folder / 'session.key'}: {error}") from error
    return Keys(private_key(folder / "ledger.key"), private_key(folder / "ticket.key"), session)


def read_public(path: Path) -> Ed25519PublicKey:
    """A public key, or the public half of a private one, from a PEM file. Raises `BadKey`."""
    try:
        data = path.read_bytes()
        if b"PRIVATE KEY" in data:
            key: object = serialization.load_pem_private_key(data, None)
            key = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
        else:
            key = serialization.load_pem_public_key(data)
    except (OSError, ValueError, TypeError) as error:
        raise BadKey(f"{path}: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey(f"{path} is not an Ed25519 key")
    return key


def create_key(path: Path, key: Ed25519PrivateKey) -> None:
    """Keep a private key, unless there is one."""
    kind = serialization.PrivateFormat.PKCS8
    _create(path, key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))


def private_key(path: Path) -> Ed25519PrivateKey:
    """Raises `BadKey`."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise BadKey(f"{path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{path} is not an Ed25519 key")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _create(path: Path, data: bytes) -> None:
    """Write a whole new file or leave the one that is there: `link` refuses a taken name."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
