"""What was forwarded lately of one track, shared by all its viewers: answers to loss requests, and a first picture."""

from typing import Final

Packet = tuple[int, int, int, bytes, int]
"""extended number, marker bit as in the header's second byte, timestamp, payload, its length"""

VIDEO: Final = 4096
AUDIO: Final = 512


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
