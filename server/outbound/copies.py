"""Copies of objects outside the store: in packages, in backups of a folder, in a node's spool."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from inspection.ports import PackageReader
from server.outbound.package import FolderReader
from server.outbound.zipped import ZipReader

MANIFEST = "manifest-sha256.txt"
LAYOUT = "/files.json"
LARGEST = 64 << 20  # bytes of a paper of a package
Place = tuple[PackageReader, str, int, int]  # file, where in it, bytes


class FoundCopies:
    """Implements `inspection.ports.Copies`. Each path is a package (folder or ZIP) or any folder: of a package its own
    papers say where what lies, of a folder every file of the right size is a candidate. Raises `OSError` for a path
    that is neither. What a copy claims counts for nothing: whoever takes it checks the digest."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._by_digest: dict[str, list[Place]] = {}
        self._by_size: dict[int, list[Path]] = {}
        for path in paths:
            self._look_through(path)

    def of(self, digest: str, size: int | None) -> Iterator[BinaryIO]:
        for reader, name, start, length in self._by_digest.get(digest, ()):
            yield _part(reader, name, start, length)
        named = [path for sizes in self._by_size.values() for path in sizes if path.name == digest]
        for path in self._by_size.get(size, ()) if size is not None else named:
            try:
                file = path.open("rb")
            except FileNotFoundError:  # it has gone meanwhile, as things do from a spool
                continue
            yield file

    def _look_through(self, path: Path) -> None:
        if path.is_dir() and not (path / MANIFEST).exists():
            for file in sorted(path.rglob("*")):
                if file.is_file() and not file.is_symlink():
                    self._by_size.setdefault(file.stat().st_size, []).append(file)
            return
        reader: PackageReader = FolderReader(path) if path.is_dir() else ZipReader(path)
        try:
            names = reader.paths()
        except ValueError as error:
            raise OSError(f"{path} is no package: {error}") from error
        for name, digest, start, length in (*_whole_files(reader, names), *_pieces(reader, names)):
            self._by_digest.setdefault(digest, []).append((reader, name, start, length))


def _whole_files(reader: PackageReader, names: Sequence[str]) -> Iterator[tuple[str, str, int, int]]:
    known = set(names)
    for line in _read(reader, MANIFEST, known).decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        if name in known:
            yield name, digest, 0, reader.size(name)


def _pieces(reader: PackageReader, names: Sequence[str]) -> Iterator[tuple[str, str, int, int]]:
    """Init segments and segments, by the layouts of a package's recordings."""
    known = set(names)
    for layout in (name for name in names if name.endswith(LAYOUT)):
        try:
            files = json.loads(_read(reader, layout, known))["files"]
            listed = [(layout.rpartition("/")[0] + "/" + one["name"], [one["init"], *one["segments"]]) for one in files]
            yield from _listed(listed, known)
        except (ValueError, KeyError, TypeError):  # a package may hold anything
            continue


def _listed(listed: Iterable[tuple[str, Any]], known: set[str]) -> Iterator[tuple[str, str, int, int]]:
    for name, pieces in listed:
        for piece in pieces:
            if name in known:
                yield name, str(piece["digest"]), int(piece["offset"]), int(piece["bytes"])


def _read(reader: PackageReader, name: str, known: set[str]) -> bytes:
    if name not in known or reader.size(name) > LARGEST:
        return b""
    with reader.open(name) as file:
        return file.read(LARGEST)


def _part(reader: PackageReader, path: str, start: int, length: int) -> BinaryIO:
    return io.BufferedReader(_Part(reader.open(path), start, length))


class _Part(io.RawIOBase):
    """Some bytes of an open file; closing it closes the file."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        super().__init__()
        self._file, self._left = file, length
        file.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), self._left)) if self._left else b""
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
