"""Pictures and sound of a film whose index was never written: walked, told apart, written as fragmented MP4."""

import base64
import io
from array import array
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import av.video.stream
from av.audio.codeccontext import AudioCodecContext
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from media.files.errors import NoIndex
from media.files.lent import units
from media.files.nal import Coding, annex_b, joined, split
from media.files.tasks.order import Order
from media.files.tasks.payload import packed
from media.files.tasks.sound import RATE as SOUND_RATE
from media.files.tasks.sound import SoundLane
from media.files.tasks.writer import Sample, TrackWriter
from media.files.telemetry import djmd
from media.files.walk import CODINGS, Found, Walk, sets_in

TRIED = 40
"""Pictures by which a reading is judged, and stretches by which sound is recognised."""
RATES = (
    Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(48), Fraction(50),
    Fraction(60000, 1001), Fraction(60), Fraction(100), Fraction(120000, 1001), Fraction(120),
)  # fmt: skip
"""Pictures a second that cameras film with."""
ASSUMED = Fraction(30)
_AAC = {48000: b"\x11\x90", 44100: b"\x12\x10"}  # AudioSpecificConfig, AAC-LC, stereo (ISO/IEC 14496-3, 1.6.2.1)
_FRAME = 1024  # samples of a packet of AAC-LC
_MOST_SOUND = 4 << 20  # bytes of one stretch
_FIRST_MESSAGE = 8192  # bytes


class _Reading:
    """One way to understand the data: a coding with its parameter sets, and where they are from."""

    def __init__(self, coding: Coding, reference: int | None, told: dict[str, Any]) -> None:
        self.coding, self.reference, self.told = coding, reference, told
        self.picture: InputContainer | None = None
        self.said: Fraction | None = None  # pictures a second, by the stream

    @property
    def stream(self) -> VideoStream:
        """What a decoder made of the parameter sets and the first key picture."""
        if self.picture is None:
            raise NoIndex("no picture")
        return self.picture.streams.video[0]


def run(order: Order) -> dict[str, Any]:
    """The facts of `media.files.recover.Recovered`."""
    reading = next(_fitting(order), None)
    if reading is None:
        raise NoIndex("no parameter sets that fit its pictures")
    found = _walked(order, reading)
    rate, sure = _rate(reading)
    sound = _Sound(order, found, reading.told.get("sound"))
    if sound.there and not sure:
        rate, sure = sound.rate_of(len(found)), "sound"
    sound.settle(rate or ASSUMED)
    _write_pictures(order, reading, found, rate or ASSUMED)
    heard = sound.write() if sound.there else 0.0
    told = _write_telemetry(order, found, rate or ASSUMED)
    lost = sum(end - begin for _, begin, end in found.gaps)
    stream = reading.stream
    return {
        "codec": reading.coding.name,
        "width": stream.codec_context.width,
        "height": stream.codec_context.height,
        "pictures": len(found),
        "rate": str(rate or ASSUMED),
        "rate_from": sure or "assumed",
        "seconds": float(len(found) / (rate or ASSUMED)),
        "sound": heard,
        "reference": reading.reference,
        "telemetry": told,
        "unread": 0 if heard or told else lost,
    }


def _fitting(order: Order) -> Iterator[_Reading]:
    """Readings under which the first pictures chain and decode: by the data's own parameter sets, then by those lent.

    Films of the same camera lend the same sets, and many cameras the same ones: each is tried once."""
    for reading in _readings(order):
        if not reading.coding.ready:
            continue
        start, end = order.facts["ranges"][0]
        walk = Walk(reading.coding, order.read, start, end)
        for _ in walk.run(TRIED):
            pass
        if _tried(order, reading, walk.found):
            yield reading


def _readings(order: Order) -> Iterator[_Reading]:
    start, end = order.facts["ranges"][0]
    for own in sets_in(order.read, start, end):
        yield _Reading(own, None, {})
    known = set()
    for number, lent in enumerate(order.facts["lent"]):
        for kind in CODINGS:
            coding: Coding = kind()
            if lent["codec"] != coding.name or tuple(lent["sets"]) in known:
                continue
            known.add(tuple(lent["sets"]))
            for unit in units(lent):
                coding.learn(unit)
            yield _Reading(coding, number, lent)


def _tried(order: Order, reading: _Reading, found: Found) -> bool:
    """Whether the first key picture decodes without a fault."""
    number = found.keys.find(1)
    if number < 0:
        return False
    sample = order.read(found.starts[number], found.ends[number] - found.starts[number])
    data = annex_b([*reading.coding.sets, *split(sample)])
    decoder = av.CodecContext.create(reading.coding.name, "r")
    if not isinstance(decoder, VideoCodecContext):
        return False
    decoder.options = {"err_detect": "explode"}
    decoder.thread_count = 1
    try:
        frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
        picture = av.open(io.BytesIO(data), "r", format=reading.coding.name)
    except av.error.FFmpegError:
        return False
    reading.picture, reading.said = picture, decoder.framerate
    return bool(frames) and not frames[0].is_corrupt and bool(reading.stream.codec_context.width)


def _walked(order: Order, reading: _Reading) -> Found:
    whole = sum(end - start for start, end in order.facts["ranges"]) or 1
    found, before = Found(), 0
    for start, end in order.facts["ranges"]:
        walk = Walk(reading.coding, order.read, start, end)
        for at in walk.run():
            order.progress((before + at - start) / whole / 2)
        found.add(walk.found)
        before += end - start
    if not len(found):
        raise NoIndex("no picture in its data")
    return found


def _rate(reading: _Reading) -> tuple[Fraction | None, str]:
    """Pictures a second and how that is known: by the stream itself, or by the film that lent its parameter sets."""
    if lent := reading.told.get("rate"):
        return Fraction(lent), "reference"
    said = reading.said
    if said and 1 <= said <= 240:
        return Fraction(said), "stream"
    return None, ""


def _write_pictures(order: Order, reading: _Reading, found: Found, rate: Fraction) -> None:
    stream = reading.stream
    writer = TrackWriter(order, "video.mp4", stream, 0, None)
    known = set(reading.coding.sets)
    step = Fraction(writer.timescale) / rate
    ranks: array[int] = found.ranks()
    for number in range(len(found)):
        parts = split(order.read(found.starts[number], found.ends[number] - found.starts[number]))
        data = joined(unit for unit in parts if unit not in known)
        sample = Sample(round(ranks[number] * step), round(step), data, bool(found.keys[number]))
        writer.take(sample, order.facts["target"], order.facts["longest"])
        order.progress(0.5 + number / len(found) / 2)
    writer.finish()


def _write_telemetry(order: Order, found: Found, rate: Fraction) -> int:
    """What a drone wrote between its pictures, as the task `payload` sends it; how many messages."""
    if not found.gaps or not djmd.NAME.search(order.read(found.gaps[0][1], _FIRST_MESSAGE)):
        return 0
    sent = 0
    for number, begin, end in found.gaps:
        size = min(end - begin, _FIRST_MESSAGE if not sent else djmd.MOST_MESSAGE)
        if data := djmd.within(order.read(end - size, size)):
            order.send("telemetry.bin", packed(0, float(number / rate), 0.0, data))
            sent += 1
    return sent


class _Sound:
    """What lies between the pictures, if a decoder of AAC finds sound in it."""

    def __init__(self, order: Order, found: Found, lent: dict[str, Any] | None) -> None:
        self._order, self._gaps = order, [one for one in found.gaps if one[2] - one[1] <= _MOST_SOUND]
        self._configuration = base64.b64decode(lent["configuration"]) if lent else _AAC[48000]
        self._rate = int(lent["rate"]) if lent else 48_000
        self._lent = lent is not None
        self._heard, self._until = self._try()
        self.there = self._heard > 0

    def _decoder(self) -> AudioCodecContext:
        decoder = av.CodecContext.create("aac", "r")
        if not isinstance(decoder, AudioCodecContext):
            raise NoIndex("no decoder of sound")
        decoder.extradata = self._configuration
        return decoder

    def _frames(self, decoder: AudioCodecContext, gap: tuple[int, int, int]) -> list[av.AudioFrame]:
        """A stretch holds any number of packets: the decoder finds their ends by itself."""
        data = self._order.read(gap[1], gap[2] - gap[1])
        try:
            return list(decoder.decode(av.Packet(data)))
        except av.error.FFmpegError:
            return []

    def _try(self) -> tuple[int, int]:
        """Packets heard in the first stretches, and the picture before which they lie."""
        decoder, heard, failed = self._decoder(), 0, 0
        for gap in self._gaps[:TRIED]:
            frames = self._frames(decoder, gap)
            heard, failed = heard + len(frames), failed + (not frames)
        tried = min(TRIED, len(self._gaps))
        if not tried or failed * 5 > tried:
            return 0, 0
        return heard, self._gaps[tried - 1][0]

    def rate_of(self, pictures: int) -> Fraction:
        """Pictures a second that fit the sound."""
        seconds = Fraction(self._heard * _FRAME, self._rate)
        fits = Fraction(self._until or pictures) / seconds
        return min(RATES, key=lambda one: abs(one - fits) / one)

    def settle(self, rate: Fraction) -> None:
        """Of the usual sampling rates the one that fits the pictures, unless it is known."""
        if self.there and not self._lent and self._until:
            fits = Fraction(self._heard * _FRAME) * rate / self._until
            self._rate = min(_AAC, key=lambda one: abs(one - fits))
            self._configuration = _AAC[self._rate]

    def write(self) -> float:
        """Encode it anew, one stretch behind the other; its seconds."""
        decoder = self._decoder()
        lane = SoundLane(self._order, None, Fraction(0))
        samples = 0
        for gap in self._gaps:
            for frame in self._frames(decoder, gap):
                at = round(Fraction(samples, frame.sample_rate) * SOUND_RATE)
                lane.hear(frame, at)
                samples += frame.samples
        lane.finish()
        return samples / self._rate
