"""Which letters a font file has (OpenType, `cmap` table): to be known before a sheet is drawn."""

import struct
from functools import cache
from pathlib import Path

SEGMENTS, GROUPS = 4, 12  # formats of a subtable (OpenType 1.9, cmap)


@cache
def letters_of(path: Path) -> frozenset[int]:
    """Code points that the font has a shape for. Raises `OSError`; a table that is none gives nothing."""
    data = path.read_bytes()
    found: set[int] = set()
    try:
        table = _table(data, b"cmap")
        for number in range(struct.unpack_from(">H", data, table + 2)[0]):
            at = table + struct.unpack_from(">I", data, table + 8 + 8 * number)[0]
            form = struct.unpack_from(">H", data, at)[0]
            if form == GROUPS:
                found |= _groups(data, at)
            elif form == SEGMENTS:
                found |= _segments(data, at)
    except struct.error:
        return frozenset()
    return frozenset(found)


def _table(data: bytes, name: bytes) -> int:
    """Where it begins; of a collection that of the first font."""
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    for number in range(struct.unpack_from(">H", data, start + 4)[0]):
        tag, _, offset = struct.unpack_from(">4sII", data, start + 12 + 16 * number)
        if tag == name:
            return int(offset)
    raise struct.error(name)


def _groups(data: bytes, at: int) -> set[int]:
    found: set[int] = set()
    for number in range(struct.unpack_from(">I", data, at + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * number)
        found.update(range(first + (glyph == 0), min(last, 0x10FFFF) + 1))
    return found


def _segments(data: bytes, at: int) -> set[int]:
    """Segments without a list of glyphs by themselves; those with one are in the subtable of groups as well."""
    twice = struct.unpack_from(">H", data, at + 6)[0]
    found: set[int] = set()
    for number in range(twice // 2):
        last = struct.unpack_from(">H", data, at + 14 + 2 * number)[0]
        first = struct.unpack_from(">H", data, at + 16 + twice + 2 * number)[0]
        if first <= last < 0xFFFF:
            found.update(range(first, last + 1))
    return found
