"""Bad weather on the way to the node: picture and sound of the recording stay together, viewers are back at once."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from media.live.clients.viewer import Viewer
from media.wire.h264 import begins_key_frame
from tests.fixtures.clip import Clip
from tests.fixtures.processes import until
from tests.integration.media.filmed import apart, ffmpeg_publishing, recorded
from tests.integration.media.link import HERE, Link, Pattern, a_link
from tests.integration.media.nodes import House, a_node

TOGETHER = 0.04  # s between a flash and its beep
RECOVERED = 2.0  # s from the network's return to a whole picture

WEATHER = {
    "loss of 5 %": Pattern(chance=0.05),
    "loss of 20 %": Pattern(chance=0.2),
    "bursts of 300 ms": Pattern(outages=tuple((at, 0.3) for at in range(2, 60, 3))),
    "jitter of 150 ms": Pattern(jitter=0.15),
    "reordering": Pattern(hold=3, late=0.1),
    "a blackout": Pattern(outages=((4.0, 2.0),)),
}


async def survive(folder: Path, clip: Clip, pattern: Pattern, seconds: float) -> dict[str, object]:
    """Publish and watch through the link until `seconds` of both tracks are durable; what was seen."""
    async with (
        a_node(folder, lambda given: replace(given, announced=(HERE,))) as house,
        a_link(pattern, house.node.udp_port) as link,
        ffmpeg_publishing(house, clip),
    ):
        viewer = Viewer(house.whep(), house.view_ticket(), keep=20_000)
        await viewer.start(patience=20)
        await viewer.until(lambda seen: seen["video"].packets >= 20, 20)
        ends = [start + length for start, length in pattern.outages]
        back = await came_back(viewer, link, ends[0]) if ends else 0.0
        await recorded(house, seconds, 3 * seconds + 30)
        await viewer.stop()
        behind = apart(house, clip)
        found = {
            "lost on the way": link.lost,
            "pairs": len(behind),
            "farthest": max(map(abs, behind), default=9.9),
            "back": back,
            "gaps": [(gap.track, gap.reason, (gap.end - gap.start) / scale(gap.track)) for gap in house.shelf.gaps],
            "alive": house.node.alive,
            "told": [str(one) for one in house.shelf.receptions.values()],
        }
        check_figures(house)
        return found


async def came_back(viewer: Viewer, link: Link, end: float) -> float:
    """Seconds from the end of an outage until the viewer has the beginning of a key frame that came after it."""
    await until("the outage is over", lambda: link.age >= end, end + 10)
    before = len(viewer.figures()["video"].kept)
    begun = link.age

    def whole() -> bool:
        kept = viewer.figures()["video"].kept[before:]
        return any(begins_key_frame(packet[12:]) for packet in kept)

    await until("the viewer sees again", whole, 10)
    return link.age - begun


def check_figures(house: House) -> None:
    """The recording says of itself what came and what did not."""
    for told in house.shelf.receptions.values():
        assert told.expected == told.received + told.lost
        assert 0 <= told.recovered <= told.received


def scale(track: str) -> int:
    return 90_000 if track.endswith("video") else 48_000


def judge(found: dict[str, dict[str, object]], least: int) -> None:
    """All at once, so that a failure shows the others too."""
    told = json.dumps(found, indent=1)
    for one in found.values():
        assert isinstance(one["farthest"], float), told
        assert isinstance(one["pairs"], int), told
        assert isinstance(one["back"], float), told
        assert one["farthest"] < TOGETHER, told
        assert one["pairs"] >= least, told
        assert one["back"] < RECOVERED, told
        assert one["alive"], told


async def test_whatever_the_network_does_picture_and_sound_stay_together(tmp_path: Path, clip: Clip) -> None:
    names = list(WEATHER)
    seconds = {"loss of 20 %": 18.0}  # two of five beeps begin whole there
    runs = [survive(tmp_path / str(at), clip, WEATHER[name], seconds.get(name, 10)) for at, name in enumerate(names)]
    found = dict(zip(names, await asyncio.gather(*runs), strict=True))
    worst = found.pop("loss of 20 %")
    judge(found, 2)
    judge({"loss of 20 %": worst}, 1)
    assert found["a blackout"]["gaps"]


@pytest.mark.parametrize("seed", [1])
def test_a_link_loses_the_same_again(seed: int) -> None:
    """The weather can be replayed: two links with one seed lose the same datagrams."""

    async def lost() -> list[int]:
        pattern = Pattern(chance=0.3, seed=seed)
        link = Link(pattern, ("127.0.0.1", 9))
        gone = []
        for number in range(200):
            before = link.lost
            link._pass(b"\x80" * 12, ("127.0.0.1", 1), inward=False)
            gone += [number] if link.lost > before else []
        return gone

    first, second = asyncio.run(lost()), asyncio.run(lost())
    assert first == second
    assert 40 < len(first) < 80
