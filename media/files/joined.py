"""Fragments of several tracks in one file, without decoding: their bytes with new track numbers and times.

The file is fragmented MP4 (ISO/IEC 14496-12, 8.8) on one clock that counts from `begin_us`; what did not arrive stays
as time in which a track has nothing. It begins with the fragment of a key frame.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from struct import pack, pack_into, unpack_from

from media.files.errors import Undecodable
from media.wire import webm
from media.wire.fmp4 import box, full_box
from media.wire.fmp4_read import BadFragment, boxes, complete_fragments

SECOND = 1_000_000
_PICTURES = 90_000  # the time scale of recorded pictures
_TRAF = (b"moof", b"traf")
_CHANGED = (_TRAF, (*_TRAF, b"tfhd"), (*_TRAF, b"tfdt"), (*_TRAF, b"trun"), (b"moof", b"mfhd"))
MEDIA = ("H264", "H265", "AV1", "VP9", "VP8", "OPUS", "AAC")  # what MP4 holds and browsers play


@dataclass(frozen=True, slots=True)
class Piece:
    """A stored segment: `init` and `digest` by which `load` gives its bytes; ticks from the epoch."""

    digest: str
    init: str
    start: int
    duration: int
    key_frame: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One track of the new file: its pieces in order of time."""

    timescale: int
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Joined:
    """What is in the file: microseconds from the epoch, and the digests of each lane's pieces."""

    begin_us: int
    end_us: int
    used: tuple[tuple[str, ...], ...]


def chosen(lane: Lane, start_us: int, end_us: int) -> list[Piece]:
    """The pieces that a range needs: from the last key frame before it. Empty when the track has nothing there."""
    start, end = start_us * lane.timescale // SECOND, end_us * lane.timescale // SECOND
    inside = [n for n, one in enumerate(lane.pieces) if one.start < end and one.start + one.duration > start]
    if not inside:
        return []
    first = inside[0]
    while first > 0 and not lane.pieces[first].key_frame:
        first -= 1
    return list(lane.pieces[first : inside[-1] + 1])


def join(
    lanes: Sequence[Lane],
    load: Callable[[str], bytes],
    start_us: int,
    end_us: int,
    write: Callable[[bytes | memoryview], object],
) -> Joined:
    """Write the file in order; one segment of each track is held at a time. Raises `Undecodable` for what is no
    fragment of ours, and what `load` raises."""
    picked = [chosen(lane, start_us, end_us) for lane in lanes]
    load = _as_mp4(load, {one.digest: lane.timescale for lane in lanes for one in lane.pieces})
    firsts = [_first_us(lane, pieces, load, start_us) for lane, pieces in zip(lanes, picked, strict=True) if pieces]
    if not firsts:
        raise Undecodable("nothing was recorded there")
    begin_us = min(firsts)
    inits = [list(dict.fromkeys(one.init for one in pieces)) for pieces in picked]
    write(_header(lanes, picked, inits, load, (end_us - begin_us) // 1000))
    numbers = {lane: number for number, lane in enumerate((n for n, pieces in enumerate(picked) if pieces), start=1)}
    streams = [
        _fragments(lanes[n], picked[n], inits[n], load, number, begin_us, end_us) for n, number in numbers.items()
    ]
    reached = begin_us
    for _, until_us, head, body in merge(*streams, key=lambda one: one[0]):
        write(head)
        write(body)
        reached = max(reached, until_us)
    return Joined(begin_us, reached, tuple(tuple(one.digest for one in pieces) for pieces in picked))


def _as_mp4(load: Callable[[str], bytes], timescales: dict[str, int]) -> Callable[[str], bytes]:
    """What was recorded as WebM is given as MP4."""

    def loaded(digest: str) -> bytes:
        data = load(digest)
        try:
            if data.startswith(webm.EBML):
                return webm.init_as_mp4(data, _PICTURES)
            if data.startswith(webm.CLUSTER):
                return webm.clusters_as_mp4(data, timescales[digest])
        except BadFragment as error:
            raise Undecodable(str(error)) from error
        return data

    return loaded


def _first_us(lane: Lane, pieces: list[Piece], load: Callable[[str], bytes], start_us: int) -> int:
    """Where a track begins: pictures where the decoding of a key frame does, sound at the range itself."""
    facts = complete_fragments(load(pieces[0].digest))
    best = (facts[0].start - facts[0].lead if facts else pieces[0].start) * SECOND // lane.timescale
    for one in facts:
        if one.start * SECOND // lane.timescale <= start_us and one.key_frame:
            best = max(best, (one.start - one.lead) * SECOND // lane.timescale)
    return best


def _header(
    lanes: Sequence[Lane],
    picked: Sequence[list[Piece]],
    inits: Sequence[list[str]],
    load: Callable[[str], bytes],
    length_ms: int,
) -> bytes:
    traks, extends, number = [], [full_box(b"mehd", 1, 0, pack("!Q", length_ms))], 0
    for lane, pieces in enumerate(picked):
        if not pieces:
            continue
        number += 1
        traks.append(_trak([load(one) for one in inits[lane]], number))
        extends.append(full_box(b"trex", 0, 0, pack("!IIIII", number, 1, 0, 0, 0)))
    matrix = pack("!9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    mvhd = full_box(
        b"mvhd", 0, 0, pack("!IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100), matrix, bytes(24), pack("!I", number + 1)
    )
    ftyp = box(b"ftyp", b"iso6", pack("!I", 0), b"iso6", b"mp41")
    return ftyp + box(b"moov", mvhd, *traks, box(b"mvex", *extends))


def _trak(inits: list[bytes], number: int) -> bytes:
    """The first init's track, numbered anew, with the sample entries of all of them."""
    first = inits[0]
    begin, end = _inside(first, b"moov", b"trak")
    trak = bytearray(first[begin - 8 : end])
    tkhd, _ = _inside(bytes(trak), b"trak", b"tkhd")
    trak[tkhd + 12 : tkhd + 16] = pack("!I", number)
    entries = [_entries(one) for one in inits]
    if len(entries) == 1:
        return bytes(trak)
    path = (b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    plain = bytes(trak)
    at, stop = _inside(plain, *path)
    added = b"".join(entries[1:])
    grown = bytearray(plain[:stop] + added + plain[stop:])
    grown[at + 4 : at + 8] = pack("!I", len(inits))
    for depth in range(1, len(path) + 1):
        start, _ = _inside(plain, *path[:depth])
        size = unpack_from("!I", plain, start - 8)[0]
        grown[start - 8 : start - 4] = pack("!I", size + len(added))
    return bytes(grown)


def _entries(init: bytes) -> bytes:
    at, stop = _inside(init, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    return init[at + 8 : stop]


def _inside(data: bytes | bytearray | memoryview, *path: bytes) -> tuple[int, int]:
    """Begin and end of the body of the first box at a path. Raises `Undecodable`."""
    at, stop = 0, len(data)
    for kind in path:
        found = next(((begin, end) for own, begin, end in boxes(data, at, stop) if own == kind), None)
        if found is None:
            raise Undecodable(f"no {kind.decode()}")
        at, stop = found
    return at, stop


def _fragments(
    lane: Lane,
    pieces: list[Piece],
    inits: list[str],
    load: Callable[[str], bytes],
    number: int,
    begin_us: int,
    end_us: int,
) -> Iterator[tuple[int, int, bytes, memoryview]]:
    """Of one track: its moment, where it ends, its bytes as they go into the file, in two parts."""
    base = begin_us * lane.timescale // SECOND
    end = end_us * lane.timescale // SECOND
    sequence = 0
    for piece in pieces:
        data, entry = load(piece.digest), inits.index(piece.init) + 1
        try:
            facts = complete_fragments(data)
            starts = [0, *(one.end for one in facts)]
            for one, at in zip(facts, starts, strict=False):
                begun = one.start - one.lead
                if begun < base or one.start >= end:
                    continue
                sequence += 1
                moved = _moved(memoryview(data)[at : one.end], number, sequence, begun - base, entry)
                yield (
                    one.start * SECOND // lane.timescale,
                    (one.start + one.duration) * SECOND // lane.timescale,
                    *moved,
                )
        except (BadFragment, ValueError) as error:
            raise Undecodable(str(error)) from error


def _moved(data: memoryview, number: int, sequence: int, time: int, entry: int) -> tuple[bytes, memoryview]:
    """One fragment with its new number, time and sample entry: its moof anew, its mdat as it is; what stands before the
    moof is left out."""
    moof, until = _inside(data, b"moof")
    new = bytearray(data[moof - 8 : until])
    traf, tfhd, tfdt, trun, mfhd = (_inside(new, *path)[0] for path in _CHANGED)
    flags = unpack_from("!I", new, tfhd)[0]
    if flags & 0x3 or new[tfdt] != 1:
        raise Undecodable("a fragment that is not ours")
    pack_into("!I", new, mfhd + 4, sequence)
    pack_into("!II", new, tfhd, flags | 0x2, number)
    pack_into("!Q", new, tfdt + 4, time)
    pack_into("!i", new, trun + 8, unpack_from("!i", new, trun + 8)[0] + 4)
    for at in (0, traf - 8, tfhd - 8):
        pack_into("!I", new, at, unpack_from("!I", new, at)[0] + 4)
    new[tfhd + 8 : tfhd + 8] = pack("!I", entry)
    return bytes(new), data[until:]
