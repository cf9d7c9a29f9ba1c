"""A real encoder publishes into a real node: what was recorded plays, and flash and beep fall together."""

from itertools import pairwise
from pathlib import Path

from tests.fixtures.clip import Clip
from tests.integration.media.filmed import apart, ffmpeg_publishing, recorded
from tests.integration.media.nodes import a_node

SECONDS = 9.0


async def test_what_ffmpeg_publishes_is_recorded_in_time(tmp_path: Path, clip: Clip) -> None:
    async with a_node(tmp_path) as house:
        async with ffmpeg_publishing(house, clip):
            closed = await recorded(house, SECONDS)
        assert {one["id"] for one in closed} == {"p1.audio", "p1.video"}
        behind = apart(house, clip)
        assert len(behind) >= SECONDS - 4
        assert max(map(abs, behind)) < 0.04
        assert not house.shelf.gaps
        for track in closed:
            rows = sorted(
                (one for one in house.shelf.segments.values() if one.track == track["id"]), key=lambda one: one.start
            )
            assert all(later.start == one.start + one.duration for one, later in pairwise(rows))
