"""Digests as keys, and bytes that are checked while they pass."""

import hashlib
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from inspection.model.errors import NotFound
from storage.objects.errors import OtherBytes

CHUNK = 1 << 20
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
UPLOAD = re.compile(r"u-[0-9a-z]{1,32}\Z")  # an upload's bytes, by its evidence's id (`inspection.model.upload`)
UPLOADS = "uploads"


def key_of(digest: str) -> str:
    """Where the bytes of that digest lie. Raises `NotFound` for what is no SHA-256 in lower-case hex, so that no
    name from outside ever becomes part of a path."""
    if UPLOAD.match(digest):
        return f"{UPLOADS}/{digest[2:]}"
    if not DIGEST.match(digest):
        raise NotFound("object-missing")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def name_of(key: str) -> str:
    """The digest of the object that lies there; the key itself when no object of ours can lie there."""
    folder, _, digest = key.rpartition("/")
    if folder == UPLOADS and UPLOAD.match(f"u-{digest}"):
        return f"u-{digest}"
    return digest if DIGEST.match(digest) and key_of(digest) == key else key


def checked(source: BinaryIO, digest: str, size: int) -> Iterator[bytes]:
    """The source's bytes in chunks. Raises `OtherBytes`, at the latest instead of ending, when they are not `size`
    bytes of that SHA-256."""
    seen, hashed = 0, hashlib.sha256()
    while chunk := source.read(CHUNK):
        seen += len(chunk)
        if seen > size:
            raise OtherBytes(digest)
        hashed.update(chunk)
        yield chunk
    if seen != size or hashed.hexdigest() != digest:
        raise OtherBytes(digest)


def is_intact(source: BinaryIO, digest: str, size: int) -> bool:
    """Whether the source holds exactly `size` bytes with that digest."""
    try:
        for _ in checked(source, digest, size):
            pass
    except OtherBytes:
        return False
    return True


class Window(io.RawIOBase):
    """The bytes of an open file from `start` up to `end`; closing it closes the file."""

    def __init__(self, file: BinaryIO, start: int, end: int | None) -> None:
        super().__init__()
        self._file = file
        self._left = None if end is None else max(0, end - start)
        file.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = len(buffer) if self._left is None else min(len(buffer), self._left)
        count = int(self._file.readinto(memoryview(buffer)[:wanted])) if wanted else 0  # type: ignore[attr-defined]
        if self._left is not None:
            self._left -= count
        return count

    def readall(self) -> bytes:
        """At once: the base class would ask for eight kilobytes at a time."""
        data = self._file.read(-1 if self._left is None else self._left)
        if self._left is not None:
            self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()
