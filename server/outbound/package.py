"""A package as a folder on disk: written file by file, each durable; read without following a link."""

import os
import shutil
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from inspection.model.package import FileFacts
from server.outbound.crew import ahead


class FolderWriter:
    """Implements `inspection.ports.PackageWriter`, beginning with an empty folder: a broken attempt leaves nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def had(self, path: str, pieces: Sequence[tuple[str, int]]) -> FileFacts | None:
        return None

    def write(self, path: str, chunks: Iterator[bytes], pieces: Sequence[tuple[str, int]]) -> FileFacts:
        """A whole new file, durable with its name."""
        where = self._folder / inside(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        whole, size = sha256(), 0

        def passing() -> Iterator[bytes]:
            for chunk in chunks:
                whole.update(chunk)
                yield chunk

        with where.open("xb", buffering=0) as file:
            for chunk in ahead(passing()) if pieces else passing():
                size += file.write(chunk)
            os.fsync(file.fileno())
        _sync_folder(where.parent)
        return FileFacts(whole.hexdigest(), size)


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
        return (self._folder / inside(path)).lstat().st_size

    def open(self, path: str) -> BinaryIO:
        handle = os.open(self._folder / inside(path), os.O_RDONLY | os.O_NOFOLLOW)
        return os.fdopen(handle, "rb", buffering=0)

    def _walk(self, folder: Path) -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = Path(entry.path).relative_to(self._folder).as_posix()
                if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                    raise ValueError(name)
                if entry.is_dir():
                    yield from self._walk(Path(entry.path))
                else:
                    yield name


def inside(path: str) -> Path:
    """Raises `ValueError` for a path that leaves the folder."""
    parts = path.split("/")
    if not all(parts) or any(part in (".", "..") or "\0" in part or "\\" in part for part in parts):
        raise ValueError(path)
    return Path(*parts)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
