"""Single pictures of a film, each by the exact ticks at which it begins to be shown."""

from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from media.files.errors import Undecodable
from media.files.tasks.look import jpeg, picture
from media.files.tasks.opened import opened, origin
from media.files.tasks.order import Order

BACK = (0, 2, 10, 60)
"""Seconds to go back where a key frame turns out to lie behind the picture."""


def run(order: Order) -> dict[str, Any]:
    """Which of the wanted times there was a picture for."""
    facts, made = order.facts, []
    with opened(order) as file:
        stream = file.streams[facts["video"]]
        if not isinstance(stream, VideoStream):
            raise Undecodable("no picture")
        start = round(origin(file) / (stream.time_base or Fraction(1, 90_000)))
        for number, time in enumerate(facts["times"], start=1):
            frame = _frame(file, stream, start + time)
            if frame is not None:
                image = picture(frame, facts["width"], facts["rotation"], facts["hdr"])
                order.send(f"still-{time}.jpg", jpeg(image, 92))
                made.append(time)
            order.progress(number / len(facts["times"]))
    return {"made": made}


def _frame(file: InputContainer, stream: VideoStream, pts: int) -> av.VideoFrame | None:
    """The picture with this very time."""
    base = stream.time_base or Fraction(1, 90_000)
    for back in BACK:
        file.seek(max(pts - round(back / base), 0), stream=stream)
        for frame in file.decode(stream):
            at = frame.pts
            if at == pts:
                return frame
            if at is not None and at > pts:
                break
    return None
