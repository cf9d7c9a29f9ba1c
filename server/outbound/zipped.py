"""A package as a ZIP file, read where it lies: nothing is unpacked, and no name in it ever becomes a path on disk."""

import io
import stat
import struct
import zipfile
from collections.abc import Sequence
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import BinaryIO

from server.outbound.package import inside

LOCAL = struct.Struct("<IHHHHHIIIHH")
MAGIC = 0x04034B50
STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1


class ZipReader:
    """Implements `inspection.ports.PackageReader`. One folder around everything, as our own ZIP files have, is left
    out of the paths. Raises `OSError` for what is no ZIP file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                self._infos = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise OSError(f"{path} is no ZIP file: {error}") from error
        self._members: dict[str, zipfile.ZipInfo] = {}

    def paths(self) -> Sequence[str]:
        """Raises `ValueError` with the name of an entry that is there twice, leaves the folder, is a link or anything
        else than a plain file, or is written in a way that we do not read."""
        names = set()
        for info in self._infos:
            name = info.orig_filename
            if name in names or name != info.filename or not _plain(info):
                raise ValueError(name)
            names.add(name)
            inside(name.removesuffix("/"))
        files = [info for info in self._infos if not info.filename.endswith("/")]
        tops = {info.filename.partition("/")[0] for info in files}
        wrapped = len(tops) == 1 and all("/" in info.filename for info in files)
        skipped = len(tops.pop()) + 1 if wrapped else 0
        self._members = {info.filename[skipped:]: info for info in files}
        return sorted(self._members)

    def size(self, path: str) -> int:
        return self._members[path].file_size

    def open(self, path: str) -> BinaryIO:
        info = self._members[path]
        if info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size:
            return self._stored(info)
        return BufferedReader(_Inflated(self._path, info))

    def _stored(self, info: zipfile.ZipInfo) -> BinaryIO:
        """Straight from the file; the name in front of the bytes has to be the one in the directory."""
        file = self._path.open("rb", buffering=0)
        file.seek(info.header_offset)
        header = LOCAL.unpack(file.read(LOCAL.size).ljust(LOCAL.size, b"\0"))
        name = file.read(header[9])
        if header[0] != MAGIC or name != info.orig_filename.encode("utf-8" if header[2] & 0x800 else "cp437"):
            file.close()
            raise OSError(f"{info.filename}: another name stands before its bytes")
        file.seek(header[10], 1)
        return BufferedReader(_Window(file, info.file_size))


def _plain(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    regular = stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR)
    return regular and info.compress_type in STORED_OR_DEFLATED and not info.flag_bits & ENCRYPTED


class _Window(RawIOBase):
    """So many bytes of an open file from where it stands; closing it closes the file."""

    def __init__(self, file: RawIOBase, size: int) -> None:
        super().__init__()
        self._file, self._size = file, size
        self._begin, self._at = file.tell(), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        self._file.seek(self._begin + self._at)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = self._size - self._at
        if left <= 0:
            return 0
        count = self._file.readinto(memoryview(buffer)[:left]) or 0
        if not count:
            raise OSError("the ZIP file ends within an entry")
        self._at += count
        return int(count)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Inflated(RawIOBase):
    """A compressed entry, in a handle of its own so that several can be read at once."""

    def __init__(self, path: Path, info: zipfile.ZipInfo) -> None:
        super().__init__()
        self._archive = zipfile.ZipFile(path)
        try:
            self._entry = self._archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            self._archive.close()
            raise OSError(f"{info.filename}: {error}") from error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._entry.read(len(buffer))
        except (zipfile.BadZipFile, EOFError, ValueError) as error:
            raise OSError(str(error)) from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._entry.close()
            self._archive.close()
        super().close()
