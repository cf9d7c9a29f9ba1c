"""One walk over the packets: fragmented MP4 of each track, and the table of presented time stamps."""

from fractions import Fraction
from typing import Any

from av.packet import Packet
from av.stream import Stream

from media.files.errors import Undecodable
from media.files.stamps import packed, table
from media.files.tasks.opened import opened, origin, packets
from media.files.tasks.order import Order
from media.files.tasks.sound import SoundLane
from media.files.tasks.writer import Sample, TrackWriter, lengths

_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)

_AHEAD = 2  # times what the source needs: its pictures may be shown longer where there are more of another order


class _Lane:
    """One stream of the source and its writer."""

    def __init__(self, order: Order, stream: Stream, origin: Fraction) -> None:
        self._order, self.stream = order, stream
        self._origin = origin
        self._writer: TrackWriter | None = None
        self._last = -1
        self.times: list[int] = []
        self.last_duration = 0
        context = stream.codec_context
        self._extradata = bytes(context.extradata or b"") if context else b""
        coded = context.codec.canonical_name if context and context.codec else ""
        self._annexb = coded == "h264" and not self._extradata.startswith(b"\1")
        self._adts = coded == "aac" and not self._extradata
        self.codec = coded
        base = stream.time_base or Fraction(1, 90_000)
        self.start = round(origin / base)

    def take(self, packet: "Packet[Any]") -> None:
        """A packet as it was read. Sound before the beginning is left out; a picture cannot be."""
        base = self.stream.time_base or Fraction(1, 90_000)
        pts = packet.pts or 0
        at = pts - self.start
        if self.stream.type == "audio" and (at < 0 or packet.is_discard):
            return
        if at < 0 or packet.is_discard:
            raise Undecodable("pictures before the beginning")
        data = self._plain(bytes(packet))
        writer = self._begun(packet)
        scale = base * writer.timescale
        time = round(at * scale)
        if self.stream.type == "audio":
            if time <= self._last:
                return
            self._last = time
        else:
            self.times.append(pts)
            self.last_duration = packet.duration or self.last_duration
        facts = self._order.facts
        sample = Sample(time, round((packet.duration or 0) * scale), data, packet.is_keyframe)
        writer.take(sample, facts["target"], facts["longest"])

    def _plain(self, data: bytes) -> bytes:
        if self._annexb:
            return lengths(data)
        if self._adts and len(data) > 7 and data[0] == 0xFF:
            if not self._extradata:
                self._extradata = _audio_config(data)
            return data[7 if data[1] & 1 else 9 :]
        return data

    def _begun(self, first: "Packet[Any]") -> TrackWriter:
        if self._writer is None:
            rotation = self._order.facts["rotation"] if self.stream.type == "video" else 0
            extra = self._extradata if self._adts else None
            ahead = _AHEAD * _reordered(first) if self.stream.type == "video" else Fraction(0)
            self._writer = TrackWriter(self._order, f"{self.stream.type}.mp4", self.stream, rotation, extra, ahead)
        return self._writer

    def finish(self) -> dict[str, Any] | None:
        """The track's facts, None when nothing came."""
        writer = self._writer
        if writer is None:
            return None
        writer.finish()
        return {
            "kind": self.stream.type,
            "codec": self.codec,
            "codecs": writer.codecs,
            "timescale": writer.timescale,
            "file": writer.name,
            "init": len(writer.init),
            "segments": writer.segments,
        }


def _reordered(first: "Packet[Any]") -> Fraction:
    """Seconds by which the source decodes its pictures before it shows them."""
    if first.pts is None or first.dts is None:
        return Fraction(0)
    return max(0, first.pts - first.dts) * (first.time_base or Fraction(0))


def _audio_config(adts: bytes) -> bytes:
    """AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) of an ADTS header."""
    profile, rate = (adts[2] >> 6) + 1, adts[2] >> 2 & 15
    channels = (adts[2] & 1) << 2 | adts[3] >> 6
    if rate >= len(_ADTS_RATES):
        raise Undecodable("an unknown sampling rate")
    return (profile << 11 | rate << 7 | channels << 3).to_bytes(2, "big")


def _times(order: Order) -> dict[str, Any]:
    """The table alone: pictures that a player presents, whatever edit list there is."""
    with opened(order) as file:
        stream = file.streams[order.facts["video"]]
        base = stream.time_base or Fraction(1, 90_000)
        start = round(origin(file) / base)
        times, last = [], 0
        for packet in packets(file, stream):
            if packet.pts is not None and packet.pts >= start and not packet.is_discard:
                times.append(packet.pts)
                last = packet.duration or last
        return {"tracks": [], "stamps": packed(table(base, start, times, last))}


def run(order: Order) -> dict[str, Any]:
    """The facts of `media.files.package.Package`."""
    facts = order.facts
    if facts["only_times"]:
        return _times(order)
    with opened(order) as file:
        begin = origin(file)
        wanted = [file.streams[n] for n in (facts["video"], facts["audio"]) if n is not None]
        lanes: dict[int, Any] = {}
        for stream in wanted:
            if stream.type == "audio" and facts["encode"]:
                lanes[stream.index] = SoundLane(order, stream, begin)
            else:
                lanes[stream.index] = _Lane(order, stream, begin)
        whole = facts["seconds"] or 1.0
        for packet in packets(file, *wanted):
            lanes[packet.stream_index].take(packet)
            order.progress(float((packet.pts or 0) * (packet.time_base or 0)) / whole)
        tracks = [one for one in (lane.finish() for lane in lanes.values()) if one]
        video = lanes.get(facts["video"])
        table_of = None
        if video is not None and video.times:
            base = video.stream.time_base or Fraction(1, 90_000)
            table_of = packed(table(base, video.start, video.times, video.last_duration))
        return {"tracks": tracks, "stamps": table_of}
