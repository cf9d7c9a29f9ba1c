"""Transport-wide congestion control, the receiver's part: which packets arrived when.

draft-holmer-rmcat-transport-wide-cc-extensions-01. The sender judges; we only report, about every 100 ms.
"""

import struct
from typing import Final

from media.live import rtcp

_TICK_US: Final = 250  # of a receive delta
_REFERENCE_US: Final = 64_000  # of the reference time
_MOST: Final = 1000  # packets in one report; what is older than that is left out
_ABSENT, _SMALL, _LARGE = 0, 1, 2
_VECTOR: Final = 7  # two-bit statuses in one chunk


class Arrivals:
    """Collects the arrivals of one session and makes the reports."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}  # extended transport-wide number to arrival, µs of one monotonic clock
        self._newest = 0x10000
        self._next: int | None = None  # where the next report begins
        self._count = 0

    def add(self, sequence: int, arrival_us: int) -> None:
        """A packet with this transport-wide sequence number (16 bits) has arrived."""
        number = self._newest + ((sequence - self._newest + 0x8000) & 0xFFFF) - 0x8000
        if number > self._newest or not self._seen:
            self._newest = max(number, self._newest)
        self._seen[number] = arrival_us

    def report(self, ours: int, media: int) -> bytes | None:
        """The feedback packet about what came since the last one; None when nothing did."""
        if not self._seen:
            return None
        first = min(self._seen)
        begin = first if self._next is None else min(self._next, first)
        begin = max(begin, max(self._seen) - _MOST + 1)
        numbers = range(begin, max(self._seen) + 1)
        seen, self._seen = self._seen, {}
        self._next = numbers.stop
        reference = min(at for number, at in seen.items() if number >= begin) // _REFERENCE_US
        statuses, deltas = _judge(numbers, seen, reference * _REFERENCE_US)
        head = struct.pack("!IIHH", ours, media, begin & 0xFFFF, len(statuses))
        head += struct.pack("!I", (reference & 0xFFFFFF) << 8 | self._count & 0xFF)
        self._count += 1
        return rtcp.feedback(rtcp.TRANSPORT_CC, head + _chunks(statuses) + deltas)


def _judge(numbers: range, seen: dict[int, int], last: int) -> tuple[list[int], bytes]:
    statuses: list[int] = []
    deltas = bytearray()
    for number in numbers:
        at = seen.get(number)
        if at is None:
            statuses.append(_ABSENT)
            continue
        ticks = (at - last) // _TICK_US
        if 0 <= ticks <= 255:
            statuses.append(_SMALL)
            deltas.append(ticks)
        else:
            ticks = min(max(ticks, -32768), 32767)
            statuses.append(_LARGE)
            deltas += struct.pack("!h", ticks)
        last += ticks * _TICK_US
    return statuses, bytes(deltas)


def _chunks(statuses: list[int]) -> bytes:
    chunks = bytearray()
    at = 0
    while at < len(statuses):
        run = 1
        while at + run < len(statuses) and run < 0x1FFF and statuses[at + run] == statuses[at]:
            run += 1
        if run > _VECTOR or at + run == len(statuses):
            chunks += struct.pack("!H", statuses[at] << 13 | run)
            at += run
            continue
        chunk = 0b11 << 14
        for place, status in enumerate(statuses[at : at + _VECTOR]):
            chunk |= status << (12 - 2 * place)
        chunks += struct.pack("!H", chunk)
        at += _VECTOR
    return bytes(chunks)
