"""VP9 out of RTP (RFC 9628), and what its key frames say (VP9 bitstream specification, 6.2)."""

from struct import pack

from media.wire.bits import BitReader, OutOfBits
from media.wire.frames import Frames, Stream
from media.wire.h264 import AccessUnit
from media.wire.sps import BadParameterSet

_HEAD = 24  # bytes in which everything stands that we read
_SYNC = 0x498342
_RGB = 7
# Samples of a picture that a level allows (Annex A), and its number.
_SAMPLES = (36_864, 73_728, 122_880, 245_760, 552_960, 983_040, 2_228_224, 8_912_896, 35_651_584)
_LEVELS = ("10", "11", "20", "21", "30", "31", "40", "50", "60")


def skip_descriptor(payload: bytes, start: int, end: int) -> int:
    """Where a payload's VP9 data begins; `end` when there is none."""
    flags, at = payload[start], start + 1
    if flags & 0x80:  # picture id
        at += 2 if at < end and payload[at] & 0x80 else 1
    if flags & 0x20:  # layer indices
        at += 1 if flags & 0x10 else 2
    if flags & 0x50 == 0x50:  # references
        for _ in range(3):
            more = at < end and payload[at] & 1
            at += 1
            if not more:
                break
    if flags & 0x02 and at < end:  # scalability structure
        at = _skip_structure(payload, at, end)
    return min(at, end)


def _skip_structure(payload: bytes, at: int, end: int) -> int:
    shape, at = payload[at], at + 1
    if shape & 0x10:
        at += 4 * ((shape >> 5) + 1)
    if shape & 0x08 and at < end:
        count, at = payload[at], at + 1
        for _ in range(count):
            if at >= end:
                break
            at += 1 + (payload[at] >> 2 & 3)
    return at


def begins_key_frame(payload: bytes) -> bool:
    """Whether an RTP payload begins a key frame: not predicted, the beginning of the lowest layer's frame."""
    if not payload or payload[0] & 0x48 != 0x08:
        return False
    at = 1
    if payload[0] & 0x80:
        at += 2 if len(payload) > 1 and payload[1] & 0x80 else 1
    return not payload[0] & 0x20 or (at < len(payload) and not payload[at] & 0x0E)


class Vp9(Frames):
    """One picture is one frame of one layer; more layers are put one after another, the lowest first."""

    def _begin(self) -> None:
        self._open = False

    def _take(self, unit: AccessUnit, packet: bytes, start: int, end: int) -> None:
        flags, at = packet[start], skip_descriptor(packet, start, end)
        if at >= end or bool(flags & 0x08) == self._open:
            unit.whole = False  # no data, two beginnings, or none
        if not unit.pieces:
            unit.key = not flags & 0x40
        self._open = not flags & 0x04
        unit.pieces.append(packet[at:end])

    def _end(self, unit: AccessUnit) -> None:
        if self._open:
            unit.whole = False
        if unit.key:
            head = b"".join(unit.pieces[:4])[:_HEAD]
            try:
                unit.sets.append(_essence(head))
            except (OutOfBits, BadParameterSet):
                unit.key = False


def _essence(head: bytes) -> bytes:
    """Profile, depth, subsampling, range, width and height of a key frame's uncompressed header."""
    reader = BitReader(head.replace(b"\x00\x00\x03", b"\x00\x00\x03\x03"))  # VP9 has no emulation prevention
    if reader.bits(2) != 2:
        raise BadParameterSet("no frame marker")
    profile = reader.bits(1) | reader.bits(1) << 1
    if profile == 3:
        reader.bits(1)
    if reader.bits(1) or reader.bits(1):
        raise BadParameterSet("no key frame")
    reader.bits(2)
    if reader.bits(24) != _SYNC:
        raise BadParameterSet("no sync code")
    depth = 8 if profile < 2 else 12 if reader.bits(1) else 10
    if reader.bits(3) == _RGB:
        full, chroma = 1, 3
        reader.bits(profile & 1)
    else:
        full, chroma = reader.bits(1), 1
        if profile & 1:
            chroma = {(1, 0): 2, (0, 0): 3}.get((reader.bits(1), reader.bits(1)), 1)
            reader.bits(1)
    width, height = reader.bits(16) + 1, reader.bits(16) + 1
    return pack("!BBBBII", profile, depth, chroma, full, width, height)


def read(header: bytes) -> Stream:
    """The stream that `_essence` tells of. Raises `BadParameterSet`."""
    profile, depth, chroma, full = header[:4]
    width, height = int.from_bytes(header[4:8]), int.from_bytes(header[8:12])
    level = next((code for most, code in zip(_SAMPLES, _LEVELS, strict=True) if width * height <= most), "62")
    box = pack("!BBBBBBH", profile, int(level), depth << 4 | chroma << 1 | full, 2, 2, 2, 0)  # colours unspecified
    return Stream(f"vp09.{profile:02}.{level}.{depth:02}", width, height, box)
