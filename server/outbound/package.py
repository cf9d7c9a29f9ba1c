"""A package as a folder on disk: written file by file, each durable; read without following a link."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO


class FolderWriter:
    """Implements `inspection.ports.PackageWriter`, beginning with an empty folder: a broken attempt leaves nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def write(self, path: str, chunks: Iterator[bytes]) -> None:
        """A whole new file, durable with its name."""
        where = self._folder / _inside(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        with where.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(where.parent)


class FolderReader:
    """Implements `inspection.ports.PackageReader`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def paths(self) -> Sequence[str]:
        """Every file's path, sorted. Raises `ValueError` for a link or a special file, `OSError` for no folder."""
        if not self._folder.is_dir():
            raise NotADirectoryError(str(self._folder))
        return sorted(self._walk(self._folder))

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
