"""RTP headers (RFC 3550, 5.1) and counters that wrap."""

from struct import Struct

_HEADER = Struct("!BBHII")
_EXTENSION = Struct("!HH")

Header = tuple[bool, int, int, int, int, int]
"""marker, sequence number, timestamp, SSRC, where the payload begins, where it ends (padding left out)"""


class BadPacket(Exception):
    """Not an RTP packet. `code` is stable."""

    code = "rtp-invalid"


def parse(packet: bytes) -> Header:
    """The header's facts. A packet of padding alone has an empty payload. Raises `BadPacket`."""
    size = len(packet)
    if size < 12:
        raise BadPacket("shorter than a header")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(packet)
    start = 12
    if first != 0x80:  # nearly always version 2 and nothing else
        if first & 0xC0 != 0x80:
            raise BadPacket("not version 2")
        start += 4 * (first & 0x0F)
        if first & 0x10:
            if size < start + 4:
                raise BadPacket("cut in its extension")
            start += 4 + 4 * _EXTENSION.unpack_from(packet, start)[1]
        if first & 0x20:
            padding = packet[-1]
            if not padding:
                raise BadPacket("padding of no length")
            size -= padding
    if size < start:
        raise BadPacket("cut in its header")
    return second > 0x7F, sequence, timestamp, ssrc, start, size


class Unroller:
    """Turns a counter of `bits` bits that wraps into one that does not: each value is taken nearest to the last."""

    def __init__(self, bits: int) -> None:
        self._span = 1 << bits
        self._half = self._span >> 1
        self._mask = self._span - 1
        self._last: int | None = None

    def __call__(self, value: int) -> int:
        last = self._last
        if last is None:
            # One span up, so that what came just before the first stays positive.
            self._last = self._span + value
            return self._last
        ahead = (value - last) & self._mask
        if ahead >= self._half:
            ahead -= self._span
        self._last = last + ahead
        return self._last
