"""ZIP archives of photos and films: what may be taken out, and taking it out. Bombs and traversal are refused.

The archive's own words are not believed: a member is unpacked to no more bytes than it says, and its checksum counts.
"""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from media.files.errors import Cancelled, Locked, ZipBomb, ZipDamaged, ZipTooMany, ZipUnsafe
from media.files.work import never

MOST_MEMBERS = 2_000
MOST_BYTES = 50 << 30
"""Bytes that all members may unpack to."""
MOST_RATIO = 100
"""How many times larger than it is packed a member may be; media do not pack."""
SMALL = 4 << 20
"""Bytes up to which the ratio of one member does not matter: sidecars pack well."""
_CHUNK = 1 << 20
_JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Entry:
    """A member: `name` as in the archive (its last part is the file's name), unpacked `size` bytes, `index` in the
    archive's directory."""

    index: int
    name: str
    size: int

    @property
    def file(self) -> str:
        """The last part of the name."""
        return PurePosixPath(self.name).name


def entries(path: Path) -> list[Entry]:
    """The members that are files, without what systems add. Raises `ZipBomb`, `ZipUnsafe`, `ZipTooMany`, `ZipDamaged`,
    `Locked`."""
    with _opened(path) as archive:
        infos = archive.infolist()
        if len(infos) > MOST_MEMBERS:
            raise ZipTooMany(f"{len(infos)} members")
        found = [Entry(n, _name(info), info.file_size) for n, info in enumerate(infos) if _wanted(info)]
        for info in infos:
            _judge(info)
    if sum(one.size for one in found) > MOST_BYTES:
        raise ZipBomb("too many bytes in all")
    return found


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        _count(path)
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, UnicodeError) as error:
        raise ZipDamaged(str(error)[:200]) from error


def _count(path: Path) -> None:
    """The directory's size is looked at before it is read: a million empty members are refused for little."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 65_557))
        tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at >= 0 and len(tail) >= at + 16:
        directory = int.from_bytes(tail[at + 12 : at + 16], "little")
        if directory != 0xFFFFFFFF and directory > MOST_MEMBERS * 70_000:
            raise ZipTooMany(f"a directory of {directory} bytes")
        count = int.from_bytes(tail[at + 10 : at + 12], "little")
        if MOST_MEMBERS < count < 0xFFFF or (directory != 0xFFFFFFFF and directory > MOST_MEMBERS * 2_000):
            raise ZipTooMany(f"{count} members")


def _wanted(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    return not info.is_dir() and not name.startswith(_JUNK[0]) and PurePosixPath(name).name not in _JUNK[1:]


def _name(info: zipfile.ZipInfo) -> str:
    """The name; without the UTF-8 flag it is GB 18030 if it reads so (Windows in Chinese writes that)."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _judge(info: zipfile.ZipInfo) -> None:
    name = info.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    drive = len(name) > 1 and name[1] == ":"
    if name.startswith("/") or drive or ".." in parts or "\0" in name or len(name) > 1000 or len(parts) > 20:
        raise ZipUnsafe(name[:80])
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ZipUnsafe(f"{name[:80]} is a link or a device")
    if info.flag_bits & 1:
        raise Locked(name[:80])
    if info.compress_type not in _METHODS:
        raise ZipDamaged(f"packed by method {info.compress_type}")
    if info.file_size > SMALL and info.file_size > max(1, info.compress_size) * MOST_RATIO:
        raise ZipBomb(f"{name[:80]} unpacks {info.file_size // max(1, info.compress_size)} times")


def unpack(path: Path, entry: Entry, out: Path, cancelled: Callable[[], bool] = never) -> Path:
    """Write one member to `out`. Raises `ZipBomb` when it is longer than it says, `ZipDamaged`, `Cancelled`."""
    with _opened(path) as archive:
        infos = archive.infolist()
        if entry.index >= len(infos):
            raise ZipDamaged("no such member")
        info = infos[entry.index]
        _judge(info)
        try:
            with archive.open(info) as member, out.open("wb") as file:
                for chunk in _bounded(member.read, info.file_size, cancelled):
                    file.write(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            out.unlink(missing_ok=True)
            raise ZipDamaged(str(error)[:200]) from error
        except (ZipBomb, Cancelled):
            out.unlink(missing_ok=True)
            raise
    return out


def _bounded(read: Callable[[int], bytes], most: int, cancelled: Callable[[], bool]) -> Iterator[bytes]:
    left = most
    while chunk := read(_CHUNK):
        if cancelled():
            raise Cancelled("on request")
        left -= len(chunk)
        if left < 0:
            raise ZipBomb("a member longer than it says")
        yield chunk


def free(folder: Path) -> int:
    """Bytes left where members are unpacked to."""
    return shutil.disk_usage(folder).free
