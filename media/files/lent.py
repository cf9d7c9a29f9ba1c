"""What a whole film of the same camera says about how it films: parameter sets, rate, sound. Pure: an index in."""

import base64
from fractions import Fraction
from struct import error as StructError
from struct import unpack_from
from typing import Any

from media.files.boxes import find, inside, top
from media.files.source import Source

MOST_MOOV = 64 << 20
"""Bytes of an index that are read."""
_PICTURES = {b"avc1": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc"}


def of_film(source: Source) -> list[dict[str, Any]]:
    """What a film lends; nothing when it has no index, or is coded in another way."""
    for kind, start, end in top(source):
        if kind == b"moov" and end <= source.size and end - start <= MOST_MOOV:
            return of_index(source.read(start, end - start))
    return []


def of_index(moov: bytes) -> list[dict[str, Any]]:
    """The same of an index (the body of a `moov`), as far as it goes."""
    found: list[dict[str, Any]] = []
    sound = None
    for at, end in find(moov, b"trak"):
        try:
            for begin, stop in find(moov, b"mdia", b"minf", b"stbl", b"stsd", start=at, end=end):
                for kind, entry, last in inside(moov, begin + 8, stop):
                    if kind in _PICTURES:
                        found += _pictures(moov, _PICTURES[kind], entry, last, at, end)
                    elif kind == b"mp4a":
                        sound = sound or _sound(moov[entry:last])
        except (StructError, IndexError, ZeroDivisionError):
            continue
    return [one | {"sound": sound} for one in found]


def units(film: dict[str, Any]) -> list[bytes]:
    """The parameter sets of what was lent."""
    return [base64.b64decode(one) for one in film["sets"]]


def _pictures(moov: bytes, codec: str, entry: int, last: int, at: int, end: int) -> list[dict[str, Any]]:
    name = b"avcC" if codec == "h264" else b"hvcC"
    for begin, stop in find(moov, name, start=entry + 78, end=last):
        sets = (_avc if codec == "h264" else _hevc)(moov[begin:stop])
        if sets:
            told = [base64.b64encode(one).decode() for one in sets]
            return [{"codec": codec, "sets": told, "rate": _rate(moov, at, end)}]
    return []


def _avc(record: bytes) -> list[bytes]:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1); only with lengths of four bytes."""
    if record[4] & 3 != 3:
        return []
    sets, at = [], 5
    for mask in (0x1F, 0xFF):
        count = record[at] & mask
        at += 1
        for _ in range(count):
            length = unpack_from("!H", record, at)[0]
            sets.append(record[at + 2 : at + 2 + length])
            at += 2 + length
    return sets


def _hevc(record: bytes) -> list[bytes]:
    """HEVCDecoderConfigurationRecord (8.3.3.1)."""
    if record[21] & 3 != 3:
        return []
    sets, at = [], 23
    for _ in range(record[22]):
        kind, count = record[at] & 0x3F, unpack_from("!H", record, at + 1)[0]
        at += 3
        for _ in range(min(count, 32)):
            length = unpack_from("!H", record, at)[0]
            if kind in (32, 33, 34):
                sets.append(record[at + 2 : at + 2 + length])
            at += 2 + length
    return sets


def _rate(moov: bytes, at: int, end: int) -> str | None:
    """Pictures a second by the most usual duration of a sample."""
    for head, _ in find(moov, b"mdia", b"mdhd", start=at, end=end):
        scale = unpack_from("!I", moov, head + (20 if moov[head] == 1 else 12))[0]
        for begin, stop in find(moov, b"mdia", b"minf", b"stbl", b"stts", start=at, end=end):
            count = min(unpack_from("!I", moov, begin + 4)[0], (stop - begin - 8) // 8, 100_000)
            runs = [unpack_from("!II", moov, begin + 8 + 8 * n) for n in range(count)]
            _, step = max(runs, default=(0, 0))
            if step and 1 <= scale / step <= 240:
                return str(Fraction(scale, step))
    return None


def _sound(entry: bytes) -> dict[str, Any] | None:
    """AudioSpecificConfig out of an `esds` (ISO/IEC 14496-1, 7.2.6), and the sampling rate."""
    at = entry.find(b"esds")
    rate = unpack_from("!I", entry, 24)[0] >> 16
    at = entry.find(b"\x05", at + 8 + 20) if at >= 0 else -1
    if at < 0 or not rate:
        return None
    at += 1
    while at < len(entry) and entry[at] & 0x80:
        at += 1
    configuration = entry[at + 1 : at + 1 + entry[at]]
    return {"configuration": base64.b64encode(configuration).decode(), "rate": rate} if configuration else None
