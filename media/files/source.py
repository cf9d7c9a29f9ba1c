"""Where bytes come from: a local file, or anything that answers ranges."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Source(Protocol):
    """A finished object that is read by ranges, from any thread, one at a time."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    def read(self, offset: int, length: int) -> bytes:
        """These bytes; fewer only at the end."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine. Its children get an open descriptor, never the path."""

    path: Path

    @property
    def size(self) -> int:
        """Bytes in all."""
        return os.stat(self.path).st_size

    def read(self, offset: int, length: int) -> bytes:
        """These bytes; fewer only at the end."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


@dataclass(frozen=True, slots=True)
class Bytes:
    """A small object that is in memory already."""

    data: bytes

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        """These bytes; fewer only at the end."""
        return self.data[offset : offset + length]
