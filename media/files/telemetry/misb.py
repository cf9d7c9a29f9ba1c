"""MISB ST 0601: the UAS datalink local set, as KLV in MPEG-TS. Checksums are verified; what fails is left out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from media.files.telemetry.sample import Sample, Telemetry, finite, position

KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
"""The universal label of ST 0601 (SMPTE ST 336)."""
MOST_TAGS = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Range:
    """How a whole number maps to a value: `size` bytes from `least` to `most`; the smallest signed one is an error."""

    size: int
    least: float
    most: float
    signed: bool


_RANGES = {
    5: _Range(2, 0, 360, False),  # platform heading
    13: _Range(4, -90, 90, True),  # sensor latitude
    14: _Range(4, -180, 180, True),
    15: _Range(2, -900, 19_000, False),  # sensor altitude above mean sea level
    18: _Range(4, 0, 360, False),  # sensor azimuth, relative to the platform
    19: _Range(4, -180, 180, True),  # sensor elevation
    20: _Range(4, 0, 360, False),  # sensor roll
    75: _Range(2, -900, 19_000, False),  # sensor height above the ellipsoid
}


def checksum(data: bytes) -> int:
    """ST 0601's sum: the bytes as big-endian pairs, modulo 2^16."""
    return (sum(data[0::2]) * 256 + sum(data[1::2])) & 0xFFFF


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A BER length and where the value begins. Raises `ValueError`."""
    if at >= len(data):
        raise ValueError("cut")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= 4 or at + 1 + count > len(data):
        raise ValueError("a length that cannot be")
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count


def sets(data: bytes) -> Iterator[bytes | None]:
    """The local sets in a packet, from key to end; None for one that is cut."""
    at = data.find(KEY)
    while at >= 0:
        try:
            length, begin = _length(data, at + len(KEY))
        except ValueError:
            yield None
            return
        if begin + length > len(data):
            yield None
            return
        yield data[at : begin + length]
        at = data.find(KEY, begin + length)


def tags(local_set: bytes) -> dict[int, bytes]:
    """The items of one set. Raises `ValueError` when they do not fit."""
    length, at = _length(local_set, len(KEY))
    end = at + length
    found: dict[int, bytes] = {}
    while at < end and len(found) < MOST_TAGS:
        tag = 0
        for _ in range(4):
            part = local_set[at]
            at += 1
            tag = tag << 7 | part & 0x7F
            if part < 0x80:
                break
        size, at = _length(local_set, at)
        if at + size > end:
            raise ValueError("an item beyond its set")
        found[tag] = local_set[at : at + size]
        at += size
    return found


def is_whole(local_set: bytes, found: dict[int, bytes]) -> bool:
    """Whether the checksum, the last item, is there and right."""
    said = found.get(1)
    return said is not None and len(said) == 2 and checksum(local_set[:-2]) == int.from_bytes(said, "big")


def read(packets: Iterable[tuple[float, bytes]]) -> Telemetry:
    """Seconds on the film's timeline and bytes of each KLV packet."""
    samples: list[Sample] = []
    broken = unchecked = 0
    device = None
    heights = False
    for at, data in packets:
        for local_set in sets(data):
            try:
                found = tags(local_set) if local_set else None
            except (ValueError, IndexError):
                found = None
            if found is None or local_set is None:
                broken += 1
            elif not is_whole(local_set, found):
                unchecked += 1
            else:
                samples.append(_sample(at, found))
                heights = heights or 75 in found
                device = device or found.get(10, b"").decode("utf-8", "replace").strip("\0 ") or None
    datum = "wgs84" if heights else "egm96"
    zone = "utc" if any(one.time for one in samples) else "none"
    offset = 0 if zone == "utc" else None
    return Telemetry("misb-0601", tuple(samples), datum, zone, offset, "named", broken, unchecked, device)


def _value(found: dict[int, bytes], tag: int) -> float | None:
    data, how = found.get(tag), _RANGES[tag]
    if data is None or len(data) != how.size:
        return None
    number = int.from_bytes(data, "big", signed=how.signed)
    span = (1 << 8 * how.size) - (2 if how.signed else 1)
    if how.signed and number == -(1 << 8 * how.size - 1):
        return None  # "out of range"
    middle = (how.least + how.most) / 2 if how.signed else how.least
    return middle + number * (how.most - how.least) / span


def _sample(at: float, found: dict[int, bytes]) -> Sample:
    latitude, longitude = position(_value(found, 13), _value(found, 14))
    moment = None
    if len(stamp := found.get(2, b"")) == 8:
        micro = int.from_bytes(stamp, "big")
        moment = _EPOCH + timedelta(microseconds=micro) if 0 < micro < 4_102_444_800_000_000 else None
    height = _value(found, 75)
    heading, azimuth, roll = _value(found, 5), _value(found, 18), _value(found, 20)
    yaw = None if heading is None or azimuth is None else (heading + azimuth) % 360
    speed = found.get(56, b"")
    return Sample(
        at=at,
        time=moment,
        latitude=latitude,
        longitude=longitude,
        altitude=finite(_value(found, 15) if height is None else height),
        speed=float(speed[0]) if len(speed) == 1 else None,
        yaw=yaw,
        pitch=_value(found, 19),
        roll=roll if roll is None or roll <= 180 else roll - 360,
        heading=heading,
    )
