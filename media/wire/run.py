"""Packets of one track in one piece of memory, as the compiled helper writes them for the recorder."""

from collections.abc import Iterator
from struct import Struct

_ENTRY = Struct("<qI")


class Run:
    """Stands for a list of (arrival, packet): microseconds, bytes. Each is written as arrival, size, packet."""

    __slots__ = ("_count", "data")

    def __init__(self, data: bytes, count: int) -> None:
        """`count` packets in `data`."""
        self.data, self._count = data, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at < len(self.data):
            arrival, packet, at = self.entry(at)
            yield arrival, packet

    def entry(self, at: int) -> tuple[int, bytes, int]:
        """Arrival and bytes of the packet that is written at `at`, and where the next one is."""
        arrival, size = _ENTRY.unpack_from(self.data, at)
        begin = at + _ENTRY.size
        return arrival, self.data[begin : begin + size], begin + size
