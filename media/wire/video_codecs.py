"""The video codecs that are recorded: how each comes out of RTP, and what its init segment is made of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from media.wire import av1, fmp4, h264, h264_fast, vp8, vp9, webm
from media.wire.frames import Frames, Headers, Stream
from media.wire.parameter_sets import ParameterSets
from media.wire.rtp import Unroller


@dataclass(frozen=True, slots=True)
class VideoCodec:
    """`configuration` makes what collects the headers that an init segment needs, from those in the offer."""

    begins_key_frame: Callable[[bytes], bool]  # whether an RTP payload does
    depacketiser: Callable[[Unroller], "h264.Depacketiser | Frames"]
    configuration: Callable[[Iterable[bytes]], "ParameterSets | Headers"]


def _vp9(stream: Stream, timescale: int) -> bytes:
    body = b"\x01\x00\x00\x00" + stream.configuration  # a full box of version 1
    return fmp4.coded_init(b"vp09", b"vpcC", body, stream.width, stream.height, timescale)


def _av1(stream: Stream, timescale: int) -> bytes:
    return fmp4.coded_init(b"av01", b"av1C", stream.configuration, stream.width, stream.height, timescale)


CODECS = {
    "H264": VideoCodec(h264.begins_key_frame, h264_fast.depacketiser, ParameterSets),
    "VP8": VideoCodec(vp8.begins_key_frame, vp8.Vp8, lambda _: Headers(vp8.read, webm.init)),
    "VP9": VideoCodec(vp9.begins_key_frame, vp9.Vp9, lambda _: Headers(vp9.read, _vp9)),
    "AV1": VideoCodec(av1.begins_key_frame, av1.Av1, lambda _: Headers(av1.read, _av1)),
}
"""By the name that SDP has for it."""
