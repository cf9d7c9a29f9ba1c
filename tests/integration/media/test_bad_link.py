"""Publishers and viewers behind a network that loses, delays and reorders: nothing is missing in the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest

from media.live.clients.publisher import Publisher
from media.live.clients.sources import Silence, SyntheticVideo
from media.live.clients.viewer import Viewer
from tests.fixtures.clip import Clip
from tests.fixtures.processes import until
from tests.integration.media.link import HERE, Link, Pattern, a_link
from tests.integration.media.nodes import House, a_node

BAD = Pattern(lose=25, hold=17)  # 4 % lost, 6 % overtaken by what comes within 30 ms


@asynccontextmanager
async def behind(folder: Path, pattern: Pattern) -> AsyncIterator[tuple[House, Link]]:
    async with (
        a_node(folder, lambda given: replace(given, announced=(HERE,))) as house,
        a_link(pattern, house.node.udp_port) as link,
    ):
        yield house, link


@pytest.mark.parametrize("pattern", [BAD, Pattern(hold=3), Pattern(lose=7)])
async def test_what_the_network_loses_is_recovered_on_both_ways(tmp_path: Path, pattern: Pattern) -> None:
    async with behind(tmp_path, pattern) as (house, link):
        publisher = Publisher(house.whip(), house.ticket(), {"video": SyntheticVideo(), "audio": Silence()})
        await publisher.start()
        viewer = Viewer(house.whep(), house.view_ticket(), keep=900)
        await viewer.start(patience=5)
        await viewer.until(lambda seen: len(seen["video"].kept) == 900, 20)
        (video,) = (one.reception for one in house.recorder.tracks("s1") if one.track.kind == "video")
        seen = (await viewer.stop())["video"]
        await publisher.stop()
    if pattern.lose:
        assert link.lost > 0
        assert seen.repaired > 0
        assert video.recovered > 0
    assert video.received > 600
    assert video.lost == 0
    assert complete(seen.kept, 800)


def complete(kept: tuple[bytes, ...], wanted: int) -> bool:
    """Whether the first `wanted` sequence numbers are all there, in whatever order they came."""
    first = min(
        kept[:20], key=lambda packet: (int.from_bytes(packet[2:4]) - int.from_bytes(kept[0][2:4]) + 99) & 0xFFFF
    )
    places = {(int.from_bytes(packet[2:4]) - int.from_bytes(first[2:4])) & 0xFFFF for packet in kept}
    return set(range(wanted)) <= places


async def test_a_publisher_who_loses_much_is_told_to_send_less_and_more_when_it_is_over(tmp_path: Path) -> None:
    pattern = Pattern(chance=0.2)
    async with behind(tmp_path, pattern) as (house, link):
        publisher = Publisher(house.whip(), house.ticket(), {"video": SyntheticVideo(), "audio": Silence()})
        await publisher.start()
        await until("he publishes", lambda: len(house.publishing()) == 2)
        session = house.node.sessions.rooms["s1"].participants["p1"].publisher
        assert session is not None
        limit = session.told
        await until("he is told less", lambda: session.told < limit // 2, 10)
        low = session.told
        link.clear()
        await until("he is told more again", lambda: session.told > low, 10)
        assert session.loss < 0.02
        await publisher.stop()


async def test_a_real_clip_survives_a_bad_network(tmp_path: Path, clip: Clip) -> None:
    """ffmpeg answers loss requests; it ignores wishes for a key frame."""
    async with behind(tmp_path, BAD) as (house, link):
        encoder = await asyncio.create_subprocess_exec(
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-re", "-stream_loop", "-1"),
            *("-i", str(clip.mp4), "-c", "copy", "-f", "whip"),
            *("-authorization", house.ticket(), house.whip()),
        )
        try:
            viewer = Viewer(house.whep(), house.view_ticket(), keep=500)
            await viewer.start(patience=20)
            await viewer.until(lambda seen: len(seen["video"].kept) == 500, 20)
            (video,) = (one.reception for one in house.recorder.tracks("s1") if one.track.kind == "video")
            seen = (await viewer.stop())["video"]
        finally:
            with suppress(ProcessLookupError):
                encoder.terminate()
            await encoder.wait()
    assert link.lost > 0
    assert video.recovered > 0
    assert video.lost == 0
    assert complete(seen.kept, 400)
