"""What was forwarded lately of one track, shared by all its viewers: answers to loss requests, and a first picture."""

from typing import Any, Final

from media.native import ffi, library
from media.native.library import address, memory

Packet = tuple[int, int, int, bytes, int]
"""extended number, marker bit as in the header's second byte, timestamp, payload, its length"""

VIDEO: Final = 4096
AUDIO: Final = 512
_BYTES: Final = 1024  # of each packet: the helper's room for all payloads together, taken only as it fills


class History:
    """A ring of the newest `size` (a power of two) packets by extended number."""

    def __init__(self, size: int) -> None:
        self._mask = size - 1
        self._ring: list[Packet | None] = [None] * size

    def put(self, packet: Packet) -> bool:
        """Keep a packet; False when it is there already."""
        place = packet[0] & self._mask
        kept = self._ring[place]
        if kept is not None and kept[0] >= packet[0]:
            return False
        self._ring[place] = packet
        return True

    def get(self, number: int) -> Packet | None:
        """The packet with this extended number, if it is still there."""
        kept = self._ring[number & self._mask]
        return kept if kept is not None and kept[0] == number else None

    def since(self, number: int, last: int) -> list[Packet]:
        """Those of `number` to `last` that are there, in order."""
        return [packet for at in range(number, last + 1) if (packet := self.get(at)) is not None]


class SharedHistory(History):
    """The same in memory that the compiled helper fills too. Large packets leave room for fewer."""

    def __init__(self, size: int, track: Any) -> None:
        """`track`: the `fast_track` whose history it is."""
        self._track, self._at = track, address(track)
        self._kept, self._arena = memory("struct fast_kept", size), memory("uint8_t", size * _BYTES)
        track.kept, track.mask = self._kept, size - 1
        track.arena, track.arena_size = self._arena, size * _BYTES

    def put(self, packet: Packet) -> bool:
        number, marker, stamp, payload, size = packet
        return bool(library and library.fast_keep(self._at, number, marker, stamp, payload, size))

    def get(self, number: int) -> Packet | None:
        index = library.fast_find(self._at, number) if library else -1
        if index < 0:
            return None
        kept = self._kept[index]
        begin = kept.at & (self._track.arena_size - 1)
        return number, kept.marker, kept.stamp, bytes(ffi.buffer(self._arena + begin, kept.size)), kept.size


def history(size: int, track: Any) -> History:
    """The kind that fits what is there."""
    return History(size) if library is None else SharedHistory(size, track)
