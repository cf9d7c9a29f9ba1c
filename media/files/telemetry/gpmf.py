"""GoPro's GPMF: GPS5 and GPS9 out of the payloads of an MP4's metadata track (big-endian, aligned to four bytes)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import error as StructError
from struct import unpack_from

from media.files.telemetry.sample import Sample, Telemetry, finite, position

DEEPEST = 4
"""Levels of nesting that are followed."""
_NO_FIX = 0
_EPOCH_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_GPS9_TYPE = b"lllllllSS"
_GPS9_STEP = 32  # bytes: seven of four, two of two


@dataclass(slots=True)
class _Stream:
    """What one STRM says before its data."""

    scale: tuple[int, ...] = ()
    fix: int | None = None
    moment: datetime | None = None
    kind: bytes = b""


def items(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, bytes, int, int, int, int]]:
    """Key, type, size and count of the structures, begin and end of the bytes. Stops before what is cut."""
    end = len(data) if end is None else end
    at = start
    while at + 8 <= end:
        key, kind, size, count = unpack_from("!4scBH", data, at)
        length = size * count
        at += 8
        if key == b"\0\0\0\0" or at + length > end:
            return
        yield key, kind, size, count, at, at + length
        at += (length + 3) & ~3


def read(payloads: Iterable[tuple[float, float, bytes]]) -> Telemetry:
    """Begin and duration in seconds on the film's timeline, and bytes, of each payload. GPS9 is preferred to GPS5."""
    five: list[Sample] = []
    nine: list[Sample] = []
    broken = 0
    device = None
    for at, duration, data in payloads:
        found_five: list[Sample] = []
        found_nine: list[Sample] = []
        try:
            for stream, key, kind, size, count, begin in _streams(data):
                if key == b"DVNM":
                    device = device or data[begin : begin + size * count].decode("latin-1").strip("\0 ")
                elif key == b"GPS5" and kind == b"l" and size == 20:
                    found_five += _five(data, begin, count, stream)
                elif key == b"GPS9" and size == _GPS9_STEP and stream.kind[: len(_GPS9_TYPE)] == _GPS9_TYPE:
                    found_nine += _nine(data, begin, count, stream)
        except (StructError, ValueError, OverflowError):
            broken += 1
        five += _spread(found_five, at, duration)
        nine += _spread(found_nine, at, duration)
    samples = nine or five
    zone = "utc" if any(one.time for one in samples) else "none"
    name = "gpmf-gps9" if nine else "gpmf-gps5"
    return Telemetry(name, tuple(samples), "egm96", zone, 0 if zone == "utc" else None, "format", broken, 0, device)


def _streams(data: bytes) -> Iterator[tuple[_Stream, bytes, bytes, int, int, int]]:
    """Each data item with what its STRM said before it."""
    todo = [(0, len(data), 0, _Stream())]
    while todo:
        start, end, depth, stream = todo.pop()
        for key, kind, size, count, begin, stop in items(data, start, end):
            if kind == b"\0" and depth < DEEPEST:
                todo.append((begin, stop, depth + 1, _Stream()))
            elif key == b"SCAL":
                stream.scale = _scale(data, kind, size, begin, stop)
            elif key == b"GPSF" and size == 4:
                stream.fix = unpack_from("!I", data, begin)[0]
            elif key == b"GPSU":
                stream.moment = _moment(data[begin:stop])
            elif key == b"TYPE":
                stream.kind = data[begin:stop]
            else:
                yield stream, key, kind, size, count, begin


def _scale(data: bytes, kind: bytes, size: int, begin: int, stop: int) -> tuple[int, ...]:
    letter = {b"l": "i", b"L": "I", b"s": "h", b"S": "H"}.get(kind)
    if letter is None or size == 0:
        return ()
    count = (stop - begin) // (4 if letter in "iI" else 2)
    return tuple(unpack_from(f"!{count}{letter}", data, begin))


def _moment(data: bytes) -> datetime | None:
    """UTC as `yymmddhhmmss.sss`."""
    text = data.decode("latin-1").strip("\0 ")
    try:
        whole = datetime.strptime(text[:12], "%y%m%d%H%M%S").replace(tzinfo=UTC)
        return whole + timedelta(seconds=float("0" + text[12:] if text[12:] else "0"))
    except ValueError:
        return None


def _scaled(values: tuple[int, ...], scale: tuple[int, ...]) -> list[float]:
    if len(scale) == 1:
        scale = scale * len(values)
    if len(scale) < len(values):
        raise ValueError("no scale")
    return [value / (by or 1) for value, by in zip(values, scale, strict=False)]


def _five(data: bytes, begin: int, count: int, stream: _Stream) -> Iterator[Sample]:
    """Latitude, longitude, altitude, speed over ground, speed in space."""
    for n in range(count):
        values = _scaled(unpack_from("!5i", data, begin + n * 20), stream.scale)
        latitude, longitude = (None, None) if stream.fix == _NO_FIX else position(values[0], values[1])
        altitude, speed = finite(values[2], -1000, 100_000), finite(values[3], 0, 1000)
        moment = stream.moment if n == 0 else None
        yield Sample(None, moment, latitude, longitude, altitude if latitude is not None else None, speed=speed)


def _nine(data: bytes, begin: int, count: int, stream: _Stream) -> Iterator[Sample]:
    """The same, then days since 2000, seconds of the day, dilution, fix: each sample has its own time."""
    for n in range(count):
        values = _scaled(unpack_from("!7i2H", data, begin + n * _GPS9_STEP), stream.scale)
        latitude, longitude = position(values[0], values[1]) if values[8] >= 2 else (None, None)
        moment = None
        if 0 < values[5] < 40_000 and 0 <= values[6] < 86_401:
            moment = _EPOCH_2000 + timedelta(days=values[5], seconds=values[6])
        altitude, speed = finite(values[2], -1000, 100_000), finite(values[3], 0, 1000)
        yield Sample(None, moment, latitude, longitude, altitude if latitude is not None else None, speed=speed)


def _spread(samples: list[Sample], at: float, duration: float) -> Iterator[Sample]:
    """The samples lie evenly within their payload; a payload's one time is of its first."""
    first = samples[0].time if samples else None
    for n, one in enumerate(samples):
        after = duration * n / len(samples)
        time = one.time or (first + timedelta(seconds=after) if first else None)
        yield Sample(at + after, time, one.latitude, one.longitude, one.altitude, speed=one.speed)
