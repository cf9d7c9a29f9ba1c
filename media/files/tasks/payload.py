"""The packets of metadata and text tracks, as they are: time, duration, bytes."""

from fractions import Fraction
from struct import pack
from typing import Any

from media.files.tasks.opened import opened, origin, packets
from media.files.tasks.order import Order

MOST = 128 << 20
"""Bytes of all packets together."""


def run(order: Order) -> dict[str, Any]:
    """Send `payload.bin`: stream number, begin and duration in seconds, length, bytes of each packet."""
    total = 0
    with opened(order) as file:
        begin = origin(file)
        wanted = [file.streams[n] for n in order.facts["streams"]]
        for packet in packets(file, *wanted):
            base = packet.time_base or Fraction(1, 90_000)
            data = bytes(packet)
            total += len(data)
            if total > MOST:
                break
            at = float((packet.pts or 0) * base - begin)
            head = pack("!IddI", packet.stream_index, at, float((packet.duration or 0) * base), len(data))
            order.send("payload.bin", head + data)
    return {"bytes": total}
