"""The packets of metadata and text tracks, as they are: time, duration, bytes."""

from fractions import Fraction
from struct import pack
from typing import Any

from media.files.tasks.opened import opened, origin, packets
from media.files.tasks.order import Order

MOST = 128 << 20
"""Bytes of all packets together."""


def run(order: Order) -> dict[str, Any]:
    """Send `payload.bin`, packet by packet."""
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
            lasts = float((packet.duration or 0) * base)
            order.send("payload.bin", packed(packet.stream_index, at, lasts, data))
    return {"bytes": total}


def packed(stream: int, at: float, lasts: float, data: bytes) -> bytes:
    """A packet as `telemetry.read` takes it: stream number, begin and duration in seconds, length, bytes."""
    return pack("!IddI", stream, at, lasts, len(data)) + data
