"""One SSRC that a publisher sends: what receiver reports say about it (RFC 3550, A.3 and A.8)."""

from typing import Any

from media.live.rtcp import Block
from media.native import ffi


class Source:
    """Counts of one received stream. Arrivals are microseconds of one clock.

    `record` has what changes with every packet, where the compiled helper counts too: `received`, `bytes`, `highest`
    (extended sequence number), `stamp` and `arrival_us` of the newest packet.
    """

    __slots__ = ("_before", "_expected_before", "_first", "_report", "_report_at", "record", "ssrc")

    def __init__(self, ssrc: int, clock_rate: int, sequence: int) -> None:
        self.ssrc = ssrc
        self.record: Any = ffi.new("struct fast_source *")
        self.record.rate = clock_rate
        self._first = self.record.highest = sequence
        self._before = self._expected_before = 0
        self._report = self._report_at = 0

    @property
    def arrival_us(self) -> int:
        """When the newest packet came."""
        return int(self.record.arrival_us)

    def note(self, sequence: int, stamp: int, arrival_us: int, size: int) -> None:
        """A packet of this stream, in whatever order."""
        record = self.record
        record.received += 1
        record.bytes += size
        ahead = (sequence - record.highest) & 0xFFFF
        if 0 < ahead < 0x8000:
            record.highest += ahead
            if stamp != record.stamp:
                transit = arrival_us * record.rate // 1_000_000 - stamp
                if record.timed:
                    moved = abs(((transit - record.transit + 0x80000000) & 0xFFFFFFFF) - 0x80000000)
                    record.jitter += (moved - record.jitter) / 16
                record.transit, record.timed = transit, 1
            record.stamp, record.arrival_us = stamp, arrival_us
        elif record.received == 1:
            record.stamp, record.arrival_us = stamp, arrival_us

    def reported(self, ntp_us: int, arrival_us: int) -> None:
        """The sender's report came: the next block lets him measure the round trip."""
        seconds, rest = divmod(ntp_us, 1_000_000)
        self._report = (seconds + 2_208_988_800 & 0xFFFF) << 16 | (rest << 16) // 1_000_000
        self._report_at = arrival_us

    def block(self, now_us: int) -> Block:
        """The report block about what came since the last one."""
        record = self.record
        expected = record.highest - self._first + 1
        lost = max(min(expected - record.received, 0x7FFFFF), -0x800000)
        interval, received = expected - self._expected_before, record.received - self._before
        self._expected_before, self._before = expected, record.received
        fraction = min(max((interval - received) * 256 // interval, 0), 255) if interval > 0 else 0
        delay = (now_us - self._report_at) * 65536 // 1_000_000 if self._report_at else 0
        return Block(
            self.ssrc,
            fraction,
            lost,
            record.highest & 0xFFFFFFFF,
            int(record.jitter) & 0xFFFFFFFF,
            self._report,
            min(max(delay, 0), 0xFFFFFFFF),
        )

    def off(self, rtp: int, arrival_us: int) -> float:
        """How many seconds a sender report's RTP time lies ahead of the media that came with it."""
        rate = self.record.rate
        expected = self.record.stamp + (arrival_us - self.record.arrival_us) * rate // 1_000_000
        return float((((rtp - expected + 0x80000000) & 0xFFFFFFFF) - 0x80000000) / rate)
