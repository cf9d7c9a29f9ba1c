"""VP8 out of RTP (RFC 7741), and what its key frames say (RFC 6386, 9.1)."""

from media.wire.frames import Frames, Stream
from media.wire.h264 import AccessUnit
from media.wire.sps import BadParameterSet

_HEADER = 10  # bytes of a key frame before its data
_START = b"\x9d\x01\x2a"


def skip_descriptor(payload: bytes, start: int, end: int) -> tuple[int, bool]:
    """Where a payload's VP8 data begins (`end` when there is none), and whether a frame begins there."""
    first, at = payload[start], start + 1
    begins = first & 0x17 == 0x10  # S, and partition 0
    if first & 0x80:
        if at >= end:
            return end, False
        more, at = payload[at], at + 1
        if more & 0x80:
            at += 2 if at < end and payload[at] & 0x80 else 1
        at += bool(more & 0x40) + bool(more & 0x30)
    return min(at, end), begins


def begins_key_frame(payload: bytes) -> bool:
    """Whether an RTP payload begins a key frame."""
    at, begins = skip_descriptor(payload, 0, len(payload)) if payload else (0, False)
    return begins and at < len(payload) and not payload[at] & 1


class Vp8(Frames):
    """One picture is one frame."""

    def _begin(self) -> None:
        """Nothing is kept from packet to packet but the pieces."""

    def _take(self, unit: AccessUnit, packet: bytes, start: int, end: int) -> None:
        at, begins = skip_descriptor(packet, start, end)
        if at >= end or begins == bool(unit.pieces):
            unit.whole = False  # no data, two beginnings, or none
        unit.pieces.append(packet[at:end])

    def _end(self, unit: AccessUnit) -> None:
        head = b"".join(unit.pieces[:3])[:_HEADER]
        unit.key = len(head) == _HEADER and not head[0] & 1 and head[3:6] == _START
        if unit.key:
            unit.sets.append(head[6:])


def read(header: bytes) -> Stream:
    """The size in a key frame's header, from its seventh byte on. Raises `BadParameterSet`."""
    width, height = (int.from_bytes(header[at : at + 2], "little") & 0x3FFF for at in (0, 2))
    if not width or not height:
        raise BadParameterSet("a picture without a size")
    return Stream("vp8", width, height)
