"""One walk over the packets, one decode: pictures to the looker, sound to the wave."""

from fractions import Fraction
from typing import Any, cast

import av
import cv2
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from media.files.tasks.look import Image, Looker, jpeg
from media.files.tasks.opened import opened, origin, packets
from media.files.tasks.order import Order
from media.files.tasks.wave import Wave

COLUMNS = 10
MOST_BROKEN = 10_000


class _Pictures:
    """Decodes what is sampled: key frames only, or everything where they are rare."""

    def __init__(self, order: Order, stream: VideoStream, begin: Fraction, everything: bool) -> None:
        self._facts, self._begin = order.facts, begin
        self._base = stream.time_base or Fraction(1, 90_000)
        self._context = stream.codec_context
        self._context.thread_count = 2
        self._context.thread_type = "AUTO"
        self._all = everything
        self._taken = -1e9
        self.looker = Looker(order.facts)
        self.broken = 0
        self._step = min(max(1.0, float(self._facts["seconds"]) / 2000), max(0.1, float(self._facts["seconds"]) / 20))

    def take(self, packet: "Packet[Any]") -> None:
        """A packet of the picture."""
        if packet.is_keyframe or self._all:
            self._decode(packet)

    def _decode(self, packet: "Packet[Any] | None") -> None:
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            self.broken += 1
            return
        for frame in frames:
            if frame.pts is None:
                continue
            at = float(frame.pts * self._base - self._begin)
            least = self._step if self._all else self._step * 0.5
            if at < 0 or (at - self._taken < least and self._taken > -1e9):
                continue
            self._taken = at
            if frame.is_corrupt:
                self.broken += 1
            self.looker.take(frame, at)

    def finish(self) -> None:
        """What the decoder still holds."""
        self._decode(None)


def _sprite(tiles: list[tuple[float, Image]]) -> Image:
    height, width = tiles[0][1].shape[:2]
    rows = -(-len(tiles) // COLUMNS)
    sheet = np.zeros((rows * height, min(COLUMNS, len(tiles)) * width, 3), np.uint8)
    for n, (_, tile) in enumerate(tiles):
        y, x = n // COLUMNS * height, n % COLUMNS * width
        same = tile.shape[:2] == (height, width)  # the size may change within a film
        sheet[y : y + height, x : x + width] = tile if same else cv2.resize(tile, (width, height))
    return sheet


def _clock(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _vtt(tiles: list[tuple[float, Image]], seconds: float) -> str:
    height, width = tiles[0][1].shape[:2]
    starts = [0.0, *(at for at, _ in tiles[1:]), max(seconds, tiles[-1][0] + 0.001)]
    lines = ["WEBVTT", ""]
    for n in range(len(tiles)):
        place = f"#xywh={n % COLUMNS * width},{n // COLUMNS * height},{width},{height}"
        lines += [f"{_clock(starts[n])} --> {_clock(starts[n + 1])}", f"storyboard.jpg{place}", ""]
    return "\n".join(lines)


def run(order: Order) -> dict[str, Any]:
    """The facts of `media.files.pipeline.Derived`."""
    facts = order.facts
    cv2.setNumThreads(1)
    everything = _rare_keys(order)
    order.file.seek(0)
    with opened(order) as file:
        begin = origin(file)
        wanted = [file.streams[n] for n in (facts["video"], facts["audio"]) if n is not None]
        pictures, wave = None, Wave(begin)
        for packet in packets(file, *wanted):
            if packet.stream_index == facts["audio"]:
                _hear(packet, wave)
            elif isinstance(packet.stream, VideoStream):
                pictures = pictures or _Pictures(order, packet.stream, begin, everything)
                pictures.take(packet)
            if facts["seconds"]:
                order.progress(float((packet.pts or 0) * (packet.time_base or 0)) / facts["seconds"])
        if pictures:
            pictures.finish()
        return _written(order, pictures, wave)


def _rare_keys(order: Order) -> bool:
    """Whether key frames come too rarely at the beginning to stand for what lies between them."""
    facts = order.facts
    if facts["video"] is None:
        return False
    patience = min(facts["key_interval"], max(2.0, facts["seconds"] / 10))
    with opened(order) as file:
        stream = file.streams[facts["video"]]
        last = first = None
        for packet in packets(file, stream):
            at = float((packet.pts or 0) * (stream.time_base or 0))
            first = at if first is None else first
            if packet.is_keyframe:
                last = at
            if last is not None and at - last > patience * 1.05:
                return True
            if at - first > 3 * patience:
                return False
        return bool(facts["seconds"] <= 2 * patience)


def _hear(packet: "Packet[Any]", wave: Wave) -> None:
    try:
        for frame in packet.decode():
            wave.take(cast(av.AudioFrame, frame))
    except av.error.FFmpegError:
        pass  # a broken packet is silence


def _written(order: Order, pictures: _Pictures | None, wave: Wave) -> dict[str, Any]:
    looker = pictures.looker if pictures else None
    answer: dict[str, Any] = dict.fromkeys(("poster", "poster_time", "storyboard", "vtt", "waveform", "quality"))
    answer |= {"tile": (0, 0), "tiles": 0, "columns": COLUMNS}
    if looker and looker.poster is not None:
        order.send("poster.jpg", jpeg(looker.poster))
        answer |= {"poster": "poster.jpg", "poster_time": looker.poster_time}
    if looker and looker.tiles:
        order.send("storyboard.jpg", jpeg(_sprite(looker.tiles), 75))
        order.send("storyboard.vtt", _vtt(looker.tiles, float(order.facts["seconds"])).encode())
        height, width = looker.tiles[0][1].shape[:2]
        answer |= {"storyboard": "storyboard.jpg", "vtt": "storyboard.vtt", "tile": (width, height)}
        answer["tiles"] = len(looker.tiles)
    if (data := wave.dumped()) is not None:
        order.send("waveform.json", data)
        answer["waveform"] = "waveform.json"
    if pictures:
        answer["quality"] = pictures.looker.quality(pictures.broken)
    return answer
