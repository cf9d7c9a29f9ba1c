"""AV1 out of RTP (the Alliance's RTP payload format, 4), and what its sequence header says (AV1 bitstream, 5.5)."""

from media.wire.bits import BitReader, OutOfBits
from media.wire.frames import Frames, Stream
from media.wire.h264 import AccessUnit
from media.wire.sps import BadParameterSet

_SEQUENCE, _DELIMITER, _FRAME_HEADER, _FRAME, _TILE_LIST, _PADDING = 1, 2, 3, 6, 8, 15
_LEFT_OUT = frozenset((_DELIMITER, _TILE_LIST, _PADDING))
_CHOSEN = 2  # SELECT_SCREEN_CONTENT_TOOLS
_IDENTITY = (1, 13, 0)  # sRGB: primaries, transfer, matrix


def begins_key_frame(payload: bytes) -> bool:
    """Whether an RTP payload begins a coded video sequence (the N bit of its aggregation header)."""
    return bool(payload) and payload[0] & 0x88 == 0x08


def leb128(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number and where it ends. Raises `OutOfBits`."""
    value = 0
    for index in range(8):
        if at >= end:
            break
        byte, at = data[at], at + 1
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at
    raise OutOfBits


def _written(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


class Av1(Frames):
    """One temporal unit is one picture; its OBUs get their sizes back."""

    def _begin(self) -> None:
        self._obus: list[bytearray] = []
        self._continues = False  # the last OBU goes on in the next packet

    def _take(self, unit: AccessUnit, packet: bytes, start: int, end: int) -> None:
        head, at = packet[start], start + 1
        if bool(head & 0x80) != self._continues:
            unit.whole = False
        count, index = head >> 4 & 3, 0
        try:
            while at < end:
                index += 1
                size = end - at
                if index != count:
                    size, at = leb128(packet, at, end)
                if size > end - at:
                    raise OutOfBits
                if index == 1 and head & 0x80 and self._obus:
                    self._obus[-1] += packet[at : at + size]
                elif size:
                    self._obus.append(bytearray(packet[at : at + size]))
                at += size
        except OutOfBits:
            unit.whole = False
        self._continues = bool(head & 0x40)

    def _end(self, unit: AccessUnit) -> None:
        if self._continues:
            unit.whole = False
        for raw in self._obus:
            kind, body = raw[0] >> 3 & 15, 2 if raw[0] & 4 else 1
            if kind in _LEFT_OUT:
                continue
            data = bytes(raw)
            if raw[0] & 2:  # has its size already
                try:
                    size, after = leb128(data, body, len(data))
                except OutOfBits:
                    unit.whole = False
                    continue
                content = data[after : after + size]
            else:
                content = data[body:]
            whole = bytes((raw[0] | 2,)) + data[1:body] + _written(len(content)) + content
            if kind == _SEQUENCE:
                unit.sets.append(whole)
            elif kind in (_FRAME, _FRAME_HEADER) and content and not content[0] & 0xE0:
                unit.key = unit.key or bool(unit.sets)  # shown for the first time, of the type KEY_FRAME
            unit.pieces.append(whole)


def read(header: bytes) -> Stream:
    """A sequence header OBU, with its size. Raises `BadParameterSet`."""
    try:
        _, at = leb128(header, 2 if header[0] & 4 else 1, len(header))
        facts = _sequence(BitReader(header[at:].replace(b"\x00\x00\x03", b"\x00\x00\x03\x03")))
    except (OutOfBits, IndexError) as error:
        raise BadParameterSet("a sequence header that is cut") from error
    profile, level, tier, depth, mono, sub_x, sub_y, position, width, height = facts
    box = bytes(
        (
            0x81,
            profile << 5 | level,
            tier << 7 | (depth > 8) << 6 | (depth > 10) << 5 | mono << 4 | sub_x << 3 | sub_y << 2 | position,
            0,
        )
    )
    codecs = f"av01.{profile}.{level:02}{'H' if tier else 'M'}.{depth:02}"
    return Stream(codecs, width, height, box + header)


def _sequence(reader: BitReader) -> tuple[int, ...]:
    profile, _, reduced = reader.bits(3), reader.bits(1), reader.bits(1)
    level, tier = (reader.bits(5), 0) if reduced else _operating_points(reader)
    sizes = reader.bits(4) + 1, reader.bits(4) + 1
    width, height = reader.bits(sizes[0]) + 1, reader.bits(sizes[1]) + 1
    if not reduced and reader.bits(1):
        reader.bits(7)  # frame ids
    reader.bits(3)
    if not reduced:
        _skip_tools(reader)
    reader.bits(3)
    return profile, level, tier, *_colour(reader, profile), width, height


def _operating_points(reader: BitReader) -> tuple[int, int]:
    """Level and tier of the first one."""
    model = 0
    if reader.bits(1):  # timing
        reader.bits(64)
        if reader.bits(1):
            reader.ue()
        if reader.bits(1):
            model = reader.bits(5) + 1
            reader.bits(42)
    delays = reader.bits(1)
    found: list[tuple[int, int]] = []
    for _ in range(reader.bits(5) + 1):
        reader.bits(12)
        level = reader.bits(5)
        found.append((level, reader.bits(1) if level > 7 else 0))
        if model and reader.bits(1):
            reader.bits(2 * model + 1)
        if delays and reader.bits(1):
            reader.bits(4)
    return found[0]


def _skip_tools(reader: BitReader) -> None:
    reader.bits(4)
    order = reader.bits(1)
    reader.bits(2 * order)
    screen = _CHOSEN if reader.bits(1) else reader.bits(1)
    if screen and not reader.bits(1):
        reader.bits(1)
    reader.bits(3 * order)


def _colour(reader: BitReader, profile: int) -> tuple[int, ...]:
    """Depth, monochrome, subsampling (x, y) and the place of chroma samples."""
    high = reader.bits(1)
    depth = 8 + 2 * high + (2 * reader.bits(1) if profile == 2 and high else 0)
    mono = 0 if profile == 1 else reader.bits(1)
    described = (reader.bits(8), reader.bits(8), reader.bits(8)) if reader.bits(1) else (2, 2, 2)
    if mono:
        return depth, 1, 1, 1, 0
    if described == _IDENTITY:
        return depth, 0, 0, 0, 0
    reader.bits(1)
    if profile == 0:
        sub = 1, 1
    elif profile == 1:
        sub = 0, 0
    elif depth == 12:
        sub_x = reader.bits(1)
        sub = sub_x, reader.bits(1) if sub_x else 0
    else:
        sub = 1, 0
    return depth, 0, *sub, reader.bits(2) if sub == (1, 1) else 0
