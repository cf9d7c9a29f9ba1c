"""H.264 and HEVC units with lengths before them (ISO/IEC 14496-15), and in which order pictures are shown (ITU-T H.264,
8.2.1; ITU-T H.265, 8.3.1). `nal_avc` and `nal_hevc` say what a unit is. Pure: bytes in, facts out."""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import pack
from typing import Protocol

HEAD = 96
"""Bytes of a unit that are looked at."""
MOST_SETS = 32
START = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Unit:
    """`role`: slice, set, other. Of a slice: whether it begins a picture, which may be a key (`reset` when counting
    begins anew), its number in coding order modulo `wrap`, its place in showing order."""

    role: str
    begins: bool = False
    key: bool = False
    reset: bool = False
    number: int = 0
    order: int = 0
    anchor: bool = False
    """Whether what follows counts from its order."""


class Coding(Protocol):
    """One way of coding, with the parameter sets that are known by now."""

    name: str
    wrap: int
    """Numbers in coding order begin again at this one; 0 when there are none."""
    order_bits: int

    @property
    def ready(self) -> bool:
        """Whether pictures can be understood."""

    @property
    def sets(self) -> list[bytes]:
        """The parameter sets, in the order in which a decoder wants them."""

    def learn(self, unit: bytes) -> bool:
        """A parameter set; False when it is none or cannot be."""

    def look(self, head: bytes, length: int) -> Unit | None:
        """What a unit of `length` bytes that begins so is; None when it cannot be one of this film."""


def annex_b(units: Iterable[bytes]) -> bytes:
    """Units with start codes, as decoders without a header want them."""
    return b"".join(START + unit for unit in units)


def split(data: bytes) -> list[bytes]:
    """The units of a sample. Stops before what is cut."""
    found, at = [], 0
    while at + 5 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if not 0 < length <= len(data) - at - 4:
            break
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def joined(units: Iterable[bytes]) -> bytes:
    """Units as a sample."""
    return b"".join(pack("!I", len(unit)) + unit for unit in units)


def is_message(head: bytes, length: int, skip: int) -> bool:
    """Whether supplemental information fits into its unit."""
    if len(head) < skip + 2:
        return False
    at, kind = skip, 0
    while at < len(head) and head[at] == 0xFF:
        kind += 255
        at += 1
    size_at, size = at + 1, 0
    while size_at < len(head) and head[size_at] == 0xFF:
        size += 255
        size_at += 1
    if at >= len(head) or size_at >= len(head):
        return False
    return kind + head[at] < 512 and size + head[size_at] + size_at + 1 <= length


class Shown:
    """The place of each picture in showing order, from what slices say of it modulo a power of two."""

    def __init__(self, bits: int) -> None:
        self._span = 1 << bits if bits else 0
        self._high = self._low = 0
        self._count = 0

    def place(self, unit: Unit) -> int:
        """Rising in showing order until the next `reset`."""
        self._count += 1
        if not self._span:
            return self._count
        if unit.reset:
            self._high = self._low = 0
        high, half = self._high, self._span // 2
        if unit.order < self._low and self._low - unit.order >= half:
            high += self._span
        elif unit.order > self._low and unit.order - self._low > half:
            high -= self._span
        if unit.anchor:
            self._high, self._low = high, unit.order
        return high + unit.order
