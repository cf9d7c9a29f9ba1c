"""Our WebM writer, for VP8 (RFC 9559): an init segment, and clusters that take the place of fragments.

WebM's times are milliseconds here: a picture is placed to half a millisecond. What is to leave beside other tracks goes
into MP4 (`init_as_mp4`, `clusters_as_mp4`): browsers play VP8 in an MP4 file, yet not in one that is fed to them by
Media Source Extensions.
"""

from collections.abc import Iterator, Sequence
from struct import pack

from media.wire.fmp4 import VIDEO_ID, Sample, coded_init, fragment
from media.wire.fmp4_read import BadFragment, FragmentFacts
from media.wire.frames import Stream

CLUSTER = b"\x1f\x43\xb6\x75"
EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _INFO, _TRACKS = b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b"
_SIZE = (b"\xb0", b"\xba")  # PixelWidth, PixelHeight
_VPCC = bytes((1, 0, 0, 0, 0, 10, 0x82, 2, 2, 2, 0, 0))
"""VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding 1.0): profile 0, 4:2:0, eight bits."""
_UNKNOWN = b"\x01" + b"\xff" * 7
_KEY = 0x80
_TIME, _BLOCK, _GROUP, _INNER, _DURATION, _REFERENCE = b"\xe7", b"\xa3", b"\xa0", b"\xa1", b"\x9b", b"\xfb"


def element(name: bytes, *parts: bytes) -> bytes:
    """An EBML element with a size of four bytes."""
    body = b"".join(parts)
    return name + pack("!I", 0x10000000 | len(body)) + body


def number(name: bytes, value: int) -> bytes:
    """An element that holds an unsigned integer."""
    return element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8)))


def init(stream: Stream, timescale: int) -> bytes:
    """EBML header, and Info and Tracks of a Segment that has no end. Times are milliseconds."""
    head = element(
        EBML,
        *(
            number(name, value)
            for name, value in ((b"\x42\x86", 1), (b"\x42\xf7", 1), (b"\x42\xf2", 4), (b"\x42\xf3", 8))
        ),
        element(b"\x42\x82", b"webm"),
        number(b"\x42\x87", 4),
        number(b"\x42\x85", 2),
    )
    info = element(
        _INFO, number(b"\x2a\xd7\xb1", 1_000_000), element(b"\x4d\x80", b"Takan"), element(b"\x57\x41", b"Takan")
    )
    video = element(b"\xe0", *map(number, _SIZE, (stream.width, stream.height)))
    entry = element(
        b"\xae", number(b"\xd7", 1), number(b"\x73\xc5", 1), number(b"\x83", 1), element(b"\x86", b"V_VP8"), video
    )
    return head + _SEGMENT + _UNKNOWN + info + element(_TRACKS, entry)


def cluster(samples: Sequence[Sample], timescale: int) -> list[bytes]:
    """One cluster. Its last block states its duration, for whoever has to cut the file."""

    def at(ticks: int) -> int:
        return (ticks * 1000 + timescale // 2) // timescale

    start = at(samples[0].time)
    parts = [number(_TIME, start)]
    for sample in samples[:-1]:
        parts.append(element(_BLOCK, _head(sample, at(sample.time) - start, _KEY if sample.key else 0), *sample.pieces))
    last = samples[-1]
    group = [element(_INNER, _head(last, at(last.time) - start, 0), *last.pieces)]
    group.append(number(_DURATION, max(1, at(last.time + last.duration) - at(last.time))))
    if not last.key:
        group.append(element(_REFERENCE, pack("!h", -1)))
    return [element(CLUSTER, *parts, element(_GROUP, *group))]


def _head(sample: Sample, offset: int, flags: int) -> bytes:
    return pack("!BhB", 0x81, offset, flags)


def complete_clusters(data: bytes, timescale: int) -> list[FragmentFacts]:
    """The clusters before the first one that is cut or damaged. Never raises."""
    found: list[FragmentFacts] = []
    for name, start, end in _elements(data, 0, len(data), 4):
        facts = _facts(data, start, end, timescale) if name == CLUSTER else None
        if facts is None:
            break
        found.append(facts)
    return found


def init_as_mp4(data: bytes, timescale: int) -> bytes:
    """An init segment of `init` as MP4's. Raises `BadFragment`."""
    at = data.find(_TRACKS)
    sizes = [data.find(name + b"\x10\x00\x00", max(at, 0)) for name in _SIZE]
    if at < 0 or min(sizes) < 0:
        raise BadFragment("no WebM of ours")
    width, height = (int.from_bytes(data[one + 5 : one + 5 + (data[one + 4])]) for one in sizes)
    return coded_init(b"vp08", b"vpcC", _VPCC, width, height, timescale)


def clusters_as_mp4(data: bytes, timescale: int, epoch_us: int = 0) -> bytes:
    """A segment's clusters as fragments of MP4, as many. Raises `BadFragment`."""
    done, at = [], 0
    for number, one in enumerate(complete_clusters(data, timescale), start=1):
        samples = _samples(data, at + 8, one.end, timescale)
        done += fragment(VIDEO_ID, number, samples, timescale, epoch_us, audio=False)
        at = one.end
    if at != len(data):
        raise BadFragment("no WebM of ours")
    return b"".join(done)


def _samples(data: bytes, start: int, end: int, timescale: int) -> list[Sample]:
    begun, found, until = 0, list[tuple[int, bool, bytes]](), 0
    for name, at, stop in _elements(data, start, end, 1):
        if name == _TIME:
            begun = int.from_bytes(data[at:stop])
        elif name == _BLOCK:
            found.append((begun + _offset(data, at), bool(data[at + 3] & _KEY), data[at + 4 : stop]))
        elif name == _GROUP:
            inner = {one: (a, b) for one, a, b in _elements(data, at, stop, 1)}
            block, last = inner[_INNER]
            time = begun + _offset(data, block)
            found.append((time, _REFERENCE not in inner, data[block + 4 : last]))
            until = time + int.from_bytes(data[slice(*inner[_DURATION])])
    ticks = [time * timescale // 1000 for time, _, _ in found] + [until * timescale // 1000]
    return [
        Sample(ticks[n], ticks[n + 1] - ticks[n], [frame], len(frame), key) for n, (_, key, frame) in enumerate(found)
    ]


def _offset(data: bytes, block: int) -> int:
    """A block's milliseconds from its cluster's."""
    return int.from_bytes(data[block + 1 : block + 3], signed=True)


def _facts(data: bytes, start: int, end: int, timescale: int) -> FragmentFacts | None:
    begun, samples, length, key = -1, 0, 0, False
    for name, at, stop in _elements(data, start, end, 1):
        if name == _TIME:
            begun = int.from_bytes(data[at:stop])
        elif name == _BLOCK:
            key = key or (not samples and bool(data[at + 3] & _KEY))
            samples += 1
        elif name == _GROUP:
            inner = {one: (a, b) for one, a, b in _elements(data, at, stop, 1)}
            if _INNER not in inner or _DURATION not in inner:
                return None
            offset = int.from_bytes(data[inner[_INNER][0] + 1 : inner[_INNER][0] + 3])
            length = offset + int.from_bytes(data[slice(*inner[_DURATION])])
            key = key or (not samples and _REFERENCE not in inner)
            samples += 1
    if begun < 0 or not length:
        return None
    return FragmentFacts(end, begun * timescale // 1000, length * timescale // 1000, key, samples)


def _elements(data: bytes, start: int, end: int, name: int) -> Iterator[tuple[bytes, int, int]]:
    """Elements as `element` writes them, names of `name` bytes; stops before one that is cut or not ours."""
    while start + name + 4 <= end:
        size = int.from_bytes(data[start + name : start + name + 4])
        body = start + name + 4
        if size >> 28 != 1 or body + (size & 0x0FFFFFFF) > end:
            return
        yield data[start : start + name], body, body + (size & 0x0FFFFFFF)
        start = body + (size & 0x0FFFFFFF)
