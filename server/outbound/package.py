"""A package as a folder on disk: written file by file, each durable; read without following a link."""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from inspection.model.package import FileFacts
from server.outbound.crew import ahead

AT_ONCE = 16 << 20  # bytes that are sent to the disk together
MOST_SENT = 64  # things that may wait for it: open files among them


class FolderWriter:
    """Implements `inspection.ports.PackageWriter`, beginning with an empty folder: a broken attempt leaves nothing.

    A thread of its own sends to the disk what was written, a little later and while the next bytes are hashed: nothing
    waits for the disk before `finish`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disk = ThreadPoolExecutor(1, "disk")
        self._sent: deque[Future[None]] = deque()
        self._folders: set[Path] = {folder}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def had(self, path: str, pieces: Sequence[tuple[str, int]]) -> FileFacts | None:
        return None

    def write(self, path: str, chunks: Iterator[bytes], pieces: Sequence[tuple[str, int]]) -> FileFacts:
        """A whole new file."""
        where = self._folder / inside(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        self._folders |= {one for one in where.parents if one.is_relative_to(self._folder)}
        whole, size, waiting = sha256(), 0, 0

        def passing() -> Iterator[bytes]:
            for chunk in chunks:
                whole.update(chunk)
                yield chunk

        file = where.open("xb", buffering=0)
        try:
            for chunk in ahead(passing()) if pieces else passing():
                size += file.write(chunk)
                waiting += len(chunk)
                if waiting >= AT_ONCE:
                    self._later(partial(os.fdatasync, file.fileno()))
                    waiting = 0
            self._later(partial(os.fsync, file.fileno()))
        finally:
            self._later(file.close)
        return FileFacts(whole.hexdigest(), size)

    def finish(self) -> None:
        """Raises what the disk said of anything that was written."""
        while self._sent:
            self._sent.popleft().result()
        for folder in self._folders:
            _sync_folder(folder)

    def _later(self, act: Callable[[], None]) -> None:
        self._sent.append(self._disk.submit(act))
        if len(self._sent) > MOST_SENT:
            self._sent.popleft().result()


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
