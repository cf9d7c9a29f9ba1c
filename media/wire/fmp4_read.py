"""Reading back what `fmp4` wrote: the complete fragments of a file that may have been cut anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from struct import error as StructError
from struct import unpack_from

_SYNC_MASK = 0x00010000  # sample_is_non_sync_sample


class BadFragment(Exception):
    """A box that lies about its size or content. `code` is stable."""

    code = "fragment-invalid"


@dataclass(frozen=True, slots=True)
class FragmentFacts:
    """One complete fragment: where its bytes end, and its place on the timeline in ticks.

    `lead`: how long before the first picture is shown decoding begins, where the two have different orders.
    """

    end: int  # offset of the first byte after it
    start: int  # ticks
    duration: int
    key_frame: bool
    samples: int
    lead: int = 0


def boxes(
    data: bytes | bytearray | memoryview, start: int = 0, end: int | None = None
) -> Iterator[tuple[bytes, int, int]]:
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
    begun: int | None = None
    run: _Run | None = None
    flags = 0
    for kind, at, stop in boxes(data, start, end):
        if kind != b"traf":
            continue
        for inner, begin, _ in boxes(data, at, stop):
            if inner == b"tfhd":
                flags = unpack_from("!I", data, begin + 8)[0]
            elif inner == b"tfdt":
                begun = unpack_from("!Q", data, begin + 4)[0]
            elif inner == b"trun":
                run = _run(data, begin, stop)
                flags = flags if run.flags is None else run.flags
    if begun is None or run is None or not run.durations:
        raise BadFragment("no time or no samples")
    key = not flags & _SYNC_MASK
    if not run.offsets:
        return FragmentFacts(last, begun, sum(run.durations), key, len(run.durations))
    decoded = list(accumulate(run.durations, initial=begun))[:-1]
    shown = [at + offset for at, offset in zip(decoded, run.offsets, strict=True)]
    first, until = min(shown), max(at + length for at, length in zip(shown, run.durations, strict=True))
    return FragmentFacts(last, first, until - first, key, len(shown), first - begun)


@dataclass(frozen=True, slots=True)
class _Run:
    flags: int | None  # of the first sample, if they are given apart
    durations: list[int]
    offsets: list[int]  # from decoding to showing; empty where they are the same


def _run(data: bytes, at: int, stop: int) -> _Run:
    """A trun as we write it."""
    flags, count = unpack_from("!II", data, at)
    version, flags = flags >> 24, flags & 0xFFFFFF
    ordered = version == 1 and flags & 0x800 != 0
    size = 12 if ordered else 8
    if flags & ~0x5 != (0xB00 if ordered else 0x300) or count * size > stop - at:
        raise BadFragment("a trun that is not ours")
    at += 8 + 4 * (flags & 1)
    first = None
    if flags & 4:
        first = unpack_from("!I", data, at)[0]
        at += 4
    if not ordered:
        return _Run(first, list(unpack_from("!" + "I4x" * count, data, at)), [])
    values = unpack_from("!" + "I4xi" * count, data, at)
    return _Run(first, list(values[::2]), list(values[1::2]))
