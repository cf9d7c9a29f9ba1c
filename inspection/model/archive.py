"""A ZIP64 file as arithmetic: when names, sizes and CRCs are known, every byte has its place before one is written.

So a package is made while it is sent, from any offset, and is kept nowhere. Members are stored, not compressed, one
after another, with the directory at the end (PKWARE APPNOTE 6.3.9, 4.3); each has a ZIP64 field, whatever its size.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

STORED, VERSION, UTF8, REGULAR = 0, 45, 0x800, 0o100644 << 16
FULL = 0xFFFFFFFF  # "look into the ZIP64 field"
LOCAL, CENTRAL, END, END64, LOCATOR = 0x04034B50, 0x02014B50, 0x06054B50, 0x06064B50, 0x07064B50
UNIX = 3 << 8  # who made it: the mode's upper half is Unix's


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    size: int
    crc: int


class Archive:
    """`day` is (year, month, day) of every member; names are ASCII and each is there once."""

    def __init__(self, members: Sequence[Member], day: tuple[int, int, int]) -> None:
        self._date = (day[0] - 1980) << 9 | day[1] << 5 | day[2]
        self._members = members
        self._offsets: list[int] = []
        at = 0
        for one in members:
            self._offsets.append(at)
            at += len(self._local(one)) + one.size
        self._directory = b"".join(map(self._central, members, self._offsets))
        self._end = self._ending(at)
        self.size = at + len(self._directory) + len(self._end)

    def part(self, start: int, end: int, content: Callable[[int, int, int], Iterator[bytes]]) -> Iterator[bytes]:
        """The file's bytes from `start` up to `end`; `content(number, start, end)` gives those of a member."""
        for number, one in enumerate(self._members):
            header, offset = self._local(one), self._offsets[number]
            body = offset + len(header)
            if offset < end and body + one.size > start:
                yield from _cut(header, offset, start, end)
                first, last = max(start - body, 0), min(end - body, one.size)
                if first < last:
                    yield from content(number, first, last)
        yield from _cut(self._directory + self._end, self.size - len(self._directory) - len(self._end), start, end)

    def _local(self, one: Member) -> bytes:
        name = one.name.encode("ascii")
        field = struct.pack("<HHQQ", 1, 16, one.size, one.size)
        fixed = struct.pack(
            "<IHHHHHIIIHH", LOCAL, VERSION, UTF8, STORED, 0, self._date, one.crc, FULL, FULL, len(name), len(field)
        )
        return fixed + name + field

    def _central(self, one: Member, offset: int) -> bytes:
        name = one.name.encode("ascii")
        field = struct.pack("<HHQQQ", 1, 24, one.size, one.size, offset)
        fixed = struct.pack(
            "<IHHHHHHIIIHHHHHII",
            CENTRAL, UNIX | VERSION, VERSION, UTF8, STORED, 0, self._date, one.crc, FULL, FULL,
            len(name), len(field), 0, 0, 0, REGULAR, FULL,
        )  # fmt: skip
        return fixed + name + field

    def _ending(self, at: int) -> bytes:
        count, size = len(self._members), len(self._directory)
        whole = struct.pack("<IQHHIIQQQQ", END64, 44, UNIX | VERSION, VERSION, 0, 0, count, count, size, at)
        locator = struct.pack("<IIQI", LOCATOR, 0, at + size, 1)
        return whole + locator + struct.pack("<IHHHHIIH", END, 0, 0, 0xFFFF, 0xFFFF, FULL, FULL, 0)


def _cut(data: bytes, at: int, start: int, end: int) -> Iterator[bytes]:
    piece = data[max(start - at, 0) : max(end - at, 0)]
    if piece:
        yield piece
