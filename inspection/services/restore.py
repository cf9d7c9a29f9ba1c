"""Put an object back that is missing or was replaced, from a copy whose bytes have its digest."""

from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from io import BytesIO
from itertools import chain
from typing import BinaryIO

from inspection.model.errors import WrongDigest
from inspection.ports import Copies, ObjectStore

LARGEST = 256 << 20  # bytes of an object whose size no row tells: lists and papers


def restore(store: ObjectStore, copies: Copies, name: str, digest: str, size: int | None) -> bool:
    """Whether it is whole again. `name` is the store's, `digest` the SHA-256 of what belongs there. The store's own
    older versions are tried first, then `copies`; a copy that does not have the digest is passed over."""
    for found in chain(store.versions(name), copies.of(digest, size)):
        with closing(found) as source:
            whole, length = (source, size) if size is not None else _measured(source)
            try:
                store.restore(name, digest, whole, length)
            except WrongDigest:
                continue
        return _is_whole(store, name, digest)
    return False


class NoCopies:
    """Implements `inspection.ports.Copies`: there are none."""

    def of(self, digest: str, size: int | None) -> Iterator[BinaryIO]:
        return iter(())


def _measured(source: BinaryIO) -> tuple[BinaryIO, int]:
    data = source.read(LARGEST)
    return BytesIO(data), len(data)


def _is_whole(store: ObjectStore, name: str, digest: str) -> bool:
    """Read back, whatever the store has said."""
    hashed = sha256()
    with store.open(name) as kept:
        while chunk := kept.read(1 << 20):
            hashed.update(chunk)
    return hashed.hexdigest() == digest
