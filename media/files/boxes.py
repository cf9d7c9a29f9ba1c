"""The boxes of an MP4 or MOV file (ISO/IEC 14496-12), over ranges. Bounded whatever the file says."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from

from media.files.errors import NoIndex, Truncated
from media.files.source import Source

MOST_BOXES = 100_000
"""Boxes that are walked at most at the file's top level."""
MOST_MOOV = 256 << 20
"""Bytes of the largest `moov` that is looked into."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the top level holds. `cut` is set when the last box says more bytes than the file has; `edits` is the
    number of edit list entries of each track; `index_first` when the moov stands before the media."""

    kinds: tuple[str, ...]
    cut: bool
    edits: tuple[int, ...]
    fragmented: bool
    index_first: bool


def layout(source: Source) -> Layout:
    """Look at a file. Raises `NoIndex`, `Truncated`."""
    kinds: list[str] = []
    cut = False
    edits: list[int] = []
    for kind, start, end in top(source):
        kinds.append(kind.decode("latin-1"))
        cut = end > source.size
        if kind == b"moov":
            if cut:
                raise Truncated("within moov")
            edits = _edits(source.read(start, min(end - start, MOST_MOOV)))
    if "moov" not in kinds:
        raise (NoIndex if "mdat" in kinds or "moof" in kinds else Truncated)("no moov")
    media = kinds.index("mdat") if "mdat" in kinds else len(kinds)
    return Layout(tuple(kinds[:64]), cut, tuple(edits), "moof" in kinds, kinds.index("moov") < media)


def top(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """Kind, where the body begins, where it says that it ends, of each box of the top level."""
    at = 0
    for _ in range(MOST_BOXES):
        head = source.read(at, 16)
        if len(head) < 8:
            return
        size, kind = unpack_from("!I4s", head)
        skip = 8
        if size == 1 and len(head) == 16:
            size, skip = unpack_from("!Q", head, 8)[0], 16
        elif size == 0:
            size = source.size - at  # to the end of the file
        if size < skip:
            return
        yield kind, at + skip, at + size
        at += size


def inside(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """The boxes in `data[start:end]`; the last may be cut."""
    end = len(data) if end is None else min(end, len(data))
    at = start
    while at + 8 <= end:
        size, kind = unpack_from("!I4s", data, at)
        skip = 8
        if size == 1 and at + 16 <= end:
            size, skip = unpack_from("!Q", data, at + 8)[0], 16
        if size < skip:
            return
        yield kind, at + skip, min(at + size, end)
        at += size


def find(data: bytes, *path: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Begin and end of the bodies of all boxes at this path."""
    for kind, at, stop in inside(data, start, end):
        if kind == path[0]:
            if len(path) == 1:
                yield at, stop
            else:
                yield from find(data, *path[1:], start=at, end=stop)


def _edits(moov: bytes) -> list[int]:
    found = []
    for at, stop in find(moov, b"trak"):
        lists = list(find(moov, b"edts", b"elst", start=at, end=stop))
        counts = [unpack_from("!I", moov, begin + 4)[0] for begin, end in lists if end - begin >= 8]
        found.append(sum(counts))
    return found


def intact(source: Source) -> int:
    """Bytes up to which a reader finds whole boxes; media data may be cut, what describes them may not."""
    for kind, start, end in top(source):
        if end > source.size and kind != b"mdat":
            return start - (16 if end - start > 0xFFFFFFF7 else 8)
    return source.size


MOVABLE = 16 << 20
"""Bytes of a cut `moov` that are looked into."""


def ranges(source: Source) -> tuple[list[tuple[int, int]], bytes]:
    """Where media data lie in a file without a whole index (a box that was never given its size goes to the end), and
    what there is of the index."""
    found: list[tuple[int, int]] = []
    moov, at = b"", 0
    for kind, start, end in top(source):
        if kind == b"mdat":
            found.append((start, min(end, source.size)))
        elif kind == b"moov":
            moov = source.read(start, min(end - start, MOVABLE))
        at = end
    head = source.read(at, 16)
    if at < source.size and head[4:8] == b"mdat":  # its size was to be written when the camera stopped
        found.append((at + (16 if head[:4] == b"\0\0\0\1" else 8), source.size))
    return [(start, end) for start, end in found if end > start], moov
