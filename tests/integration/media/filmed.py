"""The test clip published by ffmpeg, and what its recording shows: when the flashes and the beeps came."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
from itertools import pairwise

import av
import imageio_ffmpeg
import numpy as np

from media.client import ClosedTrack
from tests.fixtures.clip import Clip
from tests.fixtures.processes import until
from tests.integration.media.nodes import House

_LOUD = 0.1
_QUIET = 40  # ms of silence before a beep
_HEARD = (0.045, 0.02)  # s before and after a flash in which every packet of sound must be there for its beep to count


@asynccontextmanager
async def ffmpeg_publishing(house: House, clip: Clip) -> AsyncIterator[None]:
    encoder = await asyncio.create_subprocess_exec(
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-re", "-stream_loop", "-1"),
        *("-i", str(clip.mp4), "-c", "copy", "-f", "whip"),
        *("-authorization", house.ticket(), house.whip()),
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            encoder.terminate()
        await encoder.wait()


async def recorded(house: House, seconds: float, patience: float = 40) -> list[ClosedTrack]:
    """Wait until so much of both tracks is durable, then close the survey."""

    def enough() -> bool:
        figures = house.recorder.tracks("s1")
        return len(figures) == 2 and all(f.end - f.start > seconds * f.track.timescale for f in figures)

    await until(f"{seconds} s of both tracks are durable", enough, patience)
    return await asyncio.wrap_future(house.recorder.close_survey("s1"))


def recording(house: House, track: str) -> bytes:
    """What a reviewer gets: each init segment where it is needed, and all segments in their order."""
    shelf = house.shelf
    rows = sorted((one for one in shelf.segments.values() if one.track == track), key=lambda one: one.start)
    parts = [rows[0].init, *(one.digest for one in rows)]
    return b"".join(shelf.objects.get(d) or house.recorder.spooled(d) or shelf.objects[d] for d in parts)


def flashes(data: bytes, clip: Clip) -> list[float]:
    """Seconds from the epoch at which the square at the top right turned white, where the picture before is there."""
    found: list[float] = []
    dark, before = True, 0.0
    with av.open(io.BytesIO(data), "r") as file:
        for frame in file.decode(file.streams.video[0]):
            grey, time = frame.to_ndarray(format="gray"), float(frame.time or 0)
            bright = float(grey[20:60, clip.width - 60 : clip.width - 20].mean()) > 128
            if bright and dark and (not found or time - before < 1.6 / clip.rate):
                found.append(time)
            dark, before = not bright, time
    return found


def beeps(data: bytes) -> list[float]:
    """Seconds from the epoch at which the tone began, where the sound before it is there."""
    found: list[float] = []
    quiet, end = 0, 0.0
    with av.open(io.BytesIO(data), "r") as file:
        for frame in file.decode(file.streams.audio[0]):
            samples, time = np.abs(frame.to_ndarray()[0]), float(frame.time or 0)
            if time - end > 0.002:
                quiet = 0  # a hole: what came in it is not known
            end = time + len(samples) / 48_000
            for at in range(0, len(samples), 48):
                if float(samples[at : at + 48].max()) < _LOUD:
                    quiet += 1
                else:
                    if quiet > _QUIET:
                        found.append(time + at / 48_000)
                    quiet = 0
    return found


def holes(data: bytes) -> list[tuple[float, float]]:
    """Seconds from the epoch: between which no sound came. Where a beep's first packet is lost, the decoder takes a
    while to be loud again (Opus tells loudness by its change, RFC 6716 § 4.3.2.1): that beep only seems to be late."""
    with av.open(io.BytesIO(data), "r") as file:
        stream = file.streams.audio[0]
        base = stream.time_base or Fraction(1, 48_000)
        begins = [one.pts for one in file.demux(stream) if one.pts is not None]
    apart = [later - one for one, later in pairwise(begins)]
    usual = sorted(apart)[len(apart) // 2]  # a sample's stated length reaches over a packet that is missing
    gone = [(one + usual, later) for one, later in pairwise(begins) if later - one > 1.1 * usual]
    return [(float(start * base), float(end * base)) for start, end in gone]


def apart(house: House, clip: Clip) -> list[float]:
    """How far the beep of each flash that has one lies behind it, seconds; the first and the last second left out."""
    sound = recording(house, "p1.audio")
    seen, heard, missing = flashes(recording(house, "p1.video"), clip)[1:-1], beeps(sound), holes(sound)
    before, after = _HEARD
    whole = [one for one in seen if not any(start < one + after and end > one - before for start, end in missing)]
    nearest = [min(heard, key=lambda beep: abs(beep - flash)) - flash for flash in whole]
    return [distance for distance in nearest if abs(distance) < 0.5]
