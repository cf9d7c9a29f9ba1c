"""A publisher whose encoder uses B-frames: recorded in the order of showing, and passed on as it came."""

import asyncio
from itertools import pairwise
from pathlib import Path
from statistics import median

import imageio_ffmpeg

from media.live.clients.publisher import Publisher
from media.live.clients.sources import ClipVideo, Silence
from media.live.clients.viewer import Viewer
from tests.fixtures.clip import Clip, run
from tests.integration.media.filmed import recorded, recording
from tests.integration.media.nodes import a_node
from tests.unit.media.streams import grey_of, pictures, play_video
from tests.unit.media.test_wire_presentation import packets_of

RATE = 30


def clip() -> ClipVideo:
    coded = pictures(5 * RATE, gop=RATE, between=3)
    stream = b"".join(b"\0\0\0\1" + nal for one in coded for nal in one.nals)
    return ClipVideo(stream, RATE, [one.shown for one in coded])


async def test_b_frames_are_recorded_in_the_order_of_showing_and_passed_on_as_they_came(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher = Publisher(house.whip(), house.ticket(), {"video": clip(), "audio": Silence()}, profile="640028")
        await publisher.start()
        viewer = Viewer(house.whep(), house.view_ticket(), profiles=("640028",))
        await viewer.start(patience=5)
        await viewer.until(lambda seen: seen["video"].packets >= 200)
        closed = await recorded(house, 6.0)
        seen = await viewer.stop()
        assert not seen["video"].lost
        await publisher.vanish()
        video = recording(house, "p1.video")
        gaps = house.shelf.gaps
        length = max(one["end"] / 90_000 for one in closed if one["id"] == "p1.video")
    shown = play_video(video)
    first = round(shown[0].grey * 219 / 255)
    assert all(abs(one.grey - grey_of((first + turn) % (5 * RATE))) < 3 for turn, one in enumerate(shown))
    steps = [later.time - one.time for one, later in pairwise(shown)]
    assert median(steps) == 90_000 / RATE
    assert min(steps) > 0
    uneven = [step for step in steps[RATE:-3] if abs(step - 3000) > 400]  # the last wait for what never came
    assert len(uneven) < len(steps) / 10, uneven  # a machine that stands still is seen as such
    assert abs(shown[-1].time / 90_000 - length) < 0.2
    times = packets_of(video)
    assert all(decode <= at for at, decode in times)
    assert any(later[0] < one[0] for one, later in pairwise(times))
    assert not [gap for gap in gaps if gap.track == "p1.video"]


async def test_ffmpeg_says_itself_that_it_sends_no_b_frames(tmp_path: Path, clip: Clip) -> None:
    """Why the test above has our own client: if this fails, ffmpeg can take its place."""
    film = tmp_path / "b.mp4"
    run(["-i", str(clip.mp4), "-c:v", "libx264", "-bf", "3", "-c:a", "copy", str(film)])
    async with a_node(tmp_path) as house:
        encoder = await asyncio.create_subprocess_exec(
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-re", "-i", str(film), "-c", "copy", "-f", "whip"),
            *("-authorization", house.ticket(), house.whip()),
            stderr=asyncio.subprocess.PIPE,
        )
        _, told = await asyncio.wait_for(encoder.communicate(), 30)
        assert encoder.returncode
        assert b"Unsupported B frames by RTC" in told
