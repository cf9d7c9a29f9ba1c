"""One stream that a client receives: counts, losses, delay, and the first packets for a test to look at."""

import time
from array import array
from contextlib import suppress
from dataclasses import dataclass

from media.live.clients.sources import STAMP
from media.live.rtcp import Block

AGAIN = 0.05  # s between two requests for one packet
FORGET = 1000  # sequence numbers behind the highest: missing ones older than that are given up


@dataclass(frozen=True, slots=True)
class Viewed:
    """Figures of one stream so far. `delays_us`: of stamped packets, one each, in order of arrival."""

    packets: int  # media packets, each once
    octets: int  # of RTP packets, headers included
    pictures: int  # markers
    lost: int  # never came, or not yet
    repaired: int  # came by retransmission
    duplicates: int
    ssrc: int
    first_us: int  # monotonic clock, 0 before the first
    last_us: int
    delays_us: "array[int]"
    kept: tuple[bytes, ...]  # the first packets, RTX unwrapped


class Receiver:
    """Takes the packets of one section, told by payload type."""

    def __init__(self, keep: int, lose: frozenset[int] = frozenset()) -> None:
        """`lose`: which packets, counted from 0 as they arrive, are taken as lost on the way."""
        self._keep, self._lose = keep, lose
        self._arrived = -1
        self._kept: list[bytes] = []
        self.packets = self._bytes = self._pictures = self._repaired = self._duplicates = 0
        self._lost_before = 0
        self._highest = -1  # extended sequence number
        self._missing: dict[int, float] = {}  # and when it was asked for last
        self._delays = array("L")
        self.ssrc = 0
        self._first_us = self._last_us = 0
        self._sender_report, self._report_at = 0, 0.0

    def take(self, slab: bytearray, at: int, size: int, now: int) -> None:
        """One media packet, in place."""
        self._arrived += 1
        if self._arrived in self._lose:
            return
        fresh = self._count(slab, at, size, slab[at + 2] << 8 | slab[at + 3], now)
        if fresh and len(self._kept) < self._keep:
            self._kept.append(bytes(slab[at : at + size]))

    def take_again(self, slab: bytearray, at: int, size: int, now: int) -> None:
        """One RTX packet (RFC 4588): its first two payload bytes are the sequence number."""
        if size < 14 or slab[at] != 0x80 or self._highest < 0:
            return  # a probe of padding alone, or with an extension: nothing to unwrap
        fresh = self._count(slab, at, size, slab[at + 12] << 8 | slab[at + 13], now)
        self._repaired += fresh
        if fresh and len(self._kept) < self._keep:
            head = bytes((0x80, slab[at + 1])) + slab[at + 12 : at + 14] + slab[at + 4 : at + 12]
            self._kept.append(bytes(head + slab[at + 14 : at + size]))

    def _count(self, slab: bytearray, at: int, size: int, sequence: int, now: int) -> bool:
        highest = self._highest
        if highest < 0:
            highest = self._highest = 0x10000 + sequence - 1
            self.ssrc = int.from_bytes(slab[at + 8 : at + 12])
            self._first_us = now // 1000
        ahead = (sequence - highest) & 0xFFFF
        if ahead == 1:
            self._highest = highest + 1
        elif ahead >= 0x8000 or ahead == 0:
            if self._missing.pop(highest - ((-ahead) & 0xFFFF), None) is None:
                self._duplicates += 1
                return False
        else:
            self._missing |= dict.fromkeys(range(highest + 1, highest + ahead), 0.0)
            self._highest = highest + ahead
        self.packets += 1
        self._bytes += size
        self._pictures += slab[at + 1] >> 7
        self._last_us = now // 1000
        with suppress(ValueError):  # not stamped
            sent = int(slab[at + size - STAMP : at + size], 16)
            self._delays.append(max(now - sent, 0) // 1000)
        return True

    def forget(self) -> None:
        """Drop the delays that were measured so far."""
        del self._delays[:]

    def missing(self) -> list[int]:
        """Sequence numbers (16 bits) to ask for again now."""
        if not self._missing:
            return []
        now = time.monotonic()
        for number in [n for n in self._missing if n < self._highest - FORGET]:
            del self._missing[number]
            self._lost_before += 1
        due = [number for number, asked in self._missing.items() if now - asked >= AGAIN]
        self._missing |= dict.fromkeys(due, now)
        return [number & 0xFFFF for number in due]

    def reported(self, ntp_middle: int) -> None:
        """A sender report came; the middle 32 bits of its NTP time."""
        self._sender_report, self._report_at = ntp_middle, time.monotonic()

    def block(self) -> Block:
        """What a receiver report says of this stream."""
        since = int((time.monotonic() - self._report_at) * 65536) if self._sender_report else 0
        highest = max(self._highest, 0) & 0xFFFFFFFF
        return Block(self.ssrc, 0, self._lost, highest, 0, self._sender_report, min(since, 0xFFFFFFFF))

    @property
    def _lost(self) -> int:
        return self._lost_before + len(self._missing)

    def figures(self) -> Viewed:
        return Viewed(
            self.packets,
            self._bytes,
            self._pictures,
            self._lost,
            self._repaired,
            self._duplicates,
            self.ssrc,
            self._first_us,
            self._last_us,
            self._delays[:],
            tuple(self._kept),
        )
