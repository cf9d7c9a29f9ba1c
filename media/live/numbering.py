"""One continuous stream out of the successive sources of a track: SSRCs, sessions, a publisher who comes back.

Every viewer of a track sees the numbers made here, so a packet has one number for all of them: history, loss requests
and sender reports speak of the same thing.
"""

from typing import Any, Final

from media.native import ffi

LATEST: Final = 1000  # packets behind the newest: older ones are of no use to anyone
OVERTAKEN: Final = 64  # packets that the very first one may have overtaken


class Numbering:
    """Maps a source's sequence numbers and timestamps to a track's. Times are seconds on one monotonic clock."""

    def __init__(self, clock_rate: int, number: int, stamp: int) -> None:
        """The first packet gets `number` (extended, at least 65536) and the timestamp `stamp`."""
        self._rate = clock_rate
        # Read and written by the compiled helper too: `newest` is the source's highest extended number.
        self.record: Any = ffi.new("struct fast_track *")
        self.record.highest, self.record.stamp = number - 1, stamp
        self.record.at = -1.0  # seconds at which the newest packet came
        self._first = 0  # where the source began
        self._restart: int | None = None

    @property
    def highest(self) -> int:
        """Extended number of the newest packet."""
        return int(self.record.highest)

    @property
    def stamp(self) -> int:
        """Its timestamp, 32 bits."""
        return int(self.record.stamp)

    def switch(self, sequence: int, stamp: int, now: float) -> None:
        """A new source begins with this packet: its number follows on, its time goes on as the clock did."""
        record = self.record
        self._first = 0x10000 + sequence
        record.shift = record.highest + 1 - self._first
        record.newest = self._first - 1
        if record.at >= 0:
            elapsed = max(int((now - record.at) * self._rate), 1)
            record.stamp_shift = record.stamp + elapsed - stamp
        else:
            record.stamp_shift = record.stamp - stamp
            self._first -= OVERTAKEN  # nobody has the numbers before it
        self._restart = None

    def place(self, sequence: int, stamp: int, now: float) -> int:
        """The extended number of a packet of the present source; -1 when it is too old, or of before the source began.

        A source that goes on with quite other numbers (two in a row) is taken as a new one (RFC 3550, A.1).
        """
        record = self.record
        newest: int = record.newest
        ahead = ((sequence - newest + 0x8000) & 0xFFFF) - 0x8000
        extended = newest + ahead
        number: int = extended + record.shift
        if ahead > 0:
            record.newest, record.highest = extended, number
            record.stamp = (stamp + record.stamp_shift) & 0xFFFFFFFF
            record.at = now
            return number
        if extended < self._first or ahead < -LATEST:
            if ahead < -LATEST and sequence == self._restart:
                self.switch(sequence, stamp, now)
                return self.place(sequence, stamp, now)
            self._restart = (sequence + 1) & 0xFFFF
            return -1
        return number

    def map_stamp(self, stamp: int) -> int:
        """A timestamp of the present source as viewers see it."""
        return int(stamp + self.record.stamp_shift & 0xFFFFFFFF)

    def stamp_at(self, now: float) -> int:
        """The viewers' timestamp of this moment, judged by the newest packet's arrival."""
        elapsed = 0.0 if self.record.at < 0 else now - self.record.at
        return (self.stamp + int(elapsed * self._rate)) & 0xFFFFFFFF
