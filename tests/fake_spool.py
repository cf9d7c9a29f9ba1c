"""A spool in memory that can be full, and a disk's worth of other bad days."""

import errno
import io
from collections.abc import Iterable
from typing import BinaryIO


class FakeSpool:
    """Implements `media.ports.Spool`. `room` is how many more bytes it takes; None is endless."""

    def __init__(self, room: int | None = None) -> None:
        self.files: dict[str, dict[str, bytearray]] = {}
        self.room = room

    def create(self, folder: str, name: str) -> "FakeSpoolFile":
        if name in self.files.get(folder, {}):
            raise FileExistsError(name)
        return self.extend(folder, name)

    def extend(self, folder: str, name: str) -> "FakeSpoolFile":
        return FakeSpoolFile(self, self.files.setdefault(folder, {}).setdefault(name, bytearray()))

    def read(self, folder: str, name: str) -> BinaryIO:
        return io.BytesIO(bytes(self._file(folder, name)))

    def size(self, folder: str, name: str) -> int:
        return len(self._file(folder, name))

    def truncate(self, folder: str, name: str, size: int) -> None:
        del self._file(folder, name)[size:]

    def rename(self, folder: str, name: str, new_name: str) -> None:
        file = self._file(folder, name)
        del self.files[folder][name]
        self.files[folder][new_name] = file

    def remove(self, folder: str, name: str) -> None:
        self.files[folder].pop(name, None)

    def remove_folder(self, folder: str) -> None:
        if self.files[folder]:
            raise OSError(errno.ENOTEMPTY, "not empty")
        del self.files[folder]

    def folders(self) -> Iterable[str]:
        return sorted(self.files)

    def names(self, folder: str) -> Iterable[str]:
        return sorted(self.files.get(folder, {}))

    def free(self) -> int:
        return 1 << 50 if self.room is None else self.room

    def _file(self, folder: str, name: str) -> bytearray:
        try:
            return self.files[folder][name]
        except KeyError:
            raise FileNotFoundError(name) from None


class FakeSpoolFile:
    """Writes what there is room for, then refuses, as a disk does."""

    def __init__(self, spool: FakeSpool, data: bytearray) -> None:
        self._spool, self._data = spool, data

    def append(self, data: bytes) -> None:
        room = self._spool.room
        if room is None:
            self._data += data
            return
        self._data += data[:room]
        self._spool.room = max(0, room - len(data))
        if len(data) > room:
            raise OSError(errno.ENOSPC, "no space left")

    def close(self) -> None:
        pass
