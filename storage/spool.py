"""The spool in a local folder: what is appended is on the disk when the call returns, and so is its name."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

_SAFE = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,150}")


class UnsafeName(ValueError):
    """A name that could leave its folder."""


class FolderSpoolFile:
    """A file that only grows. After an error its last append may be there in part: truncate it."""

    def __init__(self, path: Path, flags: int) -> None:
        self._handle = os.open(path, flags | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def append(self, data: bytes) -> None:
        """Write and `fdatasync`. Raises `OSError`."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view) :]
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Give the handle back; again is harmless."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class FolderSpool:
    """Implements `media.ports.Spool` below `root`, which is made. One process owns it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        _sync_folder(root.parent)

    def create(self, folder: str, name: str) -> FolderSpoolFile:
        """A new file. Raises `FileExistsError`, `UnsafeName`."""
        return self._open(folder, name, os.O_CREAT | os.O_EXCL)

    def extend(self, folder: str, name: str) -> FolderSpoolFile:
        """A file to append to, made when missing. Raises `UnsafeName`."""
        return self._open(folder, name, os.O_CREAT)

    def read(self, folder: str, name: str) -> BinaryIO:
        """A file from its beginning. Raises `FileNotFoundError`, `UnsafeName`."""
        return self._path(folder, name).open("rb")

    def size(self, folder: str, name: str) -> int:
        """Bytes in a file. Raises `FileNotFoundError`, `UnsafeName`."""
        return self._path(folder, name).stat().st_size

    def truncate(self, folder: str, name: str, size: int) -> None:
        """Cut a file to its first `size` bytes, durably."""
        handle = os.open(self._path(folder, name), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.ftruncate(handle, size)
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, folder: str, name: str, new_name: str) -> None:
        """Another name in the same folder, durably; a file of that name is replaced."""
        self._path(folder, name).replace(self._path(folder, new_name))
        _sync_folder(self._path(folder))

    def remove(self, folder: str, name: str) -> None:
        """Delete a file, durably. One that is not there is no error: a removal may be repeated after a crash."""
        self._path(folder, name).unlink(missing_ok=True)
        _sync_folder(self._path(folder))

    def remove_folder(self, folder: str) -> None:
        """Delete an empty folder, durably. Raises `OSError` when it is not empty."""
        self._path(folder).rmdir()
        _sync_folder(self._root)

    def folders(self) -> Iterable[str]:
        """The folders, by name."""
        return sorted(entry.name for entry in os.scandir(self._root) if entry.is_dir())

    def names(self, folder: str) -> Iterable[str]:
        """The files of a folder, by name; none when there is no such folder."""
        path = self._path(folder)
        return sorted(entry.name for entry in os.scandir(path)) if path.is_dir() else []

    def free(self) -> int:
        """Bytes that this process may still write."""
        disk = os.statvfs(self._root)
        return disk.f_bavail * disk.f_frsize

    def _open(self, folder: str, name: str, flags: int) -> FolderSpoolFile:
        path = self._path(folder, name)
        if not path.parent.is_dir():
            path.parent.mkdir(exist_ok=True)
            _sync_folder(self._root)
        file = FolderSpoolFile(path, flags)
        _sync_folder(path.parent)
        return file

    def _path(self, *names: str) -> Path:
        for name in names:
            if not _SAFE.fullmatch(name):
                raise UnsafeName(name)
        return self._root.joinpath(*names)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
