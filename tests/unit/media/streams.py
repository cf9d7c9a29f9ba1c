"""RTP streams for tests: pictures and sound encoded here, cut into packets by hand, and played back."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from struct import pack

import av
import numpy as np

EPOCH_US = 1_700_000_000_000_000
MTU = 1200


@dataclass(frozen=True)
class Picture:
    """One encoded picture: its NAL units, without start codes."""

    index: int
    nals: list[bytes]
    key: bool
    shown: int = -1
    """In which turn it is shown, where the pictures were asked for with B-frames."""


def split_nals(data: bytes) -> list[bytes]:
    """NAL units of an Annex B stream."""
    parts = data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [part for part in parts if part]


def pictures(
    count: int, *, gop: int = 30, size: tuple[int, int] = (320, 180), fps: int = 30, slices: int = 1, between: int = 0
) -> list[Picture]:
    """H.264 pictures in the order of decoding; the one shown in turn `i` has the grey level `16 + i % 200` all over.

    `between`: B-frames in a row.
    """
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height = size
    codec.pix_fmt = "yuv420p"
    codec.time_base = Fraction(1, fps)
    codec.framerate = Fraction(fps, 1)
    codec.gop_size = gop
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:slices={slices}:threads=1",
    }
    if between:
        order = f":bframes={between}:b-adapt=0:b-pyramid=normal:weightp=0"
        codec.options = {"preset": "fast", "x264-params": codec.options["x264-params"] + order}
    done: list[Picture] = []
    for index in range(count):
        planes = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
        planes[: size[1]] = 16 + index % 200
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        for packet in codec.encode(frame):
            done.append(_picture(len(done), packet))
    for packet in codec.encode(None):
        done.append(_picture(len(done), packet))
    return done


def _picture(index: int, packet: "av.Packet[av.VideoStream]") -> Picture:
    return Picture(index, split_nals(bytes(packet)), bool(packet.is_keyframe), packet.pts or 0)


def sound(count: int) -> list[bytes]:
    """Opus packets of 20 ms: a tone."""
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = 48000, "stereo", "s16"
    codec.options = {"frame_duration": "20"}
    done: list[bytes] = []
    for index in range(count):
        at = np.arange(index * 960, (index + 1) * 960) / 48000
        tone = (8000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48000, index * 960
        done += [bytes(packet) for packet in codec.encode(frame)]
    return done[:count]


def rtp(sequence: int, timestamp: int, payload: bytes, *, marker: bool = False, ssrc: int = 7, kind: int = 96) -> bytes:
    """An RTP packet without extensions; the counters may have run over."""
    return pack("!BBHII", 0x80, marker << 7 | kind, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def payloads(nals: list[bytes], mtu: int = MTU) -> Iterator[bytes]:
    """RFC 6184: parameter sets in a STAP-A, large units in FU-As, others alone."""
    sets = [nal for nal in nals if nal[0] & 0x1F in (7, 8)]
    if sets:
        yield b"\x78" + b"".join(pack("!H", len(nal)) + nal for nal in sets)
    for nal in nals:
        if nal[0] & 0x1F in (7, 8):
            continue
        if len(nal) <= mtu:
            yield nal
            continue
        pieces = [nal[at : at + mtu] for at in range(1, len(nal), mtu)]
        for index, piece in enumerate(pieces):
            flags = (0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0)
            yield bytes((nal[0] & 0xE0 | 28, flags | nal[0] & 0x1F)) + piece


@dataclass
class Sender:
    """Numbers packets like one SSRC. `packets` gives (arrival_us, packet) with arrival at capture plus `delay_us`."""

    clock: int
    sequence: int = 65_500
    timestamp: int = 0xFFFF_0000
    ssrc: int = 7
    delay_us: int = 20_000
    mtu: int = MTU

    def picture(self, picture: Picture, at_us: int, sent_us: int | None = None) -> list[tuple[int, bytes]]:
        """One picture, captured `at_us` after the epoch, and sent then unless it is told otherwise."""
        made = []
        parts = list(payloads(picture.nals, self.mtu))
        stamp = self.timestamp + at_us * self.clock // 1_000_000
        for index, part in enumerate(parts):
            packet = rtp(self.sequence, stamp, part, marker=index == len(parts) - 1, ssrc=self.ssrc)
            made.append((EPOCH_US + (at_us if sent_us is None else sent_us) + self.delay_us, packet))
            self.sequence += 1
        return made

    def sample(self, packet: bytes, at_us: int) -> tuple[int, bytes]:
        """One Opus packet, captured `at_us` after the epoch."""
        stamp = self.timestamp + at_us * self.clock // 1_000_000
        self.sequence += 1
        return EPOCH_US + at_us + self.delay_us, rtp(self.sequence - 1, stamp, packet, ssrc=self.ssrc)

    def stamp(self, at_us: int) -> int:
        """The RTP time of a moment after the epoch, 32 bits."""
        return self.timestamp + at_us * self.clock // 1_000_000 & 0xFFFFFFFF


@dataclass(frozen=True)
class Shown:
    """A decoded picture: its time in ticks, the grey level of its middle, its size."""

    time: int
    grey: float
    size: tuple[int, int]


def play_video(data: bytes) -> list[Shown]:
    """Decode all pictures of a recording; raises when one cannot be decoded."""
    shown = []
    with av.open(io.BytesIO(data), "r", options={"err_detect": "explode"}) as file:
        for frame in file.decode(file.streams.video[0]):
            assert frame.pts is not None
            plane = frame.to_ndarray(format="gray")
            shown.append(Shown(frame.pts, float(plane[plane.shape[0] // 2].mean()), (frame.width, frame.height)))
    return shown


def play_audio(data: bytes) -> list[tuple[int, int]]:
    """Times and lengths (samples) of the decoded sound."""
    with av.open(io.BytesIO(data), "r") as file:
        return [(frame.pts or 0, frame.samples) for frame in file.decode(file.streams.audio[0])]


def grey_of(index: int) -> float:
    """What `Shown.grey` is for picture `index` of `pictures`."""
    return (index % 200) * 255 / 219


def joined(parts: Iterable[bytes]) -> bytes:
    """One file of an init segment and what follows it."""
    return b"".join(parts)
