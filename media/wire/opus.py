"""Opus packets: how long each one is (RFC 6716, 3.1), in samples at 48 kHz (RFC 7587, 4.1)."""

_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
_FRAME = [
    _SILK[config & 3] if config < 12 else _HYBRID[config & 1] if config < 16 else _CELT[config & 3]
    for config in range(32)
]
LONGEST = 5760
"""120 ms: no packet is longer."""


def duration(packet: bytes, start: int = 0, end: int | None = None) -> int:
    """Samples in the packet at `packet[start:end]`; 0 when it is none. DTX packets count like others."""
    end = len(packet) if end is None else end
    if start >= end:
        return 0
    toc = packet[start]
    frame = _FRAME[toc >> 3]
    count = toc & 3
    if count == 0:
        return frame
    if count < 3:
        return 2 * frame
    if start + 1 >= end:
        return 0
    samples = frame * (packet[start + 1] & 0x3F)
    return samples if samples <= LONGEST else 0
