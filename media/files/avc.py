"""Parameter sets of two H.264 streams in one init segment, so that pictures of both play one after the other."""

from struct import pack, unpack_from

from media.files.errors import Undecodable
from media.wire.bits import BitReader, OutOfBits
from media.wire.fmp4_read import boxes

_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_ENTRY = 78  # bytes of a visual sample entry before the boxes in it (14496-12, 12.1.3)
MOST = 31  # parameter sets in a configuration, and the highest number of one


def configuration(init: bytes) -> bytes:
    """The AVCDecoderConfigurationRecord (14496-15, 5.3.3.1). Raises `Undecodable` without one."""
    at, stop, _ = _found(init)
    return init[at:stop]


def _found(init: bytes) -> tuple[int, int, list[int]]:
    """Begin and end of the record, and where the sizes of the boxes around it stand."""
    sizes, at, stop = list[int](), 0, len(init)
    for kind in (*_PATH, b"stsd", b"avc1", b"avcC"):
        found = next(((begin, end) for own, begin, end in boxes(init, at, stop) if own == kind), None)
        if found is None:
            raise Undecodable(f"no {kind.decode()}")
        sizes.append(found[0] - 8)
        at, stop = found
        at += {b"stsd": 8, b"avc1": _ENTRY}.get(kind, 0)
    return at, stop, sizes


def split(record: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """Sequence and picture parameter sets, and what stands behind them."""
    lists, at = list[list[bytes]](), 5
    for mask in (0x1F, 0xFF):
        count = record[at] & mask
        at += 1
        found = []
        for _ in range(count):
            size = unpack_from("!H", record, at)[0]
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
        lists.append(found)
    return lists[0], lists[1], record[at:]


def free_number(record: bytes) -> int:
    """A number that no parameter set of either kind has. Raises `Undecodable` when there is none."""
    sps, pps, _ = split(record)
    try:
        taken = {BitReader(one[4:]).ue() for one in sps} | {BitReader(one[1:]).ue() for one in pps}
    except OutOfBits as error:
        raise Undecodable("a parameter set that is cut short") from error
    free = [number for number in range(MOST, 0, -1) if number not in taken]
    if not free or len(sps) >= MOST or len(pps) >= MOST:
        raise Undecodable("too many parameter sets")
    return free[0]


def with_more(init: bytes, sps: list[bytes], pps: list[bytes]) -> bytes:
    """The init segment with more parameter sets behind its own."""
    at, stop, sizes = _found(init)
    record = init[at:stop]
    old_sps, old_pps, rest = split(record)
    parts = [record[:5], bytes((0xE0 | len(old_sps) + len(sps),))]
    parts += [pack("!H", len(one)) + one for one in (*old_sps, *sps)]
    parts.append(bytes((len(old_pps) + len(pps),)))
    parts += [pack("!H", len(one)) + one for one in (*old_pps, *pps)]
    grown = b"".join([*parts, rest])
    out = bytearray(init[:at] + grown + init[stop:])
    for place in sizes:
        size = unpack_from("!I", init, place)[0] + len(grown) - len(record)
        out[place : place + 4] = pack("!I", size)
    return bytes(out)
