"""VP8, VP9 and AV1 pictures encoded here, and cut into RTP payloads by hand."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from tests.unit.media.streams import EPOCH_US, rtp

FRAME_US = 33_333
ENCODERS = {
    "VP8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "VP9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "AV1": ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:lookahead=0"}),
}
_MTU = 300


@dataclass(frozen=True)
class Coded:
    """One encoded picture."""

    data: bytes
    key: bool


@contextmanager
def _as_before() -> Iterator[None]:
    """SVT-AV1, run as root, puts its caller among the real-time threads (SCHED_FIFO 99), and so all that is started
    later: a browser of another test then holds both processors."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def encoded(name: str, count: int, *, gop: int = 30, size: tuple[int, int] = (320, 180)) -> list[Coded]:
    """Pictures in the order of display; picture `i` has the grey level `16 + i % 200` all over, with some noise."""
    encoder, options = ENCODERS[name]
    codec = cast(VideoCodecContext, av.CodecContext.create(encoder, "w"))
    codec.width, codec.height, codec.pix_fmt = *size, "yuv420p"
    codec.time_base, codec.framerate, codec.gop_size = Fraction(1, 30), Fraction(30, 1), gop
    codec.options = options
    noise = np.random.default_rng(1).integers(0, 3, (size[1], size[0]), np.uint8)
    done: list[Coded] = []
    with _as_before():
        for index in range(count + 1):
            frame = None
            if index < count:
                planes = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
                planes[: size[1]] = 16 + index % 200 + noise
                frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                frame.pts = index
            done += [Coded(bytes(packet), bool(packet.is_keyframe)) for packet in codec.encode(frame)]
    return done


def payloads(name: str, picture: Coded) -> list[bytes]:
    """RTP payloads of one picture."""
    if name == "AV1":
        return list(_av1(picture))
    parts = [picture.data[at : at + _MTU] for at in range(0, len(picture.data), _MTU)]
    last = len(parts) - 1
    if name == "VP8":  # with a picture id of 15 bits
        return [bytes((0x90 if not n else 0x80, 0x80, 0x81, 0x23)) + part for n, part in enumerate(parts)]
    flags = 0x80 | (0 if picture.key else 0x40)
    return [
        bytes((flags | (0x08 if not n else 0) | (0x04 if n == last else 0), 0x81, 0x23)) + part
        for n, part in enumerate(parts)
    ]


def _av1(picture: Coded) -> Iterator[bytes]:
    """Each OBU without its size, in packets of its own, cut where it is long."""
    obus = [one for one in _obus(picture.data) if one[0] >> 3 & 15 != 2]
    for place, obu in enumerate(obus):
        parts = [obu[at : at + _MTU] for at in range(0, len(obu), _MTU)]
        for index, part in enumerate(parts):
            head = 0x10 | (0x80 if index else 0) | (0x40 if index < len(parts) - 1 else 0)
            yield bytes((head | (0x08 if picture.key and not place and not index else 0),)) + part


def _obus(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        head, body = data[at], at + (2 if data[at] & 4 else 1)
        size = shift = 0
        while True:
            byte = data[body]
            size, shift, body = size | (byte & 0x7F) << shift, shift + 7, body + 1
            if not byte & 0x80:
                break
        yield bytes((head & ~2,)) + data[body : body + size]
        at = body + size


@dataclass
class CodedSender:
    """Numbers packets like one SSRC; arrival 20 ms after capture."""

    name: str
    sequence: int = 65_500
    ssrc: int = 7

    def send(self, pictures: list[Coded], start_us: int = 0) -> list[tuple[int, bytes]]:
        """Pictures, captured from `start_us` after the epoch on."""
        made = []
        for index, picture in enumerate(pictures):
            at_us = start_us + index * FRAME_US
            parts = payloads(self.name, picture)
            for place, part in enumerate(parts):
                packet = rtp(
                    self.sequence, 0xFFFF_0000 + at_us * 9 // 100, part, marker=place == len(parts) - 1, ssrc=self.ssrc
                )
                made.append((EPOCH_US + at_us + 20_000, packet))
                self.sequence += 1
        return made
