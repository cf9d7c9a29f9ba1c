"""A real encoder publishes into a real node: what was recorded plays, and flash and beep fall together."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np

from media.client import ClosedTrack
from tests.fixtures.clip import Clip
from tests.fixtures.processes import until
from tests.integration.media.nodes import House, Shelf, a_node

SECONDS = 9.0


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


async def recorded(house: House, seconds: float) -> list[ClosedTrack]:
    """Wait until so much of both tracks is durable, then close the survey."""

    def enough() -> bool:
        figures = house.recorder.tracks("s1")
        return len(figures) == 2 and all(f.end - f.start > seconds * f.track.timescale for f in figures)

    await until(f"{seconds} s of both tracks are durable", enough, 40)
    return await asyncio.wrap_future(house.recorder.close_survey("s1"))


def recording(shelf: Shelf, recorder_reads: House, track: str) -> bytes:
    rows = sorted((one for one in shelf.segments.values() if one.track == track), key=lambda one: one.start)
    parts = [rows[0].init, *(one.digest for one in rows)]
    return b"".join(shelf.objects.get(d) or recorder_reads.recorder.spooled(d) or shelf.objects[d] for d in parts)


def flashes(data: bytes, clip: Clip) -> list[float]:
    """Seconds from the epoch at which the square at the top right turned white."""
    found, dark = [], True
    with av.open(io.BytesIO(data), "r") as file:
        for frame in file.decode(file.streams.video[0]):
            grey = frame.to_ndarray(format="gray")
            bright = float(grey[20:60, clip.width - 60 : clip.width - 20].mean()) > 128
            if bright and dark:
                found.append(float(frame.time or 0))
            dark = not bright
    return found


def beeps(data: bytes) -> list[float]:
    """Seconds from the epoch at which the tone began."""
    found: list[float] = []
    quiet = 0
    with av.open(io.BytesIO(data), "r") as file:
        for frame in file.decode(file.streams.audio[0]):
            samples = np.abs(frame.to_ndarray()[0])
            for at in range(0, len(samples), 48):
                if float(samples[at : at + 48].max()) < 0.1:
                    quiet += 1
                else:
                    if quiet > 100:
                        found.append(float(frame.time or 0) + at / 48_000)
                    quiet = 0
    return found


async def test_what_ffmpeg_publishes_is_recorded_in_time(tmp_path: Path, clip: Clip) -> None:
    async with a_node(tmp_path) as house:
        async with ffmpeg_publishing(house, clip):
            closed = await recorded(house, SECONDS)
        assert {one["id"] for one in closed} == {"p1.audio", "p1.video"}
        seen = flashes(recording(house.shelf, house, "p1.video"), clip)
        heard = beeps(recording(house.shelf, house, "p1.audio"))
        assert len(seen) >= SECONDS - 2
        pairs = [(flash, min(heard, key=lambda beep: abs(beep - flash))) for flash in seen[1:-1]]
        assert max(abs(flash - beep) for flash, beep in pairs) < 0.04
        assert not house.shelf.gaps
        for track in closed:
            rows = sorted(
                (one for one in house.shelf.segments.values() if one.track == track["id"]), key=lambda one: one.start
            )
            assert all(later.start == one.start + one.duration for one, later in pairwise(rows))
