"""Messages of Protocol Buffers without their description (protobuf.dev, "Encoding"): fields by their numbers."""

from collections.abc import Iterator
from struct import unpack_from

MOST_FIELDS = 2_000
"""Fields of one message that are looked at."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Value = int | bytes


class BadMessage(ValueError):
    """It ends within a field, or holds a kind of field that is none."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of at most 64 bits, and where what follows it begins. Raises `BadMessage`."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise BadMessage("cut within a number")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value & (2**64 - 1), at
    raise BadMessage("a number without an end")


def fields(data: bytes) -> Iterator[tuple[int, int, Value]]:
    """Number, kind and value of each field: whole numbers as they stand, all else as bytes. Raises `BadMessage`."""
    at = 0
    for _ in range(MOST_FIELDS):
        if at >= len(data):
            return
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = varint(data, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, at = varint(data, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise BadMessage(f"a field of kind {kind}")
        if not number or at + size > len(data):
            raise BadMessage("a field beyond its message")
        yield number, kind, data[at : at + size]
        at += size


def at_path(data: bytes, path: tuple[int, ...]) -> tuple[int, Value] | None:
    """Kind and value of the last field at a path of numbers, as messages are read. Raises `BadMessage`."""
    found: tuple[int, Value] | None = None
    for number, kind, value in fields(data):
        if number != path[0]:
            continue
        if len(path) == 1:
            found = kind, value
        elif isinstance(value, bytes) and kind == BYTES:
            found = at_path(value, path[1:]) or found
    return found


def number(found: tuple[int, Value] | None) -> float | None:
    """A field as a number: whole and signed in 64 bits, a float or a double."""
    if found is None:
        return None
    kind, value = found
    if isinstance(value, int):
        return float(value - 2**64 if value >= 2**63 else value)
    if kind == FIXED64:
        return float(unpack_from("<d", value)[0])
    return float(unpack_from("<f", value)[0]) if kind == FIXED32 else None


def ratio(found: tuple[int, Value] | None) -> float | None:
    """Two numbers one behind the other, the first over the second. Raises `BadMessage`."""
    if found is None or not isinstance(found[1], bytes) or found[0] != BYTES:
        return None
    above, at = varint(found[1], 0)
    below, _ = varint(found[1], at)
    return above / below if below else None
