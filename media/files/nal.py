"""H.264 and HEVC units with lengths before them (ISO/IEC 14496-15): what begins a picture, and in which order pictures
are shown (ITU-T H.264, 7.3 and 8.2.1; ITU-T H.265, 7.3 and 8.3.1). Pure: bytes in, facts out."""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import pack
from typing import Protocol

from media.wire.bits import BitReader, OutOfBits
from media.wire.sps import BadParameterSet, read_sps

HEAD = 96
"""Bytes of a unit that are looked at."""
MOST_SETS = 32
_HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
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


class Avc:
    """H.264."""

    name = "h264"

    def __init__(self) -> None:
        self._sps: dict[int, bytes] = {}
        self._pps: dict[int, bytes] = {}
        self._facts: dict[int, _AvcSps] = {}
        self._of: dict[int, int] = {}
        self.wrap = 0
        self.order_bits = 0

    @property
    def ready(self) -> bool:
        return any(sps in self._sps for sps in self._of.values())

    @property
    def sets(self) -> list[bytes]:
        return [*self._sps.values(), *self._pps.values()]

    def learn(self, unit: bytes) -> bool:
        kind = unit[0] & 0x9F if unit else 0
        try:
            if kind == 7 and len(self._sps) < MOST_SETS:
                read_sps(unit)
                facts = _avc_sps(unit)
                self._sps.setdefault(facts.id, unit)
                self._facts.setdefault(facts.id, facts)
                self.wrap, self.order_bits = 1 << facts.number_bits, facts.order_bits
            elif kind == 8 and len(self._pps) < MOST_SETS:
                reader = BitReader(unit[1:HEAD])
                id, sps = reader.ue(), reader.ue()
                if id > 255 or sps > 31:
                    return False
                self._pps.setdefault(id, unit)
                self._of.setdefault(id, sps)
            else:
                return False
        except (OutOfBits, BadParameterSet):
            return False
        return True

    def look(self, head: bytes, length: int) -> Unit | None:
        if not head or head[0] & 0x80:
            return None
        kind, ref = head[0] & 0x1F, head[0] >> 5
        if kind in (1, 5):
            return self._slice(head, kind, ref)
        if kind in (7, 8):
            known = head in self._sps.values() or head in self._pps.values() or length > HEAD
            return Unit("set") if ref and known and length < 4096 else None
        if kind == 9:
            return Unit("other") if length == 2 and not ref and head[1] & 0x1F == 0x10 else None
        if kind in (6, 12):
            return Unit("other") if not ref and _message(head, length, 1) | (kind == 12) else None
        return None

    def _slice(self, head: bytes, kind: int, ref: int) -> Unit | None:
        if kind == 5 and not ref:
            return None
        reader = BitReader(head[1:HEAD])
        try:
            first, form, pps = reader.ue(), reader.ue(), reader.ue()
            facts = self._facts.get(self._of.get(pps, -1))
            if facts is None or form > 9 or first >= facts.blocks or (kind == 5 and form not in (2, 4, 7, 9)):
                return None
            if facts.separate:
                reader.bits(2)
            number = reader.bits(facts.number_bits)
            field = 0 if facts.frames_only else reader.bits(1)
            bottom = reader.bits(1) if field else 0
            if kind == 5:
                reader.ue()
            order = reader.bits(facts.order_bits) if facts.order_bits else 0
        except OutOfBits:
            return None
        if kind == 5 and number:
            return None
        return Unit("slice", not first and not bottom, kind == 5, kind == 5, number, order, ref > 0)


@dataclass(frozen=True, slots=True)
class _AvcSps:
    id: int
    number_bits: int
    order_bits: int  # 0 when pictures are shown as they are coded
    frames_only: bool
    separate: bool
    blocks: int


def _avc_sps(unit: bytes) -> _AvcSps:
    """What slice headers need of an SPS that `read_sps` took."""
    reader = BitReader(unit[4:])
    id, separate = reader.ue(), 0
    if unit[1] in _HIGH:
        if reader.ue() == 3:
            separate = reader.bits(1)
        reader.skip_ue(2)
        reader.bits(1)
        if reader.bits(1):
            raise BadParameterSet("scaling lists")  # no camera that was seen writes them into the sequence
    number_bits = reader.ue() + 4
    kind, order_bits = reader.ue(), 0
    if kind == 0:
        order_bits = reader.ue() + 4
    elif kind == 1:
        raise BadParameterSet("picture order of the first kind")
    reader.ue()
    reader.bits(1)
    wide, high = reader.ue() + 1, reader.ue() + 1
    frames_only = bool(reader.bits(1))
    if number_bits > 16 or order_bits > 16 or id > 31:
        raise BadParameterSet("counts")
    return _AvcSps(id, number_bits, order_bits, frames_only, bool(separate), wide * high * (1 if frames_only else 2))


def _message(head: bytes, length: int, skip: int) -> bool:
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


class Hevc:
    """H.265."""

    name = "hevc"

    def __init__(self) -> None:
        self._sets: dict[tuple[int, int], bytes] = {}
        self._bits: dict[int, tuple[int, int]] = {}  # of an SPS: order bits, separate planes
        self._pps: dict[int, tuple[int, int, int]] = {}  # SPS, output flag, extra bits
        self.wrap = 0
        self.order_bits = 0

    @property
    def ready(self) -> bool:
        kinds = {kind for kind, _ in self._sets}
        return kinds == {32, 33, 34} and any(one[0] in self._bits for one in self._pps.values())

    @property
    def sets(self) -> list[bytes]:
        return [unit for _, unit in sorted(self._sets.items())]

    def learn(self, unit: bytes) -> bool:
        if len(unit) < 4 or unit[0] & 0x80 or len(self._sets) >= MOST_SETS:
            return False
        kind = unit[0] >> 1 & 0x3F
        try:
            id = {32: self._learn_video, 33: self._learn_sequence, 34: self._learn_picture}[kind](unit[2:])
        except (KeyError, OutOfBits, BadParameterSet):
            return False
        self._sets.setdefault((kind, id), unit)
        return True

    def _learn_video(self, body: bytes) -> int:
        if body[0] & 0x0C != 0x0C or len(body) < 16:
            raise BadParameterSet("video parameters")
        return body[0] >> 4

    def _learn_sequence(self, body: bytes) -> int:
        reader = BitReader(body)
        reader.bits(4)
        layers = reader.bits(3)
        reader.bits(1)
        reader.bits(96)  # profile, tier, level
        if layers:
            there = [(reader.bits(1), reader.bits(1)) for _ in range(8)][:layers]
            for profile, level in there:
                reader.bits(88 * profile + 8 * level)
        id = reader.ue()
        separate = reader.bits(1) if reader.ue() == 3 else 0
        width, height = reader.ue(), reader.ue()
        if reader.bits(1):
            reader.skip_ue(4)
        depth = max(reader.ue(), reader.ue())
        order = reader.ue() + 4
        if id > 15 or order > 16 or depth > 8 or not (0 < width <= 16_384 and 0 < height <= 16_384):
            raise BadParameterSet("sequence parameters")
        self._bits.setdefault(id, (order, separate))
        self.order_bits = order
        return id

    def _learn_picture(self, body: bytes) -> int:
        reader = BitReader(body[:HEAD])
        id, sps = reader.ue(), reader.ue()
        reader.bits(1)
        output, extra = reader.bits(1), reader.bits(3)
        if id > 63 or sps > 15:
            raise BadParameterSet("picture parameters")
        self._pps.setdefault(id, (sps, output, extra))
        return id

    def look(self, head: bytes, length: int) -> Unit | None:
        if len(head) < 3 or head[0] & 0x81 or head[1] & 0xF8 or not head[1] & 7:
            return None
        kind = head[0] >> 1
        if kind <= 9 or 16 <= kind <= 21:
            return self._slice(head, kind)
        if kind in (32, 33, 34):
            return Unit("set") if length < 8192 and (head in self._sets.values() or length > HEAD) else None
        if kind == 35:
            return Unit("other") if length == 3 and head[1] == 1 else None
        if kind in (39, 40):
            return Unit("other") if _message(head, length, 2) else None
        return Unit("other") if kind == 38 else None

    def _slice(self, head: bytes, kind: int) -> Unit | None:
        reader = BitReader(head[2:HEAD])
        try:
            first = reader.bits(1)
            if kind >= 16:
                reader.bits(1)
            pps = self._pps.get(reader.ue())
            bits = self._bits.get(pps[0]) if pps else None
            if pps is None or bits is None:
                return None
            if not first:
                return Unit("slice")
            reader.bits(pps[2])
            form = reader.ue()
            if form > 2:
                return None
            reader.bits(pps[1] + 2 * bits[1])
            order = 0 if kind in (19, 20) else reader.bits(bits[0])
        except OutOfBits:
            return None
        key = kind >= 16
        anchor = head[1] & 7 == 1 and not (6 <= kind <= 9) and (kind >= 16 or kind % 2 == 1)
        return Unit("slice", True, key, kind in (16, 17, 18, 19, 20), 0, order, anchor)


CODINGS: tuple[type[Avc] | type[Hevc], ...] = (Avc, Hevc)


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
