"""Reading back what `fmp4` wrote: the complete fragments of a file that may have been cut anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import error as StructError
from struct import unpack_from

_SYNC_MASK = 0x00010000  # sample_is_non_sync_sample


class BadFragment(Exception):
    """A box that lies about its size or content. `code` is stable."""

    code = "fragment-invalid"


@dataclass(frozen=True, slots=True)
class FragmentFacts:
    """One complete fragment: where its bytes end, and its place on the timeline in ticks."""

    end: int  # offset of the first byte after it
    start: int  # ticks
    duration: int
    key_frame: bool
    samples: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """The boxes in `data[start:end]`: kind, where the body begins, where it ends. Stops before one that is cut.

    Raises `BadFragment` for a size that no box can have.
    """
    end = len(data) if end is None else end
    at = start
    while at + 8 <= end:
        size, kind = unpack_from("!I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= end:
            head, size = 16, unpack_from("!Q", data, at + 8)[0]
        if size < head:
            raise BadFragment(f"box of {size} bytes")
        if at + size > end:
            return
        yield kind, at + head, at + size
        at += size


def complete_fragments(data: bytes) -> list[FragmentFacts]:
    """The fragments before the first one that is cut or damaged. Never raises."""
    found: list[FragmentFacts] = []
    moof: tuple[int, int] | None = None
    try:
        for kind, start, end in boxes(data):
            if kind == b"moof":
                moof = (start, end)
            elif kind == b"mdat" and moof:
                found.append(_facts(data, *moof, end))
                moof = None
    except (BadFragment, StructError):
        pass  # what came before it is whole
    return found


def _facts(data: bytes, start: int, end: int, last: int) -> FragmentFacts:
    times: list[int] = []
    durations: list[int] = []
    flags = 0
    for kind, at, stop in boxes(data, start, end):
        if kind != b"traf":
            continue
        for inner, begin, _ in boxes(data, at, stop):
            if inner == b"tfhd":
                flags = unpack_from("!I", data, begin + 8)[0]
            elif inner == b"tfdt":
                times.append(unpack_from("!Q", data, begin + 4)[0])
            elif inner == b"trun":
                first, durations = _run(data, begin, stop)
                flags = flags if first is None else first
    if not times or not durations:
        raise BadFragment("no time or no samples")
    return FragmentFacts(last, times[0], sum(durations), not flags & _SYNC_MASK, len(durations))


def _run(data: bytes, at: int, stop: int) -> tuple[int | None, list[int]]:
    """First sample's flags, if they are given apart, and the durations of a trun as we write it."""
    flags, count = unpack_from("!II", data, at)
    flags &= 0xFFFFFF
    if flags & ~0x5 != 0x300 or count * 8 > stop - at:
        raise BadFragment("a trun that is not ours")
    at += 8 + 4 * (flags & 1)
    first = None
    if flags & 4:
        first = unpack_from("!I", data, at)[0]
        at += 4
    return first, list(unpack_from("!" + "I4x" * count, data, at))
