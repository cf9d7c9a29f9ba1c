"""The ledger's private key as a file that changes once in a while: every signature is made with the one of now."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.outbound.keys import FileSigner, create_key, private_key, public_pem

CURRENT, NEXT, PREVIOUS, PUBLIC = "ledger.key", "ledger.next.key", "ledger.previous.key", "ledger.pub"


class LedgerSigner:
    """Implements `inspection.ports.Signer`; a rotation reaches running processes at their next signature."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CURRENT
        self._known: tuple[object, FileSigner] | None = None
        self._now()

    def fingerprint(self) -> str:
        return self._now().fingerprint()

    def public_key(self) -> bytes:
        return self._now().public_key()

    def sign(self, message: bytes) -> bytes:
        return self._now().sign(message)

    def _now(self) -> FileSigner:
        stat = os.stat(self._path)
        seen = (stat.st_ino, stat.st_mtime_ns)
        known = self._known
        if known is None or known[0] != seen:
            known = self._known = (seen, FileSigner(private_key(self._path)))
        return known[1]


def next_signer(folder: Path) -> FileSigner:
    """The key that is to follow: made once, and found again by a rotation that was interrupted."""
    create_key(folder / NEXT, Ed25519PrivateKey.generate())
    return FileSigner(private_key(folder / NEXT))


def switch(folder: Path) -> None:
    """Put the next key in place of the current one, which is kept until `finish`. Again: harmless."""
    if not (folder / NEXT).exists():
        return
    if (folder / CURRENT).exists() and not (folder / PREVIOUS).exists():
        os.link(folder / CURRENT, folder / PREVIOUS)
    key = private_key(folder / NEXT)
    os.replace(folder / NEXT, folder / CURRENT)
    draft = folder / f".{PUBLIC}.new"
    draft.write_bytes(public_pem(key.public_key()))
    os.replace(draft, folder / PUBLIC)
    _sync(folder)


def previous_signer(folder: Path) -> FileSigner | None:
    """The key of before a switch that was not finished."""
    path = folder / PREVIOUS
    return FileSigner(private_key(path)) if path.exists() else None


def finish(folder: Path) -> None:
    """The old private key is of no more use: whoever stole it could only pretend to be in the past."""
    (folder / PREVIOUS).unlink(missing_ok=True)
    _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
