"""One track of fragmented MP4 out of packets: ftyp and moov by libav's muxer, fragments by our own hand.

Decode times are the presentation times in rising order. Where pictures are shown in another order, composition offsets
count from so much before that none is below zero, and an edit list says how much (ISO/IEC 14496-12, 8.6.6, 8.8.8): a
demuxer that is given signed offsets shows everything later by the largest.
"""

import io
import re
from dataclasses import dataclass
from fractions import Fraction
from struct import pack, unpack_from

import av
from av.container import OutputContainer
from av.stream import Stream

from media.files.boxes import find
from media.files.errors import Undecodable
from media.files.tasks.order import Order
from media.wire.fmp4 import box, full_box

HEAVY = 48 << 20
"""Bytes after which a segment closes, so that memory stays bounded."""
NONE = Fraction(0)
_KEY, _DELTA = 0x02000000, 0x01010000
_START = re.compile(b"\x00\x00\x00?\x01")


@dataclass(slots=True)
class Sample:
    """One packet: presentation time in ticks, its bytes."""

    time: int
    duration: int
    data: bytes
    key: bool


class TrackWriter:
    """Takes packets in decoding order, sends closed segments; one is held back until the next one's start is known.
    `ahead`: seconds by which no picture is decoded after it is shown."""

    def __init__(
        self, order: Order, name: str, stream: Stream, rotation: int, extradata: bytes | None, ahead: Fraction = NONE
    ) -> None:
        self._order, self.name, self._kind = order, name, stream.type
        bare = _init(stream, rotation, extradata)
        self.timescale = _timescale(bare)
        self._ahead = max(0, round(ahead * self.timescale))
        self.init = _edited(bare, self._ahead)
        self.codecs = codecs(self.init)
        order.send(name, self.init)
        self.size = len(self.init)
        self.segments: list[list[int | bool]] = []
        self._open: list[Sample] = []
        self._held: list[Sample] = []
        self._bytes = 0

    def take(self, sample: Sample, target: float, longest: float) -> None:
        """One more packet."""
        if self._open:
            span = (sample.time - self._open[0].time) / self.timescale
            enough = span >= target and (sample.key or self._kind == "audio")
            if enough or span >= longest or self._bytes > HEAVY:
                self._close()
        self._open.append(sample)
        self._bytes += len(sample.data)

    def finish(self) -> None:
        """No more packets."""
        self._close()
        self._write(None)

    def _close(self) -> None:
        following = min((one.time for one in self._open), default=None)
        self._write(following)
        self._held, self._open, self._bytes = self._open, [], 0

    def _write(self, following: int | None) -> None:
        """Send the segment that is held back: the next one begins at `following`."""
        samples = self._held
        if not samples:
            return
        shown = sorted(samples, key=lambda one: one.time)
        times = [one.time for one in shown]
        end = following if following is not None and following > times[-1] else times[-1] + max(1, shown[-1].duration)
        durations = [max(0, later - sooner) for sooner, later in zip(times, [*times[1:], end], strict=True)]
        parts = _fragment(len(self.segments) + 1, samples, times, durations, self._ahead, self._kind == "audio")
        data = b"".join(parts)
        self._order.send(self.name, data)
        self.segments.append([times[0], end - times[0], self.size, len(data), samples[0].key])
        self.size += len(data)
        self._held = []


def _fragment(
    number: int, samples: list[Sample], times: list[int], durations: list[int], ahead: int, audio: bool
) -> list[bytes]:
    entries: list[int] = []
    for sample, decoded, duration in zip(samples, times, durations, strict=True):
        flags = _KEY if sample.key or audio else _DELTA
        entries += (duration, len(sample.data), flags, (sample.time - decoded + ahead) & 0xFFFFFFFF)
    mfhd = full_box(b"mfhd", 0, 0, pack("!I", number))
    tfhd = full_box(b"tfhd", 0, 0x020000, pack("!I", 1))  # default-base-is-moof
    tfdt = full_box(b"tfdt", 1, 0, pack("!Q", times[0]))
    offset = 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt) + 20 + 4 * len(entries) + 8
    trun = full_box(b"trun", 1, 0xF01, pack("!II", len(samples), offset), pack(f"!{len(entries)}I", *entries))
    moof = box(b"moof", mfhd, box(b"traf", tfhd, tfdt, trun))
    return [moof, pack("!I4s", 8 + sum(len(one.data) for one in samples), b"mdat"), *(one.data for one in samples)]


def _init(stream: Stream, rotation: int, extradata: bytes | None) -> bytes:
    out = io.BytesIO()
    options = {"movflags": "empty_moov+default_base_moof+frag_custom", "use_editlist": "0"}
    container = av.open(out, "w", format="mp4", options=options)
    if not isinstance(container, OutputContainer):
        raise Undecodable("nothing to write with")
    with container:
        track = container.add_stream_from_template(stream, opaque=True)
        track.time_base = stream.time_base or Fraction(1, 90_000)
        if extradata and track.codec_context is not None:
            track.codec_context.extradata = extradata
        if rotation and stream.type == "video":
            track.set_display_rotation(-rotation)  # type: ignore[attr-defined]
        container.start_encoding()
        head = out.getvalue()
    moov = head.find(b"moov")
    if moov < 4:
        raise Undecodable("no header could be written")
    return head[: moov - 4 + unpack_from("!I", head, moov - 4)[0]]


def _edited(init: bytes, ahead: int) -> bytes:
    """The init segment with an edit list that begins `ahead` ticks in."""
    if not ahead:
        return init
    edts = box(b"edts", full_box(b"elst", 0, 0, pack("!IIiI", 1, 0, ahead, 0x10000)))
    moov, _ = next(find(init, b"moov"))
    trak, _ = next(find(init, b"moov", b"trak"))
    _, behind = next(find(init, b"moov", b"trak", b"tkhd"))
    sized = bytearray(init)
    for at in (moov - 8, trak - 8):
        sized[at : at + 4] = pack("!I", unpack_from("!I", init, at)[0] + len(edts))
    return bytes(sized[:behind] + edts + sized[behind:])


def _timescale(init: bytes) -> int:
    at, _ = next(find(init, b"moov", b"trak", b"mdia", b"mdhd"))
    return int(unpack_from("!I", init, at + (20 if init[at] == 1 else 12))[0])


def codecs(init: bytes) -> str:
    """The codec string (RFC 6381) of the only track."""
    at, stop = next(find(init, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"))
    entry = init[at + 12 : at + 16]
    body = init[at + 16 : stop]
    if (found := body.find(b"avcC")) >= 0:
        return f"{entry.decode('latin-1')}.{body[found + 5 : found + 8].hex()}"
    if (found := body.find(b"vpcC")) >= 0:
        profile, level, depth = body[found + 8], body[found + 9], body[found + 10] >> 4
        return f"vp09.{profile:02}.{level:02}.{depth:02}"
    if (found := body.find(b"av1C")) >= 0:
        first, second = body[found + 5], body[found + 6]
        depth = 12 if second & 0x20 else 10 if second & 0x40 else 8
        return f"av01.{first >> 5}.{first & 0x1F:02}{'H' if second & 0x80 else 'M'}.{depth:02}"
    if entry == b"mp4a":
        return f"mp4a.40.{_object_type(body)}"
    return "opus" if entry == b"Opus" else entry.decode("latin-1")


def _object_type(body: bytes) -> int:
    """The audio object type in an esds' DecoderSpecificInfo (ISO/IEC 14496-3)."""
    at = body.find(b"\x05", body.find(b"esds") + 4 + 4 + 20)
    while at >= 0 and at + 5 < len(body) and body[at + 1] & 0x80:
        at += 1
    return (body[at + 2] >> 3) or 2 if at >= 0 else 2


def lengths(data: bytes) -> bytes:
    """H.264 or HEVC with start codes (Annex B) as units with four-byte lengths."""
    parts: list[bytes] = []
    for unit in _START.split(data):
        if unit := unit.rstrip(b"\0"):
            parts += (pack("!I", len(unit)), unit)
    return b"".join(parts)
