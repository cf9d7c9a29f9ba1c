"""Sound that browsers do not play out of MP4 (PCM, AC-3, MP3 …), encoded to AAC while the picture is copied."""

from fractions import Fraction
from typing import Any, cast

import av
from av.audio.resampler import AudioResampler
from av.packet import Packet
from av.stream import Stream

from media.files.errors import Undecodable
from media.files.tasks.order import Order
from media.files.tasks.writer import Sample, TrackWriter

RATE = 48_000
BITS = 160_000
"""Bits a second, stereo."""


class SoundLane:
    """Decodes one stream and writes it as AAC. Holes in the sound become silence by their length, never a shift."""

    def __init__(self, order: Order, stream: Stream | None, origin: Fraction) -> None:
        self._order, self.stream, self._origin = order, stream, origin
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
        out = av.open(_Nowhere(), "w", format="mp4", options={"movflags": "empty_moov+frag_custom"})
        self._out = out
        self._coded = out.add_stream("aac", rate=RATE, layout="stereo", bit_rate=BITS)
        context = self._coded.codec_context
        self._encoder = context
        self._encoder.open()
        self._at: int | None = None
        self._writer: TrackWriter | None = None
        self.codec = "aac"
        self.times: list[int] = []

    def take(self, packet: "Packet[Any]") -> None:
        """A packet as it was read; what cannot be decoded is silence."""
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            return
        for frame in cast(list[av.AudioFrame], frames):
            if frame.pts is None or frame.time_base is None:
                continue
            self.hear(frame, round((frame.pts * frame.time_base - self._origin) * RATE))

    def hear(self, frame: av.AudioFrame, at: int) -> None:
        """Decoded sound, at 1/`RATE` s from the beginning."""
        if self._at is None:
            self._at = max(0, at)
        if at < 0:
            return
        frame.pts = None
        for one in self._resampler.resample(frame):
            self._encode(one, at)

    def _encode(self, frame: av.AudioFrame | None, at: int) -> None:
        if frame is not None:
            if self._at is None or at - self._at > RATE // 10:  # a hole: time goes on
                self._at = at
            frame.pts, frame.time_base = self._at, Fraction(1, RATE)
            self._at += frame.samples
        for packet in self._encoder.encode(frame):
            if packet.pts is not None and packet.pts >= 0:
                self._write(packet)

    def _write(self, packet: "Packet[Any]") -> None:
        if self._writer is None:
            self._writer = TrackWriter(self._order, "audio.mp4", self._coded, 0, None)
        facts = self._order.facts
        sample = Sample(int(packet.pts or 0), packet.duration or 1024, bytes(packet), True)
        self._writer.take(sample, facts["target"], facts["longest"])

    def finish(self) -> dict[str, Any] | None:
        """The track's facts, None when nothing could be decoded."""
        if self._at is not None:
            for one in self._resampler.resample(None):
                self._encode(one, self._at)
            self._encode(None, self._at)
        if self._writer is None:
            return None
        if self._writer.timescale != RATE:
            raise Undecodable("an unexpected time scale")
        self._writer.finish()
        return {
            "kind": "audio",
            "codec": "aac",
            "codecs": self._writer.codecs,
            "timescale": RATE,
            "file": self._writer.name,
            "init": len(self._writer.init),
            "segments": self._writer.segments,
        }


class _Nowhere:
    """A file for a muxer that is never used: the encoder belongs to it."""

    def write(self, data: bytes) -> int:
        return len(data)
