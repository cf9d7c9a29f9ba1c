"""The limited child of `media.files.edges`: decodes H.264 from a key frame on and encodes a part of it anew, picture by
picture, each at its own time. Never imported.
"""

import io
from collections.abc import Iterator
from fractions import Fraction
from struct import pack
from typing import Any

import av
import av.subtitles.stream  # else imported when a file is opened, and then nothing can be opened any more
from av.codec.context import Flags
from av.container import InputContainer

from media.files.child import serve
from media.files.errors import Undecodable

MEMORY = 3 << 30
FORMATS = ("yuv420p", "yuvj420p")
START = b"\0\0\1"


def _open(data: bytes) -> InputContainer:
    file = av.open(io.BytesIO(data))
    if not isinstance(file, InputContainer):
        raise Undecodable("nothing to read")
    return file


def _shown(data: bytes, begin: int, until: int) -> Iterator[av.VideoFrame]:
    """Those shown in [begin, until), with the one that is on the screen at `begin`."""
    before = None
    with _open(data) as file:
        stream = file.streams.video[0]
        stream.thread_count = 2
        for frame in file.decode(stream):
            if not isinstance(frame, av.VideoFrame) or frame.pts is None or frame.pts >= until:
                continue
            if frame.pts <= begin:
                before = frame
                continue
            if before is not None and before.pts is not None and before.pts + (before.duration or 0) > begin:
                yield before
            before = None
            yield frame
    if before is not None and before.pts is not None and before.pts + (before.duration or 0) > begin:
        yield before


def _encoder(frame: av.VideoFrame, facts: dict[str, Any]) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    if not isinstance(encoder, av.VideoCodecContext):
        raise Undecodable("no encoder")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = frame.format.name if frame.format.name in FORMATS else FORMATS[0]
    encoder.time_base = Fraction(1, int(facts["timescale"]))
    encoder.flags |= Flags.global_header
    params = f"sps-id={facts['number']}:bframes=0:keyint=infinite:scenecut=0:annexb=1"
    encoder.options = {"preset": "veryfast", "crf": "18", "profile": facts["profile"], "x264-params": params}
    encoder.thread_count = 2
    encoder.open()
    return encoder


def nals(stream: bytes) -> list[bytes]:
    """NAL units between start codes (ISO/IEC 14496-10, Annex B)."""
    found = []
    for part in stream.split(START)[1:]:
        one = part.rstrip(b"\0")  # trailing zeros, and the first byte of a longer start code
        if one:
            found.append(one)
    return found


def _run(facts: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    encoder, packets, durations = None, list[tuple[int, bytes]](), dict[int, int]()
    for frame in _shown(data, int(facts["begin"]), int(facts["until"])):
        encoder = encoder or _encoder(frame, facts)
        durations[frame.pts or 0] = frame.duration or 0
        picture = frame.reformat(format=encoder.pix_fmt) if frame.format.name != encoder.pix_fmt else frame
        picture.pict_type = av.video.frame.PictureType.NONE
        packets += [(one.pts or 0, bytes(one)) for one in encoder.encode(picture)]
    if encoder is None:
        return {"frames": [], "sps": [], "pps": []}, b""
    packets += [(one.pts or 0, bytes(one)) for one in encoder.encode(None)]
    sets = nals(bytes(encoder.extradata or b""))
    frames, body = [], []
    for pts, packet in packets:
        kept = [one for one in nals(packet) if one[0] & 0x1F not in (7, 8, 9)]
        plain = b"".join(pack("!I", len(one)) + one for one in kept)
        frames.append([pts, durations.get(pts, 0), len(plain)])
        body.append(plain)
    sps, pps = ([one.hex() for one in sets if one[0] & 0x1F == kind] for kind in (7, 8))
    return {"frames": frames, "sps": sps, "pps": pps}, b"".join(body)


if __name__ == "__main__":
    serve(_run, MEMORY, threads=2)
