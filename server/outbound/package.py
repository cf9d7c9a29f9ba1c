"""A package as a folder on disk: written file by file, each durable; read without following a link."""

import os
import shutil
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from inspection.model.package import FileFacts


class FolderWriter:
    """Files of a package, each durable with its name before the next; a path that leaves the folder is refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Begin with nothing."""
        shutil.rmtree(self._folder)
        self._folder.mkdir()

    def has(self, path: str, size: int) -> bool:
        where = self._folder / _inside(path)
        return where.is_file() and where.stat().st_size == size

    def write(self, path: str, chunks: Iterator[bytes]) -> FileFacts:
        """A whole file, in place of what a broken attempt left there."""
        where = self._folder / _inside(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        whole, crc, size = sha256(), 0, 0
        with where.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                whole.update(chunk)
                crc, size = crc32(chunk, crc), size + len(chunk)
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(where.parent)
        return FileFacts(whole.hexdigest(), size, crc)


class FolderReader:
    """Implements `inspection.ports.PackageReader`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def paths(self) -> Sequence[str]:
        """Every file's path, sorted. Raises `ValueError` for a link or a special file, `OSError` for no folder."""
        if not self._folder.is_dir():
            raise NotADirectoryError(str(self._folder))
        return sorted(self._walk(self._folder))

    def size(self, path: str) -> int:
        return os.stat(self._folder / _inside(path), follow_symlinks=False).st_size

    def open(self, path: str) -> BinaryIO:
        handle = os.open(self._folder / _inside(path), os.O_RDONLY | os.O_NOFOLLOW)
        return os.fdopen(handle, "rb")

    def _walk(self, folder: Path) -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_symlink():
                    raise ValueError(f"{entry.path} is a link")
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path).relative_to(self._folder).as_posix()
                else:
                    raise ValueError(f"{entry.path} is no file")


def _inside(path: str) -> Path:
    """Raises `ValueError` for a path that leaves the folder."""
    parts = path.split("/")
    if not all(parts) or any(part in (".", "..") or "\0" in part or "\\" in part for part in parts):
        raise ValueError(f"not a path inside a package: {path!r}")
    return Path(*parts)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
