"""One SSRC that a publisher sends: what receiver reports say about it (RFC 3550, A.3 and A.8)."""

from media.live.rtcp import Block


class Source:
    """Counts of one received stream. Arrivals are microseconds of one clock."""

    __slots__ = (
        "_before",
        "_expected_before",
        "_first",
        "_jitter",
        "_rate",
        "_report",
        "_report_at",
        "_transit",
        "arrival_us",
        "bytes",
        "highest",
        "received",
        "ssrc",
        "stamp",
    )

    def __init__(self, ssrc: int, clock_rate: int, sequence: int) -> None:
        self.ssrc = ssrc
        self._rate = clock_rate
        self._first = self.highest = sequence
        self.received = self.bytes = 0
        self.stamp = self.arrival_us = 0  # of the newest packet
        self._jitter = 0.0
        self._transit: int | None = None
        self._before = self._expected_before = 0
        self._report = self._report_at = 0

    def note(self, sequence: int, stamp: int, arrival_us: int, size: int) -> None:
        """A packet of this stream, in whatever order."""
        self.received += 1
        self.bytes += size
        ahead = (sequence - self.highest) & 0xFFFF
        if 0 < ahead < 0x8000:
            self.highest += ahead
            if stamp != self.stamp:
                transit = arrival_us * self._rate // 1_000_000 - stamp
                if self._transit is not None:
                    moved = abs(((transit - self._transit + 0x80000000) & 0xFFFFFFFF) - 0x80000000)
                    self._jitter += (moved - self._jitter) / 16
                self._transit = transit
            self.stamp, self.arrival_us = stamp, arrival_us
        elif self.received == 1:
            self.stamp, self.arrival_us = stamp, arrival_us

    def reported(self, ntp_us: int, arrival_us: int) -> None:
        """The sender's report came: the next block lets him measure the round trip."""
        seconds, rest = divmod(ntp_us, 1_000_000)
        self._report = (seconds + 2_208_988_800 & 0xFFFF) << 16 | (rest << 16) // 1_000_000
        self._report_at = arrival_us

    def block(self, now_us: int) -> Block:
        """The report block about what came since the last one."""
        expected = self.highest - self._first + 1
        lost = max(min(expected - self.received, 0x7FFFFF), -0x800000)
        interval, received = expected - self._expected_before, self.received - self._before
        self._expected_before, self._before = expected, self.received
        fraction = min(max((interval - received) * 256 // interval, 0), 255) if interval > 0 else 0
        delay = (now_us - self._report_at) * 65536 // 1_000_000 if self._report_at else 0
        return Block(
            self.ssrc,
            fraction,
            lost,
            self.highest & 0xFFFFFFFF,
            int(self._jitter) & 0xFFFFFFFF,
            self._report,
            min(max(delay, 0), 0xFFFFFFFF),
        )

    def off(self, rtp: int, arrival_us: int) -> float:
        """How many seconds a sender report's RTP time lies ahead of the media that came with it."""
        expected = self.stamp + (arrival_us - self.arrival_us) * self._rate // 1_000_000
        return (((rtp - expected + 0x80000000) & 0xFFFFFFFF) - 0x80000000) / self._rate
