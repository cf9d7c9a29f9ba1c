"""The samples of fragments that we wrote ourselves, one by one, so that a part of a fragment can be written anew."""

from struct import error as StructError
from struct import unpack_from

from media.files.errors import Undecodable
from media.wire.fmp4 import Sample, fragment
from media.wire.fmp4_read import BadFragment, boxes

_NOT_SYNC = 0x00010000  # sample_is_non_sync_sample


def samples_in(data: bytes) -> list[Sample]:
    """Of one fragment (moof, mdat), in the order of decoding. Raises `Undecodable` for one that is not ours."""
    try:
        moof, mdat = (_body(data, kind) for kind in (b"moof", b"mdat"))
        return _read(data, moof, mdat[0])
    except (BadFragment, StructError, ValueError) as error:
        raise Undecodable(f"a fragment that is not ours: {error}") from error


def _body(data: bytes, *path: bytes) -> tuple[int, int]:
    at, stop = 0, len(data)
    for kind in path:
        found = next(((begin, end) for own, begin, end in boxes(data, at, stop) if own == kind), None)
        if found is None:
            raise ValueError(f"no {kind.decode()}")
        at, stop = found
    return at, stop


def _read(data: bytes, moof: tuple[int, int], at: int) -> list[Sample]:
    traf = b"moof", b"traf"
    decode = unpack_from("!Q", data, _body(data, *traf, b"tfdt")[0] + 4)[0]
    key = not unpack_from("!I", data, _body(data, *traf, b"tfhd")[0] + 8)[0] & _NOT_SYNC
    run, _ = _body(data, *traf, b"trun")
    flags, count = unpack_from("!II", data, run)
    ordered = bool(flags & 0x800)
    run += 8 + 4 * (flags & 1)
    first = key
    if flags & 4:
        first = not unpack_from("!I", data, run)[0] & _NOT_SYNC
        run += 4
    samples = []
    for number in range(count):
        duration, size = unpack_from("!II", data, run)
        offset = unpack_from("!i", data, run + 8)[0] if ordered else 0
        coded = (decode, decode + duration, offset) if ordered else None
        mine = first if number == 0 else key
        samples.append(Sample(decode + offset, duration, [data[at : at + size]], size, mine, coded))
        at, decode, run = at + size, decode + duration, run + (12 if ordered else 8)
    return samples


def between(data: bytes, start: int, end: int, timescale: int, *, audio: bool) -> bytes:
    """The fragment with only those of its samples that are shown or heard in [start, end), ticks; empty with none. Of
    pictures only the end can be left out, and with B-frames none that a kept one may need."""
    samples = samples_in(data)
    if audio:
        kept = [one for one in samples if one.time + one.duration > start and one.time < end]
    else:
        last = max((number for number, one in enumerate(samples) if one.time < end), default=-1)
        kept = samples[: last + 1]
    if len(kept) == len(samples):
        return data
    return b"".join(fragment(1, 1, kept, timescale, 0, audio=audio)) if kept else b""
