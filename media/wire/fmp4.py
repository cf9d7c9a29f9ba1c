"""Our fragmented-MP4 writer: init segments and fragments (ISO/IEC 14496-12; -15 for AVC; Opus in ISOBMFF 1.0)."""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import pack

from media.wire.sps import SequenceFacts

NTP_BEFORE_1970 = 2_208_988_800
"""Seconds between the NTP era and 1970."""
VIDEO_ID, AUDIO_ID = 1, 2
"""Track numbers inside the files: different, so that a picture and its sound can share one file without change."""

_MATRIX = pack("!9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_EMPTY_TABLES = (b"stts", b"stsc", b"stco")
_KEY_SAMPLE = 0x02000000  # sample_depends_on 2: on no other
_DELTA_SAMPLE = 0x01010000  # sample_depends_on 1, sample_is_non_sync_sample


@dataclass(slots=True)
class Sample:
    """One picture or one Opus packet on the track's timeline. `time` and `duration` are ticks.

    `coded` is for pictures that are not shown in the order of decoding: when to decode, when to decode the next one,
    and by how much later than its decoding this picture is shown. Their `time`s are the moments of showing, in order.
    """

    time: int
    duration: int
    pieces: list[bytes]
    size: int
    key: bool
    coded: tuple[int, int, int] | None = None


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box (14496-12, 4.2)."""
    body = b"".join(parts)
    return pack("!I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, pack("!I", version << 24 | flags), *parts)


def video_init(facts: SequenceFacts, sps: Sequence[bytes], pps: Sequence[bytes], timescale: int) -> bytes:
    """The ftyp and moov of an H.264 track, with these parameter sets."""
    avcc = box(b"avcC", _avc_configuration(facts, sps, pps))
    entry = box(
        b"avc1",
        pack("!6xH16xHHIII", 1, facts.width, facts.height, 0x480000, 0x480000, 0),
        pack("!H32xHh", 1, 0x18, -1),
        avcc,
    )
    media_header = full_box(b"vmhd", 0, 1, bytes(8))
    return _init(VIDEO_ID, timescale, b"vide", media_header, entry, facts.width, facts.height)


def coded_init(entry: bytes, configuration: bytes, body: bytes, width: int, height: int, timescale: int) -> bytes:
    """The ftyp and moov of a video track of another codec: the names of its sample entry and of the box in it."""
    shape = pack("!6xH16xHHIII", 1, width, height, 0x480000, 0x480000, 0) + pack("!H32xHh", 1, 0x18, -1)
    media_header = full_box(b"vmhd", 0, 1, bytes(8))
    sample = box(entry, shape, box(configuration, body))
    return _init(VIDEO_ID, timescale, b"vide", media_header, sample, width, height)


def opus_init(timescale: int, channels: int = 2) -> bytes:
    """The ftyp and moov of an Opus track. Live packets begin anywhere, so no pre-skip is stated."""
    specific = box(b"dOps", pack("!BBHIhB", 0, channels, 0, 48000, 0, 0))
    entry = box(b"Opus", pack("!6xH8xHHI", 1, channels, 16, 0), pack("!I", 48000 << 16), specific)
    media_header = full_box(b"smhd", 0, 0, bytes(4))
    return _init(AUDIO_ID, timescale, b"soun", media_header, entry, 0, 0)


def fragment(
    track: int, sequence: int, samples: Sequence[Sample], timescale: int, epoch_us: int, *, audio: bool
) -> list[bytes]:
    """A fragment's bytes in pieces: prft, moof, mdat. The samples follow one another without a hole.

    prft says the wall clock of the first sample (8.16.5), tfdt its ticks from the epoch, `epoch_us` UTC.
    """
    first = samples[0]
    start = first.time if first.coded is None else first.coded[0]
    wall_us = epoch_us + start * 1_000_000 // timescale
    seconds, rest = divmod(wall_us, 1_000_000)
    ntp = (seconds + NTP_BEFORE_1970 & 0xFFFFFFFF) << 32 | (rest << 32) // 1_000_000
    prft = full_box(b"prft", 1, 0, pack("!IQQ", track, ntp, start))
    moof = _moof(track, sequence, samples, start, audio)
    size = 8 + sum(sample.size for sample in samples)
    pieces = [prft, moof, pack("!I4s", size, b"mdat")]
    for sample in samples:
        pieces += sample.pieces
    return pieces


def _moof(track: int, sequence: int, samples: Sequence[Sample], start: int, audio: bool) -> bytes:
    mfhd = full_box(b"mfhd", 0, 0, pack("!I", sequence & 0xFFFFFFFF))
    # default-base-is-moof, default-sample-flags-present
    tfhd = full_box(b"tfhd", 0, 0x020020, pack("!II", track, _KEY_SAMPLE if audio else _DELTA_SAMPLE))
    tfdt = full_box(b"tfdt", 1, 0, pack("!Q", start))
    apart = any(sample.coded for sample in samples)
    version, flags, entries = _ordered(samples) if apart else _plain(samples)
    flags |= 4 if samples[0].key and not audio else 0
    head = 20 if flags & 4 else 16
    offset = 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt) + head + 4 + len(entries) + 8
    trun = full_box(
        b"trun",
        version,
        flags,
        pack("!II", len(samples), offset),
        pack("!I", _KEY_SAMPLE) if flags & 4 else b"",
        entries,
    )
    return box(b"moof", mfhd, box(b"traf", tfhd, tfdt, trun))


def _plain(samples: Sequence[Sample]) -> tuple[int, int, bytes]:
    """Version, flags and entries of a trun: offset; duration, size."""
    entries = [value for sample in samples for value in (sample.duration, sample.size)]
    return 0, 0x000301, pack(f"!{len(entries)}I", *entries)


def _ordered(samples: Sequence[Sample]) -> tuple[int, int, bytes]:
    """The same with composition time offsets, where the order of decoding is another."""
    coded = [one.coded or (one.time, one.time + one.duration, 0) for one in samples]
    begins = [decode for decode, _, _ in coded[1:]] + [coded[-1][1]]
    rows = zip(samples, coded, begins, strict=True)
    return 1, 0x000B01, b"".join(pack("!IIi", after - one[0], sample.size, one[2]) for sample, one, after in rows)


def _avc_configuration(facts: SequenceFacts, sps: Sequence[bytes], pps: Sequence[bytes]) -> bytes:
    """AVCDecoderConfigurationRecord (14496-15, 5.3.3.1): four-byte lengths."""
    profile = bytes.fromhex(facts.profile)
    parts = [b"\x01", profile, b"\xff", bytes((0xE0 | len(sps),))]
    parts += [pack("!H", len(one)) + one for one in sps]
    parts.append(bytes((len(pps),)))
    parts += [pack("!H", len(one)) + one for one in pps]
    if profile[0] in (100, 110, 122, 144):
        depths = (0xF8 | facts.luma_depth - 8, 0xF8 | facts.chroma_depth - 8)
        parts.append(bytes((0xFC | facts.chroma_format, *depths, 0)))
    return b"".join(parts)


def _init(
    track: int, timescale: int, handler: bytes, media_header: bytes, entry: bytes, width: int, height: int
) -> bytes:
    ftyp = box(b"ftyp", b"iso6", pack("!I", 0), b"iso6", b"mp41")
    next_id = pack("!I", track + 1)
    mvhd = full_box(b"mvhd", 0, 0, pack("!IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100), _MATRIX, bytes(24), next_id)
    volume = 0x100 if handler == b"soun" else 0
    tkhd = full_box(
        b"tkhd",
        0,
        3,  # enabled, in movie
        pack("!IIIII8xHHHH", 0, 0, track, 0, 0, 0, 0, volume, 0),
        _MATRIX,
        pack("!II", width << 16, height << 16),
    )
    mdhd = full_box(b"mdhd", 0, 0, pack("!IIIIHH", 0, 0, timescale, 0, 0x55C4, 0))  # language "und"
    hdlr = full_box(b"hdlr", 0, 0, pack("!I4s12x", 0, handler), b"Takan\x00")
    dinf = box(b"dinf", full_box(b"dref", 0, 0, pack("!I", 1), full_box(b"url ", 0, 1)))
    tables = [full_box(kind, 0, 0, bytes(4)) for kind in _EMPTY_TABLES]
    tables.append(full_box(b"stsz", 0, 0, bytes(8)))
    stbl = box(b"stbl", full_box(b"stsd", 0, 0, pack("!I", 1), entry), *tables)
    mdia = box(b"mdia", mdhd, hdlr, box(b"minf", media_header, dinf, stbl))
    trex = full_box(b"trex", 0, 0, pack("!IIIII", track, 1, 0, 0, 0))
    return ftyp + box(b"moov", mvhd, box(b"trak", tkhd, mdia), box(b"mvex", trex))
