"""The limited child of `media.files.limited`: reads one task from its input, answers, ends. Never imported."""

import io
import json
import resource
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import av.subtitles.stream  # else imported when a file is opened, and then nothing can be opened any more
from av.container import InputContainer

from media.files.errors import FileRefused, InGap, OutsideRecording, Undecodable

MEMORY = 2 << 30
"""Bytes of address space; a 4096×2304 picture and its references need a small part of it."""
TICK = Fraction(1, 90_000)
"""Seconds: a recorded picture's time is counted in these."""
JPEG_SCALE = 3
"""The encoder's quantiser: 2 is best, 31 worst."""

Answer = tuple[dict[str, Any], bytes]


def _limit(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # nothing more can be opened: no file, no socket
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _open(data: bytes) -> InputContainer:
    file = av.open(io.BytesIO(data))
    if not isinstance(file, InputContainer):
        raise Undecodable("nothing to read")
    return file


def _cut(facts: dict[str, Any], data: bytes) -> Answer:
    time = int(facts["time"])
    with _open(data) as file:
        stream = file.streams.video[0]
        if stream.codec_context is None:
            raise Undecodable("an unknown codec")
        stream.codec_context.thread_count = 1
        scale = (stream.time_base or TICK) / TICK  # WebM counts milliseconds
        shown, later = None, False
        for frame in file.decode(stream):
            if frame.pts is not None and round(frame.pts * scale) > time:
                later = True
                break
            shown = frame
        if shown is None or shown.pts is None:
            raise OutsideRecording("before the first picture")
        begun, length = round(shown.pts * scale), round((shown.duration or 0) * scale)
        if length and begun + length <= time:
            raise InGap("no picture is shown then") if later else OutsideRecording("after the last picture")
        return {"time": begun, "width": shown.width, "height": shown.height}, _jpeg(shown)


def _jpeg(frame: av.VideoFrame) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = frame.time_base or Fraction(1, 90000)
    encoder.options = {"qmin": str(JPEG_SCALE), "qmax": str(JPEG_SCALE)}
    picture = frame.reformat(format="yuvj420p")
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))


def _probe(facts: dict[str, Any], data: bytes) -> Answer:
    with _open(data) as file:
        if not file.streams or file.streams[0].codec_context is None:
            raise Undecodable("no track")
        stream = file.streams[0]
        start = end = None
        frames = 0
        for frame in file.decode(stream):
            if not isinstance(frame, av.VideoFrame | av.AudioFrame) or frame.pts is None or not frame.time_base:
                continue
            frames += 1
            start = frame.pts * frame.time_base if start is None else start
            end = (frame.pts + (frame.duration or 0)) * frame.time_base
        seconds = 0.0 if start is None or end is None else float(end - start)
        return {"codec": stream.codec_context.name, "seconds": seconds, "frames": frames}, b""


TASKS: dict[str, Callable[[dict[str, Any], bytes], Answer]] = {"cut": _cut, "probe": _probe}


def serve(run: Callable[[dict[str, Any], bytes], Answer], memory: int, threads: int = 1) -> None:
    """Answer the one task on standard input: a refusal, or what cannot be decoded, as a code with its detail. `memory`
    in bytes; the seconds of the command line are for each of so many `threads`."""
    facts = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read(sum(facts["sizes"]))
    _limit(int(sys.argv[1]) * threads, memory)
    try:
        answer, body = run(facts, data)
    except FileRefused as error:
        answer, body = {"code": error.code, "detail": str(error)}, b""
    except (av.error.FFmpegError, MemoryError, IndexError, ValueError) as error:
        answer, body = {"code": Undecodable.code, "detail": f"{type(error).__name__}: {error}"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + body)


if __name__ == "__main__":
    serve(lambda facts, data: TASKS[facts["task"]](facts, data), MEMORY)
