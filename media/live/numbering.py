"""One continuous stream out of the successive sources of a track: SSRCs, sessions, a publisher who comes back.

Every viewer of a track sees the numbers made here, so a packet has one number for all of them: history, loss requests
and sender reports speak of the same thing.
"""

from typing import Final

LATEST: Final = 1000  # packets behind the newest: older ones are of no use to anyone
OVERTAKEN: Final = 64  # packets that the very first one may have overtaken


class Numbering:
    """Maps a source's sequence numbers and timestamps to a track's. Times are seconds on one monotonic clock."""

    def __init__(self, clock_rate: int, number: int, stamp: int) -> None:
        """The first packet gets `number` (extended, at least 65536) and the timestamp `stamp`."""
        self._rate = clock_rate
        self.highest = number - 1  # extended number of the newest packet
        self.stamp = stamp  # its timestamp, 32 bits
        self._source = 0  # highest extended number of the source
        self._first = 0  # where the source began
        self._shift = 0
        self._stamp_shift = 0
        self._at: float | None = None
        self._restart: int | None = None

    def switch(self, sequence: int, stamp: int, now: float) -> None:
        """A new source begins with this packet: its number follows on, its time goes on as the clock did."""
        self._first = self._source = 0x10000 + sequence
        self._shift = self.highest + 1 - self._source
        if self._at is not None:
            elapsed = max(int((now - self._at) * self._rate), 1)
            self._stamp_shift = self.stamp + elapsed - stamp
        else:
            self._stamp_shift = self.stamp - stamp
            self._first -= OVERTAKEN  # nobody has the numbers before it
        self._source -= 1
        self._restart = None

    def place(self, sequence: int, stamp: int, now: float) -> int:
        """The extended number of a packet of the present source; -1 when it is too old, or of before the source began.

        A source that goes on with quite other numbers (two in a row) is taken as a new one (RFC 3550, A.1).
        """
        ahead = ((sequence - self._source + 0x8000) & 0xFFFF) - 0x8000
        extended = self._source + ahead
        if ahead > 0:
            self._source = extended
            self.highest = extended + self._shift
            self.stamp = (stamp + self._stamp_shift) & 0xFFFFFFFF
            self._at = now
            return self.highest
        if extended < self._first or ahead < -LATEST:
            if ahead < -LATEST and sequence == self._restart:
                self.switch(sequence, stamp, now)
                return self.place(sequence, stamp, now)
            self._restart = (sequence + 1) & 0xFFFF
            return -1
        return extended + self._shift

    def map_stamp(self, stamp: int) -> int:
        """A timestamp of the present source as viewers see it."""
        return (stamp + self._stamp_shift) & 0xFFFFFFFF

    def stamp_at(self, now: float) -> int:
        """The viewers' timestamp of this moment, judged by the newest packet's arrival."""
        elapsed = 0.0 if self._at is None else now - self._at
        return (self.stamp + int(elapsed * self._rate)) & 0xFFFFFFFF
